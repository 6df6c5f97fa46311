package twin.training.onnx;

import java.util.Arrays;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxModel;
import twin.core.inference.onnx.OnnxSettings;
import twin.training.tree.Matrix;

/** Runs a file that was just written as the twin will run it. */
public final class Served {
  private static final int ROWS_A_RUN = 1024;

  private Served() {}

  /** What the file gives for some rows, row after row. */
  public static float[] run(byte[] file, Matrix rows) {
    OnnxSettings defaults = OnnxSettings.defaults();
    OnnxSettings settings =
        new OnnxSettings(1, defaults.waitMax(), defaults.fileBytesMax(), ROWS_A_RUN);
    try (OnnxModel model = OnnxModel.load("trained", file, settings)) {
      float[] answers = new float[rows.rows() * model.outputs()];
      for (int from = 0; from < rows.rows(); from += ROWS_A_RUN) {
        int to = Math.min(rows.rows(), from + ROWS_A_RUN);
        float[] some =
            model.run(
                Arrays.copyOfRange(rows.values(), from * rows.columns(), to * rows.columns()),
                to - from);
        System.arraycopy(some, 0, answers, from * model.outputs(), some.length);
      }
      return answers;
    } catch (OnnxException e) {
      throw new IllegalStateException("the trained model cannot be served: " + e.getMessage(), e);
    }
  }

  /**
   * Makes sure that what is served is what was trained.
   *
   * @param tolerance relative to the greater of {@code scale} and the number
   */
  public static void requireEqual(
      String name, float[] served, float[] trained, double scale, double tolerance) {
    for (int i = 0; i < trained.length; i++) {
      double allowed = tolerance * Math.max(scale, Math.abs(trained[i]));
      if (!(Math.abs(served[i] - trained[i]) <= allowed)) {
        throw new IllegalStateException(
            "%s is served as %s where %s was trained".formatted(name, served[i], trained[i]));
      }
    }
  }
}
