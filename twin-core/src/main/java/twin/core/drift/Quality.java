package twin.core.drift;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import twin.core.feature.ReadingWindow;
import twin.core.reading.Reading;

/**
 * How good the data are that channels send.
 *
 * @param channels each with what was wrong with it
 * @param interval the time from reading to reading
 */
public record Quality(List<OfChannel> channels, Interval interval) {

  /** Positions of a channel's counts. */
  private static final int READINGS = 0;

  private static final int MISSING = 1;
  private static final int NOT_A_NUMBER = 2;
  private static final int OUT_OF_RANGE = 3;
  private static final int STUCK = 4;

  /** How many there are. */
  static final int COUNTS = 5;

  /** Positions of the counts of intervals. */
  private static final int INTERVALS = 0;

  private static final int MICROS = 1;
  private static final int MICROS_APART = 2;
  static final int INTERVAL_COUNTS = 3;

  private static final long NANOS_A_MICRO = 1_000;
  private static final double MICROS_A_SECOND = 1e6;

  public Quality {
    channels = List.copyOf(channels);
  }

  /**
   * Of one channel.
   *
   * @param readings how many were looked at
   * @param missing without a value
   * @param notANumber with something that is no number
   * @param outOfRange with a value that is physically impossible
   * @param stuck with the same value for so many readings that the sensor is taken to be stuck;
   *     only where the type says how many
   */
  public record OfChannel(
      String channel, long readings, long missing, long notANumber, long outOfRange, long stuck) {

    /** Share of the readings whose value can be trusted. */
    public double good() {
      return readings == 0
          ? Double.NaN
          : 1 - (double) (missing + notANumber + outOfRange + stuck) / readings;
    }
  }

  /**
   * Of the time between readings.
   *
   * @param intervals how many were looked at
   * @param meanSeconds how long they were
   * @param jitter how far one was from the one before, on average, as a share of the mean
   */
  public record Interval(long intervals, double meanSeconds, double jitter) {}

  static void count(long[] counts, Reading reading, int channel) {
    counts[READINGS]++;
    switch (reading.quality(channel)) {
      case BAD -> counts[reading.values().has(channel) ? OUT_OF_RANGE : NOT_A_NUMBER]++;
      case UNCERTAIN -> counts[STUCK]++;
      case GOOD -> counts[MISSING] += reading.values().has(channel) ? 0 : 1;
    }
  }

  /** Looks at the newest three readings. */
  static void count(long[] counts, ReadingWindow window) {
    int last = window.size() - 1;
    if (last >= 2) {
      long newest = window.timeNanos(last) - window.timeNanos(last - 1);
      long before = window.timeNanos(last - 1) - window.timeNanos(last - 2);
      counts[INTERVALS]++;
      counts[MICROS] += newest / NANOS_A_MICRO;
      counts[MICROS_APART] += Math.abs(newest - before) / NANOS_A_MICRO;
    }
  }

  /** What counts come to. */
  static Quality of(Map<Measure, List<long[]>> units) {
    List<OfChannel> channels = new ArrayList<>();
    long[] interval = new long[INTERVAL_COUNTS];
    units.forEach(
        (measure, each) -> {
          if (measure.kind() == Measure.Kind.CHANNEL) {
            long[] sum = Units.sum(each, COUNTS);
            channels.add(
                new OfChannel(
                    measure.name(),
                    sum[READINGS],
                    sum[MISSING],
                    sum[NOT_A_NUMBER],
                    sum[OUT_OF_RANGE],
                    sum[STUCK]));
          } else if (measure.equals(Measure.TIME)) {
            System.arraycopy(Units.sum(each, INTERVAL_COUNTS), 0, interval, 0, interval.length);
          }
        });
    return new Quality(
        channels,
        new Interval(
            interval[INTERVALS],
            interval[MICROS] / MICROS_A_SECOND / interval[INTERVALS],
            (double) interval[MICROS_APART] / interval[MICROS]));
  }
}
