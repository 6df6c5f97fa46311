package twin.training.quality;

/**
 * How well predictions of remaining useful life agree with what remained.
 *
 * <p>A prediction is the middle of its band. The capped figures take truth and prediction both as
 * the cap where they are above it, as most published figures do; the others take them as they are.
 * PHM08 is the score of Saxena, Goebel, Simon and Eklund (PHM 2008): with d the prediction less the
 * truth the sum of exp(−d/13) − 1 where d is negative and of exp(d/10) − 1 where it is not.
 *
 * @param predictions how many
 * @param rmse root of the mean square error
 * @param rmseCapped the same, capped
 * @param mae mean absolute error
 * @param phm08 the score, summed over all predictions
 * @param phm08Capped the same, capped
 * @param coverage share of the truths under the cap that lie inside their band; NaN without any
 * @param meanBandWidth mean width of the bands
 */
public record RulFigures(
    int predictions,
    double rmse,
    double rmseCapped,
    double mae,
    double phm08,
    double phm08Capped,
    double coverage,
    double meanBandWidth) {

  /** Above this many cycles published figures take remaining life as constant. */
  public static final double CAP = 125;

  /**
   * A prediction and what came of it.
   *
   * @param low below which it is less in one case of ten
   * @param middle the prediction
   * @param high above which it is more in one case of ten
   * @param truth what remained
   */
  public record Prediction(double low, double middle, double high, double truth) {}

  /** Computes the figures of at least one prediction. */
  public static RulFigures of(Iterable<Prediction> predictions) {
    int count = 0;
    int underCap = 0;
    int inside = 0;
    double squares = 0;
    double squaresCapped = 0;
    double absolute = 0;
    double score = 0;
    double scoreCapped = 0;
    double width = 0;
    for (Prediction each : predictions) {
      double off = each.middle() - each.truth();
      double offCapped = Math.min(each.middle(), CAP) - Math.min(each.truth(), CAP);
      count++;
      squares += off * off;
      squaresCapped += offCapped * offCapped;
      absolute += Math.abs(off);
      score += phm08(off);
      scoreCapped += phm08(offCapped);
      width += each.high() - each.low();
      if (each.truth() < CAP) {
        underCap++;
        inside += each.truth() >= each.low() && each.truth() <= each.high() ? 1 : 0;
      }
    }
    if (count == 0) {
      throw new IllegalArgumentException("there are no predictions to judge");
    }
    return new RulFigures(
        count,
        Math.sqrt(squares / count),
        Math.sqrt(squaresCapped / count),
        absolute / count,
        score,
        scoreCapped,
        underCap == 0 ? Double.NaN : inside / (double) underCap,
        width / count);
  }

  private static double phm08(double off) {
    return (off < 0 ? Math.exp(-off / 13) : Math.exp(off / 10)) - 1;
  }
}
