package twin.simulator;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One reading as it goes out: the flat JSON object of the contract, on the machine's own topic.
 * Immutable.
 */
record Reading(
    String machineId,
    String machineType,
    Instant timestamp,
    long seq,
    Map<String, String> attributes,
    Map<String, ChannelValue> channels) {

  private static final JsonFactory JSON = new JsonFactory();
  private static final DateTimeFormatter TIMESTAMP =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSS'Z'").withZone(ZoneOffset.UTC);
  private static final int TYPICAL_BYTES = 256;

  Reading {
    // Map.copyOf would lose the order, and with it the stable bytes.
    attributes = Collections.unmodifiableMap(new LinkedHashMap<>(attributes));
    channels = Collections.unmodifiableMap(new LinkedHashMap<>(channels));
  }

  Reading at(Instant time) {
    return new Reading(machineId, machineType, time, seq, attributes, channels);
  }

  String topic() {
    return "twin/v1/machines/" + machineId + "/readings";
  }

  byte[] json() {
    var bytes = new ByteArrayOutputStream(TYPICAL_BYTES);
    try (JsonGenerator json = JSON.createGenerator(bytes)) {
      json.writeStartObject();
      json.writeStringField("machine_id", machineId);
      json.writeStringField("machine_type", machineType);
      json.writeStringField("timestamp", TIMESTAMP.format(timestamp));
      json.writeNumberField("seq", seq);
      for (Map.Entry<String, String> attribute : attributes.entrySet()) {
        json.writeStringField(attribute.getKey(), attribute.getValue());
      }
      for (Map.Entry<String, ChannelValue> channel : channels.entrySet()) {
        switch (channel.getValue()) {
          case ChannelValue.Measured measured ->
              json.writeNumberField(channel.getKey(), measured.value());
          case ChannelValue.Text text -> json.writeStringField(channel.getKey(), text.value());
        }
      }
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("Writing to memory cannot fail.", e);
    }
    return bytes.toByteArray();
  }
}
