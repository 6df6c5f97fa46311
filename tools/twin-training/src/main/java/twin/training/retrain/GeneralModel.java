package twin.training.retrain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Sequence;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.training.component.ComponentGate;
import twin.training.lived.Examples;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Folds;
import twin.training.tree.BoostedTrees;
import twin.training.tree.Boosting;
import twin.training.tree.OnnxTrees;
import twin.training.tree.TreeEnsemble;

/**
 * Models of any machine type in one graph: a gate along the principal components of normal
 * readings, boosted trees for each failure, and boosted quantiles of remaining life where enough
 * lives were seen to end. The same examples and settings give the same bytes.
 *
 * @param inputs the features that are read
 * @param parts what is in the graph, in the order of its outputs
 * @param thresholds for the gate the score from which a reading is anomalous
 * @param file the graph
 * @param normal the normal rows among the examples
 * @param used the rows that were learned from
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on once and never compared.
record GeneralModel(
    List<String> inputs,
    List<Part> parts,
    Map<String, Double> thresholds,
    byte[] file,
    int[] normal,
    int[] used) {
  static final String FILE = "models.onnx";
  static final String MODALITY = "components";
  static final double TOLERANCE = 1e-5;

  private static final List<Double> QUANTILES = List.of(0.1, 0.5, 0.9);
  private static final List<String> QUANTILE_NAMES = List.of("p10", "p50", "p90");
  private static final Boosting MODE_BOOSTING = new Boosting(80, 4, 0.1, 0.8, 0.8, 1, 1, 128, 0);
  private static final Boosting LIFE_BOOSTING = new Boosting(80, 4, 0.1, 0.8, 0.8, 20, 1, 128, 0);

  /** Share of the rows in which a feature must be there to be read at all. */
  private static final double PRESENT = 0.9;

  /** Share of the normal rows that score below the threshold. */
  private static final double USUAL = 0.995;

  /** A positive row counts at most as much as so many normal ones. */
  private static final double BALANCE_MAX = 50;

  private static final int FOLDS = 3;
  private static final int WEEK_SECONDS = 7 * 86_400;

  /**
   * Trains.
   *
   * @param modes the failures that are learned
   * @param lives whether remaining life is
   * @param sample how many normal rows each normal one stands for
   * @throws IllegalArgumentException when the rows have no feature to learn from
   */
  static GeneralModel train(
      MachineType type,
      Examples examples,
      List<String> modes,
      boolean lives,
      double sample,
      long seed,
      Consumer<String> progress) {
    int[] known =
        examples.rows(row -> examples.mode(row).isEmpty() || modes.contains(examples.mode(row)));
    List<String> inputs = inputs(examples, known);
    int[] used = complete(examples, inputs, known);
    return new Training(type, examples, inputs, used, sample, seed, progress).train(modes, lives);
  }

  private static List<String> inputs(Examples examples, int[] rows) {
    List<String> inputs = new ArrayList<>();
    for (int feature = 0; feature < examples.features().size(); feature++) {
      int present = 0;
      float min = Float.POSITIVE_INFINITY;
      float max = Float.NEGATIVE_INFINITY;
      for (int row : rows) {
        float value = examples.value(row, feature);
        if (!Float.isNaN(value)) {
          present++;
          min = Math.min(min, value);
          max = Math.max(max, value);
        }
      }
      if (present >= PRESENT * rows.length && min < max) {
        inputs.add(examples.features().get(feature));
      }
    }
    if (inputs.isEmpty()) {
      throw new IllegalArgumentException(
          "no feature of the type is there in %.0f %% of the readings and varies"
              .formatted(100 * PRESENT));
    }
    return inputs;
  }

  private static int[] complete(Examples examples, List<String> inputs, int[] rows) {
    int[] columns = inputs.stream().mapToInt(examples.features()::indexOf).toArray();
    return Arrays.stream(rows)
        .filter(
            row ->
                Arrays.stream(columns)
                    .noneMatch(column -> Float.isNaN(examples.value(row, column))))
        .toArray();
  }

  /** The work while it is done. */
  private static final class Training {
    private final MachineType type;
    private final Examples examples;
    private final List<String> inputs;
    private final int[] used;
    private final Matrix rows;
    private final double sample;
    private final long seed;
    private final Consumer<String> progress;
    private final Folds folds;

    Training(
        MachineType type,
        Examples examples,
        List<String> inputs,
        int[] used,
        double sample,
        long seed,
        Consumer<String> progress) {
      this.type = type;
      this.examples = examples;
      this.inputs = inputs;
      this.used = used;
      this.rows = examples.matrix(inputs, used);
      this.sample = sample;
      this.seed = seed;
      this.progress = progress;
      this.folds = folds();
    }

    /** Whole weeks of a machine are held out together: neighbours in time know each other. */
    private Folds folds() {
      int[] blocks = new int[used.length];
      Map<Long, Integer> numbers = new TreeMap<>();
      for (int i = 0; i < used.length; i++) {
        long block =
            examples.seconds(used[i]) / WEEK_SECONDS * examples.machines()
                + examples.machine(used[i]);
        Integer number = numbers.putIfAbsent(block, numbers.size());
        blocks[i] = number == null ? numbers.size() - 1 : number;
      }
      return numbers.size() < FOLDS
          ? Folds.shuffled(used.length, FOLDS, seed)
          : Folds.blocked(blocks, FOLDS, seed);
    }

    GeneralModel train(List<String> modes, boolean lives) {
      OnnxGraph graph = new OnnxGraph(inputs.size());
      List<Part> parts = new ArrayList<>();
      List<String> columns = new ArrayList<>();
      List<float[]> said = new ArrayList<>();
      Map<String, Double> thresholds = new TreeMap<>();
      int[] normal =
          IntStream.range(0, used.length).filter(i -> examples.mode(used[i]).isEmpty()).toArray();
      List<String> gated = gated(normal);
      if (!gated.isEmpty()) {
        progress.accept("learning what is usual from %,d readings".formatted(normal.length));
        columns.add(
            gate(gated, normal).addTo(graph, gated.stream().mapToLong(inputs::indexOf).toArray()));
        thresholds.put(MODALITY, threshold(gated, normal));
        // A file with a single part takes the inputs of that part.
        boolean alone = modes.isEmpty() && !lives;
        parts.add(part(Role.ANOMALY, alone ? inputs : gated, List.of(MODALITY)));
      }
      if (!modes.isEmpty()) {
        List<TreeEnsemble> trees = new ArrayList<>();
        for (String mode : modes) {
          progress.accept("learning " + mode);
          trees.add(mode(mode));
        }
        columns.addAll(OnnxTrees.anyAndEach(graph, trees));
        parts.add(part(Role.FAILURE, inputs, List.of("failure_probability")));
        parts.add(part(Role.FAILURE_MODES, inputs, modes));
      }
      if (lives) {
        progress.accept("learning remaining life");
        columns.add(life(graph, said));
        parts.add(part(Role.RUL, inputs, QUANTILE_NAMES));
      }
      if (parts.isEmpty()) {
        throw new IllegalArgumentException("there is nothing that could be learned");
      }
      byte[] file =
          graph.write(
              graph.beside(columns), parts.stream().mapToInt(part -> part.outputs().size()).sum());
      requireServed(file, parts, said);
      return new GeneralModel(
          inputs, parts, thresholds, file, Arrays.stream(normal).map(i -> used[i]).toArray(), used);
    }

    private static Part part(Role role, List<String> inputs, List<String> outputs) {
      return new Part(role, FILE, inputs, Sequence.NONE, outputs);
    }

    /** What is served of remaining life is what was trained; of it alone the trees are kept raw. */
    private void requireServed(byte[] file, List<Part> parts, List<float[]> said) {
      float[] served = Served.run(file, rows);
      for (float answer : served) {
        if (!Float.isFinite(answer)) {
          throw new IllegalStateException("the trained model gives an answer that is no number");
        }
      }
      if (!said.isEmpty()) {
        int width = parts.stream().mapToInt(part -> part.outputs().size()).sum();
        float[] last = new float[used.length * QUANTILES.size()];
        for (int row = 0; row < used.length; row++) {
          System.arraycopy(
              served,
              (row + 1) * width - QUANTILES.size(),
              last,
              row * QUANTILES.size(),
              QUANTILES.size());
        }
        Served.requireEqual(FILE, last, said.getFirst(), TOLERANCE);
      }
    }

    /**
     * What the gate looks at: what grows with age by itself is no sign of anything, and neither is
     * which of some kinds a piece was of.
     */
    private List<String> gated(int[] normal) {
      if (normal.length < 2) {
        return List.of();
      }
      Set<String> apart = new HashSet<>();
      for (FeatureSpec feature : type.features()) {
        if (feature.kind() == FeatureSpec.Kind.COUNT
            || feature.kind() == FeatureSpec.Kind.ATTRIBUTE
            || feature.inputs().contains(String.valueOf(type.rulClock()))) {
          apart.add(feature.name());
        }
      }
      List<String> gated = new ArrayList<>();
      for (int column = 0; column < inputs.size(); column++) {
        float first = rows.values()[normal[0] * rows.columns() + column];
        int at = column;
        boolean varies =
            Arrays.stream(normal)
                .anyMatch(row -> rows.values()[row * rows.columns() + at] != first);
        if (varies && !apart.contains(inputs.get(column))) {
          gated.add(inputs.get(column));
        }
      }
      return gated;
    }

    private Matrix gateRows(List<String> gated, int[] chosen) {
      return examples.matrix(gated, Arrays.stream(chosen).map(i -> used[i]).toArray());
    }

    private ComponentGate gate(List<String> gated, int[] normal) {
      return ComponentGate.of(gateRows(gated, normal));
    }

    /** Found on scores of readings that the gate had not seen. */
    private double threshold(List<String> gated, int[] normal) {
      double[] scores = new double[normal.length];
      int[] foldOf = Arrays.stream(normal).map(i -> folds.foldOfRow()[i]).toArray();
      for (int fold = 0; fold < folds.count(); fold++) {
        int held = fold;
        int[] inside = IntStream.range(0, normal.length).filter(i -> foldOf[i] == held).toArray();
        int[] others =
            IntStream.range(0, normal.length)
                .filter(i -> foldOf[i] != held)
                .map(i -> normal[i])
                .toArray();
        if (inside.length == 0) {
          continue;
        }
        // Where all else is one machine's, a column may not vary in it.
        int[] learned = gated(others).equals(gated) ? others : normal;
        double[] said =
            gate(gated, learned)
                .scores(gateRows(gated, Arrays.stream(inside).map(i -> normal[i]).toArray()));
        for (int i = 0; i < inside.length; i++) {
          scores[inside[i]] = said[i];
        }
      }
      return Math.round(1e4 * BinaryFigures.quantile(scores, USUAL)) / 1e4;
    }

    private TreeEnsemble mode(String mode) {
      boolean[] truth = new boolean[used.length];
      float[] labels = new float[used.length];
      for (int i = 0; i < used.length; i++) {
        truth[i] = examples.mode(used[i]).equals(mode);
        labels[i] = truth[i] ? 1 : 0;
      }
      double[] standFor = new double[used.length];
      for (int i = 0; i < used.length; i++) {
        standFor[i] = examples.mode(used[i]).isEmpty() ? sample : 1;
      }
      Boosting boosting = MODE_BOOSTING.withSeed(seed);
      double[] odds =
          folds.heldOut(
              (trainedOn, heldOut) -> {
                float[] answers = new float[heldOut.length];
                long yes = Arrays.stream(trainedOn).filter(i -> truth[i]).count();
                if (heldOut.length == 0 || yes == 0 || yes == trainedOn.length) {
                  return answers;
                }
                try (BoostedTrees trees =
                    BoostedTrees.classifier(
                        rows.select(trainedOn),
                        chosen(labels, trainedOn),
                        balanced(truth, standFor, trainedOn),
                        boosting)) {
                  float[] said = trees.predict(rows.select(heldOut));
                  for (int i = 0; i < said.length; i++) {
                    double p = Math.clamp(said[i], 1e-6, 1 - 1e-6);
                    answers[i] = (float) StrictMath.log(p / (1 - p));
                  }
                  return answers;
                }
              });
      Calibration calibration = Calibration.of(odds, truth, standFor);
      int[] all = IntStream.range(0, used.length).toArray();
      try (BoostedTrees trees =
          BoostedTrees.classifier(rows, labels, balanced(truth, standFor, all), boosting)) {
        return trees.trees().stretched(calibration.slope(), calibration.offset());
      }
    }

    private static float[] chosen(float[] of, int[] rows) {
      float[] chosen = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        chosen[i] = of[rows[i]];
      }
      return chosen;
    }

    /** Rows of the rare class count more, so that both count as much; their mean weight is 1. */
    private static float[] balanced(boolean[] truth, double[] standFor, int[] rows) {
      double yes = 0;
      double no = 0;
      for (int row : rows) {
        yes += truth[row] ? standFor[row] : 0;
        no += truth[row] ? 0 : standFor[row];
      }
      double more = yes == 0 ? 1 : Math.clamp(no / yes, 1, BALANCE_MAX);
      double mean = (no + more * yes) / rows.length;
      float[] weights = new float[rows.length];
      for (int i = 0; i < rows.length; i++) {
        weights[i] = (float) ((truth[rows[i]] ? more : 1) * standFor[rows[i]] / mean);
      }
      return weights;
    }

    private String life(OnnxGraph graph, List<float[]> said) {
      int[] ended =
          IntStream.range(0, used.length)
              .filter(i -> !Float.isNaN(examples.remaining(used[i])))
              .toArray();
      float[] labels = new float[ended.length];
      float[] weights = new float[ended.length];
      for (int i = 0; i < ended.length; i++) {
        labels[i] = examples.remaining(used[ended[i]]);
        weights[i] = 1;
      }
      try (BoostedTrees trees =
          BoostedTrees.quantiles(
              rows.select(ended), labels, weights, QUANTILES, LIFE_BOOSTING.withSeed(seed))) {
        float[] raw = trees.predict(rows);
        for (int row = 0; row < used.length; row++) {
          Arrays.sort(raw, row * QUANTILES.size(), (row + 1) * QUANTILES.size());
        }
        for (int i = 0; i < raw.length; i++) {
          raw[i] = Math.max(0, raw[i]);
        }
        said.add(raw);
        return graph.notNegative(
            graph.rising(OnnxTrees.sums(graph, trees.trees()), QUANTILES.size()));
      }
    }
  }

  /** The values of a feature where all was well. */
  double[] usual(Examples examples, String feature) {
    int column = examples.features().indexOf(feature);
    int[] rows = normal.length == 0 ? used : normal;
    return Arrays.stream(rows).mapToDouble(row -> examples.value(row, column)).toArray();
  }

  /** The part with a role, if there is one. */
  @Nullable Part part(Role role) {
    return parts.stream().filter(part -> part.role() == role).findFirst().orElse(null);
  }

  /** The score from which a reading is anomalous; NaN without a gate. */
  float threshold() {
    return (float) (double) thresholds.getOrDefault(MODALITY, Double.NaN);
  }

  /**
   * One answer of a part to a row; NaN where it is not asked because an input is absent.
   *
   * @param answers those of the file to all rows
   * @param width how many there are for each
   * @param output position among the part's own
   */
  float answer(Role role, Matrix rows, float[] answers, int width, int row, int output) {
    int from = 0;
    for (Part part : parts) {
      if (part.role() == role) {
        boolean whole =
            part.inputs().stream()
                .mapToInt(inputs::indexOf)
                .noneMatch(column -> Float.isNaN(rows.values()[row * rows.columns() + column]));
        return whole ? answers[row * width + from + output] : Float.NaN;
      }
      from += part.outputs().size();
    }
    return Float.NaN;
  }
}
