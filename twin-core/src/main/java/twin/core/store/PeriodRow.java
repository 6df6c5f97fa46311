package twin.core.store;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a machine's readings in short. Times have microseconds, as the database keeps them.
 *
 * @param startsAt beginning of the stretch: for hours and days the full hour and midnight
 * @param from time of the first reading, not moved by late ones
 * @param to time of the last
 * @param revision of the newest event that is in it
 * @param firstRevision revision of the first event with readings
 * @param lastRevision revision of the last
 * @param readings how many readings
 * @param channels values of each channel that had any, by name
 * @param worstScore greatest anomaly score as a multiple of its threshold
 * @param leastRul least median RUL in the type's unit
 */
public record PeriodRow(
    Instant startsAt,
    Instant from,
    Instant to,
    long revision,
    long firstRevision,
    long lastRevision,
    long readings,
    Map<String, ChannelValues> channels,
    @Nullable Double worstScore,
    @Nullable Double leastRul) {

  /** Number, minimum, maximum and mean of a channel's values, in the channel's unit. */
  public record ChannelValues(long values, double min, double max, double mean) {

    ChannelValues with(ChannelValues other) {
      long both = values + other.values;
      // By shares, since a sum may be beyond what a number can hold.
      double bothMean =
          mean * ((double) values / both) + other.mean * ((double) other.values / both);
      double least = Math.min(min, other.min);
      double greatest = Math.max(max, other.max);
      return new ChannelValues(both, least, greatest, Math.clamp(bothMean, least, greatest));
    }
  }

  public PeriodRow {
    startsAt = startsAt.truncatedTo(ChronoUnit.MICROS);
    from = from.truncatedTo(ChronoUnit.MICROS);
    to = to.truncatedTo(ChronoUnit.MICROS);
    channels = Collections.unmodifiableMap(new LinkedHashMap<>(channels));
  }

  /** Both as one; this is the earlier. */
  public PeriodRow with(PeriodRow later) {
    Map<String, ChannelValues> both = new LinkedHashMap<>(channels);
    later.channels.forEach((name, values) -> both.merge(name, values, ChannelValues::with));
    return new PeriodRow(
        startsAt,
        from,
        later.to.isAfter(to) ? later.to : to,
        Math.max(revision, later.revision),
        Math.min(firstRevision, later.firstRevision),
        Math.max(lastRevision, later.lastRevision),
        readings + later.readings,
        both,
        worstScore == null
            ? later.worstScore
            : later.worstScore == null
                ? worstScore
                : (Double) Math.max(worstScore, later.worstScore),
        leastRul == null
            ? later.leastRul
            : later.leastRul == null ? leastRul : (Double) Math.min(leastRul, later.leastRul));
  }

  /** The same as part of a longer stretch. */
  PeriodRow startingAt(Instant start) {
    return new PeriodRow(
        start,
        from,
        to,
        revision,
        firstRevision,
        lastRevision,
        readings,
        channels,
        worstScore,
        leastRul);
  }
}
