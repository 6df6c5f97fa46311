package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import twin.http.TestServer.Answer;

final class KeyAccessTest {

  private static final String OPS = "0123456789abcdef0123456789abcdef";
  private static final String DEV = "fedcba9876543210fedcba9876543210";
  private static final String KEYS =
      """
      twin.http {
        api-keys = [{name = ops, key = "%s"}, {name = dev, key = "%s"}]
        security.limits.sign-ins-per-minute = 1000
      }
      """
          .formatted(OPS, DEV);
  private static final String FLEET = "/api/v1/machines";
  private static final Set<String> OPEN =
      Set.of(
          "/",
          "/assets/{file}",
          "/openapi.json",
          "/docs",
          "/docs/{file}",
          "/health",
          "/ready",
          "/api/v1/auth/login",
          "/api/v1/auth/refresh",
          "/api/v1/auth/logout");

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start(KEYS);
    server.milling("machine-001", 1, 40, 5);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer get(TestServer from, String path, String... headers) {
    HttpRequest.Builder request = HttpRequest.newBuilder(from.uri(path));
    return from.send(headers.length == 0 ? request : request.headers(headers));
  }

  private static Answer get(String path, String... headers) {
    return get(server, path, headers);
  }

  private static Answer post(String path, String json, String... headers) {
    return server.send(
        HttpRequest.newBuilder(server.uri(path))
            .headers(headers)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  private static String signIn(String key) {
    Answer answer = server.post("/api/v1/auth/login", "{\"api_key\":\"%s\"}".formatted(key));
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.header("Set-Cookie").split(";", 2)[0];
  }

  private static void assertRefused(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(401);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"twin\"");
    assertThat(answer.body().path("detail").asText()).isNotEmpty();
    assertThat(answer.text()).doesNotContain(OPS, DEV);
  }

  @Test
  void everythingNeedsAKeyButWhatAPageAndAProbeNeed() {
    for (Endpoint endpoint : server.endpoints) {
      String path = endpoint.path().replaceAll("\\{[a-z_]+\\}", "unheard-1");
      Answer answer =
          server.send(
              HttpRequest.newBuilder(server.uri(path))
                  .method(endpoint.method().value(), HttpRequest.BodyPublishers.noBody()));
      if (OPEN.contains(endpoint.path())) {
        assertThat(answer.status()).as(endpoint.path()).isNotEqualTo(401);
      } else {
        assertRefused(answer);
      }
    }
    assertRefused(server.post("/api/v1/machines/any/readings", "{}"));
  }

  @Test
  void takesAKeyInEitherHeader() {
    assertThat(get(FLEET, "X-Api-Key", OPS).status()).isEqualTo(200);
    assertThat(get(FLEET, "Authorization", "Bearer " + DEV).status()).isEqualTo(200);
    assertThat(get(FLEET, "authorization", "bearer " + DEV).status()).isEqualTo(200);
    assertThat(post("/api/v1/machines/any/readings", "{}", "X-Api-Key", OPS).status())
        .isEqualTo(200);
    assertThat(get("/metrics", "Authorization", "Bearer " + OPS).text()).contains("twin_info");
    JsonNode me = get("/api/v1/auth/me", "X-Api-Key", DEV).body();
    assertThat(me.path("name").asText()).isEqualTo("dev");
    assertThat(me.path("means").asText()).isEqualTo("api_key");
  }

  @ParameterizedTest
  @CsvSource({
    "X-Api-Key, ''",
    "X-Api-Key, 0",
    "X-Api-Key, 0123456789abcdef0123456789abcde",
    "X-Api-Key, 0123456789abcdef0123456789abcdef0",
    "X-Api-Key, 0123456789ABCDEF0123456789ABCDEF",
    "X-Api-Key, ops:0123456789abcdef0123456789abcdef",
    "X-Api-Key, Bearer 0123456789abcdef0123456789abcdef",
    "Authorization, 0123456789abcdef0123456789abcdef",
    "Authorization, Bearer",
    "Authorization, Bearer 0123456789abcdef0123456789abcde",
    "Authorization, Basic b3BzOjAxMjM0NTY3ODlhYmNkZWYwMTIzNDU2Nzg5YWJjZGVm",
    "Cookie, twin_session=",
    "Cookie, twin_session=0123456789abcdef0123456789abcdef",
    "Cookie, twin_session=ops.99999999999.",
    "Cookie, twin_session=ops.99999999999.AAAA",
    "Cookie, twin_session=a.b.c.d",
    "Cookie, other=0123456789abcdef0123456789abcdef"
  })
  void refusesWhatIsNoKey(String header, String value) {
    assertRefused(get(FLEET, header, value));
  }

  @Test
  void refusesWhatIsLongerThanAnyKey() {
    assertRefused(get(FLEET, "X-Api-Key", OPS.repeat(200)));
    assertRefused(get(FLEET, "Cookie", "twin_session=" + OPS.repeat(200)));
    assertRefused(get(FLEET + "?api_key=" + OPS));
  }

  @Test
  void aWrongKeyIsNotMadeGoodByASession() {
    assertRefused(get(FLEET, "Cookie", signIn(OPS), "X-Api-Key", "wrong"));
    // What a proxy before us wants to know is none of our business.
    assertThat(get(FLEET, "Cookie", signIn(OPS), "Authorization", "Basic YTpi").status())
        .isEqualTo(200);
  }

  @Test
  void theNameOfTheKeyStandsInTheJournal() {
    assertThat(post(FLEET, "{\"machine_id\":\"named-1\"}", "X-Api-Key", DEV).status())
        .isEqualTo(201);
    Answer events = get("/api/v1/machines/named-1/events", "X-Api-Key", OPS);
    assertThat(events.text()).contains("\"dev\"").doesNotContain(OPS, DEV, "anonymous");
  }

  @Test
  void aSessionIsACookieThatIsNotTheKey() {
    Answer answer = server.post("/api/v1/auth/login", "{\"api_key\":\"%s\"}".formatted(OPS));
    String cookie = answer.header("Set-Cookie");
    assertThat(cookie)
        .startsWith("twin_session=")
        .contains("; Path=/;", "; Max-Age=43200;", "; HttpOnly", "; SameSite=Strict")
        .doesNotContain(OPS, "Secure");
    assertThat(answer.text()).doesNotContain("token");
    assertThat(answer.body().at("/user/name").asText()).isEqualTo("ops");
    assertThat(answer.body().at("/user/role").asText()).isEqualTo("administrator");
    assertThat(Instant.parse(answer.body().path("expires").asText()))
        .isEqualTo(server.clock.instant().plus(Duration.ofHours(12)));
    JsonNode me = get("/api/v1/auth/me", "Cookie", signIn(OPS)).body();
    assertThat(me.path("name").asText()).isEqualTo("ops");
    assertThat(me.path("means").asText()).isEqualTo("session");
    assertThat(
            post(
                    "/api/v1/auth/login",
                    "{\"api_key\":\"%s\"}".formatted(OPS),
                    "X-Forwarded-Proto",
                    "https")
                .header("Set-Cookie"))
        .endsWith("; Secure");
  }

  @Test
  void signingInNeedsAKey() {
    for (String key : List.of("", "short", OPS.substring(1), OPS + "0")) {
      Answer answer = server.post("/api/v1/auth/login", "{\"api_key\":\"%s\"}".formatted(key));
      assertRefused(answer);
      assertThat(answer.header("Set-Cookie")).isEmpty();
    }
    assertThat(server.post("/api/v1/auth/login", "{}").status()).isEqualTo(400);
    assertThat(server.post("/api/v1/auth/login", "{\"key\":\"x\"}").status()).isEqualTo(400);
  }

  @Test
  void noPageOfAnotherSiteUsesASession() {
    String cookie = signIn(OPS);
    String simulation = "/api/v1/simulations/machine-001?profile=normal";
    Map<String, Integer> statuses =
        Map.of(
            "https://evil.example",
            403,
            "null",
            403,
            "http://" + server.uri("/").getAuthority(),
            200);
    statuses.forEach(
        (origin, status) ->
            assertThat(post(simulation, "{}", "Cookie", cookie, "Origin", origin).status())
                .as(origin)
                .isEqualTo(status));
    assertThat(post("/api/v1/auth/login", "{}", "Origin", "https://evil.example").status())
        .isEqualTo(403);
  }

  @Test
  void aSessionEndsByItself() {
    Instant start = server.clock.instant();
    String cookie = signIn(DEV);
    try {
      server.clock.set(start.plus(Duration.ofHours(12)).minusSeconds(1));
      assertThat(get(FLEET, "Cookie", cookie).status()).isEqualTo(200);
      server.clock.set(start.plus(Duration.ofHours(12)));
      assertRefused(get(FLEET, "Cookie", cookie));
    } finally {
      server.clock.set(start);
    }
  }

  @Test
  void signingOutEndsTheSession() {
    String cookie = signIn(OPS);
    Answer out = post("/api/v1/auth/logout", "{}", "Cookie", cookie);
    assertThat(out.status()).isEqualTo(204);
    assertThat(out.header("Set-Cookie")).startsWith("twin_session=; ").contains("Max-Age=0");
    assertRefused(get(FLEET, "Cookie", cookie));
  }

  @Test
  void anotherNodeKnowsTheSessionUntilTheKeyIsTakenAway() {
    String ops = signIn(OPS);
    String dev = signIn(DEV);
    try (TestServer other =
        TestServer.start(
            "twin.http.api-keys = \"ops:%s,dev:%s\"".formatted(OPS, OPS.replace('0', '9')),
            server.accounts)) {
      assertThat(get(other, FLEET, "Cookie", ops).status()).isEqualTo(200);
      assertRefused(get(other, FLEET, "Cookie", dev));
    }
  }

  @Test
  void withoutKeysThereIsNothingToSignInTo() {
    try (TestServer open = TestServer.start()) {
      JsonNode me = open.get("/api/v1/auth/me").body();
      assertThat(me.path("name").asText()).isEqualTo("anonymous");
      assertThat(me.path("means").asText()).isEqualTo("none");
      assertThat(me.path("role").asText()).isEqualTo("administrator");
      assertThat(open.post("/api/v1/auth/login", "{\"api_key\":\"x\"}").status()).isEqualTo(409);
    }
  }
}
