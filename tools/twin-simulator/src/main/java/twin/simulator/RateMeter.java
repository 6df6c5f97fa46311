package twin.simulator;

import java.util.concurrent.TimeUnit;

/**
 * Counts events over the last ten whole seconds, in a ring of one bucket a second. Times are those
 * of {@link System#nanoTime}. Not thread-safe.
 */
final class RateMeter {
  private static final int SECONDS = 10;

  private final long startNanos;
  private final long[] counts = new long[SECONDS + 1];
  private long second;

  RateMeter(long startNanos) {
    this.startNanos = startNanos;
  }

  void count(long nowNanos) {
    moveTo(nowNanos);
    counts[bucket(second)]++;
  }

  /** Mean a second; the second under way counts only before the first one is over. */
  double perSecond(long nowNanos) {
    moveTo(nowNanos);
    if (second == 0) {
      return counts[0];
    }
    long whole = Math.min(second, SECONDS);
    long sum = 0;
    for (long past = second - whole; past < second; past++) {
      sum += counts[bucket(past)];
    }
    return sum / (double) whole;
  }

  private void moveTo(long nowNanos) {
    long to = TimeUnit.NANOSECONDS.toSeconds(nowNanos - startNanos);
    for (long s = Math.max(second + 1, to - SECONDS); s <= to; s++) {
      counts[bucket(s)] = 0;
    }
    second = Math.max(second, to);
  }

  private int bucket(long ofSecond) {
    return (int) (ofSecond % counts.length);
  }
}
