package twin.training.milling;

import java.util.Arrays;
import java.util.List;
import twin.training.onnx.Matrix;
import twin.training.onnx.Served;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Folds;
import twin.training.tree.IsolationForest;
import twin.training.tree.OnnxTrees;
import twin.training.tree.TreeEnsemble;

/** Tells rows that are unlike rows without failure: an isolation forest over what is measured. */
final class AnomalyGate {
  static final String MODALITY = "process";
  static final List<String> INPUTS =
      List.of(
          "air_temp_k",
          "process_temp_k",
          "rpm",
          "torque_nm",
          "tool_wear_min",
          "temp_diff_k",
          "power_w",
          "strain_min_nm");

  private static final int TREES = 100;
  private static final int SAMPLE = 256;

  private AnomalyGate() {}

  /** Grows a forest from those of some rows that are without failure. */
  static TreeEnsemble grow(Examples examples, int[] rows, long seed) {
    Matrix normal = examples.matrix(INPUTS).select(normal(examples, rows));
    return IsolationForest.grow(normal, Examples.all(normal.columns()), TREES, SAMPLE, seed);
  }

  /** The score of each row, given by a forest that has not seen it. */
  static double[] heldOut(Examples examples, Folds folds, long seed) {
    Matrix rows = examples.matrix(INPUTS);
    return folds.heldOut(
        (trainedOn, heldOut) ->
            Served.run(
                OnnxTrees.probabilities(grow(examples, trainedOn, seed)), rows.select(heldOut)));
  }

  /** The score from which on a row is anomalous: few rows without failure have it. */
  static double threshold(Examples examples, double[] scores) {
    return BinaryFigures.quantile(normalScores(examples, scores), IsolationForest.HIGH_QUANTILE);
  }

  /** The scores of the rows without failure. */
  static double[] normalScores(Examples examples, double[] scores) {
    return Examples.select(scores, normal(examples, Examples.all(examples.size())));
  }

  private static int[] normal(Examples examples, int[] rows) {
    return Arrays.stream(rows).filter(row -> !examples.row(row).failed()).toArray();
  }
}
