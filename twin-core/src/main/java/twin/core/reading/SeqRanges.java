package twin.core.reading;

import java.util.Arrays;

/**
 * The sequence numbers of one run of a device that have been recorded, as at most {@link
 * #MAX_RANGES} ranges. When a range too many appears the oldest gap is closed: what was missing
 * there counts as lost, and what still arrives there can no longer be told from a duplicate.
 *
 * <p>Immutable.
 */
public final class SeqRanges {

  /** Most ranges that are kept of a run. */
  public static final int MAX_RANGES = 64;

  /** What is known of a sequence number. */
  public enum Knowledge {
    /** It has been recorded. */
    RECORDED,
    /** It has not been recorded. */
    NEW,
    /** It lies where a gap was closed: it may have been recorded or not. */
    FORGOTTEN
  }

  private static final SeqRanges EMPTY = new SeqRanges(new long[0], -1);

  // Pairs of first and last, ascending, never touching.
  private final long[] bounds;
  private final long forgottenTo;

  private SeqRanges(long[] bounds, long forgottenTo) {
    this.bounds = bounds;
    this.forgottenTo = forgottenTo;
  }

  /** No sequence number at all. */
  public static SeqRanges empty() {
    return EMPTY;
  }

  /**
   * The ranges with these bounds.
   *
   * @param bounds first and last of each range, ascending
   * @param forgottenTo up to where gaps have been closed, -1 when none has
   */
  public static SeqRanges of(long[] bounds, long forgottenTo) {
    if (bounds.length % 2 != 0 || bounds.length > 2 * MAX_RANGES) {
      throw new IllegalArgumentException(bounds.length + " bounds are no ranges");
    }
    return new SeqRanges(bounds.clone(), forgottenTo);
  }

  /** First and last of each range, ascending. */
  public long[] bounds() {
    return bounds.clone();
  }

  /** Up to where gaps have been closed, -1 when none has. */
  public long forgottenTo() {
    return forgottenTo;
  }

  public boolean isEmpty() {
    return bounds.length == 0;
  }

  /** What is known of a sequence number. */
  public Knowledge knowledge(long seq) {
    if (seq <= forgottenTo) {
      return Knowledge.FORGOTTEN;
    }
    int range = rangeEndingAtOrAfter(seq);
    return range < bounds.length && bounds[range] <= seq ? Knowledge.RECORDED : Knowledge.NEW;
  }

  /** How many sequence numbers between the first and the last are known to be missing. */
  public long missing() {
    long missing = 0;
    for (int i = 2; i < bounds.length; i += 2) {
      missing += bounds[i] - bounds[i - 1] - 1;
    }
    return missing;
  }

  /** These ranges and one sequence number more. */
  public SeqRanges with(long seq) {
    int last = bounds.length - 1;
    if (last >= 0 && seq == bounds[last] + 1) {
      long[] grown = bounds.clone();
      grown[last] = seq;
      return new SeqRanges(grown, forgottenTo);
    }
    int range = rangeEndingAtOrAfter(seq);
    if (range < bounds.length && bounds[range] <= seq) {
      return this;
    }
    boolean touchesBefore = range > 0 && bounds[range - 1] == seq - 1;
    boolean touchesAfter = range < bounds.length && bounds[range] == seq + 1;
    long[] next;
    if (touchesBefore && touchesAfter) {
      next = new long[bounds.length - 2];
      System.arraycopy(bounds, 0, next, 0, range - 1);
      System.arraycopy(bounds, range + 1, next, range - 1, bounds.length - range - 1);
    } else if (touchesBefore || touchesAfter) {
      next = bounds.clone();
      next[touchesBefore ? range - 1 : range] = seq;
    } else {
      next = new long[bounds.length + 2];
      System.arraycopy(bounds, 0, next, 0, range);
      next[range] = seq;
      next[range + 1] = seq;
      System.arraycopy(bounds, range, next, range + 2, bounds.length - range);
    }
    return new SeqRanges(next, forgottenTo).withinBound();
  }

  private SeqRanges withinBound() {
    if (bounds.length <= 2 * MAX_RANGES) {
      return this;
    }
    long[] merged = Arrays.copyOfRange(bounds, 2, bounds.length);
    merged[0] = bounds[0];
    return new SeqRanges(merged, Math.max(forgottenTo, bounds[2] - 1));
  }

  /** Index of the first bound of the first range that ends at or after the number. */
  private int rangeEndingAtOrAfter(long seq) {
    int low = 0;
    int high = bounds.length / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (bounds[2 * middle + 1] < seq) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return 2 * low;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SeqRanges ranges
        && forgottenTo == ranges.forgottenTo
        && Arrays.equals(bounds, ranges.bounds);
  }

  @Override
  public int hashCode() {
    return 31 * Arrays.hashCode(bounds) + Long.hashCode(forgottenTo);
  }

  @Override
  public String toString() {
    return Arrays.toString(bounds) + (forgottenTo < 0 ? "" : " forgotten to " + forgottenTo);
  }
}
