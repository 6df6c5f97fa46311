package twin.core.store;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One message of a channel and what has come of it.
 *
 * @param id goes along with each attempt, so that who gets it twice can tell
 * @param place notices of the same one are told together
 * @param incident the first of the alerts that came close upon one another there
 * @param severity the most serious that it tells of
 * @param told the most serious that was told of the incident before; null: nothing was
 * @param alerts how many changes of alerts it tells of
 * @param newestAt when the newest of them was recorded
 * @param plannedAt when it was to be sent first
 * @param dueAt when it is sent next, or when who sends it is taken to be dead
 * @param changedAt when it was made, or when its last attempt ended
 * @param lastError why its last attempt failed; null: none has
 */
public record Delivery(
    UUID id,
    String channel,
    String place,
    @Nullable String site,
    @Nullable String area,
    @Nullable String line,
    String incident,
    String severity,
    @Nullable String told,
    int alerts,
    Instant newestAt,
    State state,
    Instant createdAt,
    Instant plannedAt,
    Instant dueAt,
    int attempts,
    Instant changedAt,
    @Nullable String lastError) {

  /** Where a delivery stands. */
  public enum State {
    /** It will be sent when it is due. */
    WAITING,
    /** A node sends it. */
    SENDING,
    /** The channel has taken it. */
    DELIVERED,
    /** It was given up. */
    FAILED
  }

  /** Whether it may still be added to: nobody can have seen it. */
  public boolean isUntried() {
    return state == State.WAITING && attempts == 0;
  }

  /**
   * A delivery that is to be sent now.
   *
   * @param named what it tells, as JSON objects, the most serious first, and only so many
   * @param machines how many machines it tells of
   * @param incidentAlerts how many alerts the incident has so far, as this channel knows it
   * @param incidentMachines how many machines have them
   * @param incidentSince when the first of them was recorded
   */
  public record Taken(
      Delivery delivery,
      List<String> named,
      long machines,
      long incidentAlerts,
      long incidentMachines,
      Instant incidentSince) {
    public Taken {
      named = List.copyOf(named);
    }
  }

  /**
   * A delivery as lists show it.
   *
   * @param alertIds the alerts that it tells of, only so many
   */
  public record Listed(Delivery delivery, List<String> alertIds) {
    public Listed {
      alertIds = List.copyOf(alertIds);
    }
  }

  /**
   * Which deliveries are wanted.
   *
   * @param alertId only those that tell of this alert
   * @param cursor where the page before ended
   * @param scope only of sites that are seen
   */
  public record Wanted(
      @Nullable String channel,
      @Nullable State state,
      @Nullable String alertId,
      int limit,
      @Nullable String cursor,
      SiteScope scope) {}

  /**
   * What has become of the deliveries of a channel that are still kept.
   *
   * @param waiting how many are to be sent or are being sent
   * @param lastError why the newest attempt that failed did so
   */
  public record Counts(
      String channel,
      long waiting,
      long delivered,
      long failed,
      @Nullable Instant lastDeliveredAt,
      @Nullable Instant lastFailedAt,
      @Nullable String lastError) {}
}
