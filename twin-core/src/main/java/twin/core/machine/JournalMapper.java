package twin.core.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import com.fasterxml.jackson.dataformat.cbor.CBORGenerator;
import com.fasterxml.jackson.dataformat.cbor.databind.CBORMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import twin.core.feature.ReadingWindow;
import twin.core.inference.Assessment;
import twin.core.reading.SeqRanges;
import twin.core.reading.Times;
import twin.core.reading.Values;

/**
 * How records stand in the journal and in snapshots by name: snake_case, times and durations in
 * nanoseconds, nothing for null, and names that this version does not know passed over.
 */
final class JournalMapper {

  private JournalMapper() {}

  static ObjectMapper create(CBORFactory factory) {
    return CBORMapper.builder(factory)
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .defaultPropertyInclusion(
            JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .addModule(
            new SimpleModule("twin")
                .addSerializer(Instant.class, writer((t, out) -> out.writeNumber(Times.toNanos(t))))
                .addDeserializer(Instant.class, reader(in -> Times.ofNanos(in.getLongValue())))
                .addSerializer(Duration.class, writer((d, out) -> out.writeNumber(d.toNanos())))
                .addDeserializer(Duration.class, reader(in -> Duration.ofNanos(in.getLongValue())))
                .addSerializer(
                    EventHash.class, writer((hash, out) -> out.writeBinary(hash.toBytes())))
                .addDeserializer(EventHash.class, reader(in -> EventHash.of(in.getBinaryValue())))
                .addSerializer(Values.class, writer(JournalMapper::writeValues))
                .addDeserializer(Values.class, reader(in -> Values.of(EventCodec.readNumbers(in))))
                .addSerializer(Assessment.class, writer(JournalMapper::writeAssessment))
                .addDeserializer(Assessment.class, reader(JournalMapper::readAssessment))
                .addSerializer(SeqRanges.class, writer(JournalMapper::writeRanges))
                .addDeserializer(SeqRanges.class, reader(JournalMapper::readRanges))
                .addSerializer(ReadingWindow.class, writer(JournalMapper::writeWindow))
                .addDeserializer(ReadingWindow.class, reader(JournalMapper::readWindow))
                .addSerializer(OpenPeriod.class, writer(JournalMapper::writePeriod))
                .addDeserializer(OpenPeriod.class, reader(JournalMapper::readPeriod)))
        .build();
  }

  private interface Write<T> {
    void write(T value, JsonGenerator out) throws IOException;
  }

  private interface Read<T> {
    @Nullable T read(JsonParser in) throws IOException;
  }

  private static <T> JsonSerializer<T> writer(Write<T> write) {
    return new JsonSerializer<>() {
      @Override
      public void serialize(T value, JsonGenerator out, SerializerProvider provider)
          throws IOException {
        write.write(value, out);
      }
    };
  }

  private static <T> JsonDeserializer<T> reader(Read<T> read) {
    return new JsonDeserializer<>() {
      @Override
      public @Nullable T deserialize(JsonParser in, DeserializationContext context)
          throws IOException {
        return read.read(in);
      }
    };
  }

  private static void writeValues(Values values, JsonGenerator out) throws IOException {
    out.writeStartArray(null, values.size());
    for (int i = 0; i < values.size(); i++) {
      EventCodec.writeValue((CBORGenerator) out, values.get(i));
    }
    out.writeEndArray();
  }

  /** As in the event, with the flag beside it. */
  private static void writeAssessment(Assessment assessment, JsonGenerator out) throws IOException {
    out.writeStartArray(null, 2);
    out.writeBoolean(assessment.anomalous());
    EventCodec.writeAssessment((CBORGenerator) out, assessment);
    out.writeEndArray();
  }

  private static @Nullable Assessment readAssessment(JsonParser in) throws IOException {
    boolean anomalous = in.nextBooleanValue();
    in.nextToken();
    Assessment assessment = EventCodec.readAssessment(in, anomalous);
    in.nextToken();
    return assessment;
  }

  /** An array: up to where gaps were closed, then the bounds. */
  private static void writeRanges(SeqRanges ranges, JsonGenerator out) throws IOException {
    long[] bounds = ranges.bounds();
    out.writeStartArray(null, bounds.length + 1);
    out.writeNumber(ranges.forgottenTo());
    for (long bound : bounds) {
      out.writeNumber(bound);
    }
    out.writeEndArray();
  }

  private static SeqRanges readRanges(JsonParser in) throws IOException {
    long[] numbers = new long[2 * SeqRanges.MAX_RANGES + 1];
    int count = 0;
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (count == numbers.length) {
        throw new IOException("more than " + SeqRanges.MAX_RANGES + " ranges");
      }
      numbers[count++] = in.getLongValue();
    }
    long[] bounds = new long[count - 1];
    System.arraycopy(numbers, 1, bounds, 0, bounds.length);
    return SeqRanges.of(bounds, numbers[0]);
  }

  /** An array: capacity, channels, then for each reading its time, sequence number and values. */
  private static void writeWindow(ReadingWindow window, JsonGenerator out) throws IOException {
    out.writeStartArray(null, 2 + window.size() * (2 + window.channels()));
    out.writeNumber(window.capacity());
    out.writeNumber(window.channels());
    long timeBefore = 0;
    for (int row = 0; row < window.size(); row++) {
      out.writeNumber(window.timeNanos(row) - timeBefore);
      timeBefore = window.timeNanos(row);
      out.writeNumber(window.seq(row));
      for (int channel = 0; channel < window.channels(); channel++) {
        EventCodec.writeValue((CBORGenerator) out, window.value(row, channel));
      }
    }
    out.writeEndArray();
  }

  private static ReadingWindow readWindow(JsonParser in) throws IOException {
    in.nextToken();
    int capacity = in.getIntValue();
    in.nextToken();
    double[] values = new double[in.getIntValue()];
    ReadingWindow window = ReadingWindow.empty(capacity, values.length);
    long timeNanos = 0;
    while (in.nextToken() != JsonToken.END_ARRAY) {
      timeNanos += in.getLongValue();
      in.nextToken();
      long seq = in.getLongValue();
      for (int channel = 0; channel < values.length; channel++) {
        values[channel] = in.nextToken() == JsonToken.VALUE_NULL ? Double.NaN : in.getDoubleValue();
      }
      window = window.with(timeNanos, seq, values);
    }
    return window;
  }

  /**
   * An array: the watermark at its beginning and how much later it is at the end, how many
   * readings, the first revision and how much later the last is, worst score, least RUL; then of
   * each channel how many values and, if there are any, the least, the greatest and their sum.
   */
  private static void writePeriod(OpenPeriod period, JsonGenerator generator) throws IOException {
    CBORGenerator out = (CBORGenerator) generator;
    PeriodSpan span = period.span();
    out.writeStartArray();
    out.writeNumber(span.fromNanos());
    out.writeNumber(span.toNanos() - span.fromNanos());
    out.writeNumber(span.readings());
    out.writeNumber(period.firstRevision());
    out.writeNumber(period.lastRevision() - period.firstRevision());
    EventCodec.writeValue(out, orNaN(period.worstScore()));
    EventCodec.writeValue(out, orNaN(period.leastRul()));
    double[] numbers = period.numbers();
    for (int i = 0; i < numbers.length; i += OpenPeriod.NUMBERS) {
      int present = numbers[i] == 0 ? 1 : OpenPeriod.NUMBERS;
      for (int j = 0; j < present; j++) {
        EventCodec.writeValue(out, numbers[i + j]);
      }
    }
    out.writeEndArray();
  }

  private static double orNaN(@Nullable Double number) {
    return number == null ? Double.NaN : number;
  }

  private static OpenPeriod readPeriod(JsonParser in) throws IOException {
    in.nextToken();
    long fromNanos = in.getLongValue();
    in.nextToken();
    long toNanos = fromNanos + in.getLongValue();
    in.nextToken();
    long readings = in.getLongValue();
    in.nextToken();
    long firstRevision = in.getLongValue();
    in.nextToken();
    long lastRevision = firstRevision + in.getLongValue();
    Double worstScore = in.nextToken() == JsonToken.VALUE_NULL ? null : in.getDoubleValue();
    Double leastRul = in.nextToken() == JsonToken.VALUE_NULL ? null : in.getDoubleValue();
    double[] numbers = new double[OpenPeriod.NUMBERS];
    int count = 0;
    while (in.nextToken() != JsonToken.END_ARRAY) {
      if (count == numbers.length) {
        numbers = Arrays.copyOf(numbers, 2 * count);
      }
      numbers[count] = in.getDoubleValue();
      for (int j = 1; j < OpenPeriod.NUMBERS && numbers[count] > 0; j++) {
        in.nextToken();
        numbers[count + j] = in.getDoubleValue();
      }
      count += OpenPeriod.NUMBERS;
    }
    return OpenPeriod.of(
        new PeriodSpan(fromNanos, toNanos, readings),
        firstRevision,
        lastRevision,
        worstScore,
        leastRul,
        Arrays.copyOf(numbers, count));
  }
}
