package twin.core.feature;

/**
 * What was normal for a column of a machine's window while the machine was new to its twin.
 *
 * @param channel name of the channel, or of the feature of a single reading
 * @param mean arithmetic mean, in the column's unit
 * @param standardDeviation sample standard deviation, in the column's unit
 * @param readings how many values it was taken from
 */
public record Baseline(String channel, double mean, double standardDeviation, long readings) {

  private static final double LEAST_RELATIVE_DEVIATION = 1e-3;
  private static final double LEAST_DEVIATION = 1e-9;

  /**
   * What a deviation from the mean is measured in: the standard deviation, but never less than a
   * thousandth of the mean, for a channel that hardly moved is not for ever bound to that.
   */
  public double scale() {
    return Math.max(
        standardDeviation, Math.max(LEAST_RELATIVE_DEVIATION * Math.abs(mean), LEAST_DEVIATION));
  }
}
