package twin.training.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

final class ReliabilityTest {
  private static final double[] PROBABILITIES = {0.05, 0.15, 0.15, 0.95, 1};
  private static final boolean[] TRUTH = {false, true, false, true, true};

  @Test
  void comparesWhatWasPredictedWithWhatCameTrue() {
    List<Reliability.Bin> bins = Reliability.bins(PROBABILITIES, TRUTH, 10);
    assertThat(bins).extracting(Reliability.Bin::rows).containsExactly(1, 2, 2);
    assertThat(bins).extracting(Reliability.Bin::observed).containsExactly(0.0, 0.5, 1.0);
    assertThat(bins.get(1).from()).isEqualTo(0.1);
    assertThat(bins.get(1).predicted()).isCloseTo(0.15, within(1e-12));
    assertThat(bins.getLast().to()).isEqualTo(1);
  }

  @Test
  void givesTheMeanSquareOfTheDifference() {
    double squares = 0.05 * 0.05 + 0.85 * 0.85 + 0.15 * 0.15 + 0.05 * 0.05;
    assertThat(Reliability.brier(PROBABILITIES, TRUTH)).isCloseTo(squares / 5, within(1e-12));
  }
}
