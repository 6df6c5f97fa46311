package twin.core.type;

/**
 * How a machine's own thresholds come about: from the anomaly scores of its commissioning, and from
 * there on after what has been normal lately, slowly and within bounds.
 *
 * @param fromReading the first reading of commissioning whose scores count; before it the machine's
 *     baselines are too young to be compared with
 * @param factor the threshold as a multiple of the greatest score that counted
 * @param adaptReadings after how many readings a threshold has followed a change of what is normal
 *     by 63 %; 0: it never adapts
 * @param lowest the least that a threshold may become, as a multiple of the calibrated one
 * @param highest the most that it may become
 * @param step how far a threshold must have moved before it is changed, relative to itself
 */
public record ThresholdRule(
    int fromReading, double factor, int adaptReadings, double lowest, double highest, double step) {

  public ThresholdRule {
    require(fromReading >= 1, "from-reading", fromReading);
    require(factor > 0 && Double.isFinite(factor), "factor", factor);
    require(adaptReadings >= 0, "adapt-readings", adaptReadings);
    require(lowest > 0 && lowest <= 1, "lowest", lowest);
    require(highest >= 1 && Double.isFinite(highest), "highest", highest);
    require(step > 0 && step < 1, "step", step);
  }

  private static void require(boolean holds, String setting, double value) {
    if (!holds) {
      throw new IllegalArgumentException(
          "thresholds: %s makes no sense as %s".formatted(value, setting));
    }
  }

  /** How many readings of commissioning count. */
  public int readings(int commissioningReadings) {
    return commissioningReadings - fromReading + 1;
  }
}
