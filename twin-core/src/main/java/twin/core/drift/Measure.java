package twin.core.drift;

import java.util.Locale;
import twin.core.store.Counted;

/**
 * What is counted of a bundle's readings.
 *
 * @param name of the input, the answer or the channel
 */
public record Measure(Kind kind, String name) {

  /** A score as a multiple of its threshold. */
  public static final Measure SCORE = new Measure(Kind.ANSWER, "anomaly_score");

  /** The probability of a failure. */
  public static final Measure FAILURE = new Measure(Kind.ANSWER, "failure_probability");

  /** The time between readings. */
  static final Measure TIME = new Measure(Kind.INTERVAL, "");

  /** What kind of thing it is. */
  public enum Kind {
    /** A feature that the bundle reads: groups of machines, each with its bins. */
    INPUT,
    /** What it says: the same. */
    ANSWER,
    /** The quality of a channel's values: see {@link Quality}. */
    CHANNEL,
    /** The time from reading to reading: see {@link Quality}. */
    INTERVAL;

    /** The name in JSON and in the table. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Measure of(Counted counted) {
    return new Measure(Kind.valueOf(counted.kind().toUpperCase(Locale.ROOT)), counted.name());
  }

  Counted in(String machineType, String version) {
    return new Counted(machineType, version, kind.label(), name);
  }
}
