package twin.core.store;

import java.time.Instant;

/**
 * When a twin is to be woken.
 *
 * @param kind for what
 */
public record Deadline(String machineId, String kind, Instant dueAt) {}
