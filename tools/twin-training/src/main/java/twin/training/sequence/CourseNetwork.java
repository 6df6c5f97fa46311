package twin.training.sequence;

import java.util.List;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;

/**
 * A trained network: convolutions over the course of the last readings, a dense layer over the
 * features, and two dense layers over both. It gives one number a row.
 *
 * @param layout what its rows hold
 * @param filters channels of each convolution
 * @param scaling how a row is scaled first
 * @param convolutions one after another, over time
 * @param features over the features
 * @param joined over both
 * @param last gives the number
 * @param probe what PyTorch itself said to some rows
 */
public record CourseNetwork(
    Layout layout,
    int filters,
    Scaling scaling,
    List<Convolution> convolutions,
    Dense features,
    Dense joined,
    Dense last,
    Probe probe) {
  static final int PROBES = 64;

  static final List<Kernel> KERNELS = List.of(new Kernel(5, 1), new Kernel(5, 2), new Kernel(3, 2));

  private static final double TOLERANCE = 1e-5;

  /**
   * How a convolution goes over the readings.
   *
   * @param readings how many it looks at
   * @param stride how far it goes on
   */
  record Kernel(int readings, int stride) {}

  /** Weights by filter, channel and reading. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Convolution(Kernel kernel, float[] weights, float[] bias) {}

  /** Weights by output and input. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Dense(float[] weights, float[] bias) {

    int outputs() {
      return bias.length;
    }
  }

  /** Rows and answers. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
  record Probe(float[] rows, float[] answers) {}

  public CourseNetwork {
    convolutions = List.copyOf(convolutions);
  }

  /**
   * Adds the network to a graph whose input holds its rows.
   *
   * @return the name of what it gives, of shape [N, 1]
   */
  public String addTo(OnnxGraph graph) {
    int columns = layout.columns();
    String centred = graph.difference(graph.input(), graph.constant(scaling.means(), 1, columns));
    String scaled = graph.product(centred, graph.constant(scaling.factors(), 1, columns));
    String row = graph.between(scaled, -Scaling.LIMIT, Scaling.LIMIT);
    List<String> parts = graph.parts(row, layout.features(), columns - layout.features());
    String present = graph.notNegative(dense(graph, parts.getFirst(), features));
    String both = graph.beside(List.of(course(graph, parts.getLast()), present));
    return dense(graph, graph.notNegative(dense(graph, both, joined)), last);
  }

  private String course(OnnxGraph graph, String flat) {
    String readings =
        graph.node(
            "Reshape", List.of(flat, graph.integers(-1, layout.readings(), layout.channels())));
    String current =
        graph.node("Transpose", List.of(readings), OnnxGraph.integers("perm", List.of(0L, 2L, 1L)));
    int channels = layout.channels();
    for (Convolution convolution : convolutions) {
      long width = convolution.kernel().readings();
      List<String> inputs =
          List.of(
              current,
              graph.constant(convolution.weights(), filters, channels, width),
              graph.constant(convolution.bias(), filters));
      current =
          graph.notNegative(
              graph.node(
                  "Conv",
                  inputs,
                  OnnxGraph.integers("kernel_shape", List.of(width)),
                  OnnxGraph.integers("strides", List.of((long) convolution.kernel().stride()))));
      channels = filters;
    }
    return graph.node("Flatten", List.of(current), OnnxGraph.integer("axis", 1));
  }

  private static String dense(OnnxGraph graph, String from, Dense dense) {
    long outputs = dense.outputs();
    return graph.node(
        "Gemm",
        List.of(
            from,
            graph.constant(dense.weights(), outputs, dense.weights().length / outputs),
            graph.constant(dense.bias(), outputs)),
        OnnxGraph.integer("transB", 1));
  }

  /** The network alone, as a file. */
  public byte[] write() {
    OnnxGraph graph = new OnnxGraph(layout.columns());
    return graph.write(addTo(graph), 1);
  }

  /** Makes sure that the network says the same when it is served as when it was trained. */
  public void requireServedAsTrained() {
    Matrix rows = new Matrix(probe.rows(), PROBES, layout.columns());
    Served.requireEqual("the network", Served.run(write(), rows), probe.answers(), TOLERANCE);
  }
}
