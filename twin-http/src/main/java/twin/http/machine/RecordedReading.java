package twin.http.machine;

import java.time.Instant;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import twin.core.inference.ModelProfile;
import twin.core.machine.AssessedReading;
import twin.core.type.MachineType;

/**
 * A reading from the journal, with what its positions stand for.
 *
 * @param revision revision of the event that holds it
 * @param index its position in that event
 * @param type the definition in force when it was recorded
 * @param model the model in force then; null before the first
 */
record RecordedReading(
    long revision,
    int index,
    AssessedReading assessed,
    MachineType type,
    @Nullable ModelProfile model) {

  /** By reading time, then as they stand in the journal. */
  static final Comparator<RecordedReading> BY_TIME =
      Comparator.comparing(RecordedReading::timestamp)
          .thenComparingLong(RecordedReading::revision)
          .thenComparingInt(RecordedReading::index);

  Instant timestamp() {
    return assessed.reading().timestamp();
  }
}
