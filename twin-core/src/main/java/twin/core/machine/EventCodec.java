package twin.core.machine;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.reading.Identities;
import twin.core.reading.Placement;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.reading.Times;
import twin.core.reading.Values;

/**
 * Turns events into the bytes of the journal and back. CBOR (RFC 8949): an array of stamp and body,
 * by position. A body with readings is an array by position too; the rare events are maps by name.
 * Trailing positions and names may be added; what is absent has its default.
 *
 * <p>The layout of a {@code readings} body is an array of readings, each
 *
 * <pre>
 * [ watermark - timestamp (ns), seq less that of the reading before or null, [value or null …],
 *   flags, feature hash or null, assessment or null, [attribute …]?, {rare}? ]</pre>
 *
 * <p>where flags hold the placement in bits 0–1, whether the champion and the shadow found it
 * anomalous in bits 2–3 and the operating mode above; an assessment is {@code [[score …],
 * probability or null, [mode …], [rul …]]} or the reason why there is none; and rare members are
 * {@code q} qualities (a byte each), {@code i} invalid texts by channel, {@code n} the number of
 * ignored members and {@code s} the shadow's assessment.
 *
 * <p>Safe for use by many threads.
 */
public final class EventCodec {

  private static final int STAMP_FIELDS = 4;
  private static final int ANOMALOUS = 1 << 2;
  private static final int SHADOW_ANOMALOUS = 1 << 3;
  private static final int MODE_SHIFT = 4;
  private static final int PLACEMENT_MASK = 0b11;
  private static final long EXACT_IN_DOUBLE = 1L << 53;

  private static final CBORFactory FACTORY =
      CBORFactory.builder().enable(CBORGenerator.Feature.WRITE_MINIMAL_INTS).build();
  private static final ObjectMapper MAPPER = JournalMapper.create(FACTORY);

  private EventCodec() {}

  /** The short name under which an event stands in the journal. */
  public static String manifestOf(MachineEvent event) {
    return switch (event) {
      case MachineEvent.MachineRegistered e -> "registered";
      case MachineEvent.MachineDescribed e -> "described";
      case MachineEvent.MachineRetired e -> "retired";
      case MachineEvent.DefinitionAssigned e -> "definition";
      case MachineEvent.ModelAssigned e -> "model";
      case MachineEvent.ReadingsRecorded e -> MachineEvent.READINGS;
      case MachineEvent.SequenceRestarted e -> "restarted";
      case MachineEvent.CalibrationCompleted e -> "calibrated";
      case MachineEvent.ThresholdAdapted e -> "threshold";
      case MachineEvent.HealthChanged e -> "health";
      case MachineEvent.AlertChanged e -> MachineEvent.ALERT;
      case MachineEvent.PeriodSummarized e -> MachineEvent.PERIOD;
      case MachineEvent.MaintenanceRecorded e -> "maintenance";
      case MachineEvent.VerdictGiven e -> "verdict";
    };
  }

  private static Class<? extends MachineEvent> coarseEvent(String manifest) {
    return switch (manifest) {
      case "registered" -> MachineEvent.MachineRegistered.class;
      case "described" -> MachineEvent.MachineDescribed.class;
      case "retired" -> MachineEvent.MachineRetired.class;
      case "definition" -> MachineEvent.DefinitionAssigned.class;
      case "model" -> MachineEvent.ModelAssigned.class;
      case "restarted" -> MachineEvent.SequenceRestarted.class;
      case "calibrated" -> MachineEvent.CalibrationCompleted.class;
      case "threshold" -> MachineEvent.ThresholdAdapted.class;
      case "health" -> MachineEvent.HealthChanged.class;
      case MachineEvent.ALERT -> MachineEvent.AlertChanged.class;
      case MachineEvent.PERIOD -> MachineEvent.PeriodSummarized.class;
      case "maintenance" -> MachineEvent.MaintenanceRecorded.class;
      case "verdict" -> MachineEvent.VerdictGiven.class;
      default ->
          throw new IllegalArgumentException(
              "the journal holds an event '%s' that this version does not know"
                  .formatted(manifest));
    };
  }

  /** An event as the journal will hold it. */
  public static JournalEntry encode(Stamp stamp, MachineEvent event) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (CBORGenerator out = FACTORY.createGenerator(bytes)) {
      out.setCodec(MAPPER);
      out.writeStartArray(null, STAMP_FIELDS + 1);
      out.writeNumber(stamp.recordedAt().toEpochMilli());
      if (stamp.watermarkNanos() == Identities.NO_TIME) {
        out.writeNull();
      } else {
        out.writeNumber(stamp.watermarkNanos());
      }
      writeCause(out, stamp.cause());
      out.writeBinary(stamp.previous().toBytes());
      if (event instanceof MachineEvent.ReadingsRecorded recorded) {
        writeReadings(out, recorded.readings(), baseNanos(stamp));
      } else {
        out.writePOJO(event);
      }
      out.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException("could not encode " + event, e);
    }
    return new JournalEntry(stamp, event, manifestOf(event), bytes.toByteArray());
  }

  /**
   * An event from the journal.
   *
   * @throws IllegalArgumentException when the manifest is unknown
   * @throws UncheckedIOException when the bytes are no such event
   */
  public static JournalEntry decode(String manifest, byte[] encoded) {
    try (JsonParser in = FACTORY.createParser(encoded)) {
      in.setCodec(MAPPER);
      expect(in, in.nextToken(), JsonToken.START_ARRAY);
      in.nextToken();
      Instant recordedAt = Instant.ofEpochMilli(in.getLongValue());
      long watermarkNanos =
          in.nextToken() == JsonToken.VALUE_NULL ? Identities.NO_TIME : in.getLongValue();
      Cause cause = readCause(in);
      in.nextToken();
      EventHash previous = EventHash.of(in.getBinaryValue());
      Stamp stamp = new Stamp(recordedAt, watermarkNanos, cause, previous);
      JsonToken body = in.nextToken();
      MachineEvent event;
      if (manifest.equals(MachineEvent.READINGS)) {
        expect(in, body, JsonToken.START_ARRAY);
        event = new MachineEvent.ReadingsRecorded(readReadings(in, baseNanos(stamp)));
      } else {
        event = MAPPER.readValue(in, coarseEvent(manifest));
      }
      return new JournalEntry(stamp, event, manifest, encoded.clone());
    } catch (IOException e) {
      throw new UncheckedIOException("the journal holds a broken event '" + manifest + "'", e);
    }
  }

  private static void expect(JsonParser in, @Nullable JsonToken token, JsonToken expected)
      throws IOException {
    if (token != expected) {
      throw new IOException(
          "%s where %s was expected, at %s".formatted(token, expected, in.currentLocation()));
    }
  }

  private static long baseNanos(Stamp stamp) {
    return stamp.watermarkNanos() == Identities.NO_TIME ? 0 : stamp.watermarkNanos();
  }

  private static void writeCause(CBORGenerator out, Cause cause) throws IOException {
    switch (cause) {
      case Cause.Source(String source, String queue, Long position, String trace) -> {
        boolean positioned = queue != null && position != null;
        int length = trace != null ? 5 : positioned ? 4 : 2;
        out.writeStartArray(null, length);
        out.writeNumber(0);
        out.writeString(source);
        if (queue != null && position != null) {
          out.writeString(queue);
          out.writeNumber(position);
        } else if (trace != null) {
          out.writeNull();
          out.writeNull();
        }
        if (trace != null) {
          out.writeString(trace);
        }
      }
      case Cause.Principal(String principal, String reason) -> {
        out.writeStartArray(null, 3);
        out.writeNumber(1);
        out.writeString(principal);
        out.writeString(reason);
      }
      case Cause.Program(String reason) -> {
        out.writeStartArray(null, 2);
        out.writeNumber(2);
        out.writeString(reason);
      }
    }
    out.writeEndArray();
  }

  private static Cause readCause(JsonParser in) throws IOException {
    expect(in, in.nextToken(), JsonToken.START_ARRAY);
    in.nextToken();
    int kind = in.getIntValue();
    String first = in.nextTextValue();
    String second = null;
    Long position = null;
    String trace = null;
    if (in.nextToken() != JsonToken.END_ARRAY) {
      second = in.currentToken() == JsonToken.VALUE_NULL ? null : in.getText();
      if (in.nextToken() != JsonToken.END_ARRAY) {
        position = in.currentToken() == JsonToken.VALUE_NULL ? null : in.getLongValue();
        if (in.nextToken() != JsonToken.END_ARRAY) {
          trace = in.getText();
          expect(in, in.nextToken(), JsonToken.END_ARRAY);
        }
      }
    }
    return switch (kind) {
      case 0 -> new Cause.Source(first, second, position, trace);
      case 1 -> new Cause.Principal(first, second == null ? "" : second);
      case 2 -> new Cause.Program(first);
      default -> throw new IOException("unknown kind of cause " + kind);
    };
  }

  private static void writeReadings(
      CBORGenerator out, List<AssessedReading> readings, long baseNanos) throws IOException {
    out.writeStartArray(null, readings.size());
    long seqBefore = 0;
    for (AssessedReading assessed : readings) {
      Reading reading = assessed.reading();
      boolean attributes = reading.hasAttributes();
      boolean rare =
          !reading.qualities().isEmpty()
              || !reading.invalid().isEmpty()
              || reading.ignored() > 0
              || assessed.shadow() != null;
      out.writeStartArray(null, rare ? 8 : attributes ? 7 : 6);
      out.writeNumber(baseNanos - Times.toNanos(reading.timestamp()));
      Long seq = reading.seq();
      if (seq == null) {
        out.writeNull();
      } else {
        out.writeNumber(seq - seqBefore);
        seqBefore = seq;
      }
      Values values = reading.values();
      out.writeStartArray(null, values.size());
      for (int i = 0; i < values.size(); i++) {
        writeValue(out, values.get(i));
      }
      out.writeEndArray();
      out.writeNumber(flags(assessed));
      if (assessed.featureHash() == 0) {
        out.writeNull();
      } else {
        out.writeNumber(assessed.featureHash());
      }
      writeAssessment(out, assessed.assessment());
      if (attributes || rare) {
        out.writeStartArray(null, reading.attributes().size());
        for (String attribute : reading.attributes()) {
          out.writeString(attribute);
        }
        out.writeEndArray();
      }
      if (rare) {
        writeRare(out, assessed);
      }
      out.writeEndArray();
    }
    out.writeEndArray();
  }

  private static int flags(AssessedReading assessed) {
    Assessment assessment = assessed.assessment();
    Assessment shadow = assessed.shadow();
    return assessed.placement().code()
        | (assessment != null && assessment.anomalous() ? ANOMALOUS : 0)
        | (shadow != null && shadow.anomalous() ? SHADOW_ANOMALOUS : 0)
        | assessed.operatingMode() << MODE_SHIFT;
  }

  /** A number in its shortest exact form. */
  static void writeValue(CBORGenerator out, double value) throws IOException {
    if (Double.isNaN(value)) {
      out.writeNull();
    } else if (value == Math.rint(value) && Math.abs(value) < EXACT_IN_DOUBLE) {
      out.writeNumber((long) value);
    } else if (value == (float) value) {
      out.writeNumber((float) value);
    } else {
      out.writeNumber(value);
    }
  }

  private static void writeFloats(CBORGenerator out, int count, IntToFloat at) throws IOException {
    out.writeStartArray(null, count);
    for (int i = 0; i < count; i++) {
      writeFloat(out, at.apply(i));
    }
    out.writeEndArray();
  }

  private static void writeFloat(CBORGenerator out, float value) throws IOException {
    if (Float.isNaN(value)) {
      out.writeNull();
    } else {
      out.writeNumber(value);
    }
  }

  private interface IntToFloat {
    float apply(int position);
  }

  static void writeAssessment(CBORGenerator out, @Nullable Assessment assessment)
      throws IOException {
    if (assessment == null) {
      out.writeNull();
      return;
    }
    String unavailable = assessment.unavailableReason();
    if (unavailable != null) {
      out.writeString(unavailable);
      return;
    }
    out.writeStartArray(null, 4);
    writeFloats(out, assessment.modalities(), assessment::score);
    writeFloat(out, assessment.failureProbability());
    writeFloats(out, assessment.failureModes(), assessment::failureMode);
    writeFloats(out, assessment.rulQuantiles(), assessment::rul);
    out.writeEndArray();
  }

  private static void writeRare(CBORGenerator out, AssessedReading assessed) throws IOException {
    Reading reading = assessed.reading();
    out.writeStartObject();
    if (!reading.qualities().isEmpty()) {
      byte[] codes = new byte[reading.qualities().size()];
      for (int i = 0; i < codes.length; i++) {
        codes[i] = (byte) reading.qualities().get(i).code();
      }
      out.writeFieldName("q");
      out.writeBinary(codes);
    }
    if (!reading.invalid().isEmpty()) {
      out.writeObjectFieldStart("i");
      for (Map.Entry<String, String> text : new TreeMap<>(reading.invalid()).entrySet()) {
        out.writeStringField(text.getKey(), text.getValue());
      }
      out.writeEndObject();
    }
    if (reading.ignored() > 0) {
      out.writeNumberField("n", reading.ignored());
    }
    if (assessed.shadow() != null) {
      out.writeFieldName("s");
      writeAssessment(out, assessed.shadow());
    }
    out.writeEndObject();
  }

  private static List<AssessedReading> readReadings(JsonParser in, long baseNanos)
      throws IOException {
    List<AssessedReading> readings = new ArrayList<>();
    long seqBefore = 0;
    while (in.nextToken() == JsonToken.START_ARRAY) {
      in.nextToken();
      Instant timestamp = Times.ofNanos(baseNanos - in.getLongValue());
      Long seq = null;
      if (in.nextToken() != JsonToken.VALUE_NULL) {
        seqBefore += in.getLongValue();
        seq = seqBefore;
      }
      in.nextToken();
      Values values = Values.of(readNumbers(in));
      in.nextToken();
      int flags = in.getIntValue();
      long featureHash = in.nextToken() == JsonToken.VALUE_NULL ? 0 : in.getLongValue();
      in.nextToken();
      Assessment assessment = readAssessment(in, (flags & ANOMALOUS) != 0);
      List<String> attributes = List.of();
      Rare rare = Rare.NONE;
      if (in.nextToken() == JsonToken.START_ARRAY) {
        attributes = readStrings(in);
        if (in.nextToken() == JsonToken.START_OBJECT) {
          rare = readRare(in, (flags & SHADOW_ANOMALOUS) != 0);
          in.nextToken();
        }
      }
      while (in.currentToken() != JsonToken.END_ARRAY) {
        in.skipChildren();
        in.nextToken();
      }
      readings.add(
          new AssessedReading(
              new Reading(
                  timestamp,
                  seq,
                  values,
                  rare.qualities(),
                  attributes,
                  rare.invalid(),
                  rare.ignored()),
              Placement.ofCode(flags & PLACEMENT_MASK),
              flags >> MODE_SHIFT,
              featureHash,
              assessment,
              rare.shadow()));
    }
    return readings;
  }

  private record Rare(
      List<Quality> qualities,
      Map<String, String> invalid,
      int ignored,
      @Nullable Assessment shadow) {
    static final Rare NONE = new Rare(List.of(), Map.of(), 0, null);
  }

  private static Rare readRare(JsonParser in, boolean shadowAnomalous) throws IOException {
    List<Quality> qualities = new ArrayList<>();
    Map<String, String> invalid = new LinkedHashMap<>();
    int ignored = 0;
    Assessment shadow = null;
    String name = in.nextFieldName();
    while (name != null) {
      in.nextToken();
      switch (name) {
        case "q" -> {
          for (byte code : in.getBinaryValue()) {
            qualities.add(Quality.ofCode(code));
          }
        }
        case "i" -> {
          String channel = in.nextFieldName();
          while (channel != null) {
            invalid.put(channel, in.nextTextValue());
            channel = in.nextFieldName();
          }
        }
        case "n" -> ignored = in.getIntValue();
        case "s" -> shadow = readAssessment(in, shadowAnomalous);
        default -> in.skipChildren();
      }
      name = in.nextFieldName();
    }
    return new Rare(qualities, invalid, ignored, shadow);
  }

  static @Nullable Assessment readAssessment(JsonParser in, boolean anomalous) throws IOException {
    if (in.currentToken() == JsonToken.VALUE_NULL) {
      return null;
    }
    if (in.currentToken() == JsonToken.VALUE_STRING) {
      return Assessment.unavailable(in.getText());
    }
    expect(in, in.currentToken(), JsonToken.START_ARRAY);
    in.nextToken();
    float[] scores = readFloats(in);
    float probability = in.nextToken() == JsonToken.VALUE_NULL ? Float.NaN : in.getFloatValue();
    in.nextToken();
    float[] modes = readFloats(in);
    in.nextToken();
    float[] rul = readFloats(in);
    while (in.nextToken() != JsonToken.END_ARRAY) {
      in.skipChildren();
    }
    return Assessment.of(scores, anomalous, probability, modes, rul);
  }

  /** Reads an array of numbers whose start is the current token; null becomes NaN. */
  static double[] readNumbers(JsonParser in) throws IOException {
    expect(in, in.currentToken(), JsonToken.START_ARRAY);
    double[] numbers = new double[8];
    int count = 0;
    for (JsonToken token = in.nextToken(); token != JsonToken.END_ARRAY; token = in.nextToken()) {
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count++] = token == JsonToken.VALUE_NULL ? Double.NaN : in.getDoubleValue();
    }
    return Arrays.copyOf(numbers, count);
  }

  private static float[] readFloats(JsonParser in) throws IOException {
    double[] numbers = readNumbers(in);
    float[] floats = new float[numbers.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) numbers[i];
    }
    return floats;
  }

  private static List<String> readStrings(JsonParser in) throws IOException {
    List<String> strings = new ArrayList<>();
    String next = in.nextTextValue();
    while (next != null) {
      strings.add(next);
      next = in.nextTextValue();
    }
    return strings;
  }
}
