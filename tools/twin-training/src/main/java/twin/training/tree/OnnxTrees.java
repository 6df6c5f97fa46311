package twin.training.tree;

/** Writes a tree ensemble as an ONNX file of its own, and what is usual to make of its sums. */
public final class OnnxTrees {

  private OnnxTrees() {}

  /** Each output is the logistic function of its sum: a probability. */
  public static byte[] probabilities(TreeEnsemble ensemble) {
    OnnxGraph graph = new OnnxGraph(ensemble.columns());
    return graph.write(graph.probabilities(ensemble), ensemble.outputs());
  }

  /** A file that gives what {@link #remaining(OnnxGraph, TreeEnsemble, int)} computes. */
  public static byte[] remaining(TreeEnsemble ensemble, int column) {
    OnnxGraph graph = new OnnxGraph(ensemble.columns());
    return graph.write(remaining(graph, ensemble, column), ensemble.outputs());
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
    String ends = graph.rising(graph.sums(ensemble), ensemble.outputs());
    return graph.notNegative(graph.difference(ends, graph.column(graph.input(), column)));
  }
}
