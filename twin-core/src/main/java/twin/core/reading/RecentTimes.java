package twin.core.reading;

import java.util.Arrays;

/**
 * Ascending reading times, newest last, at most a given number of them. Immutable to its users:
 * versions share one array as long as times are appended at the end, so that appending costs no
 * copy.
 *
 * <p>Versions may be read by any thread; only one thread at a time may derive new ones.
 */
final class RecentTimes {

  private static final RecentTimes EMPTY = new RecentTimes(new Shared(new long[0]), 0, 0);

  /** An array and how far it has been written, by whichever version went furthest. */
  private static final class Shared {
    final long[] times;
    int used;

    Shared(long[] times) {
      this.times = times;
    }
  }

  private final Shared shared;
  private final int from;
  private final int to;

  private RecentTimes(Shared shared, int from, int to) {
    this.shared = shared;
    this.from = from;
    this.to = to;
  }

  static RecentTimes empty() {
    return EMPTY;
  }

  static RecentTimes of(long[] ascending) {
    Shared shared = new Shared(ascending.clone());
    shared.used = ascending.length;
    return new RecentTimes(shared, 0, ascending.length);
  }

  long[] toArray() {
    return Arrays.copyOfRange(shared.times, from, to);
  }

  int size() {
    return to - from;
  }

  boolean contains(long time) {
    return Arrays.binarySearch(shared.times, from, to, time) >= 0;
  }

  /** The oldest time; there must be one. */
  long oldest() {
    return shared.times[from];
  }

  RecentTimes with(long time) {
    if (size() == 0 || time > shared.times[to - 1]) {
      if (to < shared.used && shared.times[to] == time) {
        return new RecentTimes(shared, from, to + 1);
      }
      if (shared.used == to && to < shared.times.length) {
        shared.times[to] = time;
        shared.used = to + 1;
        return new RecentTimes(shared, from, to + 1);
      }
      Shared copy = copied(size() + size() / 4 + 8);
      copy.times[size()] = time;
      copy.used = size() + 1;
      return new RecentTimes(copy, 0, size() + 1);
    }
    int found = Arrays.binarySearch(shared.times, from, to, time);
    if (found >= 0) {
      return this;
    }
    int at = -found - 1 - from;
    long[] grown = new long[size() + 1];
    System.arraycopy(shared.times, from, grown, 0, at);
    grown[at] = time;
    System.arraycopy(shared.times, from + at, grown, at + 1, size() - at);
    return of(grown);
  }

  private Shared copied(int capacity) {
    long[] times = new long[capacity];
    System.arraycopy(shared.times, from, times, 0, size());
    return new Shared(times);
  }

  /** Without the oldest time; there must be one. */
  RecentTimes withoutOldest() {
    return new RecentTimes(shared, from + 1, to);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof RecentTimes times
        && Arrays.equals(shared.times, from, to, times.shared.times, times.from, times.to);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(toArray());
  }

  @Override
  public String toString() {
    return Arrays.toString(toArray());
  }
}
