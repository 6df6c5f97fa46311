package twin.training.sequence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.training.onnx.Matrix;
import twin.training.onnx.Served;

final class CourseTrainingTest {
  private static final Layout LAYOUT = new Layout(2, 30, 2);
  private static final Learning LEARNING = new Learning(8, 16, 20, 1, 64, 0.005, 0.01, 0.05);

  private static CourseNetwork network;

  /** The label is where in the course a step is, which no feature tells. */
  private record Steps(int size, long seed) implements CourseRows {

    @Override
    public void write(int row, float[] into, int offset) {
      Random random = new Random(seed + row);
      int step = step(row);
      for (int i = 0; i < LAYOUT.columns(); i++) {
        into[offset + i] = (float) (0.1 * random.nextGaussian());
      }
      for (int reading = step; reading < LAYOUT.readings(); reading++) {
        into[offset + LAYOUT.features() + reading * LAYOUT.channels()] += 1;
      }
    }

    @Override
    public float label(int row) {
      return step(row) / (float) LAYOUT.readings();
    }

    private int step(int row) {
      return (int) ((seed + 7L * row) % LAYOUT.readings());
    }
  }

  @BeforeAll
  static void train() {
    network = CourseTraining.train(LAYOUT, new Steps(1500, 0), LEARNING, 1);
  }

  @Test
  void learnsWhatOnlyTheCourseTells() {
    Steps unseen = new Steps(300, 5000);
    float[] rows = new float[unseen.size() * LAYOUT.columns()];
    for (int row = 0; row < unseen.size(); row++) {
      unseen.write(row, rows, row * LAYOUT.columns());
    }
    float[] answers =
        Served.run(network.write(), new Matrix(rows, unseen.size(), LAYOUT.columns()));
    double squares = 0;
    for (int row = 0; row < unseen.size(); row++) {
      squares += Math.pow(answers[row] - unseen.label(row), 2);
    }
    // The best constant is off by 0.29.
    assertThat(Math.sqrt(squares / unseen.size())).isLessThan(0.1);
  }

  @Test
  void isServedAsItWasTrained() {
    network.requireServedAsTrained();
    CourseNetwork.Dense last = network.last();
    float[] shifted = {last.bias()[0] + 1e-3f};
    CourseNetwork other =
        new CourseNetwork(
            network.layout(),
            network.filters(),
            network.scaling(),
            network.convolutions(),
            network.features(),
            network.joined(),
            new CourseNetwork.Dense(last.weights(), shifted),
            network.probe());
    assertThatIllegalStateException()
        .isThrownBy(other::requireServedAsTrained)
        .withMessageContaining("is served as");
  }

  @Test
  void trainsTheSameBytesFromTheSameSeed() {
    byte[] again = CourseTraining.train(LAYOUT, new Steps(1500, 0), LEARNING, 1).write();
    byte[] other = CourseTraining.train(LAYOUT, new Steps(1500, 0), LEARNING, 2).write();
    assertThat(again).isEqualTo(network.write()).isNotEqualTo(other);
  }
}
