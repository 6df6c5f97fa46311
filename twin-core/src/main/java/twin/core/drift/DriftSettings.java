package twin.core.drift;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.Locale;
import twin.core.type.Severity;

/**
 * How inputs and answers of bundles are watched.
 *
 * @param window over how long what was counted is compared
 * @param writeEvery how often a node adds what it has counted, and looks at all of it
 * @param samplesPerSecond how many readings of a type's machines a node counts at most
 * @param watchFrom population stability index from which something is to be watched
 * @param driftFrom from which it has drifted
 * @param machineReadings of how many events of a machine its own drift is told
 * @param severity of what people are told
 */
public record DriftSettings(
    Duration window,
    Duration writeEvery,
    int samplesPerSecond,
    double watchFrom,
    double driftFrom,
    int machineReadings,
    Severity severity) {

  public DriftSettings {
    if (window.compareTo(Duration.ofSeconds(Units.SLOTS)) < 0
        || writeEvery.isZero()
        || writeEvery.isNegative()
        || samplesPerSecond < 1) {
      throw new IllegalArgumentException(
          "twin.models.drift.window must be %d s or more, write-every above 0, samples-per-second 1"
                  .formatted(Units.SLOTS)
              + " or more");
    }
    if (watchFrom <= 0 || driftFrom < watchFrom || machineReadings < Units.SLOTS) {
      throw new IllegalArgumentException(
          "twin.models.drift.watch-from must be above 0, drift-from no less, machine-readings %d or"
                  .formatted(Units.SLOTS)
              + " more");
    }
  }

  /** How long one of the stretches is for which is counted. */
  public Duration slot() {
    return window.dividedBy(Units.SLOTS);
  }

  /** The settings under {@code twin.models.drift}. */
  public static DriftSettings of(Config config) {
    return new DriftSettings(
        config.getDuration("window"),
        config.getDuration("write-every"),
        config.getInt("samples-per-second"),
        config.getDouble("watch-from"),
        config.getDouble("drift-from"),
        config.getInt("machine-readings"),
        Severity.valueOf(config.getString("severity").toUpperCase(Locale.ROOT)));
  }
}
