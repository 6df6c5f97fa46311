package twin.core.machine;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;

/**
 * Why a recorded reading was assessed as it was, or why that can no longer be told. Immutable.
 *
 * <p>It is worked out from the journal: the state before the reading, its features computed again,
 * and the model that decided then. That these are the same features is checked by the fingerprint
 * which the journal holds.
 */
public sealed interface Explanation {

  /**
   * It can be told.
   *
   * @param state the state right after the reading
   * @param reading the reading, as the journal holds it
   * @param model which model decided, with the names behind positions
   * @param assessment what it said
   * @param conclusion which number of the assessment is explained
   * @param contributions the features that had most to do with it, the greatest share first; none
   *     when the number could not be given
   */
  record Explained(
      MachineState state,
      AssessedReading reading,
      ModelProfile model,
      Assessment assessment,
      Conclusion conclusion,
      List<Contribution> contributions)
      implements Explanation {
    public Explained {
      contributions = List.copyOf(contributions);
    }
  }

  /**
   * The reading has no assessment.
   *
   * @param reason why the model gave none; null for a reading that was never to be assessed
   */
  record NotAssessed(AssessedReading reading, @Nullable String reason) implements Explanation {}

  /**
   * The model that decided is not loaded.
   *
   * @param decided the model that decided
   * @param loaded the one that decides now; null for none
   */
  record ModelNotLoaded(ModelRef decided, @Nullable ModelRef loaded) implements Explanation {}

  /**
   * This feature code computes other features than those that were judged.
   *
   * @param version of the feature code that computed them then
   */
  record FeaturesDiffer(int version) implements Explanation {}

  /**
   * Explains one reading of an event.
   *
   * @param before the state before the event
   * @param entry an event with readings
   * @param index position of the reading in the event
   * @throws IllegalArgumentException when the event has no such reading
   */
  static Explanation of(MachineState before, JournalEntry entry, int index, Models models) {
    // What comes after it in the event has not happened yet.
    MachineState state = before.apply(entry.withReadings(index + 1));
    AssessedReading reading = readingsOf(entry).get(index);
    Assessment assessment = reading.assessment();
    ModelProfile model = state.model();
    if (assessment == null || model == null) {
      return new NotAssessed(reading, null);
    }
    if (!assessment.isAvailable()) {
      return new NotAssessed(reading, assessment.unavailableReason());
    }
    Optional<ModelSession> decided =
        model.ref().builtIn() ? Optional.empty() : models.bundle(model.ref());
    if (!model.ref().builtIn() && decided.isEmpty()) {
      return new ModelNotLoaded(
          model.ref(),
          models
              .champion(state.typeName(), state.machineId())
              .map(session -> session.profile().ref())
              .orElse(null));
    }
    FeatureVector features = state.features();
    if (features == null || features.hash() != reading.featureHash()) {
      return new FeaturesDiffer(model.featureVersion());
    }
    Conclusion conclusion = Explaining.leading(state, assessment);
    return new Explained(
        state,
        reading,
        model,
        assessment,
        conclusion,
        Explaining.mostOf(state, reading.reading(), features, decided.orElse(null), conclusion));
  }

  private static List<AssessedReading> readingsOf(JournalEntry entry) {
    if (entry.event() instanceof MachineEvent.ReadingsRecorded recorded) {
      return recorded.readings();
    }
    throw new IllegalArgumentException("an event '" + entry.manifest() + "' has no readings");
  }
}
