package twin.core.type;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A regime in which a machine runs, recognised by the values of some channels.
 *
 * @param name name as shown to people and used by bundles
 * @param ranges all of these must hold
 * @param nominals what is usual for machines of the type in this mode, for channels where it is
 *     known
 */
public record OperatingMode(
    String name,
    List<Range> ranges,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Nominal> nominals) {

  public OperatingMode(String name, List<Range> ranges, @Nullable List<Nominal> nominals) {
    this.name = name;
    this.ranges = List.copyOf(ranges);
    this.nominals = List.copyOf(Objects.requireNonNullElse(nominals, List.of()));
    if (ranges.isEmpty()) {
      throw new IllegalArgumentException("operating mode " + name + " has no range");
    }
  }

  /** A channel's value between two bounds, both included, in the channel's unit. */
  public record Range(String channel, double min, double max) {}

  /**
   * What is usual for a channel.
   *
   * @param value the mean, in the channel's unit
   * @param spread the standard deviation, greater than 0, in the channel's unit
   */
  public record Nominal(String channel, double value, double spread) {

    public Nominal {
      if (!(spread > 0)) {
        throw new IllegalArgumentException(
            "the nominal spread of %s must be greater than 0, not %s".formatted(channel, spread));
      }
    }
  }

  /** What is usual for a channel in this mode, where it is known. */
  public Optional<Nominal> nominal(String channel) {
    return nominals.stream().filter(nominal -> nominal.channel().equals(channel)).findFirst();
  }
}
