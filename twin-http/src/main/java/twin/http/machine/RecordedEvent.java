package twin.http.machine;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureVector;
import twin.core.inference.ModelProfile;
import twin.core.machine.Assessing;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.type.MachineType;

/**
 * An event from the journal.
 *
 * @param revision the machine's revision after it
 * @param names what is in force after it
 */
record RecordedEvent(long revision, JournalEntry entry, Names names) {

  /**
   * The definition and the model in force, as far as there are any: what the positions in readings
   * and assessments stand for.
   *
   * @param ownThresholds the machine's own, one for each modality; empty: those of the model
   */
  record Names(
      @Nullable MachineType type, @Nullable ModelProfile model, List<Double> ownThresholds) {

    Names {
      ownThresholds = List.copyOf(ownThresholds);
    }

    /** Those by which readings are judged. */
    List<Double> thresholds() {
      ModelProfile known = model;
      return !ownThresholds.isEmpty() || known == null ? ownThresholds : known.thresholds();
    }

    private Names after(MachineEvent event) {
      if (event instanceof MachineEvent.DefinitionAssigned assigned) {
        return new Names(assigned.definition(), model, ownThresholds);
      }
      if (event instanceof MachineEvent.ModelAssigned assigned) {
        ModelProfile champion = assigned.champion();
        boolean same = model != null && model.ref().equals(champion.ref());
        return new Names(type, champion, same ? ownThresholds : List.of());
      }
      if (event instanceof MachineEvent.CalibrationCompleted completed) {
        return new Names(type, model, completed.thresholds());
      }
      if (event instanceof MachineEvent.ThresholdAdapted adapted) {
        return new Names(type, model, adapted(adapted));
      }
      return event instanceof MachineEvent.MaintenanceRecorded
          ? new Names(type, model, List.of())
          : this;
    }

    private List<Double> adapted(MachineEvent.ThresholdAdapted adapted) {
      List<Double> thresholds = new ArrayList<>(thresholds());
      int modality = model == null ? -1 : model.modalities().indexOf(adapted.modality());
      if (modality >= 0 && modality < thresholds.size()) {
        thresholds.set(modality, adapted.to());
      }
      return thresholds;
    }
  }

  static RecordedEvent following(Names before, long revision, JournalEntry entry) {
    return new RecordedEvent(revision, entry, before.after(entry.event()));
  }

  /**
   * The readings that it holds; none without a definition, which only a broken journal can have.
   */
  Stream<RecordedReading> readings() {
    MachineType type = names.type();
    if (type == null || !(entry.event() instanceof MachineEvent.ReadingsRecorded recorded)) {
      return Stream.empty();
    }
    return IntStream.range(0, recorded.readings().size())
        .mapToObj(
            index ->
                new RecordedReading(
                    revision,
                    index,
                    recorded.readings().get(index),
                    type,
                    names.model(),
                    names.ownThresholds(),
                    null));
  }

  /**
   * The readings that had features, with them: computed again.
   *
   * @param before the state before the event
   */
  List<RecordedReading> featured(MachineState before) {
    if (!(entry.event() instanceof MachineEvent.ReadingsRecorded recorded)) {
      return List.of();
    }
    List<@Nullable FeatureVector> features = Assessing.features(before, recorded.readings());
    List<RecordedReading> featured = new ArrayList<>();
    readings()
        .forEach(
            reading -> {
              FeatureVector vector = features.get(reading.index());
              if (vector != null) {
                featured.add(reading.with(vector.values()));
              }
            });
    return featured;
  }
}
