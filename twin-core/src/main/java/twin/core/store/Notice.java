package twin.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One change of one alert that a channel is to tell of.
 *
 * @param revision the twin's revision that says so
 * @param place notices with the same one are told together
 * @param alert the change as a JSON object
 */
public record Notice(
    String channel,
    String alertId,
    long revision,
    Instant recordedAt,
    String place,
    String machineId,
    @Nullable String site,
    @Nullable String area,
    @Nullable String line,
    String severity,
    String alert) {}
