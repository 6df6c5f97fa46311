package twin.training.tree;

import ai.onnx.proto.OnnxMl.AttributeProto;
import java.util.ArrayList;
import java.util.List;
import twin.training.onnx.OnnxGraph;

/** Writes tree ensembles as steps of an ONNX graph, and what is usual to make of their sums. */
public final class OnnxTrees {

  private OnnxTrees() {}

  /** A file in which each output is the logistic function of its sum: a probability. */
  public static byte[] probabilities(TreeEnsemble ensemble) {
    OnnxGraph graph = new OnnxGraph(ensemble.columns());
    return graph.write(probabilities(graph, ensemble), ensemble.outputs());
  }

  /** A file that gives what {@link #remaining(OnnxGraph, TreeEnsemble, int)} computes. */
  public static byte[] remaining(TreeEnsemble ensemble, int column) {
    OnnxGraph graph = new OnnxGraph(ensemble.columns());
    return graph.write(remaining(graph, ensemble, column), ensemble.outputs());
  }

  /**
   * The sums of the trees, an output of the ensemble a column. The trees may ask for fewer columns
   * than a row has: for its first ones.
   */
  public static String sums(OnnxGraph graph, TreeEnsemble ensemble) {
    return trees(graph, ensemble, ensemble.outputs(), "NONE");
  }

  /**
   * The logistic function of the sums: probabilities.
   *
   * <p>The tree operator's own logistic works number by number. The general Sigmoid operator works
   * on several at once, and its last bits may depend on how many rows there are. ONNX Runtime
   * leaves the tree operator's logistic out where there is a single output, so a single output gets
   * an empty second one beside it, which is then left behind.
   */
  public static String probabilities(OnnxGraph graph, TreeEnsemble ensemble) {
    return ensemble.outputs() > 1
        ? trees(graph, ensemble, ensemble.outputs(), "LOGISTIC")
        : graph.columns(trees(graph, ensemble, 2, "LOGISTIC"), 0);
  }

  /**
   * The probability that any of several things comes about, taken as independent of each other, and
   * the probabilities of each.
   *
   * @param each trees for each of them, over the rows of the graph
   * @return a column, and as many as there are things
   */
  public static List<String> anyAndEach(OnnxGraph graph, List<TreeEnsemble> each) {
    String probabilities = probabilities(graph, TreeEnsemble.sideBySide(each));
    String none = graph.minus(1, graph.columns(probabilities, 0));
    for (int i = 1; i < each.size(); i++) {
      none = graph.product(none, graph.minus(1, graph.columns(probabilities, i)));
    }
    return List.of(graph.minus(1, none), probabilities);
  }

  /**
   * The outputs are estimates of rising quantiles of the height at which something ends, less the
   * height at which it is: a column of the row. Never negative.
   *
   * <p>Each row's quantiles are sorted, which makes those right that cross each other without
   * making any worse (Chernozhukov, Fernández-Val and Galichon, Econometrica 78, 2010).
   *
   * @param column where a row has the height at which it is
   */
  public static String remaining(OnnxGraph graph, TreeEnsemble ensemble, int column) {
    String ends = graph.rising(sums(graph, ensemble), ensemble.outputs());
    return graph.notNegative(graph.difference(ends, graph.columns(graph.input(), column)));
  }

  private static String trees(
      OnnxGraph graph, TreeEnsemble ensemble, int targets, String transform) {
    if (ensemble.columns() > graph.width()) {
      throw new IllegalArgumentException(
          "trees over %d columns in a graph of %d".formatted(ensemble.columns(), graph.width()));
    }
    List<Long> treeIds = new ArrayList<>();
    List<Long> nodeIds = new ArrayList<>();
    List<Long> asked = new ArrayList<>();
    List<Long> left = new ArrayList<>();
    List<Long> right = new ArrayList<>();
    List<Long> missingLeft = new ArrayList<>();
    List<String> modes = new ArrayList<>();
    List<Float> thresholds = new ArrayList<>();
    List<Long> leafTrees = new ArrayList<>();
    List<Long> leafNodes = new ArrayList<>();
    List<Long> leafOutputs = new ArrayList<>();
    List<Float> leafValues = new ArrayList<>();
    for (int id = 0; id < ensemble.trees().size(); id++) {
      Tree tree = ensemble.trees().get(id);
      for (int node = 0; node < tree.nodes(); node++) {
        boolean leaf = tree.isLeaf(node);
        treeIds.add((long) id);
        nodeIds.add((long) node);
        asked.add(leaf ? 0L : tree.column()[node]);
        left.add(leaf ? 0L : tree.left()[node]);
        right.add(leaf ? 0L : tree.right()[node]);
        missingLeft.add(!leaf && tree.missingLeft()[node] ? 1L : 0L);
        modes.add(leaf ? "LEAF" : "BRANCH_LT");
        thresholds.add(leaf ? 0f : tree.value()[node]);
        if (leaf) {
          leafTrees.add((long) id);
          leafNodes.add((long) node);
          leafOutputs.add((long) tree.output());
          leafValues.add(tree.value()[node]);
        }
      }
    }
    List<AttributeProto> attributes =
        List.of(
            OnnxGraph.integer("n_targets", targets),
            OnnxGraph.word("post_transform", transform),
            OnnxGraph.integers("nodes_treeids", treeIds),
            OnnxGraph.integers("nodes_nodeids", nodeIds),
            OnnxGraph.integers("nodes_featureids", asked),
            OnnxGraph.integers("nodes_truenodeids", left),
            OnnxGraph.integers("nodes_falsenodeids", right),
            OnnxGraph.integers("nodes_missing_value_tracks_true", missingLeft),
            OnnxGraph.words("nodes_modes", modes),
            OnnxGraph.floats("nodes_values", thresholds),
            OnnxGraph.integers("target_treeids", leafTrees),
            OnnxGraph.integers("target_nodeids", leafNodes),
            OnnxGraph.integers("target_ids", leafOutputs),
            OnnxGraph.floats("target_weights", leafValues));
    return graph.learnedNode("TreeEnsembleRegressor", List.of(graph.input()), attributes);
  }
}
