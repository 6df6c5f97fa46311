package twin.core.machine;

import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.reading.Placement;
import twin.core.reading.Reading;

/**
 * A reading with what was concluded from it.
 *
 * @param placement where it stands among the machine's readings
 * @param operatingMode position of the type's operating mode, counted from 1; 0 for none
 * @param featureHash fingerprint of the features; 0 where none were computed
 * @param assessment what the champion said; null for a reading that is not assessed
 * @param shadow what the shadow said, if there is one
 */
public record AssessedReading(
    Reading reading,
    Placement placement,
    int operatingMode,
    long featureHash,
    @Nullable Assessment assessment,
    @Nullable Assessment shadow) {

  /** The same without a shadow. */
  AssessedReading alone() {
    return shadow == null
        ? this
        : new AssessedReading(reading, placement, operatingMode, featureHash, assessment, null);
  }

  /** The same with the opinion of a shadow. */
  AssessedReading beside(Assessment opinion) {
    return new AssessedReading(reading, placement, operatingMode, featureHash, assessment, opinion);
  }
}
