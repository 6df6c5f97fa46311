package twin.core.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

final class AssessmentTest {

  private static Assessment scores(float... scores) {
    return Assessment.of(scores, false, Float.NaN, new float[0], new float[0]);
  }

  @Test
  void theRatioIsThatOfTheModalityFurthestOverItsThreshold() {
    assertThat(scores(0.25f, 3).scoreRatio(new double[] {0.5, 2})).isEqualTo(1.5);
    assertThat(scores(0.75f, 1).scoreRatio(new double[] {0.5, 2})).isEqualTo(1.5);
    assertThat(scores(Float.NaN, 1).scoreRatio(new double[] {0.5, 2})).isEqualTo(0.5);
    assertThat(scores(Float.NaN).scoreRatio(new double[] {0.5})).isZero();
    assertThat(scores().scoreRatio(new double[0])).isZero();
  }

  /** A sensor that sends the greatest double is beyond what single precision can hold. */
  @Test
  void theRatioOfAnInfiniteScoreIsStillANumber() {
    assertThat(scores(Float.POSITIVE_INFINITY).scoreRatio(new double[] {6}))
        .isFinite()
        .isGreaterThan(1e30);
  }

  @Test
  void theMiddleQuantileIsTheMedian() {
    Assessment assessment =
        Assessment.of(
            new float[0], false, 0.2f, new float[] {0.1f, 0.7f, 0.7f}, new float[] {1, 5, 9});
    assertThat(assessment.medianRul()).isEqualTo(5);
    assertThat(assessment.failureProbability()).isEqualTo(0.2f, within(0f));
    assertThat(assessment.leadingFailureMode()).as("the first of equals").isEqualTo(1);
    assertThat(scores(1).medianRul()).isNaN();
    assertThat(scores(1).leadingFailureMode()).isEqualTo(-1);
  }

  @Test
  void isNotChangedThroughTheArraysItWasMadeFrom() {
    float[] given = {1};
    Assessment assessment = scores(given);
    given[0] = 2;
    assertThat(assessment.score(0)).isEqualTo(1);
  }

  @Test
  void whatIsUnavailableSaysWhyAndHasNoNumbers() {
    Assessment none = Assessment.unavailable("model: out of order");
    assertThat(none.isAvailable()).isFalse();
    assertThat(none.unavailableReason()).isEqualTo("model: out of order");
    assertThat(none.hasFailureProbability()).isFalse();
    assertThat(none.modalities()).isZero();
    assertThat(none).isNotEqualTo(scores());
  }
}
