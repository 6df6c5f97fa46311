package twin.training.milling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Sequence;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Folds;
import twin.training.tree.BoostedTrees;
import twin.training.tree.Boosting;
import twin.training.tree.IsolationForest;
import twin.training.tree.Matrix;
import twin.training.tree.OnnxTrees;
import twin.training.tree.TreeEnsemble;

/**
 * Trains the milling machine's models and measures them on rows that they have not seen. The same
 * examples and seed give the same models.
 */
final class MillingTraining {
  static final String MODALITY = "process";
  static final double TOLERANCE = 1e-5;

  /** A failure is likely from this probability on; the twin decides so too. */
  static final double LIKELY = 0.5;

  private static final int FOLDS = 6;

  private static final List<String> MEASURED =
      List.of(
          "air_temp_k",
          "process_temp_k",
          "rpm",
          "torque_nm",
          "tool_wear_min",
          "temp_diff_k",
          "power_w",
          "strain_min_nm");
  private static final List<String> VARIANTS = List.of("variant_l", "variant_m", "variant_h");

  // The temperatures wander slowly over the recording: trees that are given them can tell at which
  // time of it a row was taken. What matters to the machine is their difference.
  private static final List<String> CLASSIFIED =
      Stream.concat(
              MEASURED.stream()
                  .filter(name -> !name.equals("air_temp_k") && !name.equals("process_temp_k")),
              VARIANTS.stream())
          .toList();
  private static final List<String> FAILURE_MODES =
      List.copyOf(MillingRecording.FAILURE_MODES.values());

  private static final Boosting FAILURE = new Boosting(120, 4, 0.08, 0.8, 0.8, 0.3, 0.1, 0);
  private static final Boosting MODE = new Boosting(60, 3, 0.15, 0.8, 0.8, 1, 1, 0);
  private static final Boosting RUL = new Boosting(60, 3, 0.1, 0.8, 1, 20, 1, 0);
  private static final int FOREST_TREES = 100;
  private static final int FOREST_SAMPLE = 256;

  private final Examples examples;
  private final long seed;
  private final Consumer<String> progress;

  MillingTraining(Examples examples, long seed, Consumer<String> progress) {
    this.examples = examples;
    this.seed = seed;
    this.progress = progress;
  }

  /**
   * What the training gives.
   *
   * @param parts the models
   * @param files the models' files, by name
   * @param threshold from which anomaly score on a row is anomalous
   * @param figures how good the models are, by name
   */
  record Trained(
      List<Part> parts,
      Map<String, byte[]> files,
      double threshold,
      Map<String, Map<String, Double>> figures) {}

  Trained train() {
    Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
    Folds machines = Folds.blocked(examples.machines(), FOLDS, seed);
    Folds blocks = Folds.blocked(examples.blocks(), FOLDS, seed);
    Folds rows = Folds.shuffled(examples.size(), FOLDS, seed);
    measureFailures("by_machine", machines, figures);
    measureFailures("blocked", blocks, figures);
    measureFailures("shuffled", rows, figures);
    for (String mode : FAILURE_MODES) {
      progress.accept("cross-validating " + mode);
      boolean[] truth = examples.failedOf(mode);
      figures.put(
          mode + "_by_machine", figures(heldOutProbabilities(truth, MODE, machines), truth));
      figures.put(mode + "_blocked", figures(heldOutProbabilities(truth, MODE, blocks), truth));
    }
    progress.accept("cross-validating the anomaly gate");
    double[] scores = heldOutScores(machines);
    double threshold =
        rounded(BinaryFigures.quantile(normal(scores), IsolationForest.HIGH_QUANTILE));
    figures.put("anomaly_by_machine", gateFigures(scores, threshold));
    progress.accept("cross-validating remaining useful life");
    figures.put("rul_by_machine", rulFigures(machines));
    progress.accept("training on all rows");
    Map<String, byte[]> files = new LinkedHashMap<>();
    files.put("anomaly.onnx", anomalyFile());
    files.put("failure.onnx", failureFile());
    files.put("failure_modes.onnx", failureModesFile());
    files.put("rul.onnx", rulFile());
    List<Part> parts =
        List.of(
            new Part(Role.ANOMALY, "anomaly.onnx", MEASURED, Sequence.NONE, List.of(MODALITY)),
            new Part(Role.FAILURE, "failure.onnx", CLASSIFIED, Sequence.NONE, List.of("failure_probability")),
            new Part(Role.FAILURE_MODES, "failure_modes.onnx", CLASSIFIED, Sequence.NONE, FAILURE_MODES),
            new Part(Role.RUL, "rul.onnx", RulModel.INPUTS, Sequence.NONE, RulModel.OUTPUTS));
    return new Trained(parts, files, threshold, figures);
  }

  private void measureFailures(String how, Folds folds, Map<String, Map<String, Double>> figures) {
    progress.accept("cross-validating failures, " + how);
    double[] probabilities = heldOutProbabilities(examples.failed(), FAILURE, folds);
    figures.put("failure_" + how, figures(probabilities, examples.failed()));
    figures.put("failure_" + how + "_recall_by_mode", recallByMode(probabilities));
  }

  private byte[] failureFile() {
    float[] labels = Examples.labels(examples.failed());
    Matrix rows = examples.matrix(CLASSIFIED);
    try (BoostedTrees trained = BoostedTrees.classifier(rows, labels, FAILURE.withSeed(seed))) {
      byte[] file = OnnxTrees.probabilities(trained.trees());
      Serving.requireEqual("failure.onnx", file, rows, trained.predict(rows), TOLERANCE);
      return file;
    }
  }

  private byte[] failureModesFile() {
    Matrix rows = examples.matrix(CLASSIFIED);
    List<TreeEnsemble> ensembles = new ArrayList<>();
    float[] predicted = new float[examples.size() * FAILURE_MODES.size()];
    for (int mode = 0; mode < FAILURE_MODES.size(); mode++) {
      float[] labels = Examples.labels(examples.failedOf(FAILURE_MODES.get(mode)));
      try (BoostedTrees trained =
          BoostedTrees.classifier(rows, labels, MODE.withSeed(seed + mode))) {
        ensembles.add(trained.trees());
        float[] probabilities = trained.predict(rows);
        for (int row = 0; row < probabilities.length; row++) {
          predicted[row * FAILURE_MODES.size() + mode] = probabilities[row];
        }
      }
    }
    byte[] file = OnnxTrees.probabilities(TreeEnsemble.sideBySide(ensembles));
    Serving.requireEqual("failure_modes.onnx", file, rows, predicted, TOLERANCE);
    return file;
  }

  private byte[] anomalyFile() {
    int[] normal = normalOf(Examples.all(examples.size()));
    return OnnxTrees.probabilities(forest(examples.matrix(MEASURED).select(normal)));
  }

  private TreeEnsemble forest(Matrix normal) {
    return IsolationForest.grow(
        normal, Examples.all(normal.columns()), FOREST_TREES, FOREST_SAMPLE, seed);
  }

  private byte[] rulFile() {
    int[] all = Examples.all(examples.size());
    Matrix rows = examples.matrix(RulModel.INPUTS);
    try (BoostedTrees trained = RulModel.train(examples, all, RUL.withSeed(seed))) {
      byte[] file = OnnxTrees.remaining(trained.trees(), 0);
      float[] remaining = trained.predict(rows);
      for (int row = 0; row < examples.size(); row++) {
        Arrays.sort(remaining, 3 * row, 3 * row + 3);
        for (int i = 3 * row; i < 3 * row + 3; i++) {
          remaining[i] = Math.max(0, remaining[i] - rows.values()[row]);
        }
      }
      Serving.requireEqual("rul.onnx", file, rows, remaining, TOLERANCE);
      return file;
    }
  }

  private double[] heldOutProbabilities(boolean[] truth, Boosting boosting, Folds folds) {
    Matrix rows = examples.matrix(CLASSIFIED);
    float[] labels = Examples.labels(truth);
    double[] probabilities = new double[truth.length];
    for (int fold = 0; fold < folds.count(); fold++) {
      int[] trainedOn = folds.trainedOn(fold);
      int[] heldOut = folds.heldOut(fold);
      try (BoostedTrees trained =
          BoostedTrees.classifier(
              rows.select(trainedOn),
              Examples.select(labels, trainedOn),
              boosting.withSeed(seed))) {
        float[] predicted = trained.predict(rows.select(heldOut));
        for (int i = 0; i < heldOut.length; i++) {
          probabilities[heldOut[i]] = predicted[i];
        }
      }
    }
    return probabilities;
  }

  private double[] heldOutScores(Folds folds) {
    Matrix rows = examples.matrix(MEASURED);
    double[] scores = new double[examples.size()];
    for (int fold = 0; fold < folds.count(); fold++) {
      int[] heldOut = folds.heldOut(fold);
      TreeEnsemble forest = forest(rows.select(normalOf(folds.trainedOn(fold))));
      float[] served = Serving.run(OnnxTrees.probabilities(forest), rows.select(heldOut));
      for (int i = 0; i < heldOut.length; i++) {
        scores[heldOut[i]] = served[i];
      }
    }
    return scores;
  }

  private int[] normalOf(int[] rows) {
    return Arrays.stream(rows).filter(row -> !examples.row(row).failed()).toArray();
  }

  private double[] normal(double[] scores) {
    return Examples.select(scores, normalOf(Examples.all(examples.size())));
  }

  private Map<String, Double> gateFigures(double[] scores, double threshold) {
    BinaryFigures figures = BinaryFigures.of(scores, threshold, examples.failed());
    double[] normal = normal(scores);
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("roc_auc_of_failures", rounded(figures.rocAuc()));
    named.put("recall_of_failures", rounded(figures.recall()));
    named.put(
        "false_alarm_rate",
        rounded(
            Arrays.stream(normal).filter(s -> s >= threshold).count() / (double) normal.length));
    return named;
  }

  private Map<String, Double> recallByMode(double[] probabilities) {
    Map<String, Double> recalls = new LinkedHashMap<>();
    for (String mode : FAILURE_MODES) {
      boolean[] truth = examples.failedOf(mode);
      recalls.put(mode, rounded(BinaryFigures.of(probabilities, LIKELY, truth).recall()));
    }
    return recalls;
  }

  private static Map<String, Double> figures(double[] probabilities, boolean[] truth) {
    BinaryFigures figures = BinaryFigures.of(probabilities, LIKELY, truth);
    Map<String, Double> named = new LinkedHashMap<>();
    named.put("precision", rounded(figures.precision()));
    named.put("recall", rounded(figures.recall()));
    named.put("f1", rounded(figures.f1()));
    named.put("roc_auc", rounded(figures.rocAuc()));
    named.put("pr_auc", rounded(figures.prAuc()));
    named.put("mcc", rounded(figures.mcc()));
    return named;
  }

  /** Judged on the rows whose tool is seen to end: of the others nobody knows the truth. */
  private Map<String, Double> rulFigures(Folds folds) {
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
      try (BoostedTrees trained =
          RulModel.train(examples, folds.trainedOn(fold), RUL.withSeed(seed))) {
        float[] remaining =
            Serving.run(OnnxTrees.remaining(trained.trees(), 0), rows.select(heldOut));
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

  private static double rounded(double figure) {
    return Math.round(figure * 1e4) / 1e4;
  }
}
