package twin.training.turbofan;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;
import twin.training.quality.RulFigures;
import twin.training.sequence.CourseNetwork;
import twin.training.sequence.CourseRows;
import twin.training.sequence.CourseTraining;
import twin.training.sequence.Layout;
import twin.training.sequence.Learning;
import twin.training.tree.BoostedTrees;
import twin.training.tree.Boosting;
import twin.training.tree.OnnxTrees;
import twin.training.tree.TreeEnsemble;
import twin.training.turbofan.EngineLives.Life;

/**
 * Estimates how many cycles remain, as the mean of gradient-boosted trees over the features and of
 * networks over the features and the course of the last readings.
 *
 * <p>What remains counts as 125 cycles where it is more: until then an engine shows no wear that
 * could tell. Moments with more than 200 cycles to go are left out: with them the models would
 * spend their strength on telling sound engines from sound engines.
 *
 * @param layout of the rows
 * @param trees each output an estimate in cycles
 * @param networks each an estimate in shares of 125 cycles
 */
record RulModel(Layout layout, TreeEnsemble trees, List<CourseNetwork> networks) {
  private static final int REMAINING_MOST = 200;
  private static final int FIRST_ROW = 9;
  private static final int TREE_ROW_STEP = 3;
  private static final double TOLERANCE = 1e-5;

  /**
   * How much is done.
   *
   * @param members how many models of each kind are averaged
   * @param rounds trees in each model of trees
   * @param epochs how often a network goes over its rows
   */
  record Effort(int members, int rounds, int epochs) {
    static final Effort FULL = new Effort(2, 300, 30);

    Boosting boosting(long seed) {
      return new Boosting(rounds, 6, 0.05, 0.7, 0.5, 10, 1, 64, seed);
    }

    Learning learning() {
      return new Learning(32, 64, epochs, 1.0 / 3, 256, 0.004, 0.01, 0.1);
    }
  }

  RulModel {
    networks = List.copyOf(networks);
  }

  /** Which members of the ensemble speak. */
  enum Kind {
    TREES,
    NETWORKS,
    BOTH
  }

  private record Moment(int life, int row, int remaining) {

    double target() {
      return Math.min(remaining, RulFigures.CAP);
    }
  }

  /**
   * Trains on some lives.
   *
   * @param chosen positions of the lives
   * @param effort how much is done
   * @param progress told what is being done
   */
  static RulModel train(
      EngineLives lives,
      List<Integer> chosen,
      Effort effort,
      long seed,
      Consumer<String> progress) {
    List<TreeEnsemble> ensembles = new ArrayList<>();
    List<CourseNetwork> networks = new ArrayList<>();
    for (int member = 0; member < effort.members(); member++) {
      progress.accept("  trees %d of %d".formatted(member + 1, effort.members()));
      Boosting boosting = effort.boosting(seed + member);
      ensembles.add(trees(lives, moments(lives, chosen, TREE_ROW_STEP, member), boosting));
      progress.accept("  network %d of %d".formatted(member + 1, effort.members()));
      networks.add(network(lives, moments(lives, chosen, 1, 0), effort.learning(), seed + member));
    }
    return new RulModel(lives.layout(), TreeEnsemble.sideBySide(ensembles), networks);
  }

  /** Every so many cycles of each life, beginning with another in each. */
  private static List<Moment> moments(
      EngineLives lives, List<Integer> chosen, int step, int shift) {
    List<Moment> moments = new ArrayList<>();
    for (int life : chosen) {
      Life of = lives.lives().get(life);
      for (int row = FIRST_ROW + (life + shift) % step; row < of.cycles(); row += step) {
        if (of.remaining(row) <= REMAINING_MOST) {
          moments.add(new Moment(life, row, of.remaining(row)));
        }
      }
    }
    if (moments.isEmpty()) {
      throw new IllegalArgumentException("there is no engine with enough cycles to learn from");
    }
    return moments;
  }

  private static TreeEnsemble trees(EngineLives lives, List<Moment> moments, Boosting boosting) {
    int columns = lives.features().size();
    float[] rows = new float[moments.size() * columns];
    float[] labels = new float[moments.size()];
    for (int i = 0; i < labels.length; i++) {
      Moment moment = moments.get(i);
      float[] features = lives.lives().get(moment.life()).features()[moment.row()];
      System.arraycopy(features, 0, rows, i * columns, columns);
      labels[i] = (float) moment.target();
    }
    Matrix matrix = new Matrix(rows, labels.length, columns);
    try (BoostedTrees trained = BoostedTrees.mean(matrix, labels, boosting)) {
      TreeEnsemble trees = trained.trees();
      Matrix some = matrix.select(spread(labels.length));
      OnnxGraph graph = new OnnxGraph(columns);
      Served.requireEqual(
          "the trees",
          Served.run(graph.write(OnnxTrees.sums(graph, trees), 1), some),
          trained.predict(some),
          TOLERANCE);
      return trees;
    }
  }

  private static int[] spread(int size) {
    int[] chosen = new int[Math.min(size, 1000)];
    for (int i = 0; i < chosen.length; i++) {
      chosen[i] = (int) ((long) i * size / chosen.length);
    }
    return chosen;
  }

  private static CourseNetwork network(
      EngineLives lives, List<Moment> moments, Learning learning, long seed) {
    CourseRows rows =
        new CourseRows() {
          @Override
          public int size() {
            return moments.size();
          }

          @Override
          public void write(int row, float[] into, int offset) {
            lives.write(moments.get(row).life(), moments.get(row).row(), into, offset);
          }

          @Override
          public float label(int row) {
            return (float) (moments.get(row).target() / RulFigures.CAP);
          }
        };
    CourseNetwork network = CourseTraining.train(lives.layout(), rows, learning, seed);
    network.requireServedAsTrained();
    return network;
  }

  /** What some of the members estimate, without bands. */
  byte[] estimates(Kind kind) {
    OnnxGraph graph = new OnnxGraph(layout.columns());
    return graph.write(addTo(graph, kind), 1);
  }

  /** The model as the twin runs it. */
  byte[] write(Bands bands) {
    OnnxGraph graph = new OnnxGraph(layout.columns());
    return graph.write(bands.addTo(graph, addTo(graph, Kind.BOTH)), Bands.OUTPUTS.size());
  }

  private String addTo(OnnxGraph graph, Kind kind) {
    return switch (kind) {
      case TREES -> treesIn(graph);
      case NETWORKS -> networksIn(graph);
      case BOTH -> graph.node("Mean", List.of(treesIn(graph), networksIn(graph)));
    };
  }

  private String treesIn(OnnxGraph graph) {
    return graph.node(
        "ReduceMean",
        List.of(OnnxTrees.sums(graph, trees)),
        OnnxGraph.integers("axes", List.of(1L)),
        OnnxGraph.integer("keepdims", 1));
  }

  private String networksIn(OnnxGraph graph) {
    String mean = graph.node("Mean", networks.stream().map(each -> each.addTo(graph)).toList());
    float cap = (float) RulFigures.CAP;
    String cycles = graph.product(mean, graph.constant(new float[] {cap}, 1, 1));
    return graph.between(cycles, 0, cap);
  }
}
