package twin.training.milling;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import twin.training.onnx.Matrix;
import twin.training.onnx.Served;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Bootstrap;
import twin.training.quality.Folds;
import twin.training.quality.Reliability;
import twin.training.tree.BoostedTrees;
import twin.training.tree.OnnxTrees;

/** How good the milling machine's models are on rows that they have not seen, by name. */
final class MillingFigures {

  /** A failure is likely from this probability on; the twin decides so too. */
  static final double LIKELY = 0.5;

  private static final int BOOTSTRAP_ROUNDS = 500;

  private final Examples examples;
  private final long seed;

  MillingFigures(Examples examples, long seed) {
    this.examples = examples;
    this.seed = seed;
  }

  /** Of probabilities, against what was so. */
  static Map<String, Double> of(double[] probabilities, boolean[] truth) {
    BinaryFigures figures = BinaryFigures.of(probabilities, LIKELY, truth);
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("precision", rounded(figures.precision()));
    named.put("recall", rounded(figures.recall()));
    named.put("f1", rounded(figures.f1()));
    named.put("roc_auc", rounded(figures.rocAuc()));
    named.put("pr_auc", rounded(figures.prAuc()));
    named.put("mcc", rounded(figures.mcc()));
    named.put("brier", rounded(Reliability.brier(probabilities, truth)));
    return named;
  }

  /** With what the figures might have been, had other blocks of the process been recorded. */
  Map<String, Double> ofFailures(double[] probabilities) {
    boolean[] truth = examples.failed();
    Map<String, Double> named = of(probabilities, truth);
    Bootstrap bootstrap = new Bootstrap(examples.blocks(), BOOTSTRAP_ROUNDS, seed);
    put(named, "f1", bootstrap.of(rows -> of(probabilities, truth, rows).f1()));
    put(named, "pr_auc", bootstrap.of(rows -> of(probabilities, truth, rows).prAuc()));
    return named;
  }

  private static void put(Map<String, Double> named, String figure, Bootstrap.Interval interval) {
    named.put(figure + "_95_low", rounded(interval.low()));
    named.put(figure + "_95_high", rounded(interval.high()));
  }

  private static BinaryFigures of(double[] probabilities, boolean[] truth, int[] rows) {
    double[] chosen = new double[rows.length];
    boolean[] so = new boolean[rows.length];
    for (int i = 0; i < rows.length; i++) {
      chosen[i] = probabilities[rows[i]];
      so[i] = truth[rows[i]];
    }
    return BinaryFigures.of(chosen, LIKELY, so);
  }

  Map<String, Double> recallByMode(double[] probabilities) {
    Map<String, Double> recalls = new LinkedHashMap<>();
    for (String mode : FailureModes.NAMES) {
      boolean[] truth = examples.failedOf(mode);
      recalls.put(mode, rounded(BinaryFigures.of(probabilities, LIKELY, truth).recall()));
    }
    return recalls;
  }

  Map<String, Double> ofGate(double[] scores, double threshold) {
    BinaryFigures figures = BinaryFigures.of(scores, threshold, examples.failed());
    double[] normal = AnomalyGate.normalScores(examples, scores);
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("roc_auc_of_failures", rounded(figures.rocAuc()));
    named.put("recall_of_failures", rounded(figures.recall()));
    named.put(
        "false_alarm_rate",
        rounded(
            Arrays.stream(normal).filter(s -> s >= threshold).count() / (double) normal.length));
    return named;
  }

  /** Judged on the rows whose tool is seen to end: of the others nobody knows the truth. */
  Map<String, Double> ofRul(Folds folds) {
    Matrix rows = examples.matrix(RulModel.INPUTS);
    double error = 0;
    double square = 0;
    double inside = 0;
    double width = 0;
    int count = 0;
    for (int fold = 0; fold < folds.count(); fold++) {
      int[] heldOut =
          Arrays.stream(folds.heldOut(fold))
              .filter(row -> !Double.isNaN(examples.endWearMin(row)))
              .toArray();
      try (BoostedTrees trained = RulModel.train(examples, folds.trainedOn(fold), seed)) {
        float[] remaining =
            Served.run(OnnxTrees.remaining(trained.trees(), 0), rows.select(heldOut));
        for (int i = 0; i < heldOut.length; i++) {
          double truth = examples.endWearMin(heldOut[i]) - examples.row(heldOut[i]).toolWearMin();
          double off = remaining[3 * i + 1] - truth;
          error += Math.abs(off);
          square += off * off;
          inside += truth >= remaining[3 * i] && truth <= remaining[3 * i + 2] ? 1 : 0;
          width += remaining[3 * i + 2] - remaining[3 * i];
          count++;
        }
      }
    }
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("mean_absolute_error_min", rounded(error / count));
    named.put("root_mean_square_error_min", rounded(Math.sqrt(square / count)));
    named.put("share_between_p10_and_p90", rounded(inside / count));
    named.put("mean_width_p10_to_p90_min", rounded(width / count));
    named.put("rows", (double) count);
    named.put(
        "rows_left_out_as_censored",
        (double)
            IntStream.range(0, examples.size())
                .filter(row -> Double.isNaN(examples.endWearMin(row)))
                .count());
    return named;
  }

  static double rounded(double figure) {
    return Math.round(figure * 1e4) / 1e4;
  }
}
