package twin.training.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxModel;
import twin.core.inference.onnx.OnnxSettings;
import twin.training.onnx.Matrix;

final class OnnxTreesTest {
  private static final float TOLERANCE = 1e-5f;
  private static final int COLUMNS = 6;
  private static final int ROWS = 1500;
  private static final Boosting BOOSTING = new Boosting(60, 5, 0.2, 0.8, 0.8, 1, 1, 256, 7);

  @Test
  void servesTheProbabilitiesThatXgboostPredicts() throws OnnxException {
    Matrix rows = randomRows(1);
    float[] labels = labels(rows, 2.5f);
    try (BoostedTrees trained = BoostedTrees.classifier(rows, labels, BOOSTING)) {
      Matrix unseen = withThresholds(randomRows(2), trained.trees());
      float[] served = serve(OnnxTrees.probabilities(trained.trees()), unseen);
      float[] predicted = trained.predict(unseen);
      assertThat(served).containsExactly(predicted, within(TOLERANCE));
      // A constant would pass the line above.
      assertThat(spread(predicted)).isGreaterThan(0.5f);
    }
  }

  @Test
  void servesRareLabelsWhoseBaseScoreIsFarFromOneHalf() throws OnnxException {
    Matrix rows = randomRows(3);
    float[] labels = labels(rows, 4.4f);
    assertThat(sum(labels)).isBetween(1f, 0.1f * ROWS);
    try (BoostedTrees trained = BoostedTrees.classifier(rows, labels, BOOSTING)) {
      float[] served = serve(OnnxTrees.probabilities(trained.trees()), rows);
      assertThat(served).containsExactly(trained.predict(rows), within(TOLERANCE));
    }
  }

  @Test
  void servesSeveralClassifiersSideBySide() throws OnnxException {
    Matrix rows = randomRows(4);
    try (BoostedTrees first = BoostedTrees.classifier(rows, labels(rows, 2f), BOOSTING);
        BoostedTrees second = BoostedTrees.classifier(rows, labels(rows, 3f), BOOSTING)) {
      TreeEnsemble both = TreeEnsemble.sideBySide(List.of(first.trees(), second.trees()));
      float[] served = serve(OnnxTrees.probabilities(both), rows);
      float[] one = first.predict(rows);
      float[] two = second.predict(rows);
      for (int row = 0; row < ROWS; row++) {
        assertThat(served[2 * row]).isEqualTo(one[row], within(TOLERANCE));
        assertThat(served[2 * row + 1]).isEqualTo(two[row], within(TOLERANCE));
      }
    }
  }

  @Test
  void servesWhatRemainsInRisingOrderAndNeverBelowZero() throws OnnxException {
    Matrix rows = withoutMissing(randomRows(5));
    Random random = new Random(5);
    float[] labels = new float[ROWS];
    for (int row = 0; row < ROWS; row++) {
      labels[row] = 200 * Math.abs(orZero(rows.values()[row * COLUMNS])) * random.nextFloat();
    }
    List<Double> quantiles = List.of(0.1, 0.5, 0.9);
    try (BoostedTrees trained = BoostedTrees.quantiles(rows, labels, ones(), quantiles, BOOSTING)) {
      float[] predicted = trained.predict(rows);
      float[] served = serve(OnnxTrees.remaining(trained.trees(), 2), rows);
      assertThat(served).hasSize(3 * ROWS);
      for (int row = 0; row < ROWS; row++) {
        float[] expected = Arrays.copyOfRange(predicted, 3 * row, 3 * row + 3);
        Arrays.sort(expected);
        for (int output = 0; output < 3; output++) {
          float now = rows.values()[row * COLUMNS + 2];
          float value = Math.max(0, expected[output] - now);
          assertThat(served[3 * row + output])
              .isEqualTo(value, within(TOLERANCE * Math.max(1, value)));
        }
      }
      assertThat(spread(served)).isGreaterThan(50);
    }
  }

  @Test
  void servesTheSameBitsForRowsAloneAndInABatch() throws OnnxException {
    Matrix rows = withoutMissing(randomRows(6));
    List<Double> quantiles = List.of(0.1, 0.5, 0.9);
    try (BoostedTrees one = BoostedTrees.classifier(rows, labels(rows, 2f), BOOSTING);
        BoostedTrees two =
            BoostedTrees.quantiles(rows, labels(rows, 3f), ones(), quantiles, BOOSTING)) {
      TreeEnsemble pair = TreeEnsemble.sideBySide(List.of(one.trees(), one.trees()));
      List<byte[]> files =
          List.of(
              OnnxTrees.probabilities(one.trees()),
              OnnxTrees.probabilities(pair),
              OnnxTrees.remaining(two.trees(), 2));
      for (byte[] file : files) {
        float[] batch = serve(file, rows);
        try (OnnxModel model = OnnxModel.load("trees", file, OnnxSettings.defaults())) {
          for (int row = 0; row < ROWS; row++) {
            int width = model.outputs();
            float[] alone = model.run(rows.row(row), 1);
            float[] together = Arrays.copyOfRange(batch, row * width, (row + 1) * width);
            assertThat(Arrays.equals(alone, together)).isTrue();
          }
        }
      }
    }
  }

  @Test
  void trainsAndWritesTheSameBytesAgain() {
    Matrix rows = randomRows(8);
    float[] labels = labels(rows, 2f);
    try (BoostedTrees first = BoostedTrees.classifier(rows, labels, BOOSTING);
        BoostedTrees second = BoostedTrees.classifier(rows, labels, BOOSTING);
        BoostedTrees other = BoostedTrees.classifier(rows, labels, BOOSTING.withSeed(8))) {
      byte[] bytes = OnnxTrees.probabilities(first.trees());
      assertThat(OnnxTrees.probabilities(second.trees())).isEqualTo(bytes);
      assertThat(OnnxTrees.probabilities(other.trees())).isNotEqualTo(bytes);
    }
  }

  private static float[] serve(byte[] file, Matrix rows) throws OnnxException {
    try (OnnxModel model = OnnxModel.load("trees", file, OnnxSettings.defaults())) {
      return model.run(rows.values(), rows.rows());
    }
  }

  /** Rows on a grid, so that values often equal a threshold, some of them missing. */
  private static Matrix randomRows(long seed) {
    Random random = new Random(seed);
    float[] values = new float[ROWS * COLUMNS];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt(20) == 0 ? Float.NaN : Math.round(40 * random.nextFloat()) / 10f;
    }
    return new Matrix(values, ROWS, COLUMNS);
  }

  /** Puts thresholds themselves into the rows: there "less" and "not more" part ways. */
  private static Matrix withThresholds(Matrix rows, TreeEnsemble trees) {
    float[] values = rows.values().clone();
    int row = 0;
    for (Tree tree : trees.trees()) {
      for (int node = 0; node < tree.nodes() && row < rows.rows(); node++) {
        if (!tree.isLeaf(node)) {
          values[row * COLUMNS + tree.column()[node]] = tree.value()[node];
          row++;
        }
      }
    }
    return new Matrix(values, rows.rows(), COLUMNS);
  }

  private static Matrix withoutMissing(Matrix rows) {
    float[] values = rows.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = orZero(values[i]);
    }
    return new Matrix(values, rows.rows(), COLUMNS);
  }

  private static float[] labels(Matrix rows, float above) {
    float[] labels = new float[rows.rows()];
    for (int row = 0; row < labels.length; row++) {
      float first = orZero(rows.values()[row * COLUMNS]);
      float second = rows.values()[row * COLUMNS + 1];
      // A missing second value is itself a sign, so that its direction is learned both ways.
      labels[row] = first + (Float.isNaN(second) ? 2f : 0.3f * second) > above ? 1 : 0;
    }
    return labels;
  }

  private static float[] ones() {
    float[] ones = new float[ROWS];
    Arrays.fill(ones, 1f);
    return ones;
  }

  private static float orZero(float value) {
    return Float.isNaN(value) ? 0 : value;
  }

  private static float sum(float[] values) {
    float sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private static float spread(float[] values) {
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (float value : values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    return max - min;
  }
}
