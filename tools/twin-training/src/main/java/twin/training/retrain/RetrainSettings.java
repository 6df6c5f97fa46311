package twin.training.retrain;

/**
 * How a type is retrained. Together with the data they decide every byte of the bundle.
 *
 * @param seed from which every random choice follows
 * @param sample of so many normal readings one is learned from; all near failures are
 * @param horizon how much life before a failure counts as failing, in the unit of the type; NaN:
 *     what the type says
 * @param daysMin days with readings without which nothing is trained
 * @param machinesMin machines with readings, likewise
 * @param failuresMin failures of any kind, likewise; 0 allows an anomaly gate alone
 * @param failuresOfModeMin failures of a mode without which this mode is not learned
 * @param readingsMin readings, likewise
 * @param livesMin lives that were seen to end in a failure, without which remaining life is not
 *     learned
 * @param rowsMax most readings in memory, of each of the two parts of the time; normal ones are
 *     taken more rarely when there would be more
 */
public record RetrainSettings(
    long seed,
    int sample,
    double horizon,
    int daysMin,
    int machinesMin,
    int failuresMin,
    int failuresOfModeMin,
    long readingsMin,
    int livesMin,
    int rowsMax) {

  /** The last share of the time is held aside: it is measured on and never learned from. */
  static final double HELD_ASIDE = 0.3;

  /** The usual ones. */
  public static RetrainSettings defaults() {
    return new RetrainSettings(1, 1, Double.NaN, 21, 2, 4, 2, 1000, 5, 150_000);
  }

  public RetrainSettings {
    atLeast("sample", sample, 1);
    atLeast("min-days", daysMin, 1);
    atLeast("min-machines", machinesMin, 1);
    atLeast("min-failures", failuresMin, 0);
    atLeast("min-per-failure", failuresOfModeMin, 1);
    atLeast("min-readings", readingsMin, 1);
    atLeast("min-lives", livesMin, 1);
    atLeast("max-rows", rowsMax, 100);
    if (horizon < 0 || Double.isInfinite(horizon)) {
      throw new IllegalArgumentException("--horizon must be 0 or more, not " + horizon);
    }
  }

  private static void atLeast(String option, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(
          "--%s must be %d or more, not %d".formatted(option, least, value));
    }
  }
}
