package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.type.Channel;
import twin.core.type.MachineType;
import twin.http.Json;

/** Writes the members of a reading, with the names that its type gives. */
final class ReadingJson {

  private ReadingJson() {}

  /**
   * Writes the members.
   *
   * @param only the channels that are wanted; empty for all
   */
  static void members(JsonGenerator out, Reading reading, MachineType type, Set<String> only)
      throws IOException {
    Json.time(out, "timestamp", reading.timestamp());
    Long seq = reading.seq();
    if (seq != null) {
      out.writeNumberField("seq", seq);
    }
    List<Channel> channels = type.channels();
    out.writeObjectFieldStart("values");
    for (int i = 0; i < channels.size(); i++) {
      if (wanted(channels.get(i), only)) {
        Json.number(out, channels.get(i).name(), (Double) reading.values().get(i));
      }
    }
    out.writeEndObject();
    out.writeObjectFieldStart("quality");
    for (int i = 0; i < channels.size(); i++) {
      Quality quality = reading.quality(i);
      boolean sent = reading.values().has(i) || quality != Quality.GOOD;
      if (sent && wanted(channels.get(i), only)) {
        out.writeStringField(channels.get(i).name(), quality.label());
      }
    }
    out.writeEndObject();
    attributes(out, reading, type);
  }

  private static boolean wanted(Channel channel, Set<String> only) {
    return only.isEmpty() || only.contains(channel.name());
  }

  private static void attributes(JsonGenerator out, Reading reading, MachineType type)
      throws IOException {
    if (reading.attributes().stream().allMatch(String::isEmpty)) {
      return;
    }
    out.writeObjectFieldStart("attributes");
    for (int i = 0; i < type.attributes().size(); i++) {
      Json.text(out, type.attributes().get(i), reading.attribute(i));
    }
    out.writeEndObject();
  }
}
