package twin.core.store;

import java.time.Instant;

/**
 * An alert as lists show it.
 *
 * @param raisedAt time of the reading that raised it
 * @param changedAt when the twin recorded its last change
 * @param revision the twin's revision of that change
 */
public record AlertRow(
    String alertId,
    String machineId,
    String rule,
    String failureType,
    String severity,
    String state,
    Instant raisedAt,
    Instant changedAt,
    long revision) {}
