package twin.core.machine;

import java.time.Duration;
import java.time.Instant;
import twin.core.reading.Times;

/**
 * The stretch of a machine's time that a period covers so far, and how many readings it has. Time
 * is the watermark: a late reading, or one ahead of the clock, counts where it was recorded and
 * moves neither end.
 *
 * <p>A period is complete with {@link #READINGS_LEAST} readings over {@link #LENGTH_LEAST}, and
 * ends with the hour of the day (UTC) in any case, so that hours and days are sums of whole
 * periods. A machine has 60 periods an hour at most.
 *
 * @param fromNanos watermark after the first reading
 * @param toNanos watermark after the last
 * @param readings how many; 0 for none, and then the times mean nothing
 */
record PeriodSpan(long fromNanos, long toNanos, long readings) {

  /** Fewer readings are not worth an event of their own before the hour is over. */
  static final long READINGS_LEAST = 60;

  /** More than one event in this time is not worth having, however fast the machine is. */
  static final Duration LENGTH_LEAST = Duration.ofMinutes(1);

  private static final long LENGTH_LEAST_NANOS = LENGTH_LEAST.toNanos();
  private static final long HOUR_NANOS = Duration.ofHours(1).toNanos();

  /** Before any reading. */
  static final PeriodSpan NONE = new PeriodSpan(0, 0, 0);

  /** With one reading more, after which the watermark is this. */
  PeriodSpan with(long watermarkNanos) {
    return new PeriodSpan(readings == 0 ? watermarkNanos : fromNanos, watermarkNanos, readings + 1);
  }

  boolean isEmpty() {
    return readings == 0;
  }

  /** Whether it can be summed up after its last reading. */
  boolean isComplete() {
    return readings >= READINGS_LEAST && toNanos - fromNanos >= LENGTH_LEAST_NANOS;
  }

  /** Whether a reading after which the watermark is this belongs to another hour. */
  boolean endsBefore(long watermarkNanos) {
    return readings > 0
        && Math.floorDiv(fromNanos, HOUR_NANOS) != Math.floorDiv(watermarkNanos, HOUR_NANOS);
  }

  Instant from() {
    return Times.ofNanos(fromNanos);
  }

  Instant to() {
    return Times.ofNanos(toNanos);
  }
}
