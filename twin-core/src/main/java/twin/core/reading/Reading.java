package twin.core.reading;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reading in the terms of its machine's type: values by the position of their channel.
 *
 * @param timestamp when the values were measured, by the device's clock
 * @param seq the device's own count, if it keeps one
 * @param values numbers by channel; those of bad quality are here too
 * @param qualities quality of each channel's value, by position; empty when all are good
 * @param attributes texts by position of the type's attributes; empty where there is none
 * @param invalid what was sent, as text, for channels whose value was no number
 * @param ignored how many members of the message the type does not know
 */
public record Reading(
    Instant timestamp,
    @Nullable Long seq,
    Values values,
    List<Quality> qualities,
    List<String> attributes,
    Map<String, String> invalid,
    int ignored) {

  public Reading {
    qualities = List.copyOf(qualities);
    attributes = List.copyOf(attributes);
    invalid = Map.copyOf(invalid);
    if (!qualities.isEmpty() && qualities.stream().allMatch(q -> q == Quality.GOOD)) {
      qualities = List.of();
    }
  }

  /** Quality of a channel's value. */
  public Quality quality(int channel) {
    return channel < qualities.size() ? qualities.get(channel) : Quality.GOOD;
  }

  /** A channel's value as features may see it: NaN where it is absent or bad. */
  public double trusted(int channel) {
    return quality(channel) == Quality.BAD ? Double.NaN : values.get(channel);
  }

  /** Whether it has any attribute. */
  public boolean hasAttributes() {
    for (int i = 0; i < attributes.size(); i++) {
      if (!attributes.get(i).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** An attribute's text, empty where there is none. */
  public String attribute(int position) {
    return position < attributes.size() ? attributes.get(position) : "";
  }

  /** This reading with other qualities. */
  public Reading withQualities(List<Quality> newQualities) {
    return new Reading(timestamp, seq, values, newQualities, attributes, invalid, ignored);
  }
}
