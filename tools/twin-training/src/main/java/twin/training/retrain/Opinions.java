package twin.training.retrain;

import java.util.Arrays;
import java.util.List;
import twin.core.feature.FeatureVector;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelSession;
import twin.training.lived.Examples;
import twin.training.onnx.Matrix;
import twin.training.onnx.Served;

/**
 * What a bundle says of readings, one after another: the probability of a failure where it gives
 * one, its anomaly score as a multiple of its own threshold, and the median of remaining life. Not
 * thread-safe.
 */
final class Opinions {
  private static final int GROWTH = 1024;

  /** From which probability on a failure is likely. */
  private static final float LIKELY = 0.5f;

  private final String version;
  private final boolean classifies;
  private float[] probability = new float[GROWTH];
  private float[] ratio = new float[GROWTH];
  private float[] remaining = new float[GROWTH];
  private int size;

  private Opinions(String version, boolean classifies) {
    this.version = version;
    this.classifies = classifies;
  }

  /** None yet of a bundle that is asked reading by reading. */
  static Opinions of(ModelSession session) {
    return new Opinions(
        session.profile().ref().version(), !session.profile().failureModes().isEmpty());
  }

  /** What new models say of all examples. */
  static Opinions of(GeneralModel model, String version, Examples examples) {
    Opinions opinions = new Opinions(version, model.part(Role.FAILURE) != null);
    int[] rows = examples.rows(row -> true);
    if (rows.length == 0) {
      return opinions;
    }
    Matrix inputs = examples.matrix(model.inputs(), rows);
    float[] answers = Served.run(model.file(), inputs);
    int width = answers.length / rows.length;
    for (int row : rows) {
      opinions.add(
          model.answer(Role.FAILURE, inputs, answers, width, row, 0),
          model.answer(Role.ANOMALY, inputs, answers, width, row, 0) / model.threshold(),
          model.answer(Role.RUL, inputs, answers, width, row, 1));
    }
    return opinions;
  }

  String version() {
    return version;
  }

  /** Whether it gives a probability of failure. */
  boolean classifies() {
    return classifies;
  }

  /** Asks a bundle about one reading more. */
  void ask(ModelSession session, FeatureVector features) {
    float greatest = Float.NaN;
    float failing = Float.NaN;
    float left = Float.NaN;
    try {
      ModelOutput output = session.run(List.of(features)).getFirst();
      failing = output.failureProbability();
      for (int i = 0; i < output.scores().length; i++) {
        float of = (float) (output.scores()[i] / session.profile().thresholds().get(i));
        greatest = Float.isNaN(of) || greatest >= of ? greatest : of;
      }
      left = output.rul().length == 0 ? Float.NaN : output.rul()[output.rul().length / 2];
    } catch (InferenceException e) {
      // It has no opinion of this reading, which the figures count.
    }
    add(failing, greatest, left);
  }

  private void add(float failing, float greatest, float left) {
    if (size == ratio.length) {
      probability = Arrays.copyOf(probability, 2 * size);
      ratio = Arrays.copyOf(ratio, 2 * size);
      remaining = Arrays.copyOf(remaining, 2 * size);
    }
    probability[size] = failing;
    ratio[size] = greatest;
    remaining[size] = left;
    size++;
  }

  /** What tells of a failure: the probability where there is one, else the score. */
  float risk(int row) {
    return classifies ? probability[row] : ratio[row];
  }

  /** Whether it says that something is wrong. */
  boolean alarm(int row) {
    return classifies ? probability[row] >= LIKELY : ratio[row] >= 1;
  }

  float ratio(int row) {
    return ratio[row];
  }

  float remaining(int row) {
    return remaining[row];
  }
}
