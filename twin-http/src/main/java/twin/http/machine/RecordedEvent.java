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
   */
  record Names(@Nullable MachineType type, @Nullable ModelProfile model) {

    private Names after(MachineEvent event) {
      if (event instanceof MachineEvent.DefinitionAssigned assigned) {
        return new Names(assigned.definition(), model);
      }
      return event instanceof MachineEvent.ModelAssigned assigned
          ? new Names(type, assigned.champion())
          : this;
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
                    revision, index, recorded.readings().get(index), type, names.model(), null));
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
