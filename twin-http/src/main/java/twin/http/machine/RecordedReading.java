package twin.http.machine;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.machine.AssessedReading;
import twin.core.reading.Values;
import twin.core.type.Channel;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;

/**
 * A reading from the journal, with what its positions stand for.
 *
 * @param revision revision of the event that holds it
 * @param index its position in that event
 * @param type the definition in force when it was recorded
 * @param model the model in force then; null before the first
 * @param ownThresholds the machine's own thresholds then; empty: those of the model
 * @param features its features by the positions of the type's; null when nobody asked for them or
 *     it had none
 */
record RecordedReading(
    long revision,
    int index,
    AssessedReading assessed,
    MachineType type,
    @Nullable ModelProfile model,
    List<Double> ownThresholds,
    @Nullable Values features) {

  // Names that no channel can have, since theirs have no blanks.
  private static final String SCORE = "anomaly score";
  private static final String FAILURE = "failure probability";
  private static final String RUL = "median RUL";

  /** By reading time, then as they stand in the journal. */
  static final Comparator<RecordedReading> BY_TIME =
      Comparator.comparing(RecordedReading::timestamp)
          .thenComparingLong(RecordedReading::revision)
          .thenComparingInt(RecordedReading::index);

  /** Takes numbers, NaN for one that is not there. */
  interface NumberSink {
    void take(String name, double number);
  }

  Instant timestamp() {
    return assessed.reading().timestamp();
  }

  RecordedReading with(Values itsFeatures) {
    return new RecordedReading(revision, index, assessed, type, model, ownThresholds, itsFeatures);
  }

  /** By which it was judged, one for each modality. */
  double[] thresholds() {
    return new RecordedEvent.Names(type, model, ownThresholds)
        .thresholds().stream().mapToDouble(Double::doubleValue).toArray();
  }

  /**
   * The numbers that a chart of it shows: its features, or else its channels and what was concluded
   * from them.
   *
   * @param only the channels that are wanted; empty for all
   */
  void numbers(Set<String> only, NumberSink sink) {
    if (features != null) {
      for (int i = 0; i < type.features().size(); i++) {
        FeatureSpec spec = type.features().get(i);
        if (isWanted(spec, only)) {
          sink.take(spec.name(), features.get(i));
        }
      }
      return;
    }
    for (int i = 0; i < type.channels().size(); i++) {
      Channel channel = type.channels().get(i);
      if (only.isEmpty() || only.contains(channel.name())) {
        sink.take(channel.name(), assessed.reading().values().get(i));
      }
    }
    Assessment assessment = assessed.assessment();
    if (assessment != null && assessment.isAvailable()) {
      sink.take(SCORE, assessment.modalities() == 0 ? Double.NaN : assessment.score(0));
      sink.take(FAILURE, assessment.failureProbability());
      sink.take(RUL, assessment.medianRul());
    }
  }

  /** Whether a feature is one of these, or is computed from one of them. */
  static boolean isWanted(FeatureSpec spec, Set<String> only) {
    return only.isEmpty()
        || only.contains(spec.name())
        || spec.inputs().stream().anyMatch(only::contains);
  }
}
