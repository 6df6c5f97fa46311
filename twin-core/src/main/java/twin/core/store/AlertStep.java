package twin.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A change of an alert in the order in which changes are followed.
 *
 * @param place its place in that order
 * @param site where its machine stands now
 * @param state of the alert after it
 * @param at time of the reading that decided it, or when somebody changed it
 * @param revision the twin's revision that says so
 */
public record AlertStep(
    CoarseOffset place,
    String machineId,
    @Nullable String site,
    String alertId,
    String failureType,
    String severity,
    String state,
    Instant at,
    long revision,
    @Nullable Double score,
    @Nullable Double rulP50) {}
