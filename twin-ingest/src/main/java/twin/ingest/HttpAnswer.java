package twin.ingest;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RetryAfter;
import twin.core.machine.MachineReply.Outcome;
import twin.core.machine.MachineReply.Result;
import twin.ingest.codec.ReadingCodec;

/**
 * The answer to readings over HTTP, as it grows: a result for each reading, in order. One request's
 * alone; not thread-safe.
 */
final class HttpAnswer {

  private static final ContentType PROBLEM = ContentTypes.parse("application/problem+json");
  private static final JsonFactory JSON = new JsonFactory();

  /** Codes of what is not even a document that could be judged. */
  private static final Set<String> UNREADABLE =
      Set.of(ReadingCodec.EMPTY, ReadingCodec.NOT_UTF8, ReadingCodec.NOT_JSON);

  private final List<Outcome> results = new ArrayList<>();

  void add(List<Outcome> outcomes) {
    results.addAll(outcomes);
  }

  boolean isEmpty() {
    return results.isEmpty();
  }

  /** The answer when every reading has its result. */
  HttpResponse whole() {
    boolean allRejected = results.stream().allMatch(outcome -> outcome.result() == Result.REJECTED);
    if (!allRejected) {
      return HttpResponse.create()
          .withStatus(StatusCodes.OK)
          .withEntity(HttpEntities.create(ContentTypes.APPLICATION_JSON, encode(this::fields)));
    }
    Set<String> codes = results.stream().map(Outcome::code).collect(Collectors.toSet());
    String detail = results.getFirst().reason();
    if (results.size() > 1) {
      detail = "None of the %d readings was taken. The first: %s".formatted(results.size(), detail);
    }
    if (UNREADABLE.containsAll(codes)) {
      return problem(400, "Bad Request", detail);
    }
    if (codes.equals(Set.of(ReadingCodec.TOO_LARGE))) {
      return problem(413, "Content Too Large", detail);
    }
    if (codes.equals(Set.of(Outcome.FAILED))) {
      return problem(500, "Internal Server Error", detail);
    }
    return problem(422, "Unprocessable Content", detail);
  }

  /** A problem, with the results so far where there are any. */
  HttpResponse problem(int status, String title, String detail) {
    byte[] body =
        encode(
            generator -> {
              problemFields(status, title, detail).writeTo(generator);
              if (!results.isEmpty()) {
                fields(generator);
              }
            });
    return HttpResponse.create()
        .withStatus(StatusCodes.get(status))
        .withEntity(HttpEntities.create(PROBLEM, body));
  }

  /** A problem that goes away by itself. */
  HttpResponse later(int status, String title, String detail, Duration retryAfter) {
    return problem(status, title, detail)
        .addHeader(RetryAfter.create(Math.max(1, retryAfter.toSeconds())));
  }

  static Fields problemFields(int status, String title, String detail) {
    return generator -> {
      generator.writeStringField("type", "about:blank");
      generator.writeStringField("title", title);
      generator.writeNumberField("status", status);
      generator.writeStringField("detail", detail);
    };
  }

  private void fields(JsonGenerator generator) throws IOException {
    Map<Result, Integer> counts = new EnumMap<>(Result.class);
    generator.writeArrayFieldStart("results");
    for (Outcome outcome : results) {
      counts.merge(outcome.result(), 1, Integer::sum);
      write(generator, outcome);
    }
    generator.writeEndArray();
    for (Result result : Result.values()) {
      generator.writeNumberField(nameOf(result), counts.getOrDefault(result, 0));
    }
  }

  private static void write(JsonGenerator generator, Outcome outcome) throws IOException {
    generator.writeStartObject();
    writeFields(generator, outcome);
    generator.writeEndObject();
  }

  static void writeFields(JsonGenerator generator, Outcome outcome) throws IOException {
    generator.writeStringField("result", nameOf(outcome.result()));
    if (outcome.revision() > 0) {
      generator.writeNumberField("revision", outcome.revision());
      generator.writeNumberField("index", outcome.index());
    }
    if (outcome.result() == Result.REJECTED) {
      generator.writeStringField("code", outcome.code());
      generator.writeStringField("reason", outcome.reason());
    }
  }

  static String nameOf(Result result) {
    return result.name().toLowerCase(Locale.ROOT);
  }

  /** Members of an object. */
  interface Fields {
    void writeTo(JsonGenerator generator) throws IOException;
  }

  static byte[] encode(Fields fields) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator generator = JSON.createGenerator(bytes)) {
      generator.writeStartObject();
      fields.writeTo(generator);
      generator.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory cannot fail to be written", e);
    }
    return bytes.toByteArray();
  }
}
