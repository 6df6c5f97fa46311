package twin.core.feature;

import java.time.Duration;

/** How fast a channel's value changes. Pure. */
public final class RateOfChange {

  private static final double NANOS_A_MINUTE = 60e9;

  private RateOfChange() {}

  /**
   * The slope of the least-squares line through the newest values of a channel against their times,
   * in the channel's unit a minute. Times are those of the readings, so that it does not matter how
   * regularly they came, and no single value decides.
   *
   * <p>Formula: {@code sum((t - mean t)(v - mean v)) / sum((t - mean t)^2)}, the estimate of the
   * slope in NIST/SEMATECH e-Handbook of Statistical Methods, section 4.1.4.1 (linear least squares
   * regression). The error is that of double precision; times count from the newest value, so that
   * nothing is lost to their size.
   *
   * @param column position of the channel in the window
   * @param over values older than this, seen from the newest reading, take no part
   * @param readings of the newest readings, so many take part at most
   * @return NaN where the newest reading has no value, and as long as the values do not cover half
   *     of that time: a line through values that lie close together is mostly noise
   */
  public static double perMinute(ReadingWindow window, int column, Duration over, int readings) {
    int last = window.size() - 1;
    if (last < 0 || Double.isNaN(window.value(last, column))) {
      return Double.NaN;
    }
    long newest = window.timeNanos(last);
    long span = over.toNanos();
    int first = last;
    long covered = 0;
    double sumT = 0;
    double sumV = 0;
    int count = 0;
    for (int row = last; row >= 0 && last - row < readings; row--) {
      long age = newest - window.timeNanos(row);
      if (age > span) {
        break;
      }
      first = row;
      double value = window.value(row, column);
      if (!Double.isNaN(value)) {
        sumT -= age / NANOS_A_MINUTE;
        sumV += value;
        count++;
        covered = age;
      }
    }
    if (count < 2 || covered < (span + 1) / 2) {
      return Double.NaN;
    }
    double meanT = sumT / count;
    double meanV = sumV / count;
    double above = 0;
    double below = 0;
    for (int row = first; row <= last; row++) {
      double value = window.value(row, column);
      if (!Double.isNaN(value)) {
        double t = -(newest - window.timeNanos(row)) / NANOS_A_MINUTE - meanT;
        above += t * (value - meanV);
        below += t * t;
      }
    }
    return above / below;
  }
}
