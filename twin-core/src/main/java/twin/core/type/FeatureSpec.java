package twin.core.type;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;

/**
 * One feature of a machine type: a number computed from the reading and the readings before it.
 *
 * @param name name under which models and the state refer to it
 * @param kind how it is computed
 * @param inputs what it is computed from, in order: channels, or for {@link Kind#ATTRIBUTE} the
 *     attribute; a feature over a window may also name a feature of the type that looks at channels
 *     of a single reading
 * @param windowReadings how many of the newest readings it looks at, this one included; 1 for
 *     features of a single reading
 * @param factor what a product is multiplied with; 1 elsewhere
 * @param value the attribute's value that {@link Kind#ATTRIBUTE} stands for; empty elsewhere
 * @param windowSeconds of the readings in the window only those of the newest so many seconds; 0
 *     for all
 */
public record FeatureSpec(
    String name,
    Kind kind,
    List<String> inputs,
    int windowReadings,
    double factor,
    String value,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) double windowSeconds) {

  /** Largest window, in readings. */
  public static final int MAX_WINDOW_READINGS = 1024;

  /** Longest window by time, in seconds. */
  public static final double MAX_WINDOW_SECONDS = 86_400;

  /** How a feature is computed. Absent and bad values take no part in any of them. */
  public enum Kind {
    /** The channel's value in this reading. */
    VALUE,
    /** Arithmetic mean over the window. */
    MEAN,
    /** Sample standard deviation over the window; absent with fewer than two values. */
    STANDARD_DEVIATION,
    /** Least value in the window. */
    MINIMUM,
    /** Greatest value in the window. */
    MAXIMUM,
    /** Slope of the least-squares line over the window, in units a reading. */
    SLOPE,
    /** First input minus second, in this reading. */
    DIFFERENCE,
    /** Product of all inputs and the factor, in this reading. */
    PRODUCT,
    /** 1 when the attribute has the value, else 0. */
    ATTRIBUTE,
    /**
     * The channel's value in this reading minus its nominal value in the operating mode of the
     * reading, in nominal spreads; absent outside all modes.
     */
    DEVIATION,
    /** How many readings in order there have been since the machine's baselines began. */
    COUNT,
    /** Mean over the window minus the mean of the machine's own baseline. */
    CHANGE,
    /** {@link #CHANGE} in standard deviations of the baseline. */
    STANDARDISED,
    /** Standard deviation over the window in standard deviations of the baseline. */
    SPREAD_RATIO;

    /** Whether it is computed from channels of one reading, so that windows can be kept of it. */
    public boolean isOfOneReading() {
      return this == VALUE || this == DIFFERENCE || this == PRODUCT || this == DEVIATION;
    }

    /** Whether it compares with the machine's own baseline. */
    public boolean needsBaseline() {
      return this == CHANGE || this == STANDARDISED || this == SPREAD_RATIO;
    }
  }

  public FeatureSpec {
    inputs = List.copyOf(inputs);
    if (windowReadings < 1 || windowReadings > MAX_WINDOW_READINGS) {
      throw new IllegalArgumentException(
          "feature %s: a window of %d readings is outside 1 to %d"
              .formatted(name, windowReadings, MAX_WINDOW_READINGS));
    }
    if (!(windowSeconds >= 0 && windowSeconds <= MAX_WINDOW_SECONDS)) {
      throw new IllegalArgumentException(
          "feature %s: a window of %s seconds is outside 0 to %s"
              .formatted(name, windowSeconds, MAX_WINDOW_SECONDS));
    }
    int needed =
        switch (kind) {
          case COUNT -> 0;
          case VALUE,
              MEAN,
              STANDARD_DEVIATION,
              MINIMUM,
              MAXIMUM,
              SLOPE,
              ATTRIBUTE,
              DEVIATION,
              CHANGE,
              STANDARDISED,
              SPREAD_RATIO ->
              1;
          case DIFFERENCE -> 2;
          case PRODUCT -> Math.max(1, inputs.size());
        };
    if (inputs.size() != needed) {
      throw new IllegalArgumentException(
          "feature %s: %s takes %d inputs, not %d".formatted(name, kind, needed, inputs.size()));
    }
  }

  /** A feature of one channel over a window. */
  public static FeatureSpec of(String name, Kind kind, String channel, int windowReadings) {
    return new FeatureSpec(name, kind, List.of(channel), windowReadings, 1, "", 0);
  }
}
