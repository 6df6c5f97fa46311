package twin.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An alert as lists show it.
 *
 * @param raisedAt time of the reading that raised it
 * @param changedAt when the twin recorded its last change
 * @param revision the twin's revision of that change
 * @param dueAt when the clock changes it; null: never
 * @param escalation how often it has been escalated
 * @param verdict the newest; null: nobody has judged it
 */
public record AlertRow(
    String alertId,
    String machineId,
    Origin origin,
    String rule,
    String failureType,
    String severity,
    String state,
    Instant raisedAt,
    Instant changedAt,
    long revision,
    Judged judged,
    @Nullable Instant dueAt,
    int escalation,
    @Nullable String verdict) {

  /** The rule of what is told of a bundle's drift, which is no alert of a machine. */
  public static final String DRIFT = "drift";

  /** What its machine is and where it stands. */
  public record Origin(
      String machineType, @Nullable String site, @Nullable String area, @Nullable String line) {}

  /**
   * What the newest assessment that changed it said.
   *
   * @param score greatest anomaly score as a multiple of its threshold
   */
  public record Judged(
      @Nullable Double score,
      @Nullable Double failureProbability,
      @Nullable Double rulP10,
      @Nullable Double rulP50,
      @Nullable Double rulP90,
      @Nullable String rulUnit) {

    /** Nothing. */
    public static final Judged NOTHING = new Judged(null, null, null, null, null, null);
  }
}
