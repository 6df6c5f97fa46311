package twin.core.reading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import twin.core.type.Channel;
import twin.core.type.MachineType;

/** Puts a submitted reading into the terms of a machine type and judges each value. */
public final class ReadingValidator {

  private ReadingValidator() {}

  /**
   * The reading by channel. Nothing is rejected here: a value outside its range or without a number
   * is kept with quality bad, and what the type does not know is counted.
   *
   * @param uncertain whether the timestamp was ahead of the clock, so that every good value is
   *     uncertain
   */
  public static Reading validate(SubmittedReading submitted, MachineType type, boolean uncertain) {
    List<Channel> channels = type.channels();
    double[] values = new double[channels.size()];
    Arrays.fill(values, Double.NaN);
    Quality[] qualities = null;
    Map<String, String> invalid = Map.of();
    int known = 0;
    for (int i = 0; i < values.length; i++) {
      Channel channel = channels.get(i);
      Double number = submitted.numbers().get(channel.name());
      Quality quality = Quality.GOOD;
      if (number != null) {
        known++;
        // Adding zero turns -0.0 into 0.0: the two are one value, and the journal keeps one.
        values[i] = number + 0.0;
        quality =
            channel.holds(number) ? uncertain ? Quality.UNCERTAIN : Quality.GOOD : Quality.BAD;
      } else {
        String text = submitted.texts().get(channel.name());
        if (text != null) {
          known++;
          quality = Quality.BAD;
          invalid = invalid.isEmpty() ? new LinkedHashMap<>() : invalid;
          invalid.put(channel.name(), text);
        }
      }
      if (quality != Quality.GOOD) {
        if (qualities == null) {
          qualities = new Quality[values.length];
          Arrays.fill(qualities, Quality.GOOD);
        }
        qualities[i] = quality;
      }
    }
    List<String> attributes = new ArrayList<>(type.attributes().size());
    // The journal leaves attributes out when there is none; what is decided must equal what is
    // read.
    boolean anyAttribute = false;
    for (int i = 0; i < type.attributes().size(); i++) {
      String text = submitted.texts().get(type.attributes().get(i));
      known += text == null ? 0 : 1;
      attributes.add(text == null ? "" : text);
      anyAttribute |= text != null && !text.isEmpty();
    }
    return new Reading(
        submitted.timestamp(),
        submitted.seq(),
        Values.of(values),
        qualities == null ? Collections.emptyList() : Arrays.asList(qualities),
        anyAttribute ? attributes : List.of(),
        invalid,
        submitted.numbers().size() + submitted.texts().size() - known);
  }
}
