package twin.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.store.FleetFilter;
import twin.core.store.FleetQuery;
import twin.core.store.SiteScope;
import twin.http.TestServer.Answer;

final class RoutesTest {

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start("twin.http { body-max = 1 KiB, ask-timeout = 3s }");
    server.milling("machine-001", 1, 40, 5);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void assertProblem(Answer answer, int status, String partOfDetail) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.body().path("status").asInt()).isEqualTo(status);
    assertThat(answer.body().path("type").asText()).isEqualTo("about:blank");
    assertThat(answer.body().path("detail").asText()).contains(partOfDetail);
  }

  @Test
  void everyErrorIsAProblemThatSaysWhatToDo() {
    assertProblem(server.get("/nothing/here"), 404, "/openapi.json");
    assertProblem(server.get("/api/v1/machines/"), 404, "/openapi.json");
    Answer wrongMethod = server.method("PUT", "/api/v1/machines", "{}");
    assertProblem(wrongMethod, 405, "GET, POST");
    assertThat(wrongMethod.header("Allow")).isEqualTo("GET, POST");
    assertProblem(server.get("/api/v1/machines?limit=many"), 400, "whole number");
    assertProblem(
        server.get("/api/v1/machines?lmit=1"), 400, "this call takes area, cursor, limit");
    assertProblem(server.get("/api/v1/machines?status=sad"), 400, "alarm, normal");
    assertProblem(server.get("/api/v1/machines?cursor=broken"), 400, "cursor");
    assertProblem(server.get("/api/v1/machines?q=a&q=b"), 400, "twice");
    assertProblem(server.get("/api/v1/machines?rul_below=NaN"), 400, "must be a number");
    assertProblem(server.get("/api/v1/machines/counts"), 400, "by=status");
    assertProblem(server.get("/api/v1/types/toaster"), 404, "/api/v1/types");
    assertProblem(server.get("/api/v1/machines/machine-001/readings?from=now"), 400, "2025-");
    assertProblem(server.get("/api/v1/machines/machine-001/readings?channels=x"), 400, "torque_nm");
    assertProblem(server.get("/api/v1/machines/machine-001/readings?cursor=x"), 400, "cursor");
    assertProblem(server.get("/api/v1/stream?kinds=gossip"), 400, "state and alert");
  }

  @Test
  void refusesBodiesThatCannotBeMeant() {
    assertProblem(server.post("/api/v1/machines", "{"), 400, "line 1");
    assertProblem(server.post("/api/v1/machines", "[]"), 400, "object");
    assertProblem(server.post("/api/v1/machines", "{}"), 400, "machine_id");
    assertProblem(server.post("/api/v1/machines", "{\"machine_id\":\"a b\"}"), 400, "must match");
    assertProblem(server.post("/api/v1/machines", "{\"machine_id\":1}"), 400, "text");
    assertProblem(
        server.post("/api/v1/machines", "{\"machine_id\":\"a\",\"sites\":\"x\"}"), 400, "it knows");
    assertProblem(
        server.post("/api/v1/machines", "{\"machine_id\":\"a\",\"machine_id\":\"b\"}"),
        400,
        "JSON");
    assertProblem(
        server.post("/api/v1/machines", "{\"machine_id\":\"%s\"}".formatted("a".repeat(2000))),
        413,
        "smaller");
    assertProblem(
        server.send(
            HttpRequest.newBuilder(server.uri("/api/v1/machines"))
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))),
        415,
        "application/json");
  }

  @Test
  void mapsTheFailuresOfOtherModulesToo() {
    Answer broken = server.post("/api/v1/machines/broken/readings", "{}");
    assertProblem(broken, 500, "log");
    assertThat(broken.body().path("problem_id").asText()).hasSize(36);
    assertThat(broken.text()).doesNotContain("secret").doesNotContain("Exception");
    assertThat(server.post("/api/v1/machines/any/readings", "{}").text()).isEqualTo("recorded");
    Answer wrongMethod = server.method("DELETE", "/api/v1/machines/any/readings", "");
    assertProblem(wrongMethod, 405, "GET, POST");
  }

  @Test
  void letsNoPageOfAnotherSiteChangeAnything() {
    HttpRequest.Builder foreign =
        HttpRequest.newBuilder(server.uri("/api/v1/simulations/machine-001?profile=normal"))
            .header("Origin", "https://evil.example")
            .POST(HttpRequest.BodyPublishers.noBody());
    assertProblem(server.send(foreign), 403, "evil.example");
    HttpRequest.Builder foreignReading =
        HttpRequest.newBuilder(server.uri("/api/v1/machines/any/readings"))
            .header("Origin", "null")
            .POST(HttpRequest.BodyPublishers.noBody());
    assertProblem(server.send(foreignReading), 403, "another site");
    String own = server.uri("/").toString().replaceAll("/$", "");
    HttpRequest.Builder ours =
        HttpRequest.newBuilder(server.uri("/api/v1/simulations/machine-001?profile=normal"))
            .header("Origin", own)
            .POST(HttpRequest.BodyPublishers.noBody());
    assertThat(server.send(ours).status()).isEqualTo(200);
  }

  @Test
  void isReadyWhenEveryPartIs() {
    assertThat(server.get("/health").body().path("status").asText()).isEqualTo("alive");
    assertThat(server.get("/ready").body().at("/parts/cluster/ready").asBoolean()).isTrue();
    server.troubles.put("database", "It is away.");
    try {
      Answer unready = server.get("/ready");
      assertProblem(unready, 503, "database");
      assertThat(unready.header("Retry-After")).isEqualTo("1");
      assertThat(unready.body().at("/parts/database/detail").asText()).isEqualTo("It is away.");
      assertThat(unready.body().at("/parts/ingest/ready").asBoolean()).isTrue();
    } finally {
      server.troubles.clear();
    }
  }

  @Test
  void passesEveryFilterOnToTheReadSide() {
    server.fleetQueries.clear();
    Answer fleet =
        server.get(
            "/api/v1/machines?type=milling&status=normal&site=s&area=a&line=l&q=x&rul_below=30.5"
                + "&score_above=0.4&open_alerts=true&sort=rul&limit=7&cursor=abc");
    assertThat(fleet.status()).isEqualTo(200);
    assertThat(server.fleetQueries)
        .containsExactly(
            new FleetQuery(
                new FleetFilter(
                    "milling", "normal", "s", "a", "l", "x", 30.5, 0.4, true, SiteScope.ALL),
                FleetQuery.Sort.RUL,
                7,
                "abc"));
    assertThat(fleet.body().path("next_cursor").isNull()).isTrue();
    JsonNode counts = server.get("/api/v1/machines/counts?by=type").body().path("items");
    assertThat(counts.get(0).path("value").asText()).isEqualTo("milling");
    assertThat(counts.get(1).path("value").isNull()).isTrue();
  }

  @Test
  void steersTheSimulator() {
    server.simulated.clear();
    assertThat(
            server
                .post("/api/v1/simulations/machine-001?profile=overstrain&duration_sec=60", "")
                .status())
        .isEqualTo(200);
    assertThat(server.simulated).containsExactly("machine-001 overstrain 60");
    assertProblem(server.post("/api/v1/simulations/press-7?profile=normal", ""), 404, "simulated");
    assertProblem(
        server.post("/api/v1/simulations/machine-001?profile=tired", ""), 400, "tool_wear");
    assertProblem(server.post("/api/v1/simulations/machine-001", ""), 400, "profile=normal");
  }

  @Test
  void servesThePageWithItsOwnFilesOnly() {
    Answer page = server.get("/");
    assertThat(page.header("Content-Type")).startsWith("text/html");
    assertThat(page.header("Content-Security-Policy")).contains("script-src 'self'");
    assertThat(page.text()).doesNotContain("http:").doesNotContain("https:");
    assertThat(page.header("X-Content-Type-Options")).isEqualTo("nosniff");
    HttpRequest.Builder again =
        HttpRequest.newBuilder(server.uri("/")).header("If-None-Match", page.header("ETag"));
    assertThat(server.send(again).status()).isEqualTo(304);
    assertThat(server.get("/assets/nothing.js").status()).isEqualTo(404);
  }

  @Test
  void showsItsDescriptionAsAPageOfItsOwnFilesOnly() {
    Answer page = server.get("/docs");
    assertThat(page.header("Content-Type")).startsWith("text/html");
    assertThat(page.header("Content-Security-Policy"))
        .contains("default-src 'none'", "script-src 'self';")
        .doesNotContain("http");
    assertThat(page.text()).doesNotContain("http:").doesNotContain("https:");
    for (String file : page.text().split("\"", -1)) {
      if (file.startsWith("/docs/")) {
        Answer answer = server.get(file);
        assertThat(answer.status()).as(file).isEqualTo(200);
        assertThat(answer.header("Content-Type")).matches("(text/css|application/javascript).*");
        assertThat(answer.response().body()).as(file).isNotEmpty();
      }
    }
    assertThat(server.get("/docs/docs.js").text()).contains("validatorUrl: null");
    assertThat(server.get("/docs/index.css").status()).isEqualTo(404);
    assertThat(server.get("/docs/..%2Fopenapi.json").status()).isEqualTo(404);
  }

  @Test
  void takesCompressedBodiesWithinTheSameBound() throws Exception {
    assertThat(compressed("{\"machine_id\":\"packed-1\"}").status()).isEqualTo(201);
    assertProblem(compressed("{\"a\":\"%s\"}".formatted("a".repeat(100_000))), 413, "smaller");
    HttpRequest.Builder plain = packed("{\"machine_id\":\"packed-2\"}".getBytes(UTF_8));
    assertProblem(server.send(plain), 400, "encoding is corrupt");
    byte[] whole = gzip("{\"machine_id\":\"packed-3\"}");
    assertProblem(
        server.send(packed(Arrays.copyOf(whole, whole.length - 9))), 400, "encoding is corrupt");
    HttpRequest.Builder other =
        HttpRequest.newBuilder(server.uri("/api/v1/machines"))
            .header("Content-Encoding", "br")
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{}"));
    assertProblem(server.send(other), 415, "gzip");
  }

  private static Answer compressed(String json) throws IOException {
    return server.send(packed(gzip(json)));
  }

  private static byte[] gzip(String text) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
      out.write(text.getBytes(UTF_8));
    }
    return packed.toByteArray();
  }

  private static HttpRequest.Builder packed(byte[] body) {
    return HttpRequest.newBuilder(server.uri("/api/v1/machines"))
        .header("Content-Encoding", "gzip")
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofByteArray(body));
  }

  @Test
  void compressesForThoseWhoUnderstand() {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri("/api/v1/types")).header("Accept-Encoding", "gzip");
    assertThat(server.send(request).header("Content-Encoding")).isEqualTo("gzip");
    assertThat(server.get("/api/v1/types").header("Content-Encoding")).isEmpty();
  }

  @Test
  void saysWhatIsMeasuredInPrometheusText() {
    Answer metrics = server.get("/metrics");
    assertThat(metrics.status()).isEqualTo(200);
    assertThat(metrics.header("Content-Type"))
        .startsWith("text/plain")
        .contains("version=0.0.4", "charset=UTF-8");
    assertThat(metrics.text()).isEqualTo("twin_info 1\n");
  }

  @Test
  void changesHowMuchIsLogged() {
    String ingest = "/api/v1/system/log-levels/twin.ingest";
    Answer changed = server.method("PUT", ingest, "{\"level\":\"debug\"}");
    assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    assertThat(server.get("/api/v1/system/log-levels").text())
        .isEqualTo(changed.text())
        .contains("{\"logger\":\"twin.ingest\",\"level\":\"debug\"}");
    assertProblem(
        server.method("PUT", "/api/v1/system/log-levels/x", "{\"level\":\"info\"}"), 409, "null");
    assertProblem(server.method("PUT", ingest, "{}"), 400, "debug, error, info");
    assertProblem(server.method("PUT", ingest, "{\"level\":\"loud\"}"), 400, "or null");
    assertProblem(
        server.method("PUT", "/api/v1/system/log-levels/%20", "{\"level\":null}"), 400, "root");
    HttpRequest.Builder foreign =
        HttpRequest.newBuilder(server.uri(ingest))
            .header("Origin", "https://evil.example")
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString("{\"level\":\"off\"}"));
    assertProblem(server.send(foreign), 403, "evil.example");
    assertThat(server.method("PUT", ingest, "{\"level\":null}").text())
        .doesNotContain("twin.ingest");
  }

  @Test
  void listsDeadLetters() {
    JsonNode letter = server.get("/api/v1/dead-letters?limit=1").body().path("items").get(0);
    assertThat(letter.path("reason").asText()).isEqualTo("no_timestamp");
    assertThat(letter.path("payload_base64").asText()).isEqualTo("e30=");
    assertThat(letter.has("retried_at")).isFalse();
  }

  @Test
  void triesDeadLettersAgain() {
    Answer taken = server.post("/api/v1/dead-letters/1/retry", "");
    assertThat(taken.status()).isEqualTo(200);
    assertThat(taken.text()).isEqualTo("{\"id\":\"1\",\"recorded\":3,\"duplicate\":1}");
    Answer dead = server.post("/api/v1/dead-letters/2/retry", "");
    assertProblem(dead, 422, "(no_timestamp): add it");
    assertThat(dead.body().path("reason").asText()).isEqualTo("no_timestamp");
    assertProblem(server.post("/api/v1/dead-letters/3/retry", ""), 409, "it is cut");
    assertProblem(server.post("/api/v1/dead-letters/4/retry", ""), 503, "Ask again");
    assertProblem(server.post("/api/v1/dead-letters/5/retry", ""), 404, "lists those there are");
    assertProblem(server.post("/api/v1/dead-letters/x/retry", ""), 404, "lists those there are");
  }

  @Test
  void describesExactlyTheRoutesThatExist() {
    JsonNode description = server.get("/openapi.json").body();
    Map<String, Set<String>> described = new TreeMap<>();
    Set<String> elsewhere = new HashSet<>();
    for (Map.Entry<String, JsonNode> path : description.path("paths").properties()) {
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        String name = operation.getKey().toUpperCase(Locale.ROOT) + " " + path.getKey();
        Set<String> parameters = new TreeSet<>();
        StreamSupport.stream(operation.getValue().path("parameters").spliterator(), false)
            .filter(parameter -> parameter.path("in").asText().equals("query"))
            .forEach(parameter -> parameters.add(parameter.path("name").asText()));
        if (operation.getValue().has("x-served-by")) {
          elsewhere.add(name);
        } else {
          described.put(name, parameters);
        }
      }
    }
    Map<String, Set<String>> served = new TreeMap<>();
    for (Endpoint endpoint : server.endpoints) {
      served.put(
          endpoint.method().value() + " " + endpoint.path(), new TreeSet<>(endpoint.parameters()));
    }
    assertThat(described).isEqualTo(served);
    assertThat(elsewhere).containsExactly("POST /api/v1/machines/{id}/readings");
  }

  @Test
  void saysOfEachRouteWhetherItNeedsAKey() {
    JsonNode paths = server.get("/openapi.json").body().path("paths");
    for (Endpoint endpoint : server.endpoints) {
      JsonNode operation =
          paths.path(endpoint.path()).path(endpoint.method().value().toLowerCase(Locale.ROOT));
      String name = endpoint.method().value() + " " + endpoint.path();
      assertThat(operation.has("security")).as(name).isEqualTo(endpoint.open());
      assertThat(operation.path("responses").has("401") || endpoint.open()).as(name).isTrue();
    }
  }

  @Test
  void answersEveryRouteThatIsDescribed() {
    JsonNode description = server.get("/openapi.json").body();
    for (Map.Entry<String, JsonNode> path : description.path("paths").properties()) {
      if (path.getKey().endsWith("/stream") || path.getKey().endsWith("/ws")) {
        continue; // Goes on for ever; it has a test of its own.
      }
      for (Map.Entry<String, JsonNode> operation : path.getValue().properties()) {
        String method = operation.getKey().toUpperCase(Locale.ROOT);
        String concrete = path.getKey().replaceAll("\\{[a-z_]+\\}", "unheard-1");
        Answer answer =
            server.method(
                method, concrete, List.of("POST", "PUT", "PATCH").contains(method) ? "{}" : "");
        assertThat(answer.status()).as(method + " " + concrete).isNotIn(405, 500, 501);
        if (answer.status() == 404) {
          assertThat(answer.body().path("detail").asText())
              .as(method + " " + concrete)
              .doesNotContain("nothing at this address");
        }
      }
    }
  }

  @Test
  void resolvesEveryReferenceOfItsDescription() {
    JsonNode description = server.get("/openapi.json").body();
    assertThat(description.path("openapi").asText()).startsWith("3.1");
    List<String> references =
        description.findValues("$ref").stream().map(JsonNode::asText).distinct().toList();
    assertThat(references).isNotEmpty();
    for (String reference : references) {
      assertThat(description.at(reference.substring(1)).isMissingNode()).as(reference).isFalse();
    }
  }
}
