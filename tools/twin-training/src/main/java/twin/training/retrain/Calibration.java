package twin.training.retrain;

/**
 * Turns the log odds that a classifier gives into those that are true: stretched and moved so that
 * the likelihood of what came is greatest (Platt, Advances in Large Margin Classifiers, 1999, with
 * his softened targets).
 *
 * @param slope by which they are multiplied; above 0
 * @param offset that is added then
 */
record Calibration(double slope, double offset) {
  private static final int STEPS_MAX = 100;
  private static final double RIDGE = 1e-6;

  /**
   * Fits.
   *
   * @param odds the log odds of rows that the classifier has not seen
   * @param weights how many rows each stands for
   */
  static Calibration of(double[] odds, boolean[] truth, double[] weights) {
    double yes = 0;
    double no = 0;
    for (int i = 0; i < odds.length; i++) {
      yes += truth[i] ? weights[i] : 0;
      no += truth[i] ? 0 : weights[i];
    }
    double slope = 1;
    double offset = 0;
    double loss = Double.POSITIVE_INFINITY;
    for (int step = 0; step < STEPS_MAX; step++) {
      double[] sums = new double[6];
      for (int i = 0; i < odds.length; i++) {
        double target = truth[i] ? (yes + 1) / (yes + 2) : 1 / (no + 2);
        add(sums, odds[i], slope * odds[i] + offset, target, weights[i]);
      }
      if (!(sums[5] < loss - 1e-9 * Math.abs(loss)) && step > 0) {
        break;
      }
      loss = sums[5];
      double a = sums[2] + RIDGE;
      double c = sums[4] + RIDGE;
      double determinant = a * c - sums[3] * sums[3];
      slope -= (c * sums[0] - sums[3] * sums[1]) / determinant;
      offset -= (a * sums[1] - sums[3] * sums[0]) / determinant;
    }
    // Rows that say the opposite of what came have taught nothing; their order is kept.
    return slope > 0.01 && slope < 100 && Double.isFinite(offset)
        ? new Calibration(slope, offset)
        : new Calibration(1, 0);
  }

  /** Adds gradient, curvature and loss of a row. */
  private static void add(double[] sums, double x, double odds, double target, double weight) {
    double p = 1 / (1 + StrictMath.exp(-odds));
    double gradient = weight * (p - target);
    double curvature = weight * Math.max(1e-12, p * (1 - p));
    sums[0] += gradient * x;
    sums[1] += gradient;
    sums[2] += curvature * x * x;
    sums[3] += curvature * x;
    sums[4] += curvature;
    double safe = Math.clamp(p, 1e-15, 1 - 1e-15);
    sums[5] -= weight * (target * StrictMath.log(safe) + (1 - target) * StrictMath.log(1 - safe));
  }
}
