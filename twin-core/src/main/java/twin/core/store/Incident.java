package twin.core.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Alerts of one line that came close upon one another, as one thing to deal with. A machine of
 * which no line is known is a line by itself.
 *
 * @param incidentId the id of its first alert
 * @param startedAt when that was raised
 * @param lastRaisedAt when its newest alert was raised
 * @param severity that of its most serious alert
 * @param alerts how many it has
 * @param open how many of them are open
 * @param unacknowledged how many of them nobody has acknowledged
 * @param machines how many machines have alerts in it
 * @param machineIds the first {@link #MACHINES_NAMED} of them by name
 * @param first what began it
 */
public record Incident(
    String incidentId,
    @Nullable String site,
    @Nullable String area,
    @Nullable String line,
    Instant startedAt,
    Instant lastRaisedAt,
    String severity,
    long alerts,
    long open,
    long unacknowledged,
    long machines,
    List<String> machineIds,
    First first) {

  /** How many machines are named. */
  public static final int MACHINES_NAMED = 100;

  public Incident {
    machineIds = List.copyOf(machineIds);
  }

  /** The first alert. */
  public record First(String machineId, String rule, String failureType, String severity) {}

  /**
   * Which are wanted.
   *
   * @param from of alerts raised at this time or later
   * @param to of alerts raised before this time
   * @param within an alert belongs to the incident of the one before it on its line when it was
   *     raised no longer after it
   * @param open only those with an open alert, or without; null: both
   * @param cursor where the page before ended
   * @param scope only of machines that are seen
   */
  public record Wanted(
      Instant from,
      Instant to,
      Duration within,
      @Nullable String site,
      @Nullable String line,
      @Nullable Boolean open,
      int limit,
      @Nullable String cursor,
      SiteScope scope) {}
}
