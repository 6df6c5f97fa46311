package twin.core.machine;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertPolicy;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.StatisticalGate;
import twin.core.reading.Reading;
import twin.core.type.AlertCondition;
import twin.core.type.AlertRule;

/** Why a twin concluded what it did. */
public final class Explaining {

  /** How many features an explanation names. */
  public static final int NAMED = 3;

  private Explaining() {}

  /** What an alert rule looks at first of what models say; nothing where it looks at none of it. */
  static Optional<Conclusion> conclusionOf(
      AlertRule rule, Assessment assessment, MachineState state) {
    for (AlertCondition condition : rule.compared()) {
      if (condition.kind().ofAssessment()) {
        return Optional.of(conclusionOf(condition, assessment, state));
      }
    }
    return Optional.empty();
  }

  private static Conclusion conclusionOf(
      AlertCondition condition, Assessment assessment, MachineState state) {
    return switch (condition.kind()) {
      case ANOMALY ->
          new Conclusion(
              Conclusion.Kind.ANOMALY, Conclusion.worstModality(assessment, state.thresholds()));
      case RUL_BELOW ->
          new Conclusion(Conclusion.Kind.RUL, AlertPolicy.rulQuantile(condition, assessment));
      case FAILURE -> {
        ModelProfile model = state.model();
        int mode = model == null ? -1 : model.failureModes().indexOf(condition.failureMode());
        yield mode < 0
            ? new Conclusion(Conclusion.Kind.FAILURE, 0)
            : new Conclusion(Conclusion.Kind.FAILURE_MODE, mode);
      }
      case HIGH_HIGH, HIGH, LOW, LOW_LOW, RATE_OF_CHANGE, SILENCE, ALL, ANY ->
          throw new IllegalArgumentException(condition.kind() + " is nothing that a model says");
    };
  }

  /** What matters most in the assessment that a state ends with. */
  public static Conclusion leading(MachineState state, Assessment assessment) {
    return Conclusion.leading(assessment, state.thresholds(), HealthRule.LIKELY_FAILURE);
  }

  /**
   * The features that had most to do with a conclusion, the greatest share first.
   *
   * @param state the state in whose terms the reading was judged
   * @param session the model that decided; null for the built-in gate
   */
  public static List<Contribution> mostOf(
      MachineState state,
      Reading reading,
      FeatureVector features,
      @Nullable ModelSession session,
      Conclusion conclusion) {
    Definition definition = state.definition();
    if (definition == null) {
      return List.of();
    }
    List<Contribution> all =
        session != null
            ? session.explain(features, conclusion)
            : state.thresholds().length == 0
                ? List.of()
                : StatisticalGate.explain(
                    reading,
                    definition.type(),
                    state.calibration().baselines(),
                    state.thresholds()[0]);
    return all.subList(0, Math.min(NAMED, all.size()));
  }
}
