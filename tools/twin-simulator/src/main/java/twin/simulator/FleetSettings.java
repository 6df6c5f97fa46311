package twin.simulator;

import java.time.Duration;

/**
 * A simulated fleet.
 *
 * @param machineType so far always {@code milling}
 * @param machines from 1 to 100,000
 * @param rateHz readings a second a machine, above 0 and at most 1,000
 * @param seed the same seed gives the same machines
 * @param profile what every machine starts with
 * @param lagMax how far the fleet may fall behind its rate and still catch up; readings beyond it
 *     are never taken, and counted as skipped
 */
public record FleetSettings(
    String machineType, int machines, double rateHz, long seed, Profile profile, Duration lagMax) {

  private static final int MACHINES_LIMIT = 100_000;
  private static final double RATE_LIMIT_HZ = 1_000;

  public FleetSettings {
    if (!machineType.equals(SimulatedMachine.TYPE)) {
      throw new IllegalArgumentException(
          "There is no simulated machine of type '%s'; there is %s."
              .formatted(machineType, SimulatedMachine.TYPE));
    }
    Settings.requireBetween("machines", machines, 1, MACHINES_LIMIT);
    // Written so that NaN fails as well.
    if (!(rateHz > 0 && rateHz <= RATE_LIMIT_HZ)) {
      throw new IllegalArgumentException(
          "rate must be above 0 and at most %.0f Hz, not %s.".formatted(RATE_LIMIT_HZ, rateHz));
    }
    Settings.requirePositive("lag-max", lagMax);
  }

  /** Healthy milling machines that may fall behind by two seconds. */
  public static FleetSettings milling(int machines, double rateHz, long seed) {
    return new FleetSettings(
        SimulatedMachine.TYPE, machines, rateHz, seed, Profile.NORMAL, Duration.ofSeconds(2));
  }

  public FleetSettings withProfile(Profile startProfile) {
    return new FleetSettings(machineType, machines, rateHz, seed, startProfile, lagMax);
  }
}
