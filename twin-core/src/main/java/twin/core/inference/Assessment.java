package twin.core.inference;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a model said of one reading, as numbers by position; {@link ModelProfile} has the names.
 * Numbers are single precision because models compute in it: nothing is rounded on the way to the
 * journal. Immutable; two are equal when every bit is.
 */
public final class Assessment {

  private static final float[] NONE = {};

  private final float[] scores;
  private final boolean anomalous;
  private final float failureProbability;
  private final float[] failureModes;
  private final float[] rul;
  private final @Nullable String unavailable;

  private Assessment(
      float[] scores,
      boolean anomalous,
      float failureProbability,
      float[] failureModes,
      float[] rul,
      @Nullable String unavailable) {
    this.scores = scores;
    this.anomalous = anomalous;
    this.failureProbability = failureProbability;
    this.failureModes = failureModes;
    this.rul = rul;
    this.unavailable = unavailable;
  }

  /**
   * An assessment. Arrays are copied.
   *
   * @param scores anomaly score of each modality; NaN where a modality could not be judged
   * @param anomalous whether any score reached its threshold
   * @param failureProbability 0 to 1, NaN without a classifier
   * @param failureModes probability of each failure mode, empty without a classifier
   * @param rul quantiles of remaining useful life, empty without a RUL model
   */
  public static Assessment of(
      float[] scores,
      boolean anomalous,
      float failureProbability,
      float[] failureModes,
      float[] rul) {
    return new Assessment(
        scores.clone(), anomalous, failureProbability, failureModes.clone(), rul.clone(), null);
  }

  /** There is none, for a reason. */
  public static Assessment unavailable(String reason) {
    return new Assessment(NONE, false, Float.NaN, NONE, NONE, reason);
  }

  /** Why there is none, or null when there is one. */
  public @Nullable String unavailableReason() {
    return unavailable;
  }

  public boolean isAvailable() {
    return unavailable == null;
  }

  /** How many modalities were scored. */
  public int modalities() {
    return scores.length;
  }

  /** Anomaly score of a modality; NaN where it could not be judged. */
  public float score(int modality) {
    return scores[modality];
  }

  /** Whether at least one modality could be judged. */
  public boolean hasScore() {
    for (float score : scores) {
      if (!Float.isNaN(score)) {
        return true;
      }
    }
    return false;
  }

  /** Whether any model could judge the reading at all: bad values are kept from them. */
  public boolean judgesAnything() {
    return hasScore() || hasFailureProbability() || !Float.isNaN(medianRul());
  }

  /** Whether any score reached its threshold. */
  public boolean anomalous() {
    return anomalous;
  }

  public boolean hasFailureProbability() {
    return !Float.isNaN(failureProbability);
  }

  /** Probability of a failure, 0 to 1; NaN without a classifier. */
  public float failureProbability() {
    return failureProbability;
  }

  /** How many failure modes were judged. */
  public int failureModes() {
    return failureModes.length;
  }

  /** Probability of a failure mode. */
  public float failureMode(int mode) {
    return failureModes[mode];
  }

  /** Position of the most probable failure mode; -1 without a classifier. */
  public int leadingFailureMode() {
    int leading = -1;
    for (int i = 0; i < failureModes.length; i++) {
      if (leading < 0 || failureModes[i] > failureModes[leading]) {
        leading = i;
      }
    }
    return leading;
  }

  /** How many quantiles of RUL there are. */
  public int rulQuantiles() {
    return rul.length;
  }

  /** A quantile of remaining useful life, in the type's unit. */
  public float rul(int quantile) {
    return rul[quantile];
  }

  /** The middle quantile of remaining useful life; NaN without a RUL model. */
  public float medianRul() {
    return rul.length == 0 ? Float.NaN : rul[rul.length / 2];
  }

  /**
   * The greatest score as a multiple of its threshold; 0 when nothing could be scored. Always a
   * finite number, also where a score was too great for single precision: lists and JSON know no
   * other.
   */
  public double scoreRatio(double[] thresholds) {
    double greatest = 0;
    for (int i = 0; i < scores.length; i++) {
      double ratio = scores[i] / thresholds[i];
      if (ratio > greatest) {
        greatest = ratio;
      }
    }
    return Math.min(greatest, Double.MAX_VALUE);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Assessment that
        && anomalous == that.anomalous
        && Float.floatToIntBits(failureProbability) == Float.floatToIntBits(that.failureProbability)
        && Arrays.equals(scores, that.scores)
        && Arrays.equals(failureModes, that.failureModes)
        && Arrays.equals(rul, that.rul)
        && (unavailable == null ? that.unavailable == null : unavailable.equals(that.unavailable));
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(scores) + 31 * Arrays.hashCode(rul) + Float.hashCode(failureProbability);
  }

  @Override
  public String toString() {
    return unavailable != null
        ? "Assessment[" + unavailable + "]"
        : "Assessment[scores=%s, anomalous=%s, failure=%s, modes=%s, rul=%s]"
            .formatted(
                Arrays.toString(scores),
                anomalous,
                failureProbability,
                Arrays.toString(failureModes),
                Arrays.toString(rul));
  }
}
