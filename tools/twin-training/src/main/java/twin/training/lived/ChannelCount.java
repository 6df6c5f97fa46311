package twin.training.lived;

/** What was seen of one channel of one machine, or of all of them. Not thread-safe. */
public final class ChannelCount {
  private long readings;
  private long missing;
  private long outOfRange;
  private long uncertain;
  private long values;
  private double sum;
  private double min = Double.POSITIVE_INFINITY;
  private double max = Double.NEGATIVE_INFINITY;
  private double newest = Double.NaN;
  private long equal;
  private long longestEqual;

  /** Takes a value that can be trusted. */
  void value(double value, boolean isUncertain) {
    readings++;
    values++;
    uncertain += isUncertain ? 1 : 0;
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
    equal = value == newest ? equal + 1 : 1;
    longestEqual = Math.max(longestEqual, equal);
    newest = value;
  }

  /** Takes a reading without the channel. */
  void absent() {
    readings++;
    missing++;
  }

  /** Takes a value outside the physical range, or one that was no number. */
  void bad() {
    readings++;
    outOfRange++;
  }

  /** Adds those of another machine. */
  void add(ChannelCount other) {
    readings += other.readings;
    missing += other.missing;
    outOfRange += other.outOfRange;
    uncertain += other.uncertain;
    values += other.values;
    sum += other.sum;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
    longestEqual = Math.max(longestEqual, other.longestEqual);
  }

  /** How many readings there were. */
  public long readings() {
    return readings;
  }

  /** In how many of them the channel was missing. */
  public long missing() {
    return missing;
  }

  /** In how many its value was outside its physical range, or no number. */
  public long outOfRange() {
    return outOfRange;
  }

  /** In how many its value was uncertain, for example of a sensor that seemed to be stuck. */
  public long uncertain() {
    return uncertain;
  }

  /** How many values in a row were the same at most. */
  public long longestEqual() {
    return longestEqual;
  }

  /** The least value; meaningless when there was none. */
  public double min() {
    return min;
  }

  /** The greatest value; meaningless when there was none. */
  public double max() {
    return max;
  }

  /** The mean of the values; NaN when there was none. */
  public double mean() {
    return values == 0 ? Double.NaN : sum / values;
  }

  /** Whether there were different values. */
  boolean varies() {
    return min < max;
  }
}
