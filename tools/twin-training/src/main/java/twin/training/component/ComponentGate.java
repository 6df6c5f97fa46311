package twin.training.component;

import java.util.List;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;

/**
 * How far a row lies from what is usual: the root of the mean square of its coordinates along the
 * principal components of usual rows, each as a multiple of its own spread (Hotelling's T² over all
 * components). A component along which usual rows hardly vary counts as if they varied a little:
 * there a small distance says much, and a tiny one is rounding. A usual row scores about 1.
 *
 * @param mean of each column
 * @param directions for each component what each column counts for, already divided by the spreads
 */
@SuppressWarnings("ArrayRecordComponent") // Computed once and never compared.
public record ComponentGate(float[] mean, float[][] directions) {

  /** Least variance of a component, where the mean over all components is 1. */
  private static final double LEAST_VARIANCE = 0.01;

  /**
   * Learns what is usual.
   *
   * @param usual at least two rows without missing values, in which every column varies
   */
  public static ComponentGate of(Matrix usual) {
    int columns = usual.columns();
    double[] mean = new double[columns];
    double[] spread = new double[columns];
    for (int column = 0; column < columns; column++) {
      for (int row = 0; row < usual.rows(); row++) {
        mean[column] += usual.values()[row * columns + column] / (double) usual.rows();
      }
      for (int row = 0; row < usual.rows(); row++) {
        double off = usual.values()[row * columns + column] - mean[column];
        spread[column] += off * off / usual.rows();
      }
      spread[column] = Math.sqrt(spread[column]);
    }
    float[][] standardised = new float[usual.rows()][columns];
    for (int row = 0; row < usual.rows(); row++) {
      for (int column = 0; column < columns; column++) {
        standardised[row][column] =
            (float) ((usual.values()[row * columns + column] - mean[column]) / spread[column]);
      }
    }
    PrincipalComponents found = PrincipalComponents.of(standardised);
    float[] centre = new float[columns];
    float[][] directions = new float[columns][columns];
    for (int column = 0; column < columns; column++) {
      centre[column] = (float) mean[column];
      for (int i = 0; i < columns; i++) {
        double scale = Math.sqrt(Math.max(LEAST_VARIANCE, found.variances()[i]));
        directions[i][column] = (float) (found.components()[i][column] / spread[column] / scale);
      }
    }
    return new ComponentGate(centre, directions);
  }

  /** The score of each row. */
  public double[] scores(Matrix rows) {
    double[] scores = new double[rows.rows()];
    for (int row = 0; row < scores.length; row++) {
      double squares = 0;
      for (float[] direction : directions) {
        double along = 0;
        for (int column = 0; column < mean.length; column++) {
          along +=
              direction[column] * (rows.values()[row * rows.columns() + column] - mean[column]);
        }
        squares += along * along;
      }
      scores[row] = Math.sqrt(squares / directions.length);
    }
    return scores;
  }

  /**
   * Adds the gate to a graph. Sums go along each row by itself, so that a row has the same score
   * whichever rows are asked about with it.
   *
   * @param columns where in a row of the graph its columns are
   * @return a column with the score
   */
  public String addTo(OnnxGraph graph, long[] columns) {
    int width = mean.length;
    int count = directions.length;
    float[] flat = new float[count * width];
    for (int i = 0; i < count; i++) {
      System.arraycopy(directions[i], 0, flat, i * width, width);
    }
    String chosen = graph.columns(graph.input(), columns);
    String centred = graph.difference(chosen, graph.constant(mean, 1, width));
    String rows = graph.node("Unsqueeze", List.of(centred, graph.integers(1)));
    String products = graph.product(rows, graph.constant(flat, 1, count, width));
    String along =
        graph.node(
            "ReduceSum", List.of(products, graph.integers(2)), OnnxGraph.integer("keepdims", 0));
    String squares = graph.product(along, along);
    String sum =
        graph.node(
            "ReduceSum", List.of(squares, graph.integers(1)), OnnxGraph.integer("keepdims", 1));
    return graph.node(
        "Sqrt", List.of(graph.product(sum, graph.constant(new float[] {1f / count}, 1))));
  }
}
