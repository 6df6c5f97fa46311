package twin.core.machine;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What every event carries.
 *
 * @param recordedAt when the twin took it up, to the millisecond; never decreasing in a twin
 * @param watermarkNanos newest reading time after the event, {@link
 *     twin.core.reading.Identities#NO_TIME} before the first reading
 * @param cause what brought it about
 * @param previous hash of the event before it
 */
public record Stamp(Instant recordedAt, long watermarkNanos, Cause cause, EventHash previous) {

  public Stamp {
    recordedAt = recordedAt.truncatedTo(ChronoUnit.MILLIS);
  }
}
