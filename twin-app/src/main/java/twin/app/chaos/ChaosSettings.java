package twin.app.chaos;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How much load and how many faults.
 *
 * @param faults how often each happens; those that are not named do not
 * @param outage how long the database is away in an {@link Fault.Kind#OUTAGE}
 * @param machines half of them send over Kafka, half over MQTT
 * @param rate readings a second of all machines together
 * @param length how long the load lasts
 * @param clockSkew up to how much the clocks of a quarter of the machines are wrong, and then two
 *     more drift; zero: all are right
 * @param directory where everything is kept
 */
public record ChaosSettings(
    int nodes,
    Map<Fault.Kind, Integer> faults,
    Duration outage,
    int machines,
    double rate,
    Duration length,
    Duration clockSkew,
    long seed,
    Path directory) {

  private static final int MACHINES_FOR_SKEW = 16;

  public ChaosSettings {
    faults = Map.copyOf(faults);
    require(nodes >= 1 && nodes <= 20, "--nodes must be 1 to 20");
    require(
        faults.values().stream().allMatch(count -> count >= 0 && count <= 1000),
        "a fault can happen 0 to 1000 times");
    require(
        faults.getOrDefault(Fault.Kind.CUT, 0) == 0 || nodes > 2,
        "--cuts needs three nodes or more: of two there is no majority");
    require(outage.toSeconds() >= 1, "--outage-seconds must be 1 or more");
    require(machines >= 2 && machines <= 100_000, "--machines must be 2 to 100000");
    require(rate > 0 && rate <= 1_000_000, "--rate must be above 0 and at most 1000000");
    require(!length.isZero() && !length.isNegative(), "--seconds must be 1 or more");
    require(!clockSkew.isNegative(), "--clock-skew must be 0 or more");
    require(
        clockSkew.isZero() || machines >= MACHINES_FOR_SKEW,
        "--clock-skew needs %d machines or more".formatted(MACHINES_FOR_SKEW));
  }

  private static void require(boolean holds, String message) {
    if (!holds) {
      throw new IllegalArgumentException(message);
    }
  }
}
