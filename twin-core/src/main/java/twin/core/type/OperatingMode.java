package twin.core.type;

import java.util.List;

/**
 * A regime in which a machine runs, recognised by the values of some channels.
 *
 * @param name name as shown to people and used by bundles
 * @param ranges all of these must hold
 */
public record OperatingMode(String name, List<Range> ranges) {

  public OperatingMode {
    ranges = List.copyOf(ranges);
    if (ranges.isEmpty()) {
      throw new IllegalArgumentException("operating mode " + name + " has no range");
    }
  }

  /** A channel's value between two bounds, both included, in the channel's unit. */
  public record Range(String channel, double min, double max) {}
}
