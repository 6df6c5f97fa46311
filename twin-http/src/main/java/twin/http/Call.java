package twin.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaRange;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.RequestEntity;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.Accept;
import org.apache.pekko.http.javadsl.model.ws.WebSocketUpgrade;
import org.apache.pekko.stream.Materializer;

/**
 * A request to an endpoint, with what its path and query say. Asking for something that the request
 * does not say properly ends the call with a {@link Problem} that says how to.
 */
public final class Call {

  private final HttpRequest request;
  private final Access access;
  private final Caller caller;
  private final Map<String, String> path;
  private final Map<String, String> query;
  private final HttpSettings settings;
  private final Materializer materializer;

  Call(
      HttpRequest request,
      Access access,
      Caller caller,
      Map<String, String> path,
      Map<String, String> query,
      HttpSettings settings,
      Materializer materializer) {
    this.request = request;
    this.access = access;
    this.caller = caller;
    this.path = Map.copyOf(path);
    this.query = Map.copyOf(query);
    this.settings = settings;
    this.materializer = materializer;
  }

  /** Who calls. */
  public Caller caller() {
    return caller;
  }

  /**
   * Whether the caller may still do what they could when they called: for answers that go on while
   * keys are taken away, sessions end and tokens run out.
   */
  public boolean isAdmittedStill() {
    return access.admitsStill(request, caller);
  }

  /** The request itself, for what nothing else here says. */
  public HttpRequest request() {
    return request;
  }

  /** The value of a header. */
  public Optional<String> header(String name) {
    return request.getHeader(name).map(header -> header.value());
  }

  /** Whether the caller's connection is encrypted, as far as the last proxy before us says. */
  public boolean overTls() {
    return request.getUri().getScheme().equals("https")
        || header("X-Forwarded-Proto").map("https"::equalsIgnoreCase).orElse(false);
  }

  /** Whether the caller would rather have this media type than JSON. */
  public boolean prefers(MediaType type) {
    return prefers(request, type);
  }

  static boolean prefers(HttpRequest request, MediaType type) {
    float wished = quality(request, type);
    return wished > 0 && wished >= quality(request, MediaTypes.APPLICATION_JSON);
  }

  /** How much the caller wants a media type that it names; 0 for one that it does not name. */
  private static float quality(HttpRequest request, MediaType type) {
    float greatest = 0;
    for (MediaRange range : accepted(request)) {
      // A wildcard names nothing.
      boolean named =
          range.matches(type)
              && !range.matches(MediaTypes.TEXT_PLAIN)
              && !range.matches(MediaTypes.APPLICATION_OCTET_STREAM);
      if (named) {
        greatest = Math.max(greatest, range.qValue());
      }
    }
    return greatest;
  }

  private static Iterable<MediaRange> accepted(HttpRequest request) {
    return request.getHeader(Accept.class).map(Accept::getMediaRanges).orElse(List.of());
  }

  /** Whether it only asks to see something. */
  boolean reads() {
    return request.method().equals(HttpMethods.GET) || request.method().equals(HttpMethods.HEAD);
  }

  /** How the connection becomes a WebSocket, if the caller wants that. */
  public Optional<WebSocketUpgrade> webSocket() {
    Optional<WebSocketUpgrade> upgrade = request.getAttribute(AttributeKeys.webSocketUpgrade);
    if (upgrade.isPresent() && byItself(caller.means())) {
      // A browser lets any page open one, and sends the cookie by itself.
      SameOrigin.requireOwnPage(request);
    }
    return upgrade;
  }

  private static boolean byItself(Caller.Means means) {
    return means == Caller.Means.SESSION || means == Caller.Means.NONE;
  }

  /** Runs streams of this call. */
  public Materializer materializer() {
    return materializer;
  }

  /** A variable segment of the path. */
  public String segment(String name) {
    String segment = path.get(name);
    if (segment == null) {
      throw new IllegalArgumentException("the path has no segment " + name);
    }
    return segment;
  }

  /** A query parameter, if it is there. */
  public Optional<String> text(String name) {
    return Optional.ofNullable(query.get(name)).filter(value -> !value.isEmpty());
  }

  /** A query parameter that lists names with commas between them; empty when it is not there. */
  public List<String> names(String name) {
    return text(name)
        .map(
            value ->
                Arrays.stream(value.split(",", -1))
                    .map(String::strip)
                    .filter(each -> !each.isEmpty())
                    .toList())
        .orElse(List.of());
  }

  /** A finite number, if it is there. */
  public OptionalDouble number(String name) {
    Optional<String> value = text(name);
    if (value.isEmpty()) {
      return OptionalDouble.empty();
    }
    try {
      double number = Double.parseDouble(value.get());
      if (Double.isFinite(number)) {
        return OptionalDouble.of(number);
      }
    } catch (NumberFormatException e) {
      // Answered below, as a number that is not finite is.
    }
    throw bad(name, value.get(), "must be a number");
  }

  /** A whole number within bounds, or else what it is when it is not there. */
  public int integer(String name, int least, int most, int otherwise) {
    return (int) integer(name, (long) least, most, otherwise);
  }

  /** A whole number within bounds, or else what it is when it is not there. */
  public long integer(String name, long least, long most, long otherwise) {
    Optional<String> value = text(name);
    if (value.isEmpty()) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(value.get());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Answered below, as a number out of bounds is.
    }
    throw bad(name, value.get(), "must be a whole number from %d to %d".formatted(least, most));
  }

  /** A time, if it is there. */
  public Optional<Instant> time(String name) {
    return text(name)
        .map(
            value -> {
              try {
                return OffsetDateTime.parse(value).toInstant();
              } catch (DateTimeParseException e) {
                throw bad(
                    name,
                    value,
                    "must be a time with its offset, such as 2025-11-07T15:10:01Z"
                        + " (write a + in a query as %2B)");
              }
            });
  }

  /** One of some words, if it is there. */
  public <T> Optional<T> choice(String name, Map<String, T> choices) {
    return text(name)
        .map(
            value -> {
              T chosen = choices.get(value);
              if (chosen == null) {
                throw bad(
                    name,
                    value,
                    "must be one of "
                        + choices.keySet().stream().sorted().collect(Collectors.joining(", ")));
              }
              return chosen;
            });
  }

  /** What it does, with a refusal of what the caller sent as a problem. */
  public static <T> T checked(Supplier<T> work) {
    try {
      return work.get();
    } catch (IllegalArgumentException e) {
      String message = e.getMessage();
      throw Problem.badRequest(message == null ? "The request makes no sense." : message)
          .toException();
    }
  }

  private static ProblemException bad(String name, String value, String rule) {
    return Problem.badRequest("The parameter %s %s, not '%s'.".formatted(name, rule, shown(value)))
        .toException();
  }

  /** What somebody sent, short enough to be sent back. */
  static String shown(String value) {
    return value.length() <= 100 ? value : value.substring(0, 100) + "…";
  }

  /** The same call with its body in memory, so that it can be read twice. */
  public CompletionStage<Call> buffered() {
    Duration patience = settings.bodyTimeout();
    return request
        .entity()
        .withSizeLimit(settings.bodyBytesMax())
        .toStrict(patience.toMillis(), materializer)
        .thenApply(
            strict ->
                new Call(
                    request.withEntity((RequestEntity) strict),
                    access,
                    caller,
                    path,
                    query,
                    settings,
                    materializer));
  }

  /** The body of an answer in memory; answers that are kept are short. */
  public CompletionStage<HttpEntity.Strict> buffered(HttpResponse answer) {
    return answer.entity().toStrict(settings.bodyTimeout().toMillis(), materializer);
  }

  /** A digest of all that a buffered call asks for. */
  public byte[] digest() {
    if (!(request.entity() instanceof HttpEntity.Strict strict)) {
      throw new IllegalStateException("the call is not buffered");
    }
    String asked = request.method().value() + ' ' + request.getUri().toRelative() + '\n';
    return Sha256.of(asked.getBytes(StandardCharsets.UTF_8), strict.getData().toArray());
  }

  /** The body, which must be a JSON object. */
  public CompletionStage<Body> body() {
    MediaType type = request.entity().getContentType().mediaType();
    boolean json =
        type.mainType().equals("application")
            && (type.subType().equals("json") || type.subType().endsWith("+json"));
    if (!json) {
      request.discardEntityBytes(materializer);
      throw Problem.of(
              StatusCodes.UNSUPPORTED_MEDIA_TYPE,
              "The body must be JSON. Send it with the header Content-Type: application/json.")
          .toException();
    }
    Duration patience = settings.bodyTimeout();
    return request
        .entity()
        .withSizeLimit(settings.bodyBytesMax())
        .toStrict(patience.toMillis(), materializer)
        .thenApply(strict -> parsed(strict.getData().toArray()));
  }

  /** The body, which must be a JSON object, or an empty object when there is none. */
  public CompletionStage<Body> optionalBody() {
    return request.entity().isKnownEmpty()
        ? CompletableFuture.completedFuture(new Body(Json.object()))
        : body();
  }

  private static Body parsed(byte[] bytes) {
    try {
      JsonNode document = Json.MAPPER.readTree(bytes);
      if (document != null && document.isObject()) {
        return new Body(document);
      }
    } catch (JsonProcessingException e) {
      List<String> where = new ArrayList<>();
      if (e.getLocation() != null) {
        where.add(" at line " + e.getLocation().getLineNr());
        where.add(", column " + e.getLocation().getColumnNr());
      }
      throw Problem.badRequest(
              "The body is no JSON%s: %s"
                  .formatted(String.join("", where), shown(e.getOriginalMessage())))
          .toException();
    } catch (IOException e) {
      throw Problem.badRequest("The body cannot be read as UTF-8.").toException();
    }
    throw Problem.badRequest("The body must be a JSON object, such as {}.").toException();
  }
}
