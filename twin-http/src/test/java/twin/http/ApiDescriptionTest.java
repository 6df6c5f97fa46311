package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import twin.core.audit.Verification;
import twin.core.store.AccountStore;
import twin.core.store.SiteScope;
import twin.http.ApiDescription.Operation;
import twin.http.ApiDescription.Parameter;
import twin.http.ApiDescription.RequestBody;
import twin.http.TestServer.Answer;

/**
 * Calls every operation of {@code openapi.json} with what it describes and with what it does not,
 * and holds every answer to it. The examples in it are calls that succeed.
 */
final class ApiDescriptionTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final String PASSWORD = "correct horse battery";
  private static final int BODY_BYTES_MAX = 4096;
  private static final int CALLS = 1000;
  private static final int MANY_CALLS = 5000;
  private static final int CALLERS = 8;
  private static final long SEED = 20251107;

  private static final ApiDescription API = ApiDescription.read();

  /** How many of the troubles are told. */
  private static final int TOLD = 40;

  /** The first of each kind of trouble with each operation. */
  private final Map<String, String> troubles = new ConcurrentSkipListMap<>();

  private TestServer server;

  /** Examples that only this server knows, or that must not meet what another test needs. */
  private final Map<String, Map<String, String>> examples = new HashMap<>();

  @BeforeEach
  void start() {
    server =
        TestServer.start(
            """
            twin.http {
              api-keys = [{name = ops, key = "%s"}]
              security {
                first-administrator.password = "%s"
                limits {
                  caller-per-second = 100000
                  address-per-second = 100000
                  sign-ins-per-minute = 100000
                }
              }
              body-max = %d
              ask-timeout = 10s
              drain-timeout = 100ms
              jobs.running-max = 100000
              stream { interval = 100ms, heartbeat = 100ms }
            }
            """
                .formatted(KEY, PASSWORD, BODY_BYTES_MAX));
    server.audits = (wanted, progress) -> CompletableFuture.completedFuture(WHOLE);
    for (int i = 1; i <= 40; i++) {
      server.clock.set(server.clock.instant().plusSeconds(1));
      server.milling("machine-001", i, i > 30 ? 77 : 40, 205);
      server.milling("machine-009", i, 40, 5);
    }
    JsonNode state = send(call("/api/v1/machines/machine-001/state")).json();
    String alert = state.at("/alerts/0/alert_id").asText();
    server.alerts.rows.put(alert, AlertsTest.row(alert, "unacknowledged"));
    for (String operation : List.of("acknowledge", "alert", "verdict")) {
      examples.put(operation, Map.of("id", alert));
    }
    // What one does to an alert must not meet what another one needs.
    for (String operation : List.of("shelve", "suppress", "outOfService", "clear")) {
      examples.put(operation, Map.of("id", raised("machine-" + operation)));
    }
    examples.put("unshelve", examples.get("shelve"));
    for (int i = 4; i <= 9; i++) {
      server.milling("machine-clear", i, 40, 1);
    }
    String job =
        send(call("/api/v1/machines/machine-001/replay").method("POST", none()))
            .json()
            .path("job_id")
            .asText();
    examples.put("job", Map.of("id", job));
    examples.put("cancelJob", Map.of("id", job));
    examples.put("retire", Map.of("id", "machine-009"));
    examples.put("signIn", Map.of("api_key", KEY));
    prepareAccounts();
  }

  /** Somebody to change, a key to take away, and who the caller is by a password of their own. */
  private void prepareAccounts() {
    AccountStore.User admin =
        server.accounts.user("admin").toCompletableFuture().join().orElseThrow();
    for (String name : List.of("eve", "ops")) {
      server.accounts.addUser(
          new AccountStore.User(
              name,
              admin.passwordHash(),
              "operator",
              SiteScope.ALL,
              false,
              0,
              null,
              admin.createdAt(),
              "test",
              null));
    }
    server.accounts.addKey(
        new AccountStore.Key(
            "gateway-3", "ab12", "viewer", SiteScope.ALL, null, admin.createdAt(), "test"));
    Answer signedIn =
        server.post(
            "/api/v1/auth/login", "{\"name\":\"eve\",\"password\":\"%s\"}".formatted(PASSWORD));
    examples.put(
        "refresh", Map.of("refresh_token", signedIn.body().path("refresh_token").asText()));
  }

  /** The alert of a machine that has been overstrained. */
  private String raised(String machineId) {
    for (int i = 1; i <= 3; i++) {
      server.clock.set(server.clock.instant().plusSeconds(1));
      server.milling(machineId, i, 70, 210);
    }
    return send(call("/api/v1/machines/" + machineId + "/state"))
        .json()
        .at("/alerts/0/alert_id")
        .asText();
  }

  private static final Verification.Report WHOLE =
      new Verification.Report(
          2, 0, 87, 12, 3, 2, Set.of("ab12"), Map.of(), List.of(), List.of("nothing was sealed"));

  @AfterEach
  void stop() {
    server.close();
    assertThat(troubles.values().stream().limit(TOLD).toList())
        .as("%d troubles (seeds from %d)", troubles.size(), SEED)
        .isEmpty();
  }

  /** An answer, or as much of it as was waited for. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Given(int status, Map<String, String> headers, byte[] body) {
    JsonNode json() {
      try {
        return Json.MAPPER.readTree(body);
      } catch (IOException e) {
        throw new AssertionError(text(), e);
      }
    }

    String header(String name) {
      return headers.getOrDefault(name, "");
    }

    String text() {
      String whole = status + " " + new String(body, StandardCharsets.UTF_8);
      return whole.substring(0, Math.min(whole.length(), 200));
    }
  }

  private static HttpRequest.BodyPublisher none() {
    return HttpRequest.BodyPublishers.noBody();
  }

  private HttpRequest.Builder call(String path) {
    return HttpRequest.newBuilder(server.uri(path)).header("X-Api-Key", KEY);
  }

  /** Sends a request. Of a stream, which may never end, the first event is waited for. */
  private Given send(HttpRequest.Builder request) {
    try {
      HttpResponse<InputStream> response =
          server
              .client()
              .send(
                  request.timeout(Duration.ofSeconds(30)).build(),
                  HttpResponse.BodyHandlers.ofInputStream());
      Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
      response.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
      try (InputStream in = response.body()) {
        boolean goesOn = headers.getOrDefault("Content-Type", "").startsWith("text/event-stream");
        return new Given(
            response.statusCode(), headers, goesOn ? firstEvent(in) : in.readAllBytes());
      }
    } catch (IOException e) {
      throw new AssertionError("no answer to " + request.build(), e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] firstEvent(InputStream in) throws IOException {
    StringBuilder event = new StringBuilder();
    for (int next = in.read(); next >= 0 && !event.toString().endsWith("\n\n"); next = in.read()) {
      event.append((char) next);
    }
    return event.toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A call of an operation that is still being put together. */
  private final class Attempt {
    private final Operation operation;
    private final Map<String, String> path = new HashMap<>();
    private final List<String> query = new ArrayList<>();
    private final Map<String, String> headers = new LinkedHashMap<>();
    private Optional<String> body = Optional.empty();

    /** With the examples for what is required. */
    Attempt(Operation operation) {
      this.operation = operation;
      headers.put("X-Api-Key", KEY);
      headers.put("Content-Type", "application/json");
      operation.in("path").forEach(each -> path.put(each.name(), example(each)));
      operation.in("query").stream()
          .filter(Parameter::required)
          .forEach(each -> query(each.name(), example(each)));
      operation
          .body()
          .ifPresent(
              wanted -> {
                headers.put("Content-Type", wanted.mediaType());
                body = Optional.of(example(wanted));
              });
    }

    private String example(Parameter parameter) {
      return Optional.ofNullable(
              examples.getOrDefault(operation.id(), Map.of()).get(parameter.name()))
          .or(() -> parameter.example().map(JsonNode::asText))
          .orElseThrow(
              () ->
                  new AssertionError(
                      "%s: give the parameter %s an example in openapi.json"
                          .formatted(operation, parameter.name())));
    }

    private String example(RequestBody wanted) {
      JsonNode given =
          wanted
              .example()
              .orElseThrow(
                  () ->
                      new AssertionError(
                          "%s: give the body an example in openapi.json".formatted(operation)));
      if (!wanted.isJson()) {
        return given.asText();
      }
      ObjectNode example = given.deepCopy();
      examples
          .getOrDefault(operation.id(), Map.of())
          .forEach(
              (name, value) -> {
                if (wanted.schema().path("properties").has(name)) {
                  example.put(name, value);
                }
              });
      return example.toString();
    }

    Attempt path(String name, String value) {
      path.put(name, value);
      return this;
    }

    Attempt query(String name, String value) {
      query.removeIf(each -> each.startsWith(encoded(name) + "="));
      return more(name, value);
    }

    Attempt more(String name, String value) {
      query.add(encoded(name) + "=" + encoded(value));
      return this;
    }

    Attempt body(String value) {
      body = Optional.of(value);
      return this;
    }

    Attempt header(String name, String value) {
      headers.put(name, value);
      return this;
    }

    Attempt without(String header) {
      headers.remove(header);
      return this;
    }

    Given given() {
      String target = operation.path();
      for (Map.Entry<String, String> each : path.entrySet()) {
        target = target.replace("{" + each.getKey() + "}", encoded(each.getValue()));
      }
      HttpRequest.Builder request =
          HttpRequest.newBuilder(
              server.uri(target + (query.isEmpty() ? "" : "?" + String.join("&", query))));
      headers.forEach(request::header);
      request.method(
          operation.method(), body.map(HttpRequest.BodyPublishers::ofString).orElse(none()));
      return send(request);
    }

    /** The answer, held to the description. */
    Given conforming() {
      Given given = given();
      faults(operation, given).forEach(fault -> trouble(fault, given));
      return given;
    }

    void refused(Integer... statuses) {
      Given given = conforming();
      if (!List.of(statuses).contains(given.status())) {
        trouble("expected one of " + List.of(statuses), given);
      }
    }

    void trouble(String what, Given given) {
      troubles.putIfAbsent(
          operation + " " + what.replaceAll("[0-9]+", "N"),
          "%s: %s -> %s".formatted(what, this, given.text()));
    }

    @Override
    public String toString() {
      String sent = body.orElse("");
      return "%s %s %s %s %s"
          .formatted(
              operation, path, query, headers, sent.substring(0, Math.min(sent.length(), 200)));
    }
  }

  private static List<String> faults(Operation operation, Given given) {
    return API.faults(operation, given.status(), given.header("Content-Type"), given.body());
  }

  @Test
  void answersEveryExample() {
    for (Operation operation : API.operations()) {
      Attempt attempt = new Attempt(operation);
      Given given = attempt.conforming();
      int least = operation.responses().has("101") ? 426 : 200;
      if (given.status() < least || given.status() >= Math.max(300, least + 1)) {
        attempt.trouble("an example is refused", given);
      }
    }
  }

  @Test
  void refusesParametersThatItDoesNotDescribe() {
    for (Operation operation : API.operations()) {
      new Attempt(operation).query("no_such", "1").refused(400);
      for (Parameter parameter : operation.in("query")) {
        for (JsonNode value : SchemaValues.forbidden(parameter.schema())) {
          new Attempt(operation).query(parameter.name(), value.asText()).refused(400);
        }
      }
      for (Parameter parameter : operation.in("path")) {
        for (JsonNode value : SchemaValues.forbidden(parameter.schema())) {
          new Attempt(operation).path(parameter.name(), value.asText()).refused(400, 404);
        }
      }
    }
  }

  @Test
  void refusesBodiesThatItDoesNotDescribe() {
    for (Operation operation : API.operations()) {
      if (!operation.body().map(RequestBody::isJson).orElse(false)) {
        continue;
      }
      RequestBody body = operation.body().get();
      for (String broken : List.of("{", "[]", "\"x\"", "17", "{\"a\":1,\"a\":2}", "{} {}")) {
        new Attempt(operation).body(broken).refused(400);
      }
      new Attempt(operation).header("Content-Type", "text/plain").refused(415);
      new Attempt(operation).body("{\"no_such\":1}").refused(400);
      if (body.required()) {
        new Attempt(operation).body("").refused(400, 415);
      }
      ObjectNode example = body.example().orElseThrow().deepCopy();
      body.schema()
          .path("required")
          .forEach(
              name -> {
                ObjectNode lacking = example.deepCopy();
                lacking.remove(name.asText());
                new Attempt(operation).body(lacking.toString()).refused(400);
              });
      for (Map.Entry<String, JsonNode> member : body.schema().path("properties").properties()) {
        JsonNode schema = API.resolved(member.getValue());
        List<JsonNode> wrong = new ArrayList<>(SchemaValues.forbidden(schema));
        wrong.addAll(SchemaValues.noTexts(schema));
        for (JsonNode value : wrong) {
          ObjectNode spoiled = example.deepCopy();
          spoiled.set(member.getKey(), value);
          new Attempt(operation).body(spoiled.toString()).refused(400);
        }
      }
    }
  }

  @Test
  void refusesBodiesThatAreTooLarge() {
    String large = "{\"no_such\":\"%s\"}".formatted("x".repeat(BODY_BYTES_MAX));
    for (Operation operation : API.operations()) {
      if (operation.body().map(RequestBody::isJson).orElse(false)) {
        new Attempt(operation).body(large).refused(413);
      }
    }
  }

  @Test
  void refusesCallersWhoDoNotSayWhoTheyAre() {
    for (Operation operation : API.operations()) {
      Given unknown = new Attempt(operation).without("X-Api-Key").conforming();
      Given wrong = new Attempt(operation).header("X-Api-Key", "x".repeat(32)).conforming();
      if (!operation.open()) {
        assertThat(unknown.status()).as(operation.toString()).isEqualTo(401);
        assertThat(wrong.status()).as(operation.toString()).isEqualTo(401);
        assertThat(unknown.header("WWW-Authenticate")).isNotEmpty();
      } else {
        assertThat(unknown.status()).as(operation + " " + unknown.text()).isBetween(200, 299);
      }
    }
  }

  @Test
  void refusesMethodsThatItDoesNotDescribe() {
    Map<String, List<String>> methods = new TreeMap<>();
    for (Operation operation : API.operations()) {
      methods.computeIfAbsent(operation.path(), path -> new ArrayList<>()).add(operation.method());
    }
    for (Operation operation : API.operations()) {
      for (String method : List.of("GET", "POST", "PUT", "PATCH", "DELETE")) {
        List<String> described = methods.getOrDefault(operation.path(), List.of());
        // Readings are posted to another module; counts may be the id of a machine and sync a type,
        // and what else stands in the place of a version may be one.
        if (described.contains(method)
            || operation.path().equals("/api/v1/machines/{id}/readings")
            || operation.path().equals("/api/v1/machines/counts")
            || operation.path().equals("/api/v1/models/sync")
            || operation.path().matches("/api/v1/models/\\{type}/[a-z]+")) {
          continue;
        }
        Operation wrong =
            new Operation(
                operation.id(),
                method,
                operation.path(),
                operation.parameters(),
                operation.body(),
                operation.open(),
                operation.responses());
        Given given = new Attempt(wrong).conforming();
        assertThat(given.status()).as(wrong.toString()).isEqualTo(405);
        assertThat(given.header("Allow").split(", "))
            .containsExactlyInAnyOrderElementsOf(described);
      }
    }
  }

  /** Seeded, so that what it finds can be found again. */
  @Test
  void neverFailsWhateverItIsAsked() throws Exception {
    ask(CALLS, SEED);
  }

  @Test
  @Tag("full")
  void neverFailsHoweverMuchItIsAsked() throws Exception {
    ask(MANY_CALLS, SEED + 1);
  }

  private void ask(int calls, long seed) throws Exception {
    SchemaValues values = new SchemaValues(new Random(seed), API::resolved);
    List<Operation> operations = API.operations();
    List<Attempt> attempts = new ArrayList<>();
    for (int i = 0; i < calls; i++) {
      attempts.add(random(values.oneOf(operations), values));
    }
    try (ExecutorService callers = Executors.newFixedThreadPool(CALLERS)) {
      for (Future<?> call : callers.invokeAll(attempts.stream().map(this::asked).toList())) {
        call.get();
      }
    }
  }

  private Callable<Given> asked(Attempt attempt) {
    return () -> {
      Given given = attempt.conforming();
      if (given.status() >= 500) {
        attempt.trouble("an answer that blames the server", given);
      }
      return given;
    };
  }

  private Attempt random(Operation operation, SchemaValues values) {
    Attempt attempt = new Attempt(operation);
    for (Parameter parameter : operation.in("path")) {
      if (values.percent(25)) {
        String segment = values.oneOf(List.of(fitting(parameter, values), values.oddText()));
        attempt.path(parameter.name(), segment.isBlank() ? "blank" : segment);
      }
    }
    for (Parameter parameter : operation.in("query")) {
      if (values.percent(35)) {
        attempt.query(
            parameter.name(),
            values.percent(70) ? fitting(parameter, values) : values.any().asText());
      }
      if (values.percent(1)) {
        attempt.more(parameter.name(), "again");
      }
    }
    if (values.percent(3)) {
      attempt.query(values.oddText(), values.oddText());
    }
    operation
        .body()
        .ifPresent(
            body -> {
              JsonNode json =
                  values.percent(60)
                      ? values.fitting(body.schema())
                      : values.spoiled(body.schema());
              attempt.body(values.percent(5) ? values.oddText() : json.toString());
            });
    if (values.percent(5)) {
      attempt.header("Content-Type", values.oneOf(List.of("text/plain", "application/x-ndjson")));
    }
    if (values.percent(3)) {
      attempt.header("Content-Encoding", values.oneOf(List.of("gzip", "br", "identity")));
    }
    if (values.percent(40)) {
      attempt.header(
          "Accept",
          values.oneOf(
              List.of(
                  "application/json",
                  "text/csv",
                  "application/x-ndjson",
                  "text/event-stream",
                  "image/png",
                  "*/*;q=0.1, text/csv;q=0.5",
                  "what's this")));
    }
    for (String header :
        List.of("Last-Event-ID", "If-Match", "If-None-Match", "Idempotency-Key", "Cookie")) {
      if (values.percent(5)) {
        attempt.header(
            header, values.oneOf(List.of("*", "7", "\"7\"", "W/\"x\", \"y\"", "x:y", "a=b; c")));
      }
    }
    return attempt;
  }

  private String fitting(Parameter parameter, SchemaValues values) {
    return values.fitting(parameter.schema()).asText();
  }
}
