package twin.training.pump;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import twin.training.onnx.Served;

/** Writing the file compares what is served with what PyTorch trained; here it only has to pass. */
final class AutoencoderTest {
  private static final int READINGS = 30;

  /** Rows of two channels that always say the same, in a slow wave of any height. */
  private static float[][] rows() {
    Random random = new Random(1);
    float[][] rows = new float[2000][2 * READINGS];
    for (float[] row : rows) {
      float height = 1 + random.nextFloat();
      float phase = random.nextFloat();
      for (int i = 0; i < READINGS; i++) {
        row[2 * i] = row[2 * i + 1] = height * (float) Math.sin(0.2 * i + phase);
      }
    }
    return rows;
  }

  private static int[] groups() {
    int[] groups = new int[2 * READINGS];
    for (int i = 0; i < groups.length; i++) {
      groups[i] = i % 2;
    }
    return groups;
  }

  private static void findsWhatIsUnlike(byte[] file) {
    float[][] rows = rows();
    float[] unlike = rows[0].clone();
    for (int i = 0; i < READINGS; i++) {
      unlike[2 * i + 1] *= -1;
    }
    try (Served gate = new Served(file)) {
      float[] usual = gate.run(rows[1]);
      float[] unusual = gate.run(unlike);
      assertThat(unusual[0] + unusual[1]).isGreaterThan(2 * (usual[0] + usual[1]));
    }
  }

  @Test
  void aDenseOneFindsWhatIsUnlikeItsTraining() {
    findsWhatIsUnlike(Autoencoder.dense(rows(), new int[] {8, 3, 8}, 1).file(groups(), 2));
  }

  @Test
  void aConvolutionalOneDoesToo() {
    findsWhatIsUnlike(
        Autoencoder.convolutional(rows(), READINGS, new int[] {8, 4}, 1).file(groups(), 2));
  }

  @Test
  void theSameSeedTrainsTheSameBytes() {
    byte[] one = Autoencoder.dense(rows(), new int[] {8, 3, 8}, 1).file(groups(), 2);
    byte[] again = Autoencoder.dense(rows(), new int[] {8, 3, 8}, 1).file(groups(), 2);
    byte[] other = Autoencoder.dense(rows(), new int[] {8, 3, 8}, 2).file(groups(), 2);
    assertThat(again).isEqualTo(one);
    assertThat(Arrays.equals(other, one)).isFalse();
  }
}
