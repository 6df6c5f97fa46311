package twin.core.reading;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Reading times as whole nanoseconds since the epoch, the form in which windows and the journal
 * keep them: two readings a microsecond apart are two readings.
 */
public final class Times {

  /** Earliest time that a reading can have. */
  public static final Instant EARLIEST = Instant.EPOCH;

  /** Latest time that a reading can have: the last second that fits 63 bits of nanoseconds. */
  public static final Instant LATEST = Instant.parse("2262-04-11T23:47:16Z");

  private static final long NANOS_PER_SECOND = 1_000_000_000L;

  private static final DateTimeFormatter TEXT =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private Times() {}

  /** A time as it is told to the outside: RFC 3339 in UTC, with the milliseconds begun. */
  public static String text(Instant time) {
    return TEXT.format(time);
  }

  /** Whether a time can be kept. */
  public static boolean canBeKept(Instant time) {
    return !time.isBefore(EARLIEST) && !time.isAfter(LATEST);
  }

  /** The time that can be kept which is nearest to a time. */
  public static Instant withinReach(Instant time) {
    return time.isBefore(EARLIEST) ? EARLIEST : time.isAfter(LATEST) ? LATEST : time;
  }

  /** Nanoseconds since the epoch. */
  public static long toNanos(Instant time) {
    return Math.addExact(
        Math.multiplyExact(time.getEpochSecond(), NANOS_PER_SECOND), time.getNano());
  }

  /** The time of so many nanoseconds since the epoch. */
  public static Instant ofNanos(long nanos) {
    return Instant.ofEpochSecond(
        Math.floorDiv(nanos, NANOS_PER_SECOND), Math.floorMod(nanos, NANOS_PER_SECOND));
  }
}
