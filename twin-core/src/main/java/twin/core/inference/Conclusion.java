package twin.core.inference;

/**
 * One number of an assessment, as that which is to be explained.
 *
 * @param kind which kind of number
 * @param index position of the modality, failure mode or quantile; 0 for the probability of failure
 */
public record Conclusion(Kind kind, int index) {

  /** Kinds of numbers in an assessment. */
  public enum Kind {
    /** Anomaly score of a modality. */
    ANOMALY,
    /** Probability of a failure. */
    FAILURE,
    /** Probability of a failure mode. */
    FAILURE_MODE,
    /** A quantile of remaining useful life. */
    RUL
  }

  /**
   * What matters most in an assessment: the leading failure mode when a failure is likely, else the
   * modality that is furthest over its threshold, else remaining useful life. Of a bundle that only
   * tells failures it is their probability, however small.
   *
   * @param likelyFailure from which probability a failure is likely
   */
  public static Conclusion leading(
      Assessment assessment, double[] thresholds, double likelyFailure) {
    if (assessment.hasFailureProbability() && assessment.failureProbability() >= likelyFailure) {
      int mode = assessment.leadingFailureMode();
      return mode < 0 ? new Conclusion(Kind.FAILURE, 0) : new Conclusion(Kind.FAILURE_MODE, mode);
    }
    if (assessment.modalities() == 0 && assessment.rulQuantiles() == 0) {
      return new Conclusion(Kind.FAILURE, 0);
    }
    if (assessment.anomalous() || assessment.rulQuantiles() == 0) {
      return new Conclusion(Kind.ANOMALY, worstModality(assessment, thresholds));
    }
    return new Conclusion(Kind.RUL, assessment.rulQuantiles() / 2);
  }

  /** The modality whose score is the greatest multiple of its threshold; 0 when none is scored. */
  public static int worstModality(Assessment assessment, double[] thresholds) {
    int worst = 0;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < assessment.modalities(); i++) {
      double ratio = assessment.score(i) / thresholds[i];
      if (ratio > greatest) {
        greatest = ratio;
        worst = i;
      }
    }
    return worst;
  }
}
