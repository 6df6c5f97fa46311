package twin.training.quality;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BinaryFiguresTest {
  // Worked out by hand: at 0.5 there are 2 hits, 1 false alarm, 1 miss and 2 passes.
  private static final double[] SCORES = {0.9, 0.8, 0.7, 0.4, 0.3, 0.1};
  private static final boolean[] TRUTH = {true, false, true, true, false, false};

  @Test
  void givesTheFiguresWorkedOutByHand() {
    BinaryFigures figures = BinaryFigures.of(SCORES, 0.5, TRUTH);
    assertThat(figures.rows()).isEqualTo(6);
    assertThat(figures.accuracy()).isEqualTo(4 / 6.0, within(1e-12));
    assertThat(figures.precision()).isEqualTo(2 / 3.0, within(1e-12));
    assertThat(figures.recall()).isEqualTo(2 / 3.0, within(1e-12));
    assertThat(figures.f1()).isEqualTo(2 / 3.0, within(1e-12));
    // Of the nine pairs of a yes and a no, seven are in the right order.
    assertThat(figures.rocAuc()).isEqualTo(7 / 9.0, within(1e-12));
    assertThat(figures.prAuc()).isEqualTo((1 + 2 / 3.0 + 3 / 4.0) / 3, within(1e-12));
    assertThat(figures.mcc()).isEqualTo((2 * 2 - 1 * 1) / 9.0, within(1e-12));
  }

  @Test
  void countsTiesAsHalf() {
    double[] scores = {0.5, 0.5, 0.5, 0.5};
    boolean[] truth = {true, false, true, false};
    BinaryFigures figures = BinaryFigures.of(scores, 0.5, truth);
    assertThat(figures.rocAuc()).isEqualTo(0.5);
    assertThat(figures.prAuc()).isEqualTo(0.5);
  }

  @Test
  void agreesWithCountingEveryPair() {
    long seed = 11;
    Random random = new Random(seed);
    double[] scores = random.doubles(300).map(s -> Math.round(20 * s) / 20.0).toArray();
    boolean[] truth = new boolean[scores.length];
    for (int i = 0; i < truth.length; i++) {
      truth[i] = random.nextDouble() < scores[i] / 2;
    }
    double right = 0;
    double pairs = 0;
    for (int yes = 0; yes < truth.length; yes++) {
      for (int no = 0; no < truth.length; no++) {
        if (truth[yes] && !truth[no]) {
          pairs++;
          right += scores[yes] > scores[no] ? 1 : scores[yes] == scores[no] ? 0.5 : 0;
        }
      }
    }
    assertThat(BinaryFigures.of(scores, 0.5, truth).rocAuc())
        .as("seed " + seed)
        .isEqualTo(right / pairs, within(1e-12));
  }

  @Test
  void hasNoAreaWithoutBothOutcomes() {
    BinaryFigures figures = BinaryFigures.of(new double[] {0.1, 0.2}, 0.5, new boolean[2]);
    assertThat(figures.rocAuc()).isNaN();
    assertThat(figures.prAuc()).isNaN();
    assertThat(figures.f1()).isZero();
    assertThat(figures.accuracy()).isEqualTo(1);
  }

  @Test
  void interpolatesQuantiles() {
    double[] numbers = {4, 1, 3, 2};
    assertThat(BinaryFigures.quantile(numbers, 0)).isEqualTo(1);
    assertThat(BinaryFigures.quantile(numbers, 0.5)).isEqualTo(2.5);
    assertThat(BinaryFigures.quantile(numbers, 1)).isEqualTo(4);
  }

  @Test
  void holdsEveryRowOutOnceAndKeepsBlocksTogether() {
    int[] blocks = {1, 1, 2, 2, 3, 3, 4, 4};
    Folds folds = Folds.blocked(blocks, 3, 5);
    int[] heldOut = new int[blocks.length];
    for (int fold = 0; fold < folds.count(); fold++) {
      for (int row : folds.heldOut(fold)) {
        heldOut[row]++;
        assertThat(Arrays.stream(folds.trainedOn(fold)).boxed())
            .noneMatch(other -> blocks[other] == blocks[row]);
      }
    }
    assertThat(heldOut).containsOnly(1);
    Folds shuffled = Folds.shuffled(10, 5, 5);
    assertThat(Arrays.stream(shuffled.foldOfRow()).sorted().toArray())
        .containsExactly(0, 0, 1, 1, 2, 2, 3, 3, 4, 4);
  }
}
