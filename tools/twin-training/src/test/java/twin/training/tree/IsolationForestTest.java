package twin.training.tree;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxModel;
import twin.core.inference.onnx.OnnxSettings;
import twin.training.onnx.Matrix;

final class IsolationForestTest {
  private static final int ROWS = 2000;

  @Test
  void scoresWhatIsFarFromTheRestHigherThanTheRest() throws OnnxException {
    Matrix rows = clouds(1);
    TreeEnsemble forest = IsolationForest.grow(rows, new int[] {0, 1, 2}, 64, 256, 3);
    byte[] file = OnnxTrees.probabilities(forest);
    try (OnnxModel model = OnnxModel.load("forest", file, OnnxSettings.defaults())) {
      float[] usual = model.run(rows.values(), ROWS);
      float[] outside = model.run(new float[] {8, -8, 0, 0, 0, -8, 8, 0, 6, 6, 6, 0}, 3);
      Arrays.sort(usual);
      assertThat(usual[ROWS / 2]).isEqualTo(0.02f, within(0.001f));
      assertThat(usual[(int) (0.995 * (ROWS - 1))]).isEqualTo(0.5f, within(0.02f));
      assertThat(outside).hasSize(3);
      for (float score : outside) {
        assertThat(score).isGreaterThan(0.5f);
      }
    }
  }

  @Test
  void doesNotLookAtColumnsThatWereNotNamed() throws OnnxException {
    Matrix rows = clouds(2);
    TreeEnsemble forest = IsolationForest.grow(rows, new int[] {0, 1, 2}, 16, 64, 3);
    byte[] file = OnnxTrees.probabilities(forest);
    try (OnnxModel model = OnnxModel.load("forest", file, OnnxSettings.defaults())) {
      assertThat(model.run(new float[] {1, 1, 1, 1e6f}, 1))
          .isEqualTo(model.run(new float[] {1, 1, 1, 0}, 1));
    }
  }

  @Test
  void growsTheSameForestAgain() {
    Matrix rows = clouds(3);
    int[] columns = {0, 1, 2, 3};
    TreeEnsemble forest = IsolationForest.grow(rows, columns, 16, 64, 3);
    assertThat(IsolationForest.grow(rows, columns, 16, 64, 3)).isEqualTo(forest);
    assertThat(IsolationForest.grow(rows, columns, 16, 64, 4)).isNotEqualTo(forest);
  }

  private static Matrix clouds(long seed) {
    Random random = new Random(seed);
    float[] values = new float[4 * ROWS];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return new Matrix(values, ROWS, 4);
  }
}
