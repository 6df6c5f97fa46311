package twin.training.milling;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import twin.training.kind.KindsTable;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;
import twin.training.quality.BinaryFigures;
import twin.training.quality.Folds;
import twin.training.quality.Reliability;
import twin.training.sequence.CourseNetwork;
import twin.training.sequence.CourseRows;
import twin.training.sequence.CourseTraining;
import twin.training.sequence.Layout;
import twin.training.sequence.Learning;
import twin.training.tree.BoostedTrees;
import twin.training.tree.Boosting;
import twin.training.tree.OnnxTrees;
import twin.training.tree.TreeEnsemble;

/**
 * Kinds of models for the probability of a failure side by side. Each is measured on blocks of rows
 * that it has not seen, then trained on all rows and run as the twin would.
 */
public final class KindComparison {
  private static final Boosting BOOSTING = new Boosting(200, 6, 0.1, 0.8, 0.8, 1, 1, 256, 0);
  private static final int EPOCHS = 80;
  private static final Layout COURSE =
      new Layout(MillingModel.INPUTS.size(), 30, AnomalyGate.INPUTS.size());

  private final Examples examples;
  private final int epochs;
  private final long seed;

  /**
   * A kind of model.
   *
   * @param rows what it reads
   * @param train gives the file of a model that is trained on some of the rows
   */
  private record Kind(String name, Matrix rows, Function<int[], byte[]> train) {}

  private KindComparison(Examples examples, int epochs, long seed) {
    this.examples = examples;
    this.epochs = epochs;
    this.seed = seed;
  }

  /**
   * Trains and measures all kinds.
   *
   * @param data the recorded file
   * @param seed from which every random choice follows
   * @param progress told what is being done
   * @return a table in Markdown
   */
  public static String of(Path data, long seed, Consumer<String> progress) throws IOException {
    progress.accept("letting twins live through " + data);
    return of(Examples.of(MillingRecording.read(data)), EPOCHS, seed, progress);
  }

  /** The same with a network that goes so many times over its rows. */
  static String of(Examples examples, int epochs, long seed, Consumer<String> progress) {
    return new KindComparison(examples, epochs, seed).table(progress);
  }

  private String table(Consumer<String> progress) {
    Folds folds = Folds.blocked(examples.blocks(), MillingTraining.FOLDS, seed);
    boolean[] truth = examples.failed();
    KindsTable table = new KindsTable(3, "F1", "PR-AUC", "Brier");
    for (Kind kind : kinds()) {
      progress.accept("measuring " + kind.name());
      double[] probabilities =
          folds.heldOut(
              (trainedOn, heldOut) ->
                  Served.run(kind.train().apply(trainedOn), kind.rows().select(heldOut)));
      BinaryFigures figures = BinaryFigures.of(probabilities, MillingFigures.LIKELY, truth);
      table.add(
          kind.name(),
          kind.train().apply(Examples.all(examples.size())),
          figures.f1(),
          figures.prAuc(),
          Reliability.brier(probabilities, truth));
    }
    return table.toString();
  }

  private List<Kind> kinds() {
    Matrix inputs = examples.matrix(MillingModel.INPUTS);
    Matrix course = course(inputs);
    return List.of(
        new Kind(
            "trees for each failure mode over what causes it (shipped)", inputs, this::byCauses),
        new Kind(
            "trees for any failure over all inputs",
            inputs,
            rows -> overAll(inputs.select(rows), rows)),
        new Kind(
            "convolutional network over all inputs and their last 30 readings",
            course,
            rows -> overCourse(course, rows)));
  }

  private byte[] byCauses(int[] rows) {
    List<TreeEnsemble> modes = new ArrayList<>();
    for (String mode : FailureModes.NAMES) {
      try (BoostedTrees trained = FailureModes.train(examples, mode, rows, seed)) {
        modes.add(MillingModel.overInputs(trained.trees(), FailureModes.causes(mode)));
      }
    }
    OnnxGraph graph = new OnnxGraph(MillingModel.INPUTS.size());
    return graph.write(OnnxTrees.anyAndEach(graph, modes).getFirst(), 1);
  }

  private byte[] overAll(Matrix inputs, int[] rows) {
    float[] labels = Examples.select(Examples.labels(examples.failed()), rows);
    try (BoostedTrees trained = BoostedTrees.classifier(inputs, labels, BOOSTING.withSeed(seed))) {
      return OnnxTrees.probabilities(trained.trees());
    }
  }

  /** Trained for the square of the error, whose least is at the probability itself. */
  private byte[] overCourse(Matrix course, int[] rows) {
    float[] labels = Examples.labels(examples.failed());
    CourseRows trainedOn =
        new CourseRows() {
          @Override
          public int size() {
            return rows.length;
          }

          @Override
          public void write(int row, float[] into, int offset) {
            System.arraycopy(
                course.values(), rows[row] * course.columns(), into, offset, course.columns());
          }

          @Override
          public float label(int row) {
            return labels[rows[row]];
          }
        };
    Learning learning = new Learning(8, 64, epochs, 1, 128, 0.004, 0.01, 0.05);
    CourseNetwork network = CourseTraining.train(COURSE, trainedOn, learning, seed);
    network.requireServedAsTrained();
    OnnxGraph graph = new OnnxGraph(COURSE.columns());
    return graph.write(graph.between(network.addTo(graph), 0, 1), 1);
  }

  /** Each row with the course of what was measured, the machine's first row before there is one. */
  private Matrix course(Matrix inputs) {
    int channels = COURSE.channels();
    int columns = COURSE.columns();
    int[] machines = examples.machines();
    float[] values = new float[examples.size() * columns];
    int first = 0;
    for (int row = 0; row < examples.size(); row++) {
      first = machines[row] == machines[first] ? first : row;
      System.arraycopy(
          inputs.values(), row * inputs.columns(), values, row * columns, inputs.columns());
      for (int reading = 0; reading < COURSE.readings(); reading++) {
        int past = Math.max(first, row + 1 - COURSE.readings() + reading);
        int at = row * columns + inputs.columns() + reading * channels;
        System.arraycopy(inputs.values(), past * inputs.columns(), values, at, channels);
      }
    }
    return new Matrix(values, examples.size(), columns);
  }
}
