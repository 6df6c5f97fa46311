package twin.core.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.core.feature.Baseline;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelSession;
import twin.core.inference.StatisticalGate;
import twin.core.reading.Reading;

/**
 * What features and models say of readings in the terms of the state before them. A twin uses it
 * once and an audit again: the same state, readings and model give the same bits. Pure.
 */
public final class Assessing {

  private static final int REASON_LENGTH = 120;

  private Assessing() {}

  /**
   * The features that each of some readings has, with those before it in the window.
   *
   * @param before the state before the first
   * @return by position; null for a reading that is not assessed
   */
  public static List<@Nullable FeatureVector> features(
      MachineState before, List<AssessedReading> readings) {
    return before.featuresThrough(readings);
  }

  /**
   * Readings with what is concluded from them. A model that fails, in whatever way, gives an
   * assessment that says so.
   *
   * @param before the state before the first: its thresholds and baselines hold for all
   * @param readings with their place; what else they say is replaced
   * @param features of each reading, null where it is not assessed
   * @param session the model that decides; null for the built-in gate
   */
  public static List<AssessedReading> assess(
      MachineState before,
      List<AssessedReading> readings,
      List<@Nullable FeatureVector> features,
      @Nullable ModelSession session) {
    List<FeatureVector> asked = present(features);
    List<Assessment> answers =
        session == null || asked.isEmpty() ? List.of() : ask(session, asked, thresholds(before));
    List<AssessedReading> assessed = new ArrayList<>(readings.size());
    int next = 0;
    for (int i = 0; i < readings.size(); i++) {
      AssessedReading each = readings.get(i);
      FeatureVector vector = features.get(i);
      Assessment assessment = null;
      if (vector != null) {
        assessment = session == null ? gate(before, each.reading()) : answers.get(next++);
      }
      assessed.add(
          new AssessedReading(
              each.reading(),
              each.placement(),
              each.operatingMode(),
              vector == null ? 0 : vector.hash(),
              assessment,
              null));
    }
    return assessed;
  }

  private static List<FeatureVector> present(List<@Nullable FeatureVector> features) {
    List<FeatureVector> present = new ArrayList<>(features.size());
    for (FeatureVector each : features) {
      if (each != null) {
        present.add(each);
      }
    }
    return present;
  }

  /**
   * The same readings with what a model in the shadow says of them, by the thresholds of its own
   * bundle.
   */
  static List<AssessedReading> withShadow(
      List<AssessedReading> readings, List<@Nullable FeatureVector> features, ModelSession shadow) {
    List<FeatureVector> asked = present(features);
    if (asked.isEmpty()) {
      return readings;
    }
    double[] thresholds =
        shadow.profile().thresholds().stream().mapToDouble(Double::doubleValue).toArray();
    Iterator<Assessment> opinions = ask(shadow, asked, thresholds).iterator();
    List<AssessedReading> both = new ArrayList<>(readings.size());
    for (int i = 0; i < readings.size(); i++) {
      both.add(features.get(i) == null ? readings.get(i) : readings.get(i).beside(opinions.next()));
    }
    return both;
  }

  /**
   * What is concluded from single readings of one model, each in the terms of its own state: the
   * same bits as one by one, in one run.
   *
   * @param before for each reading the state before its event
   */
  public static List<@Nullable Assessment> again(
      List<MachineState> before,
      List<Reading> readings,
      List<FeatureVector> features,
      @Nullable ModelSession session) {
    List<@Nullable Assessment> again = new ArrayList<>(readings.size());
    if (session == null) {
      for (int i = 0; i < readings.size(); i++) {
        again.add(gate(before.get(i), readings.get(i)));
      }
      return again;
    }
    List<ModelOutput> outputs = session.run(features);
    for (int i = 0; i < readings.size(); i++) {
      again.add(judged(outputs.get(i), thresholds(before.get(i))));
    }
    return again;
  }

  /** The thresholds that readings after a state are judged by; NaN while none are. */
  public static double[] thresholds(MachineState before) {
    double[] thresholds = before.thresholds();
    if (before.withholdsJudgement()) {
      Arrays.fill(thresholds, Double.NaN);
    }
    return thresholds;
  }

  private static List<Assessment> ask(
      ModelSession session, List<FeatureVector> features, double[] thresholds) {
    try {
      List<ModelOutput> outputs = session.run(features);
      if (outputs.size() != features.size()) {
        throw new InferenceException(
            "%d outputs for %d readings".formatted(outputs.size(), features.size()));
      }
      List<Assessment> judged = new ArrayList<>(outputs.size());
      for (ModelOutput output : outputs) {
        judged.add(judged(output, thresholds));
      }
      return judged;
    } catch (RuntimeException e) {
      Assessment none = Assessment.unavailable(shortened("model: " + e.getMessage()));
      return features.stream().map(each -> none).toList();
    }
  }

  private static String shortened(String reason) {
    return reason.length() <= REASON_LENGTH ? reason : reason.substring(0, REASON_LENGTH);
  }

  /**
   * A model's output as an assessment.
   *
   * @throws InferenceException when it has not one score for each threshold
   */
  private static Assessment judged(ModelOutput output, double[] thresholds) {
    if (output.scores().length != thresholds.length) {
      throw new InferenceException(
          "%d scores for %d thresholds".formatted(output.scores().length, thresholds.length));
    }
    boolean anomalous = false;
    for (int i = 0; i < output.scores().length; i++) {
      anomalous |= output.scores()[i] >= thresholds[i];
    }
    return Assessment.of(
        output.scores(),
        anomalous,
        output.failureProbability(),
        output.failureModes(),
        output.rul());
  }

  /** What the built-in gate says; nothing while no channel has a baseline. */
  private static @Nullable Assessment gate(MachineState state, Reading reading) {
    Definition definition = state.definition();
    List<Baseline> baselines = state.calibration().baselines();
    if (definition == null || baselines.isEmpty()) {
      return null;
    }
    float score = StatisticalGate.score(reading, definition.type(), baselines);
    if (Float.isNaN(score)) {
      return Assessment.unavailable("no channel with a baseline has a value that can be trusted");
    }
    return Assessment.of(
        new float[] {score}, score >= state.thresholds()[0], Float.NaN, new float[0], new float[0]);
  }
}
