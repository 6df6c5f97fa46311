package twin.training.onnx;

import java.util.Arrays;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxModel;
import twin.core.inference.onnx.OnnxSettings;

/** A file that was just written, run as the twin will run it. Safe for use by many threads. */
public final class Served implements AutoCloseable {
  private static final int ROWS_A_RUN = 1024;
  private static final int TIMED_BATCHES = 200;
  private static final int RUNS_A_BATCH = 100;

  private final OnnxModel model;

  /** Loads a file. */
  public Served(byte[] file) {
    OnnxSettings defaults = OnnxSettings.defaults();
    OnnxSettings settings =
        new OnnxSettings(1, defaults.waitMax(), defaults.fileBytesMax(), ROWS_A_RUN);
    try {
      model = OnnxModel.load("trained", file, settings);
    } catch (OnnxException e) {
      throw refused(e);
    }
  }

  private static IllegalStateException refused(OnnxException e) {
    return new IllegalStateException("the trained model cannot be served: " + e.getMessage(), e);
  }

  /** What a file gives for some rows, row after row. */
  public static float[] run(byte[] file, Matrix rows) {
    try (Served served = new Served(file)) {
      return served.run(rows);
    }
  }

  /** What it gives for some rows, row after row. */
  public float[] run(Matrix rows) {
    float[] answers = new float[rows.rows() * model.outputs()];
    try {
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
      throw refused(e);
    }
  }

  /** What it gives for one row. */
  public float[] run(float[] row) {
    return run(new Matrix(row, 1, row.length));
  }

  /**
   * The quickest of many short batches of runs: what else the machine does only makes them slower,
   * and leaves some of them alone.
   */
  public double microsARun() {
    float[] asked = new float[model.columns()];
    Arrays.fill(asked, 0.5f);
    double least = Double.POSITIVE_INFINITY;
    try {
      for (int batch = 0; batch < TIMED_BATCHES; batch++) {
        long start = System.nanoTime();
        for (int i = 0; i < RUNS_A_BATCH; i++) {
          model.run(asked, 1);
        }
        least = Math.min(least, (System.nanoTime() - start) / 1e3 / RUNS_A_BATCH);
      }
    } catch (OnnxException e) {
      throw refused(e);
    }
    return least;
  }

  /**
   * Makes sure that what is served is what was trained.
   *
   * @param tolerance relative to the greater of 1 and the number
   */
  public static void requireEqual(String name, float[] served, float[] trained, double tolerance) {
    for (int i = 0; i < trained.length; i++) {
      double allowed = tolerance * Math.max(1, Math.abs(trained[i]));
      if (!(Math.abs(served[i] - trained[i]) <= allowed)) {
        throw new IllegalStateException(
            "%s is served as %s where %s was trained".formatted(name, served[i], trained[i]));
      }
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
