package twin.training.milling;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import twin.training.onnx.Matrix;
import twin.training.quality.Folds;
import twin.training.tree.BoostedTrees;
import twin.training.tree.Boosting;

/**
 * A classifier for each failure mode. It is learned from the quantities that cause the mode, so
 * that the few examples go into finding the limits and not into finding out what matters. The
 * temperatures themselves are left out: they wander slowly, and trees could tell by them at which
 * time a row was taken.
 *
 * <p>That nothing fails is that no mode comes about, the modes taken as independent of each other.
 */
final class FailureModes {
  static final List<String> NAMES = List.copyOf(MillingRecording.FAILURE_MODES.values());
  static final List<String> VARIANTS = List.of("variant_l", "variant_m", "variant_h");

  private static final Map<String, List<String>> CAUSES =
      Map.of(
          "heat_dissipation", List.of("temp_diff_k", "rpm"),
          "power", List.of("power_w"),
          "overstrain", Stream.concat(Stream.of("strain_min_nm"), VARIANTS.stream()).toList(),
          "tool_wear", List.of("tool_wear_min"));
  private static final Map<String, Boosting> BOOSTING =
      Map.of(
          "heat_dissipation", new Boosting(100, 2, 0.1, 1, 1, 0.01, 0.1, 0, 0),
          "power", new Boosting(100, 2, 0.1, 1, 1, 0.1, 0.1, 0, 0),
          "overstrain", new Boosting(100, 3, 0.1, 1, 1, 0.01, 0.1, 0, 0),
          "tool_wear", new Boosting(50, 2, 0.1, 1, 1, 0.01, 1, 0, 0));

  /** What they read, together. */
  static final List<String> INPUTS =
      NAMES.stream().flatMap(mode -> causes(mode).stream()).distinct().toList();

  private FailureModes() {}

  static List<String> causes(String mode) {
    return Objects.requireNonNull(CAUSES.get(mode), mode);
  }

  /** Trains for a mode on some rows. */
  static BoostedTrees train(Examples examples, String mode, int[] rows, long seed) {
    float[] labels = Examples.labels(examples.failedOf(mode));
    Boosting boosting = Objects.requireNonNull(BOOSTING.get(mode), mode).withSeed(seed);
    return BoostedTrees.classifier(
        examples.matrix(causes(mode)).select(rows), Examples.select(labels, rows), boosting);
  }

  /** The probability of a mode in each row, said by trees that have not seen it. */
  static double[] heldOut(Examples examples, String mode, Folds folds, long seed) {
    Matrix rows = examples.matrix(causes(mode));
    return folds.heldOut(
        (trainedOn, heldOut) -> {
          try (BoostedTrees trained = train(examples, mode, trainedOn, seed)) {
            return trained.predict(rows.select(heldOut));
          }
        });
  }

  /** The probability that any mode comes about. */
  static double[] any(List<double[]> modes) {
    double[] none = new double[modes.getFirst().length];
    Arrays.fill(none, 1);
    for (double[] probabilities : modes) {
      for (int row = 0; row < none.length; row++) {
        none[row] *= 1 - probabilities[row];
      }
    }
    return Arrays.stream(none).map(each -> 1 - each).toArray();
  }
}
