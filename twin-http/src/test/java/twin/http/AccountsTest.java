package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.http.TestServer.Answer;

/** People with passwords, keys that are made at run time, and what is given out to them. */
final class AccountsTest {

  private static final String PASSWORD = "correct horse battery";
  private static final String SETTINGS =
      """
      twin.http.security {
        first-administrator.password = "%s"
        limits.sign-ins-per-minute = 10000
      }
      """
          .formatted(PASSWORD);
  private static final String FLEET = "/api/v1/machines";

  private final TestServer server = TestServer.start(SETTINGS);
  private String admin = "";

  @BeforeEach
  void signInAsAdministrator() {
    admin = tokens("admin", PASSWORD).path("access_token").asText();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static HttpRequest.Builder json(
      TestServer at, String method, String path, String body, String bearer) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(at.uri(path))
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    return bearer.isEmpty() ? request : request.header("Authorization", "Bearer " + bearer);
  }

  private Answer send(String method, String path, String body, String bearer) {
    return server.send(json(server, method, path, body, bearer));
  }

  private Answer login(String name, String password) {
    return send(
        "POST",
        "/api/v1/auth/login",
        "{\"name\":\"%s\",\"password\":\"%s\"}".formatted(name, password),
        "");
  }

  private JsonNode tokens(String name, String password) {
    Answer answer = login(name, password);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.body();
  }

  private Answer refresh(String token) {
    return send("POST", "/api/v1/auth/refresh", "{\"refresh_token\":\"%s\"}".formatted(token), "");
  }

  /** Reads a stream to its end. */
  private static void readToTheEnd(HttpResponse<InputStream> stream) throws IOException {
    try (InputStream body = stream.body()) {
      assertThat(body.readAllBytes()).isNotEmpty();
    }
  }

  @Test
  @Timeout(60)
  void streamsEndWithTheAccountOfWhoListens() throws Exception {
    server.milling("machine-001", 1, 40, 5);
    send(
        "POST",
        "/api/v1/users",
        "{\"name\":\"eve\",\"password\":\"%s\",\"role\":\"viewer\"}".formatted(PASSWORD),
        admin);
    String eve = tokens("eve", PASSWORD).path("access_token").asText();
    List<HttpResponse<InputStream>> streams = new ArrayList<>();
    for (String path : List.of("/api/v1/stream", "/api/v1/machines/machine-001/events")) {
      streams.add(
          server
              .client()
              .send(
                  HttpRequest.newBuilder(server.uri(path))
                      .header("Authorization", "Bearer " + eve)
                      .header("Accept", "text/event-stream")
                      .build(),
                  HttpResponse.BodyHandlers.ofInputStream()));
      assertThat(streams.getLast().statusCode()).isEqualTo(200);
    }
    assertThat(send("PATCH", "/api/v1/users/eve", "{\"disabled\":true}", admin).status())
        .isEqualTo(200);
    for (HttpResponse<InputStream> stream : streams) {
      readToTheEnd(stream);
    }
  }

  private int fleet(String bearer) {
    return send("GET", FLEET, "", bearer).status();
  }

  private void make(String name, String more) {
    Answer made =
        send(
            "POST",
            "/api/v1/users",
            "{\"name\":\"%s\",\"password\":\"%s\",%s}".formatted(name, PASSWORD, more),
            admin);
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(made.text()).doesNotContain(PASSWORD, "argon2");
  }

  @Test
  void signsInWithANameAndAPassword() {
    JsonNode answer = tokens("admin", PASSWORD);
    assertThat(answer.path("token_type").asText()).isEqualTo("Bearer");
    assertThat(answer.path("expires_in").asInt()).isEqualTo(600);
    assertThat(answer.path("refresh_token").asText()).hasSize(43);
    assertThat(answer.path("user").toString())
        .isEqualTo(
            "{\"name\":\"admin\",\"means\":\"token\",\"role\":\"administrator\",\"sites\":[]}");
    assertThat(send("GET", "/api/v1/auth/me", "", answer.path("access_token").asText()).body())
        .isEqualTo(answer.path("user"));
    assertThat(login("admin", PASSWORD).header("Set-Cookie")).isEmpty();
  }

  @Test
  void aBrowserGetsACookieAndNoToken() {
    Answer answer =
        send(
            "POST",
            "/api/v1/auth/login",
            "{\"name\":\"admin\",\"password\":\"%s\",\"session\":true}".formatted(PASSWORD),
            "");
    assertThat(answer.text()).contains("\"means\":\"session\"").doesNotContain("token");
    String cookie = answer.header("Set-Cookie");
    assertThat(cookie).contains("; HttpOnly; SameSite=Strict");
    String pair = cookie.split(";", 2)[0];
    HttpRequest.Builder look =
        HttpRequest.newBuilder(server.uri(FLEET)).header("Cookie", pair).GET();
    assertThat(server.send(look).status()).isEqualTo(200);
    // The token of a cookie is none for a header: no script can have taken it from there.
    assertThat(fleet(pair.substring(pair.indexOf('=') + 1))).isEqualTo(401);
  }

  @Test
  void answersAWrongNameAsAWrongPassword() {
    Answer wrongPassword = login("admin", "not the password");
    Answer wrongName = login("nobody", "not the password");
    Answer noName = login("a b, c", "not the password");
    assertThat(wrongPassword.status()).isEqualTo(401);
    assertThat(wrongName.status()).isEqualTo(401);
    assertThat(wrongName.text()).isEqualTo(wrongPassword.text()).isEqualTo(noName.text());
    assertThat(login("admin", "x".repeat(257)).status()).isEqualTo(400);
    assertThat(send("POST", "/api/v1/auth/login", "{\"name\":\"admin\"}", "").status())
        .isEqualTo(400);
  }

  @Test
  void takesNoPasswordForAWhileAfterTooManyWrongOnesAndLongerEachTime() {
    Instant start = server.clock.instant();
    for (int i = 0; i < 5; i++) {
      assertThat(login("admin", "wrong password").status()).isEqualTo(401);
    }
    assertThat(login("admin", PASSWORD).status()).isEqualTo(401);
    server.clock.set(start.plusSeconds(29));
    assertThat(login("admin", PASSWORD).status()).isEqualTo(401);
    server.clock.set(start.plusSeconds(30));
    assertThat(login("admin", "wrong password").status()).isEqualTo(401);
    server.clock.set(start.plusSeconds(30 + 59));
    assertThat(login("admin", PASSWORD).status()).isEqualTo(401);
    server.clock.set(start.plusSeconds(30 + 60));
    assertThat(login("admin", PASSWORD).status()).isEqualTo(200);
    // A right one begins the count anew, and others are not concerned.
    assertThat(login("admin", "wrong password").status()).isEqualTo(401);
    assertThat(login("admin", PASSWORD).status()).isEqualTo(200);
  }

  @Test
  void tokensRunOut() {
    Instant start = server.clock.instant();
    JsonNode tokens = tokens("admin", PASSWORD);
    String access = tokens.path("access_token").asText();
    server.clock.set(start.plus(Duration.ofMinutes(10)).minusSeconds(1));
    assertThat(fleet(access)).isEqualTo(200);
    server.clock.set(start.plus(Duration.ofMinutes(10)));
    assertThat(fleet(access)).isEqualTo(401);
    assertThat(refresh(tokens.path("refresh_token").asText()).status()).isEqualTo(200);
    JsonNode later = tokens("admin", PASSWORD);
    server.clock.set(server.clock.instant().plus(Duration.ofDays(14)));
    assertThat(refresh(later.path("refresh_token").asText()).status()).isEqualTo(401);
  }

  @Test
  void aRefreshTokenThatIsUsedTwiceEndsItsSession() {
    String first = tokens("admin", PASSWORD).path("refresh_token").asText();
    JsonNode second = refresh(first).body();
    String access = second.path("access_token").asText();
    assertThat(fleet(access)).isEqualTo(200);
    assertThat(refresh(first).status()).isEqualTo(401);
    assertThat(fleet(access)).isEqualTo(401);
    assertThat(refresh(second.path("refresh_token").asText()).status()).isEqualTo(401);
    // Another sign-in of the same user is another session.
    assertThat(fleet(admin)).isEqualTo(200);
    assertThat(refresh("made-up").status()).isEqualTo(401);
  }

  @Test
  void signingOutEndsAllOfTheSession() {
    JsonNode byHeader = tokens("admin", PASSWORD);
    String access = byHeader.path("access_token").asText();
    assertThat(send("POST", "/api/v1/auth/logout", "{}", access).status()).isEqualTo(204);
    assertThat(fleet(access)).isEqualTo(401);
    assertThat(refresh(byHeader.path("refresh_token").asText()).status()).isEqualTo(401);
    JsonNode byBody = tokens("admin", PASSWORD);
    String refresh = byBody.path("refresh_token").asText();
    String body = "{\"refresh_token\":\"%s\"}".formatted(refresh);
    assertThat(send("POST", "/api/v1/auth/logout", body, "").status()).isEqualTo(204);
    assertThat(fleet(byBody.path("access_token").asText())).isEqualTo(401);
    assertThat(refresh(refresh).status()).isEqualTo(401);
    assertThat(fleet(admin)).isEqualTo(200);
  }

  @Test
  void whatIsChangedOfAUserEndsWhatTheyHave() {
    make("eve", "\"role\":\"operator\"");
    for (String change :
        List.of("{\"role\":\"viewer\"}", "{\"sites\":[\"S1\"]}", "{\"disabled\":true}")) {
      JsonNode tokens = tokens("eve", PASSWORD);
      String access = tokens.path("access_token").asText();
      assertThat(fleet(access)).isEqualTo(200);
      Answer changed = send("PATCH", "/api/v1/users/eve", change, admin);
      assertThat(changed.status()).as(changed.text()).isEqualTo(200);
      assertThat(fleet(access)).as(change).isEqualTo(401);
      assertThat(refresh(tokens.path("refresh_token").asText()).status()).isEqualTo(401);
    }
    assertThat(login("eve", PASSWORD).status()).isEqualTo(401);
    JsonNode eve = send("GET", "/api/v1/users", "", admin).body().at("/items/1");
    assertThat(eve.path("name").asText()).isEqualTo("eve");
    assertThat(eve.path("role").asText()).isEqualTo("viewer");
    assertThat(eve.path("sites").toString()).isEqualTo("[\"S1\"]");
    assertThat(eve.path("disabled").asBoolean()).isTrue();
    assertThat(eve.path("created_by").asText()).isEqualTo("admin");
    assertThat(send("PATCH", "/api/v1/users/eve", "{\"disabled\":false}", admin).status())
        .isEqualTo(200);
    assertThat(login("eve", PASSWORD).status()).isEqualTo(200);
  }

  @Test
  void passwordsAreChangedByTheirOwnersAndSetByAdministrators() {
    make("eve", "\"role\":\"viewer\"");
    String eve = tokens("eve", PASSWORD).path("access_token").asText();
    String own = "/api/v1/auth/password";
    String next = "another fine phrase";
    String body = "{\"password\":\"%s\",\"new_password\":\"%s\"}";
    assertThat(send("PUT", own, body.formatted("wrong password", next), eve).status())
        .isEqualTo(401);
    assertThat(send("PUT", own, body.formatted(PASSWORD, "short"), eve).status()).isEqualTo(400);
    assertThat(send("PUT", own, body.formatted(PASSWORD, "my name is Eve!"), eve).status())
        .isEqualTo(400);
    assertThat(send("PUT", own, body.formatted(PASSWORD, next), eve).status()).isEqualTo(204);
    assertThat(fleet(eve)).isEqualTo(401);
    assertThat(login("eve", PASSWORD).status()).isEqualTo(401);
    assertThat(login("eve", next).status()).isEqualTo(200);
    String set = "{\"password\":\"%s\"}".formatted(PASSWORD);
    assertThat(send("PATCH", "/api/v1/users/eve", set, admin).status()).isEqualTo(200);
    assertThat(send("PATCH", "/api/v1/users/eve", "{\"password\":\"short\"}", admin).status())
        .isEqualTo(400);
    assertThat(login("eve", PASSWORD).status()).isEqualTo(200);
    assertThat(send("PATCH", "/api/v1/users/nobody", set, admin).status()).isEqualTo(404);
  }

  @Test
  void somebodyIsLeftWhoCanGiveOutRoles() {
    for (String change : List.of("{\"disabled\":true}", "{\"role\":\"engineer\"}")) {
      assertThat(send("PATCH", "/api/v1/users/admin", change, admin).status()).isEqualTo(409);
    }
    make("second", "\"role\":\"administrator\"");
    assertThat(send("PATCH", "/api/v1/users/admin", "{\"disabled\":true}", admin).status())
        .isEqualTo(200);
  }

  @Test
  void refusesUsersThatCannotBeMeant() {
    make("eve", "\"role\":\"viewer\"");
    String user = "{\"name\":\"%s\",\"password\":\"%s\",\"role\":\"%s\"%s}";
    assertThat(postUser(user.formatted("eve", PASSWORD, "viewer", ""))).isEqualTo(409);
    assertThat(postUser(user.formatted("a b", PASSWORD, "viewer", ""))).isEqualTo(400);
    assertThat(postUser(user.formatted("anonymous", PASSWORD, "viewer", ""))).isEqualTo(400);
    assertThat(postUser(user.formatted("bob", "short", "viewer", ""))).isEqualTo(400);
    assertThat(postUser(user.formatted("bob", PASSWORD, "boss", ""))).isEqualTo(400);
    assertThat(postUser(user.formatted("bob", PASSWORD, "viewer", ",\"sites\":\"S1\"")))
        .isEqualTo(400);
    assertThat(postUser(user.formatted("bob", PASSWORD, "administrator", ",\"sites\":[\"S1\"]")))
        .isEqualTo(400);
    assertThat(postUser("{\"name\":\"bob\",\"password\":\"%s\"}".formatted(PASSWORD)))
        .isEqualTo(400);
    assertThat(send("PATCH", "/api/v1/users/nobody", "{}", admin).status()).isEqualTo(404);
    assertThat(send("PATCH", "/api/v1/users/eve", "{\"disabled\":1}", admin).status())
        .isEqualTo(400);
  }

  private int postUser(String body) {
    return send("POST", "/api/v1/users", body, admin).status();
  }

  @Test
  void keysAreMadeShownOnceAndTakenAway() {
    Instant start = server.clock.instant();
    String wanted =
        "{\"name\":\"gateway-3\",\"role\":\"operator\",\"sites\":[\"S1\"],\"expires_at\":\"%s\"}"
            .formatted(start.plusSeconds(60));
    Answer made = send("POST", "/api/v1/api-keys", wanted, admin);
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    String key = made.body().path("api_key").asText();
    assertThat(key).matches("twin_[A-Za-z0-9_-]{43}");
    assertThat(send("GET", "/api/v1/auth/me", "", key).text())
        .isEqualTo(
            "{\"name\":\"gateway-3\",\"means\":\"api_key\",\"role\":\"operator\",\"sites\":[\"S1\"]}");
    Answer list = send("GET", "/api/v1/api-keys", "", admin);
    assertThat(list.text()).contains("gateway-3", "\"created_by\":\"admin\"").doesNotContain(key);
    assertThat(send("POST", "/api/v1/api-keys", wanted, admin).status()).isEqualTo(409);
    server.clock.set(start.plusSeconds(60));
    assertThat(fleet(key)).isEqualTo(401);
    server.clock.set(start);
    assertThat(fleet(key)).isEqualTo(200);
    assertThat(send("DELETE", "/api/v1/api-keys/gateway-3", "", admin).status()).isEqualTo(204);
    assertThat(fleet(key)).isEqualTo(401);
    assertThat(send("DELETE", "/api/v1/api-keys/gateway-3", "", admin).status()).isEqualTo(404);
    assertThat(
            send(
                    "POST",
                    "/api/v1/api-keys",
                    "{\"name\":\"old\",\"role\":\"viewer\",\"expires_at\":\"2020-01-01T00:00:00Z\"}",
                    admin)
                .status())
        .isEqualTo(400);
  }

  @Test
  void everyNodeTakesWhatAnotherGaveOut() {
    try (TestServer other = TestServer.start(SETTINGS, server.accounts)) {
      HttpRequest.Builder look = json(other, "GET", FLEET, "", admin);
      assertThat(other.send(look).status()).isEqualTo(200);
      String refresh = tokens("admin", PASSWORD).path("refresh_token").asText();
      String body = "{\"refresh_token\":\"%s\"}".formatted(refresh);
      assertThat(other.send(json(other, "POST", "/api/v1/auth/refresh", body, "")).status())
          .isEqualTo(200);
      assertThat(refresh(refresh).status()).isEqualTo(401);
    }
    try (TestServer stranger = TestServer.start(SETTINGS)) {
      assertThat(stranger.send(json(stranger, "GET", FLEET, "", admin)).status()).isEqualTo(401);
    }
  }

  @Test
  void putsTheFirstAdministratorsPasswordWhereNobodyElseReadsIt(@TempDir Path directory)
      throws IOException {
    Path file = directory.resolve("data/administrator-password");
    String settings =
        """
        twin.http.authentication = on
        twin.http.security.first-administrator.password-file = "%s"
        """
            .formatted(file);
    try (TestServer made = TestServer.start(settings)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      String password = Files.readString(file).strip();
      String body = "{\"name\":\"admin\",\"password\":\"%s\"}".formatted(password);
      assertThat(made.send(json(made, "POST", "/api/v1/auth/login", body, "")).status())
          .isEqualTo(200);
      Files.delete(file);
      try (TestServer second = TestServer.start(settings, made.accounts)) {
        assertThat(file).doesNotExist();
        assertThat(second.send(json(second, "POST", "/api/v1/auth/login", body, "")).status())
            .isEqualTo(200);
      }
    }
  }
}
