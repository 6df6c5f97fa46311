package twin.http.system;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;

/** What this node measures, and how much it logs. */
public final class OperationsEndpoints {

  private static final Logger log = LoggerFactory.getLogger(OperationsEndpoints.class);

  /** As Prometheus asks for it; the version is that of the format. */
  private static final ContentType TEXT =
      MediaTypes.customWithOpenCharset("text", "plain", Map.of("version", "0.0.4"), false)
          .toContentType(HttpCharsets.UTF_8);

  private static final Pattern LOGGER = Pattern.compile("[A-Za-z_$][A-Za-z0-9_$.-]{0,199}");

  private static final Map<String, LogLevels.Level> LEVELS = new TreeMap<>();

  static {
    for (LogLevels.Level level : LogLevels.Level.values()) {
      LEVELS.put(level.name().toLowerCase(Locale.ROOT), level);
    }
  }

  private final Operations operations;

  public OperationsEndpoints(Operations operations) {
    this.operations = operations;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/metrics", this::metrics),
        Endpoint.get("/api/v1/system/log-levels", this::levels),
        Endpoint.put("/api/v1/system/log-levels/{logger}", this::change)
            .requires(Role.ADMINISTRATOR));
  }

  private CompletionStage<HttpResponse> metrics(Call call) {
    return CompletableFuture.completedFuture(
        HttpResponse.create()
            .withEntity(TEXT, operations.scrape().get().getBytes(StandardCharsets.UTF_8)));
  }

  private CompletionStage<HttpResponse> levels(Call call) {
    return CompletableFuture.completedFuture(answer());
  }

  private HttpResponse answer() {
    return Json.list(
        List.copyOf(new TreeMap<>(operations.logLevels().levels()).entrySet()),
        null,
        (out, each) -> {
          out.writeStartObject();
          out.writeStringField("logger", each.getKey());
          out.writeStringField("level", each.getValue().name().toLowerCase(Locale.ROOT));
          out.writeEndObject();
        });
  }

  private CompletionStage<HttpResponse> change(Call call) {
    String logger = call.segment("logger");
    if (!LOGGER.matcher(logger).matches()) {
      throw Problem.badRequest(
              "A logger is called like a class or a package, such as twin.ingest, or root.")
          .toException();
    }
    return call.body().thenApply(body -> change(call, logger, body.only("level")));
  }

  private HttpResponse change(Call call, String logger, Body body) {
    if (!body.has("level")) {
      throw unknownLevel();
    }
    Optional<LogLevels.Level> level =
        body.text("level")
            .map(
                name ->
                    Optional.ofNullable(LEVELS.get(name))
                        .orElseThrow(OperationsEndpoints::unknownLevel));
    if (!operations.logLevels().change(logger, level)) {
      throw Problem.conflict(
              "As many loggers as may be have been changed; put one back with {\"level\":null}.")
          .toException();
    }
    log.info(
        "{} has set the log level of {} to {}",
        call.caller().name(),
        logger,
        level.map(LogLevels.Level::name).orElse("what it was at start"));
    return answer();
  }

  private static RuntimeException unknownLevel() {
    return Problem.badRequest(
            "The body must have the member level: %s, or null for what it was at start."
                .formatted(String.join(", ", LEVELS.keySet())))
        .toException();
  }
}
