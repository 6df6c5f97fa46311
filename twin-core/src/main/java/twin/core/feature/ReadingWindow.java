package twin.core.feature;

import java.util.Arrays;

/**
 * The newest readings of a machine, by time and then by sequence number, whatever the order in
 * which they arrived. A value that is absent or bad is NaN.
 *
 * <p>Immutable to its users: versions share arrays as long as readings are appended at the end, so
 * that a reading costs no copy of the window, only one copy of it for each eighth of its capacity.
 * A step that two versions take alike is taken once. Versions may be read by any thread; only one
 * thread at a time may derive new ones.
 */
public final class ReadingWindow {

  /** Rows and how far they have been written, by whichever version went furthest. */
  private static final class Shared {
    final long[] times;
    final long[] seqs;
    final double[] values;
    int used;

    Shared(int rows, int channels) {
      times = new long[rows];
      seqs = new long[rows];
      values = new double[rows * channels];
    }
  }

  private final int capacity;
  private final int channels;
  private final Shared shared;
  private final int from;
  private final int to;

  private ReadingWindow(int capacity, int channels, Shared shared, int from, int to) {
    this.capacity = capacity;
    this.channels = channels;
    this.shared = shared;
    this.from = from;
    this.to = to;
  }

  /**
   * A window without readings.
   *
   * @param capacity how many readings it keeps, at least 1
   * @param channels how many values a reading has
   */
  public static ReadingWindow empty(int capacity, int channels) {
    if (capacity < 1 || channels < 0) {
      throw new IllegalArgumentException(
          "a window of %d readings of %d channels".formatted(capacity, channels));
    }
    return new ReadingWindow(capacity, channels, new Shared(0, channels), 0, 0);
  }

  /** How many readings it keeps at most. */
  public int capacity() {
    return capacity;
  }

  /** How many values a reading has. */
  public int channels() {
    return channels;
  }

  /** How many readings there are. */
  public int size() {
    return to - from;
  }

  /** Time of a reading in nanoseconds since the epoch; 0 is the oldest. */
  public long timeNanos(int row) {
    return shared.times[from + row];
  }

  /** Sequence number of a reading, -1 where it had none. */
  public long seq(int row) {
    return shared.seqs[from + row];
  }

  /** A value; NaN where it is absent. */
  public double value(int row, int channel) {
    return shared.values[(from + row) * channels + channel];
  }

  /**
   * This window and a reading more, in its place. When the window is full the oldest goes, which
   * may be this very reading.
   *
   * @param seq the sequence number, -1 for none
   * @param values one for each channel, NaN for absent ones
   */
  public ReadingWindow with(long timeNanos, long seq, double[] values) {
    if (values.length != channels) {
      throw new IllegalArgumentException(values.length + " values for " + channels + " channels");
    }
    int at = size();
    while (at > 0 && isBefore(timeNanos, seq, at - 1)) {
      at--;
    }
    return at == size() ? appended(timeNanos, seq, values) : inserted(at, timeNanos, seq, values);
  }

  private boolean isBefore(long timeNanos, long seq, int row) {
    return timeNanos < timeNanos(row) || (timeNanos == timeNanos(row) && seq < seq(row));
  }

  private ReadingWindow appended(long timeNanos, long seq, double[] values) {
    int kept = Math.min(size(), capacity - 1);
    if (to < shared.used && holdsAt(to, timeNanos, seq, values)) {
      // Another version has taken the same step: first when deciding, then when applying.
      return new ReadingWindow(capacity, channels, shared, to - kept, to + 1);
    }
    Shared target = shared;
    int end = to;
    if (shared.used != to || to == shared.times.length) {
      target = copyOfNewest(kept, Math.min(capacity + capacity / 8 + 2, size() + size() / 2 + 2));
      end = kept;
    }
    write(target, end, timeNanos, seq, values);
    return new ReadingWindow(capacity, channels, target, end - kept, end + 1);
  }

  private boolean holdsAt(int row, long timeNanos, long seq, double[] values) {
    return shared.times[row] == timeNanos
        && shared.seqs[row] == seq
        && Arrays.equals(shared.values, row * channels, (row + 1) * channels, values, 0, channels);
  }

  private ReadingWindow inserted(int at, long timeNanos, long seq, double[] values) {
    if (size() == capacity && at == 0) {
      return this;
    }
    int dropped = size() == capacity ? 1 : 0;
    Shared target = new Shared(size() + 1 - dropped, channels);
    int before = at - dropped;
    copyRows(from + dropped, target, 0, before);
    copyRows(from + at, target, before + 1, size() - at);
    write(target, before, timeNanos, seq, values);
    target.used = target.times.length;
    return new ReadingWindow(capacity, channels, target, 0, target.used);
  }

  private void write(Shared target, int row, long timeNanos, long seq, double[] values) {
    target.times[row] = timeNanos;
    target.seqs[row] = seq;
    System.arraycopy(values, 0, target.values, row * channels, channels);
    target.used = row + 1;
  }

  private Shared copyOfNewest(int rows, int newCapacity) {
    Shared copy = new Shared(Math.max(newCapacity, rows + 1), channels);
    copyRows(to - rows, copy, 0, rows);
    copy.used = rows;
    return copy;
  }

  private void copyRows(int firstRow, Shared target, int targetRow, int rows) {
    System.arraycopy(shared.times, firstRow, target.times, targetRow, rows);
    System.arraycopy(shared.seqs, firstRow, target.seqs, targetRow, rows);
    System.arraycopy(
        shared.values, firstRow * channels, target.values, targetRow * channels, rows * channels);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ReadingWindow that
        && capacity == that.capacity
        && channels == that.channels
        && Arrays.equals(shared.times, from, to, that.shared.times, that.from, that.to)
        && Arrays.equals(shared.seqs, from, to, that.shared.seqs, that.from, that.to)
        && Arrays.equals(
            shared.values,
            from * channels,
            to * channels,
            that.shared.values,
            that.from * channels,
            that.to * channels);
  }

  @Override
  public int hashCode() {
    int hash = 31 * capacity + size();
    for (int row = 0; row < size(); row++) {
      hash = 31 * hash + Long.hashCode(timeNanos(row));
    }
    return hash;
  }

  @Override
  public String toString() {
    return "ReadingWindow[" + size() + " of " + capacity + " readings]";
  }
}
