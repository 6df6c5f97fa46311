package twin.simulator;

import java.time.Duration;

/**
 * A simulated fleet.
 *
 * @param machineType one of {@link SimulatedType#names()}
 * @param idPrefix what the ids begin with, before a hyphen and the machine's number: two fleets at
 *     one broker need two of them
 * @param machines from 1 to 100,000
 * @param rateHz readings a second a machine, above 0 and at most 1,000
 * @param seed the same seed gives the same machines
 * @param profile what every machine starts with: one of its type's
 * @param faults what happens to readings on their way
 * @param lagMax how far the fleet may fall behind its rate and still catch up; readings beyond it
 *     are never taken, and counted as skipped
 */
public record FleetSettings(
    String machineType,
    String idPrefix,
    int machines,
    double rateHz,
    long seed,
    String profile,
    NetworkFaults faults,
    Duration lagMax) {

  private static final int MACHINES_LIMIT = 100_000;
  private static final double RATE_LIMIT_HZ = 1_000;
  private static final Duration LAG_MAX = Duration.ofSeconds(2);

  public FleetSettings {
    var unused = SimulatedType.of(machineType).profile(profile);
    if (!idPrefix.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,49}")) {
      throw new IllegalArgumentException(
          "The ids cannot begin with '%s': letters, digits, dots, hyphens and underscores, at most 50."
              .formatted(idPrefix));
    }
    Settings.requireBetween("machines", machines, 1, MACHINES_LIMIT);
    // Written so that NaN fails as well.
    if (!(rateHz > 0 && rateHz <= RATE_LIMIT_HZ)) {
      throw new IllegalArgumentException(
          "rate must be above 0 and at most %.0f Hz, not %s.".formatted(RATE_LIMIT_HZ, rateHz));
    }
    Settings.requirePositive("lag-max", lagMax);
  }

  /**
   * Healthy machines of that type that may fall behind by two seconds, over a network without
   * faults.
   */
  public static FleetSettings of(String machineType, int machines, double rateHz, long seed) {
    return new FleetSettings(
        machineType,
        SimulatedType.of(machineType).idPrefix(),
        machines,
        rateHz,
        seed,
        SimulatedType.of(machineType).profileNames().getFirst(),
        NetworkFaults.none(),
        LAG_MAX);
  }

  /** The same of milling machines. */
  public static FleetSettings milling(int machines, double rateHz, long seed) {
    return of(SimulatedType.MILLING.name(), machines, rateHz, seed);
  }

  public FleetSettings withProfile(String startProfile) {
    return new FleetSettings(
        machineType, idPrefix, machines, rateHz, seed, startProfile, faults, lagMax);
  }

  public FleetSettings withFaults(NetworkFaults networkFaults) {
    return new FleetSettings(
        machineType, idPrefix, machines, rateHz, seed, profile, networkFaults, lagMax);
  }

  public FleetSettings withIdPrefix(String prefix) {
    return new FleetSettings(machineType, prefix, machines, rateHz, seed, profile, faults, lagMax);
  }
}
