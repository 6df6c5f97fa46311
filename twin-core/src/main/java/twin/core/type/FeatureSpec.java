package twin.core.type;

import java.util.List;

/**
 * One feature of a machine type: a number computed from the reading and the readings before it.
 *
 * @param name name under which models and the state refer to it
 * @param kind how it is computed
 * @param inputs the channels (or, for {@link Kind#ATTRIBUTE}, the attribute) that it is computed
 *     from, in order
 * @param windowReadings how many of the newest readings it looks at, this one included; 1 for
 *     features of a single reading
 * @param factor what a product is multiplied with; 1 elsewhere
 * @param value the attribute's value that {@link Kind#ATTRIBUTE} stands for; empty elsewhere
 */
public record FeatureSpec(
    String name, Kind kind, List<String> inputs, int windowReadings, double factor, String value) {

  /** Largest window, in readings. */
  public static final int MAX_WINDOW_READINGS = 1024;

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
    ATTRIBUTE
  }

  public FeatureSpec {
    inputs = List.copyOf(inputs);
    if (windowReadings < 1 || windowReadings > MAX_WINDOW_READINGS) {
      throw new IllegalArgumentException(
          "feature %s: a window of %d readings is outside 1 to %d"
              .formatted(name, windowReadings, MAX_WINDOW_READINGS));
    }
    int needed =
        switch (kind) {
          case VALUE, MEAN, STANDARD_DEVIATION, MINIMUM, MAXIMUM, SLOPE, ATTRIBUTE -> 1;
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
    return new FeatureSpec(name, kind, List.of(channel), windowReadings, 1, "");
  }
}
