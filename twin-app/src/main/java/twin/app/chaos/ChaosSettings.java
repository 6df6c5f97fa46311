package twin.app.chaos;

import java.nio.file.Path;
import java.time.Duration;

/**
 * How much load and how many faults.
 *
 * @param machines half of them send over Kafka, half over MQTT
 * @param rate readings a second of all machines together
 * @param length how long the load lasts
 * @param directory where everything is kept
 */
public record ChaosSettings(
    int nodes,
    int kills,
    int pauses,
    int restarts,
    int machines,
    double rate,
    Duration length,
    long seed,
    Path directory) {

  public ChaosSettings {
    require(nodes >= 1 && nodes <= 20, "--nodes must be 1 to 20");
    require(kills >= 0 && pauses >= 0 && restarts >= 0, "no number of faults may be below 0");
    require(machines >= 2 && machines <= 100_000, "--machines must be 2 to 100000");
    require(rate > 0 && rate <= 1_000_000, "--rate must be above 0 and at most 1000000");
    require(!length.isZero() && !length.isNegative(), "--seconds must be 1 or more");
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
