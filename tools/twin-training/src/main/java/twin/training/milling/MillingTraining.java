package twin.training.milling;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Sequence;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Bootstrap;
import twin.training.quality.Folds;
import twin.training.quality.Reliability;
import twin.training.tree.BoostedTrees;
import twin.training.tree.Boosting;
import twin.training.tree.IsolationForest;
import twin.training.tree.Matrix;
import twin.training.tree.OnnxGraph;
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
  private static final List<String> FAILURE_MODES =
      List.copyOf(MillingRecording.FAILURE_MODES.values());

  // Each mode is learned from the quantities that cause it, so that its few examples go into
  // finding the limits and not into finding out what matters. The temperatures themselves are left
  // out: they wander slowly, and trees could tell by them at which time a row was taken.
  private static final Map<String, List<String>> CAUSES =
      Map.of(
          "heat_dissipation", List.of("temp_diff_k", "rpm"),
          "power", List.of("power_w"),
          "overstrain", Stream.concat(Stream.of("strain_min_nm"), VARIANTS.stream()).toList(),
          "tool_wear", List.of("tool_wear_min"));
  private static final Map<String, Boosting> MODES =
      Map.of(
          "heat_dissipation", new Boosting(100, 2, 0.1, 1, 1, 0.01, 0.1, 0, 0),
          "power", new Boosting(100, 2, 0.1, 1, 1, 0.1, 0.1, 0, 0),
          "overstrain", new Boosting(100, 3, 0.1, 1, 1, 0.01, 0.1, 0, 0),
          "tool_wear", new Boosting(50, 2, 0.1, 1, 1, 0.01, 1, 0, 0));

  private static final List<String> CLASSIFIED =
      FAILURE_MODES.stream().flatMap(mode -> causes(mode).stream()).distinct().toList();
  private static final List<String> INPUTS =
      Stream.concat(MEASURED.stream(), VARIANTS.stream()).toList();
  private static final Boosting RUL = new Boosting(60, 3, 0.1, 0.8, 1, 20, 1, 256, 0);
  private static final int FOREST_TREES = 100;
  private static final int FOREST_SAMPLE = 256;
  private static final int RELIABILITY_BINS = 10;
  private static final int BOOTSTRAP_ROUNDS = 500;

  /** The file that all parts share. */
  static final String FILE = "milling.onnx";

  private static final int OUTPUTS = 2 + FAILURE_MODES.size() + RulModel.OUTPUTS.size();

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
   * @param parts the models, all in one file
   * @param file the file
   * @param threshold from which anomaly score on a row is anomalous
   * @param figures how good the models are, by name
   * @param reliability what came true of the probabilities of failure, blocks held out
   */
  @SuppressWarnings("ArrayRecordComponent") // Passed on once and never compared.
  record Trained(
      List<Part> parts,
      byte[] file,
      double threshold,
      Map<String, Map<String, Double>> figures,
      List<Reliability.Bin> reliability) {}

  /** What a model of the bundle needs to have in its rows, in order. */
  static List<String> inputs() {
    return INPUTS;
  }

  private static List<String> causes(String mode) {
    return Objects.requireNonNull(CAUSES.get(mode), mode);
  }

  Trained train() {
    Map<String, Map<String, Double>> figures = new LinkedHashMap<>();
    Folds machines = Folds.blocked(examples.machines(), FOLDS, seed);
    Folds blocks = Folds.blocked(examples.blocks(), FOLDS, seed);
    measureFailures("shuffled", Folds.shuffled(examples.size(), FOLDS, seed), figures);
    double[] blocked = measureFailures("blocked", blocks, figures);
    measureFailures("by_machine", machines, figures);
    progress.accept("cross-validating the anomaly gate");
    double[] scores = heldOutScores(machines);
    double threshold =
        rounded(BinaryFigures.quantile(normal(scores), IsolationForest.HIGH_QUANTILE));
    figures.put("anomaly_by_machine", gateFigures(scores, threshold));
    progress.accept("cross-validating remaining useful life");
    figures.put("rul_by_machine", rulFigures(machines));
    progress.accept("training on all rows");
    List<Part> parts =
        List.of(
            new Part(Role.ANOMALY, FILE, MEASURED, Sequence.NONE, List.of(MODALITY)),
            new Part(Role.FAILURE, FILE, CLASSIFIED, Sequence.NONE, List.of("failure_probability")),
            new Part(Role.FAILURE_MODES, FILE, CLASSIFIED, Sequence.NONE, FAILURE_MODES),
            new Part(Role.RUL, FILE, RulModel.INPUTS, Sequence.NONE, RulModel.OUTPUTS));
    return new Trained(
        parts,
        file(),
        threshold,
        figures,
        Reliability.bins(blocked, examples.failed(), RELIABILITY_BINS));
  }

  private double[] measureFailures(
      String how, Folds folds, Map<String, Map<String, Double>> figures) {
    progress.accept("cross-validating failures, " + how);
    double[] none = new double[examples.size()];
    Arrays.fill(none, 1);
    for (String mode : FAILURE_MODES) {
      boolean[] truth = examples.failedOf(mode);
      double[] probabilities = heldOutProbabilities(mode, folds);
      figures.put(mode + "_" + how, figures(probabilities, truth));
      for (int row = 0; row < none.length; row++) {
        none[row] *= 1 - probabilities[row];
      }
    }
    double[] probabilities = Arrays.stream(none).map(each -> 1 - each).toArray();
    figures.put("failure_" + how, withIntervals(probabilities));
    figures.put("failure_" + how + "_recall_by_mode", recallByMode(probabilities));
    return probabilities;
  }

  /** With what the figures might have been, had other blocks of the process been recorded. */
  private Map<String, Double> withIntervals(double[] probabilities) {
    boolean[] truth = examples.failed();
    Map<String, Double> named = figures(probabilities, truth);
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

  /**
   * All models in one graph, so that a reading costs one run. That nothing fails is that no mode
   * comes about, the modes taken as independent of each other.
   */
  private byte[] file() {
    Matrix rows = examples.matrix(INPUTS);
    List<TreeEnsemble> modes = new ArrayList<>();
    float[] expected = new float[examples.size() * OUTPUTS];
    for (int mode = 0; mode < FAILURE_MODES.size(); mode++) {
      String name = FAILURE_MODES.get(mode);
      try (BoostedTrees trained =
          BoostedTrees.classifier(
              examples.matrix(causes(name)),
              Examples.labels(examples.failedOf(name)),
              boosting(name))) {
        modes.add(overInputs(trained.trees(), causes(name)));
        expect(expected, 2 + mode, 1, trained.predict(examples.matrix(causes(name))));
      }
    }
    for (int row = 0; row < examples.size(); row++) {
      float none = 1;
      for (int mode = 0; mode < FAILURE_MODES.size(); mode++) {
        none *= 1 - expected[row * OUTPUTS + 2 + mode];
      }
      expected[row * OUTPUTS + 1] = 1 - none;
    }
    TreeEnsemble forest =
        overInputs(
            forest(examples.matrix(MEASURED).select(normalOf(Examples.all(examples.size())))),
            MEASURED);
    expect(expected, 0, 1, Serving.run(OnnxTrees.probabilities(forest), rows));
    TreeEnsemble ends;
    try (BoostedTrees trained =
        RulModel.train(examples, Examples.all(examples.size()), RUL.withSeed(seed))) {
      ends = overInputs(trained.trees(), RulModel.INPUTS);
      expect(expected, OUTPUTS - 3, 3, remaining(trained));
    }
    OnnxGraph graph = new OnnxGraph(INPUTS.size());
    String probabilities = graph.probabilities(TreeEnsemble.sideBySide(modes));
    String none = graph.minus(1, graph.column(probabilities, 0));
    for (int mode = 1; mode < FAILURE_MODES.size(); mode++) {
      none = graph.product(none, graph.minus(1, graph.column(probabilities, mode)));
    }
    String all =
        graph.beside(
            List.of(
                graph.probabilities(forest),
                graph.minus(1, none),
                probabilities,
                OnnxTrees.remaining(graph, ends, INPUTS.indexOf(RulModel.INPUTS.getFirst()))));
    byte[] file = graph.write(all, OUTPUTS);
    Serving.requireEqual(FILE, file, rows, expected, TOLERANCE);
    return file;
  }

  private static TreeEnsemble overInputs(TreeEnsemble ensemble, List<String> columns) {
    return ensemble.over(columns.stream().mapToInt(INPUTS::indexOf).toArray(), INPUTS.size());
  }

  private static void expect(float[] expected, int from, int width, float[] numbers) {
    for (int i = 0; i < numbers.length; i++) {
      expected[i / width * OUTPUTS + from + i % width] = numbers[i];
    }
  }

  private float[] remaining(BoostedTrees ends) {
    Matrix rows = examples.matrix(RulModel.INPUTS);
    float[] remaining = ends.predict(rows);
    for (int row = 0; row < examples.size(); row++) {
      Arrays.sort(remaining, 3 * row, 3 * row + 3);
      for (int i = 3 * row; i < 3 * row + 3; i++) {
        remaining[i] = Math.max(0, remaining[i] - rows.values()[row]);
      }
    }
    return remaining;
  }

  private Boosting boosting(String mode) {
    return Objects.requireNonNull(MODES.get(mode), mode).withSeed(seed);
  }

  private TreeEnsemble forest(Matrix normal) {
    return IsolationForest.grow(
        normal, Examples.all(normal.columns()), FOREST_TREES, FOREST_SAMPLE, seed);
  }

  private double[] heldOutProbabilities(String mode, Folds folds) {
    Matrix rows = examples.matrix(causes(mode));
    float[] labels = Examples.labels(examples.failedOf(mode));
    double[] probabilities = new double[labels.length];
    for (int fold = 0; fold < folds.count(); fold++) {
      int[] trainedOn = folds.trainedOn(fold);
      int[] heldOut = folds.heldOut(fold);
      try (BoostedTrees trained =
          BoostedTrees.classifier(
              rows.select(trainedOn), Examples.select(labels, trainedOn), boosting(mode))) {
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
    named.put("brier", rounded(Reliability.brier(probabilities, truth)));
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
