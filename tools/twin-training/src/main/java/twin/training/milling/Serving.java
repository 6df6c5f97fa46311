package twin.training.milling;

import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxModel;
import twin.core.inference.onnx.OnnxSettings;
import twin.training.tree.Matrix;

/** Runs a model that was just written as the twin will run it. */
final class Serving {

  private Serving() {}

  static float[] run(byte[] file, Matrix rows) {
    OnnxSettings defaults = OnnxSettings.defaults();
    OnnxSettings settings =
        new OnnxSettings(1, defaults.waitMax(), defaults.fileBytesMax(), Math.max(1, rows.rows()));
    try (OnnxModel model = OnnxModel.load("trained", file, settings)) {
      return model.run(rows.values(), rows.rows());
    } catch (OnnxException e) {
      throw new IllegalStateException("the trained model cannot be served: " + e.getMessage(), e);
    }
  }

  /**
   * Makes sure that what is served is what was trained, for every row.
   *
   * @param tolerance relative to the greater of 1 and the number
   */
  static void requireEqual(
      String name, byte[] file, Matrix rows, float[] trained, double tolerance) {
    float[] served = run(file, rows);
    for (int i = 0; i < trained.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(trained[i]));
      if (!(Math.abs(served[i] - trained[i]) <= allowed)) {
        throw new IllegalStateException(
            "%s is served as %s where %s was trained".formatted(name, served[i], trained[i]));
      }
    }
  }
}
