package twin.training.turbofan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import twin.training.onnx.Matrix;
import twin.training.onnx.OnnxGraph;
import twin.training.onnx.Served;
import twin.training.quality.RulFigures.Prediction;

final class BandsTest {
  private static final int MOMENTS = 4000;

  private final double[] estimates = new double[MOMENTS];
  private final double[] truths = new double[MOMENTS];

  BandsTest() {
    Random random = new Random(1);
    for (int i = 0; i < MOMENTS; i++) {
      truths[i] = 130 * random.nextDouble();
      // Too high by 5, and the less certain the more remains.
      estimates[i] = Math.max(0, truths[i] + 5 + (2 + truths[i] / 8) * random.nextGaussian());
    }
  }

  @Test
  void holdsFourOfFiveTruthsAndTakesTheBiasOut() {
    Bands bands = Bands.fit(estimates, truths);
    int inside = 0;
    double off = 0;
    for (int i = 0; i < MOMENTS; i++) {
      Prediction each = bands.around(estimates[i], truths[i]);
      inside += each.low() <= each.truth() && each.truth() <= each.high() ? 1 : 0;
      off += each.middle() - each.truth();
    }
    assertThat(inside / (double) MOMENTS).isBetween(0.77, 0.83);
    assertThat(off / MOMENTS).isBetween(-0.5, 0.5);
    Prediction soon = bands.around(10, 10);
    Prediction late = bands.around(100, 100);
    assertThat(soon.high() - soon.low()).isLessThan(0.5 * (late.high() - late.low()));
  }

  @Test
  void isServedAsItWasFound() {
    Bands bands = Bands.fit(estimates, truths);
    OnnxGraph graph = new OnnxGraph(1);
    String quantiles = bands.addTo(graph, graph.input());
    float[] asked = {0, 0.5f, 3, 17, 40.25f, 77, 99, 124, 125, 160};
    float[] served = Served.run(graph.write(quantiles, 3), new Matrix(asked, asked.length, 1));
    for (int i = 0; i < asked.length; i++) {
      Prediction expected = bands.around(asked[i], 0);
      assertThat((double) served[3 * i]).isCloseTo(expected.low(), within(1e-3));
      assertThat((double) served[3 * i + 1]).isCloseTo(expected.middle(), within(1e-3));
      assertThat((double) served[3 * i + 2]).isCloseTo(expected.high(), within(1e-3));
    }
  }
}
