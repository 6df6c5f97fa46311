package twin.core.feature;

import twin.core.type.ThresholdRule;

/**
 * The anomaly scores of one modality as far as the machine's own threshold follows from them. An
 * immutable value.
 *
 * @param scores how many scores of commissioning counted
 * @param mean their mean
 * @param greatest the greatest of them
 * @param calibrated the threshold that was made of them; 0 while there is none
 * @param recent mean of what has been normal lately, older scores counting exponentially less
 */
public record ScoreHistory(
    long scores, double mean, double greatest, double calibrated, double recent) {

  static final ScoreHistory NONE = new ScoreHistory(0, 0, 0, 0, 0);

  /** After one score of commissioning more. */
  ScoreHistory counted(double score) {
    double newMean = mean + (score - mean) / (scores + 1);
    return new ScoreHistory(scores + 1, newMean, Math.max(greatest, score), 0, newMean);
  }

  /** After the threshold was made of them. */
  ScoreHistory calibratedTo(double threshold) {
    return new ScoreHistory(scores, mean, greatest, threshold, recent);
  }

  /** After one normal score more. */
  ScoreHistory followed(double score, ThresholdRule rule) {
    return new ScoreHistory(
        scores, mean, greatest, calibrated, recent + (score - recent) / rule.adaptReadings());
  }

  /** Whether the threshold may follow what is normal. */
  public boolean adapts() {
    return calibrated > 0 && mean > 0;
  }

  /** The threshold that fits what has been normal lately, within the bounds of the rule. */
  public double fitting(ThresholdRule rule) {
    return calibrated * Math.clamp(recent / mean, rule.lowest(), rule.highest());
  }
}
