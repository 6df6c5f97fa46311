package twin.training.turbofan;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import twin.training.onnx.OnnxGraph;
import twin.training.quality.BinaryFigures;
import twin.training.quality.RulFigures.Prediction;

/**
 * What a model's estimate stands for: the quantiles of what really remained where the model
 * estimated the like for engines that it had not been trained on. Between the knots they follow
 * straight lines, outside them they keep their distance from the estimate.
 *
 * <p>The truth counts as {@link #HORIZON} where it is more: how much longer a sound engine runs
 * does not show in its readings. The middle is the mean of what remained, which makes the squares
 * of the errors least.
 *
 * @param knots estimates, rising
 * @param offsets for p10, the middle and p90 what is added to the estimate at each knot
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared, never changed.
record Bands(double[] knots, double[][] offsets) {
  static final List<String> OUTPUTS = List.of("p10", "p50", "p90");

  static final double HORIZON = 145;

  private static final int BINS = 12;

  /** Finds the bands from estimates of a model for engines that it had not seen. */
  static Bands fit(double[] estimates, double[] truths) {
    int[] rising =
        IntStream.range(0, estimates.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> estimates[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    int bins = Math.max(1, Math.min(BINS, estimates.length / BINS));
    double[] knots = new double[bins];
    double[][] offsets = new double[OUTPUTS.size()][bins];
    for (int bin = 0; bin < bins; bin++) {
      int[] in =
          Arrays.copyOfRange(rising, bin * rising.length / bins, (bin + 1) * rising.length / bins);
      double[] off =
          Arrays.stream(in).mapToDouble(i -> Math.min(truths[i], HORIZON) - estimates[i]).toArray();
      knots[bin] = Arrays.stream(in).mapToDouble(i -> estimates[i]).average().orElseThrow();
      offsets[0][bin] = BinaryFigures.quantile(off, 0.1);
      offsets[1][bin] = Arrays.stream(off).average().orElseThrow();
      offsets[2][bin] = BinaryFigures.quantile(off, 0.9);
    }
    return new Bands(knots, offsets);
  }

  /** What an estimate stands for. */
  Prediction around(double estimate, double truth) {
    double[] quantiles = new double[OUTPUTS.size()];
    for (int i = 0; i < quantiles.length; i++) {
      quantiles[i] = Math.max(0, estimate + offset(i, estimate));
    }
    Arrays.sort(quantiles);
    return new Prediction(quantiles[0], quantiles[1], quantiles[2], truth);
  }

  private double offset(int output, double estimate) {
    double value = offsets[output][0];
    for (int knot = 0; knot + 1 < knots.length; knot++) {
      double along = Math.max(0, Math.min(estimate, knots[knot + 1]) - knots[knot]);
      value += slope(output, knot) * along;
    }
    return value;
  }

  private double slope(int output, int knot) {
    double run = knots[knot + 1] - knots[knot];
    return run <= 0 ? 0 : (offsets[output][knot + 1] - offsets[output][knot]) / run;
  }

  /**
   * Adds the bands to a graph: for each output the estimate, its offset at the first knot, and for
   * each knot passed the change of slope times the distance from it.
   *
   * @param estimate the name of the estimate, of shape [N, 1]
   * @return the name of the outputs, rising in each row
   */
  String addTo(OnnxGraph graph, String estimate) {
    int outputs = OUTPUTS.size();
    float[] places = new float[knots.length];
    float[] changes = new float[knots.length * outputs];
    float[] starts = new float[outputs];
    for (int output = 0; output < outputs; output++) {
      starts[output] = (float) offsets[output][0];
      for (int knot = 0; knot < knots.length; knot++) {
        places[knot] = (float) knots[knot];
        double after = knot + 1 < knots.length ? slope(output, knot) : 0;
        double before = knot > 0 ? slope(output, knot - 1) : 0;
        changes[knot * outputs + output] = (float) (after - before);
      }
    }
    String passed =
        graph.notNegative(graph.difference(estimate, graph.constant(places, 1, knots.length)));
    String bent =
        graph.node("MatMul", List.of(passed, graph.constant(changes, knots.length, outputs)));
    String shifted = graph.sum(bent, graph.constant(starts, 1, outputs));
    return graph.rising(graph.notNegative(graph.sum(shifted, estimate)), outputs);
  }
}
