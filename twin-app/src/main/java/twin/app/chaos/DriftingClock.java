package twin.app.chaos;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;

/** A clock that is too fast by a twentieth and is set right, back, twice a minute. Immutable. */
final class DriftingClock extends Clock {

  private static final long SET_RIGHT_EVERY_MILLIS = Duration.ofSeconds(30).toMillis();
  private static final long FAST_BY_ONE_IN = 20;

  private final Clock right;

  DriftingClock(Clock right) {
    this.right = right;
  }

  @Override
  public Instant instant() {
    Instant now = right.instant();
    return now.plusMillis(now.toEpochMilli() % SET_RIGHT_EVERY_MILLIS / FAST_BY_ONE_IN);
  }

  @Override
  public ZoneId getZone() {
    return right.getZone();
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return new DriftingClock(right.withZone(zone));
  }
}
