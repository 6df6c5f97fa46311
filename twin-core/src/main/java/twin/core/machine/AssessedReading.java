package twin.core.machine;

import org.jspecify.annotations.Nullable;
import twin.core.alert.Observation;
import twin.core.feature.ReadingWindow;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.reading.Placement;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

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

  /**
   * This reading as alert rules look at it.
   *
   * @param judge whose assessment counts; null where none does
   * @param thresholds those that hold for it
   * @param window the newest readings, with this one
   */
  Observation observed(
      MachineType type, @Nullable ModelProfile judge, double[] thresholds, ReadingWindow window) {
    return new Observation(
        type,
        reading,
        placement == Placement.IN_ORDER,
        operatingMode,
        judge == null ? null : assessment,
        judge,
        thresholds,
        window);
  }
}
