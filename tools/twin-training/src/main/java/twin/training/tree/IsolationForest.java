package twin.training.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import twin.training.onnx.Matrix;
import twin.training.quality.BinaryFigures;

/**
 * Finds rows that are unlike the others: an isolation forest (Liu, Ting and Zhou, ICDM 2008). Trees
 * split small samples at random until rows are alone; a row that is soon alone is an outlier.
 *
 * <p>The score is the logistic function of the forest's usual measure (mean path length over the
 * expected one), moved and stretched so that a row of the training data scores {@link
 * #MEDIAN_SCORE} at the median and {@link #HIGH_SCORE} at the quantile {@link #HIGH_QUANTILE}. So
 * scores lie between 0 and 1, and near 0 where nothing is unusual, whatever the columns are.
 */
public final class IsolationForest {
  static final double MEDIAN_SCORE = 0.02;
  static final double HIGH_SCORE = 0.5;

  /** The share of the training rows that scores below {@link #HIGH_SCORE}. */
  public static final double HIGH_QUANTILE = 0.995;

  private static final double EULER = 0.5772156649015329;

  private final Matrix rows;
  private final int[] columns;
  private final Random random;
  private final int depthMax;

  private IsolationForest(Matrix rows, int[] columns, int depthMax, long seed) {
    this.rows = rows;
    this.columns = columns;
    this.depthMax = depthMax;
    this.random = new Random(seed);
  }

  /**
   * Grows a forest.
   *
   * @param rows what is usual; no missing values
   * @param columns the columns that are looked at
   * @param trees how many trees
   * @param sample how many rows each tree is grown from
   */
  public static TreeEnsemble grow(Matrix rows, int[] columns, int trees, int sample, long seed) {
    int depthMax = 32 - Integer.numberOfLeadingZeros(sample - 1);
    IsolationForest forest = new IsolationForest(rows, columns, depthMax, seed);
    List<Tree> grown = new ArrayList<>();
    for (int i = 0; i < trees; i++) {
      grown.add(forest.tree(sample));
    }
    return stretched(grown, rows, trees * expectedPath(sample));
  }

  private static TreeEnsemble stretched(List<Tree> trees, Matrix rows, double expectedSum) {
    double[] measures = new double[rows.rows()];
    for (int row = 0; row < measures.length; row++) {
      for (Tree tree : trees) {
        measures[row] -= pathLength(tree, rows, row) / expectedSum;
      }
    }
    double median = BinaryFigures.quantile(measures, 0.5);
    double high = BinaryFigures.quantile(measures, HIGH_QUANTILE);
    double slope = (logit(HIGH_SCORE) - logit(MEDIAN_SCORE)) / (high - median);
    double offset = logit(HIGH_SCORE) - slope * high;
    List<Tree> stretched = new ArrayList<>();
    for (Tree tree : trees) {
      float added = stretched.isEmpty() ? (float) offset : 0f;
      stretched.add(tree.scaled((float) (-slope / expectedSum)).moved(0, added));
    }
    return new TreeEnsemble(rows.columns(), 1, stretched);
  }

  private static double logit(double share) {
    return StrictMath.log(share / (1 - share));
  }

  private static double pathLength(Tree tree, Matrix rows, int row) {
    int node = 0;
    while (!tree.isLeaf(node)) {
      float value = rows.values()[row * rows.columns() + tree.column()[node]];
      node = value < tree.value()[node] ? tree.left()[node] : tree.right()[node];
    }
    return tree.value()[node];
  }

  private Tree tree(int sample) {
    int[] chosen = random.ints(sample, 0, rows.rows()).toArray();
    Nodes nodes = new Nodes();
    grow(nodes, chosen, 0);
    return nodes.tree();
  }

  private int grow(Nodes nodes, int[] chosen, int depth) {
    int node = nodes.add();
    int column = columns[random.nextInt(columns.length)];
    float min = Float.POSITIVE_INFINITY;
    float max = Float.NEGATIVE_INFINITY;
    for (int row : chosen) {
      float value = rows.values()[row * rows.columns() + column];
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
    if (depth == depthMax || chosen.length < 2 || !(min < max)) {
      nodes.leaf(node, (float) (depth + expectedPath(chosen.length)));
      return node;
    }
    float threshold = min + (1 - random.nextFloat()) * (max - min);
    nodes.split(node, column, threshold);
    nodes.left.set(node, grow(nodes, side(chosen, column, threshold, true), depth + 1));
    nodes.right.set(node, grow(nodes, side(chosen, column, threshold, false), depth + 1));
    return node;
  }

  private int[] side(int[] chosen, int column, float threshold, boolean less) {
    return java.util.Arrays.stream(chosen)
        .filter(row -> rows.values()[row * rows.columns() + column] < threshold == less)
        .toArray();
  }

  /** Mean length of an unsuccessful search in a binary search tree of that many rows. */
  private static double expectedPath(int rows) {
    return rows < 2 ? 0 : 2 * (StrictMath.log(rows - 1) + EULER) - 2.0 * (rows - 1) / rows;
  }

  private static final class Nodes {
    private final List<Integer> left = new ArrayList<>();
    private final List<Integer> right = new ArrayList<>();
    private final List<Integer> column = new ArrayList<>();
    private final List<Float> value = new ArrayList<>();

    int add() {
      left.add(Tree.NO_CHILD);
      right.add(Tree.NO_CHILD);
      column.add(0);
      value.add(0f);
      return left.size() - 1;
    }

    void leaf(int node, float length) {
      value.set(node, length);
    }

    void split(int node, int byColumn, float threshold) {
      column.set(node, byColumn);
      value.set(node, threshold);
    }

    Tree tree() {
      float[] values = new float[value.size()];
      for (int node = 0; node < values.length; node++) {
        values[node] = value.get(node);
      }
      return new Tree(
          0,
          left.stream().mapToInt(Integer::intValue).toArray(),
          right.stream().mapToInt(Integer::intValue).toArray(),
          column.stream().mapToInt(Integer::intValue).toArray(),
          values,
          new boolean[values.length]);
    }
  }
}
