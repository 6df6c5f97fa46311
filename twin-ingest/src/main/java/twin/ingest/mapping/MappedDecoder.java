package twin.ingest.mapping;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Decoder;
import twin.ingest.codec.Message;
import twin.ingest.codec.Payload;
import twin.ingest.codec.ReadingCodec;

/**
 * Reads messages as a mapping says. The codes of what is broken are those of {@link ReadingCodec},
 * and {@code wrong_topic} and {@code no_samples}. Thread-safe.
 *
 * <p>Where a message has samples, what is kept of a bad one is its own bytes. Such a piece is read
 * again as a sample that stands alone.
 */
final class MappedDecoder implements Decoder {

  private final Shape shape;
  private final Paths paths;
  private final CodecSettings settings;
  private final JsonFactory json;

  MappedDecoder(Shape shape, CodecSettings settings) {
    this.shape = shape;
    this.paths = new Paths(shape);
    this.settings = settings;
    this.json = Payload.json(settings.payloadBytesMax());
  }

  @Override
  public List<Decoded> decode(Message message) {
    byte[] payload = message.payload();
    Surroundings around = new Surroundings(message, shape);
    String machineId = around.machineId();
    Decoded.Broken unreadable = Payload.fault(payload, settings, machineId);
    if (unreadable != null) {
      return List.of(unreadable);
    }
    if (!around.isOfTopic()) {
      return whole(payload, machineId, around.wrongTopic());
    }
    try (JsonParser parser = json.createParser(payload)) {
      return read(parser, payload, around);
    } catch (JsonProcessingException e) {
      return List.of(Payload.notJson(payload, machineId, e));
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory cannot fail to be read", e);
    }
  }

  private static List<Decoded> whole(byte[] payload, @Nullable String machineId, Fault fault) {
    return List.of(Payload.whole(payload, machineId, fault.code(), fault.reason()));
  }

  private List<Decoded> read(JsonParser parser, byte[] payload, Surroundings around)
      throws IOException {
    JsonToken first = parser.nextToken();
    if (first == null) {
      return whole(
          payload,
          around.machineId(),
          new Fault(ReadingCodec.EMPTY, "the message is empty: send JSON"));
    }
    Extraction extraction = new Extraction(parser, payload, paths, settings);
    boolean piece = isPiece(around, payload);
    extraction.run(first, piece);
    parser.finishToken();
    if (parser.nextToken() != null) {
      return whole(
          payload,
          around.machineId(),
          new Fault(
              ReadingCodec.NOT_JSON,
              "something follows the end of the JSON value: send one value a message"));
    }
    Fault fault = extraction.message().fault();
    if (fault == null && shape.samples() != null && !piece) {
      fault = faultOf(shape.samples(), extraction, payload);
    }
    if (fault == null && piece && interval() != null) {
      fault =
          new Fault(
              "no_timestamp",
              "the time of a sample depended on its place among the others, which a dead letter"
                  + " does not keep: send the message again");
    }
    if (fault != null) {
      return whole(payload, around.machineId(), fault);
    }
    return readings(extraction, payload, around);
  }

  /**
   * Whether it is a sample that has been kept as a dead letter, without the message around it: then
   * there is nothing where the samples of a message would be.
   */
  private boolean isPiece(Surroundings around, byte[] payload) throws IOException {
    Shape.Samples samples = shape.samples();
    if (samples == null || !around.message().again()) {
      return false;
    }
    try (JsonParser parser = json.createParser(payload)) {
      Extraction extraction = new Extraction(parser, payload, paths, settings);
      extraction.run(parser.nextToken(), false);
      return !extraction.hasSamples();
    }
  }

  private @Nullable Duration interval() {
    Shape.Samples samples = shape.samples();
    return samples == null ? null : samples.interval();
  }

  private @Nullable Fault faultOf(Shape.Samples samples, Extraction extraction, byte[] payload) {
    if (!extraction.hasSamples()) {
      return new Fault(
          "no_samples",
          "there are no samples: "
              + Whereabouts.of(json, payload, 0, payload.length, samples.pointer()));
    }
    if (extraction.samples().isEmpty()) {
      return new Fault(
          ReadingCodec.EMPTY,
          "the array of samples at '%s' is empty: it must hold at least one"
              .formatted(samples.pointer().text()));
    }
    if (extraction.samples().size() > settings.readingsMax()) {
      return new Fault(
          "too_many_readings",
          "the message has more than %d samples: send several messages"
              .formatted(settings.readingsMax()));
    }
    return null;
  }

  private List<Decoded> readings(Extraction extraction, byte[] payload, Surroundings around) {
    ReadingOf reading = new ReadingOf(shape, paths, json, payload, around, extraction.message());
    if (shape.samples() == null) {
      return List.of(reading.of(extraction.message(), 0));
    }
    List<Decoded> readings = new ArrayList<>(extraction.samples().size());
    for (Extraction.Finds sample : extraction.samples()) {
      readings.add(reading.of(sample, readings.size()));
    }
    return readings;
  }
}
