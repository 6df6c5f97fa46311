package twin.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A training of a type's models.
 *
 * @param id names it
 * @param learnedFrom the first reading time that it looks at
 * @param learnedTo the first after that
 * @param scheduledFor the time that the schedule meant; null where somebody asked for it
 * @param requestedBy who wanted it
 * @param endedAt when it ended; null while it runs
 * @param outcome {@code trained}, {@code skipped}, {@code failed} or {@code cancelled}; null while
 *     it runs
 * @param detail why it gave no bundle; empty where it did
 * @param report everything that it told, as JSON; null where it told nothing
 */
public record TrainingRun(
    String id,
    String machineType,
    Instant learnedFrom,
    Instant learnedTo,
    @Nullable Instant scheduledFor,
    String requestedBy,
    Instant startedAt,
    @Nullable Instant endedAt,
    @Nullable String outcome,
    String detail,
    @Nullable String report) {}
