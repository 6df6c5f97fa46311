package twin.core.inference.onnx;

import java.time.Duration;

/**
 * The bounds within which ONNX models are loaded and run.
 *
 * @param concurrentRunsMax how many threads may run one model at the same time; as many as the
 *     dispatcher of the twins has
 * @param waitMax how long a run waits for its turn, and how long closing waits for runs to end
 * @param fileBytesMax the largest file that is read at all
 * @param rowsMax the largest batch of rows in one run
 */
public record OnnxSettings(
    int concurrentRunsMax, Duration waitMax, long fileBytesMax, int rowsMax) {

  public OnnxSettings {
    if (concurrentRunsMax < 1) {
      throw new IllegalArgumentException("concurrentRunsMax must be 1 or more");
    }
    if (waitMax.isNegative() || waitMax.isZero()) {
      throw new IllegalArgumentException("waitMax must be positive");
    }
    if (fileBytesMax < 1 || fileBytesMax >= Integer.MAX_VALUE) {
      throw new IllegalArgumentException("fileBytesMax must be 1 or more and under 2 GiB");
    }
    if (rowsMax < 1) {
      throw new IllegalArgumentException("rowsMax must be 1 or more");
    }
  }

  /** One run a core, ten seconds of patience, files up to 64 MiB, batches up to 4,096 rows. */
  public static OnnxSettings defaults() {
    return new OnnxSettings(
        Runtime.getRuntime().availableProcessors(), Duration.ofSeconds(10), 64L << 20, 4096);
  }
}
