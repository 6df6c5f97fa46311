package twin.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonSerializer;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializerProvider;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Contribution;
import twin.core.machine.EventHash;
import twin.core.reading.Times;

/**
 * How the API writes JSON: names in snake_case, times in RFC 3339 with milliseconds, what is
 * unknown left out, and no number that JSON does not have.
 */
public final class Json {

  private static final double EXACT_IN_DOUBLE = 1L << 53;

  /** Writes records by these rules, and reads strictly: nothing twice and nothing after the end. */
  public static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addModule(
              new SimpleModule("twin")
                  .addSerializer(Instant.class, writer((t, out) -> out.writeString(time(t))))
                  .addSerializer(Duration.class, writer((d, out) -> out.writeString(d.toString())))
                  .addSerializer(EventHash.class, writer((h, out) -> out.writeString(h.toString())))
                  .addSerializer(Contribution.class, writer(Json::contribution))
                  .addSerializer(Double.class, writer((d, out) -> writeNumber(out, d)))
                  .addSerializer(Double.TYPE, writer((d, out) -> writeNumber(out, d)))
                  .addSerializer(
                      Enum.class,
                      writer((e, out) -> out.writeString(e.name().toLowerCase(Locale.ROOT)))))
          .build();

  private Json() {}

  /** Writes a document piece by piece. */
  public interface Document {
    /** Writes all of it. */
    void write(JsonGenerator out) throws IOException;
  }

  private interface Write<T> {
    void write(T value, JsonGenerator out) throws IOException;
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

  /** An empty object to be filled. */
  public static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  /** A time as the API writes it. */
  public static String time(Instant time) {
    return Times.text(time);
  }

  /** A document as bytes. */
  public static byte[] bytes(Document document) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
    try (JsonGenerator out = MAPPER.createGenerator(bytes)) {
      document.write(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return bytes.toByteArray();
  }

  /** An answer of 200 with a document. */
  public static HttpResponse ok(Document document) {
    return answer(StatusCodes.OK, document);
  }

  /** An answer with a document. */
  public static HttpResponse answer(StatusCode status, Document document) {
    return HttpResponse.create()
        .withStatus(status)
        .withEntity(ContentTypes.APPLICATION_JSON, bytes(document));
  }

  /** An answer of 200 with a list. */
  public static <T> HttpResponse list(
      List<T> items, @Nullable String nextCursor, ItemWriter<T> item) {
    return ok(
        out -> {
          out.writeStartObject();
          out.writeArrayFieldStart("items");
          for (T each : items) {
            item.write(out, each);
          }
          out.writeEndArray();
          out.writeStringField("next_cursor", nextCursor);
          out.writeEndObject();
        });
  }

  /** Writes one member of a list. */
  public interface ItemWriter<T> {
    /** Writes it. */
    void write(JsonGenerator out, T item) throws IOException;
  }

  /** A member that is left out when it is not known. */
  public static void text(JsonGenerator out, String name, @Nullable String text)
      throws IOException {
    if (text != null && !text.isEmpty()) {
      out.writeStringField(name, text);
    }
  }

  /** A member that is left out when it is not known. */
  public static void time(JsonGenerator out, String name, @Nullable Instant time)
      throws IOException {
    if (time != null) {
      out.writeStringField(name, time(time));
    }
  }

  /** A member that is left out when it is no finite number. */
  public static void number(JsonGenerator out, String name, @Nullable Double number)
      throws IOException {
    if (number != null && Double.isFinite(number)) {
      out.writeFieldName(name);
      writeNumber(out, number);
    }
  }

  /** A member that is left out when it is no finite number, in single precision's digits. */
  public static void number(JsonGenerator out, String name, float number) throws IOException {
    if (Float.isFinite(number)) {
      out.writeFieldName(name);
      writeNumber(out, Double.parseDouble(Float.toString(number)));
    }
  }

  private static void contribution(Contribution contribution, JsonGenerator out)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("feature", contribution.feature());
    Double value = contribution.value();
    if (value != null && value.floatValue() == value) {
      // What a model was given is in single precision, and reads better with its digits.
      number(out, "value", value.floatValue());
    } else {
      number(out, "value", value);
    }
    if (contribution.expectedLow() != null || contribution.expectedHigh() != null) {
      out.writeObjectFieldStart("expected");
      number(out, "low", contribution.expectedLow());
      number(out, "high", contribution.expectedHigh());
      out.writeEndObject();
    }
    number(out, "contribution", contribution.contribution());
    out.writeEndObject();
  }

  /** Whole numbers without a fraction; null for what is no finite number. */
  static void writeNumber(JsonGenerator out, double number) throws IOException {
    if (!Double.isFinite(number)) {
      out.writeNull();
    } else if (number == Math.rint(number) && Math.abs(number) < EXACT_IN_DOUBLE) {
      out.writeNumber((long) number);
    } else {
      out.writeNumber(number);
    }
  }
}
