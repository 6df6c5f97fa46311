package twin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.net.http.HttpRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.http.TestServer.Answer;

/** What browsers learn when a page of another site calls. */
final class CrossOriginTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final String TRUSTED = "https://plant.example:8443";
  private static final String MACHINES = "/api/v1/machines";

  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            """
            twin.http {
              api-keys = [{name = ops, key = "%s"}]
              cors.origins = "https://one.example, %s"
            }
            """
                .formatted(KEY, TRUSTED));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer register(String machineId, String... headers) {
    return server.send(
        HttpRequest.newBuilder(server.uri(MACHINES))
            .header("Content-Type", "application/json")
            .headers(headers)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"machine_id\":\"%s\"}".formatted(machineId))));
  }

  @Test
  void tellsTrustedSitesBeforehandWhatTheyMaySend() {
    Answer answer =
        server.send(
            HttpRequest.newBuilder(server.uri(MACHINES))
                .header("Origin", TRUSTED)
                .header("Access-Control-Request-Method", "PATCH")
                .header("Access-Control-Request-Headers", "x-api-key")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(TRUSTED);
    assertThat(answer.header("Access-Control-Allow-Methods")).contains("PATCH");
    assertThat(answer.header("Access-Control-Allow-Headers")).contains("X-Api-Key", "If-Match");
    assertThat(answer.header("Access-Control-Allow-Credentials")).isEmpty();
    assertThat(answer.header("Vary")).contains("Origin");
  }

  @Test
  void letsTrustedSitesChangeThingsWithAKey() {
    Answer answer = register("m-1", "Origin", TRUSTED, "X-Api-Key", KEY);
    assertThat(answer.status()).as(answer.text()).isEqualTo(201);
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(TRUSTED);
    assertThat(answer.header("Access-Control-Expose-Headers")).contains("Location");
  }

  @Test
  void showsTrustedSitesWhatWentWrongToo() {
    Answer answer = register("m-2", "Origin", TRUSTED);
    assertThat(answer.status()).isEqualTo(401);
    assertThat(answer.header("Access-Control-Allow-Origin")).isEqualTo(TRUSTED);
  }

  @Test
  void keepsTheCookieOfWhoSignedInFromTrustedSitesToo() {
    Answer signedIn = server.post("/api/v1/auth/login", "{\"api_key\":\"%s\"}".formatted(KEY));
    String cookie = signedIn.header("Set-Cookie").split(";", 2)[0];
    assertThat(register("m-3", "Cookie", cookie).status()).isEqualTo(201);
    assertThat(register("m-4", "Cookie", cookie, "Origin", TRUSTED).status()).isEqualTo(401);
  }

  @Test
  void tellsOtherSitesNothing() {
    Answer answer =
        server.send(
            HttpRequest.newBuilder(server.uri(MACHINES))
                .header("X-Api-Key", KEY)
                .header("Origin", "https://evil.example"));
    assertThat(answer.header("Access-Control-Allow-Origin")).isEmpty();
    assertThat(answer.header("Vary")).contains("Origin");
    Answer asked =
        server.send(
            HttpRequest.newBuilder(server.uri(MACHINES))
                .header("Origin", "https://evil.example")
                .header("Access-Control-Request-Method", "PATCH")
                .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
    assertThat(asked.header("Access-Control-Allow-Origin")).isEmpty();
  }

  @Test
  void refusesOriginsThatNoBrowserSends() {
    for (String wrong : new String[] {"*", "plant.example", "https://plant.example/", "null"}) {
      assertThatThrownBy(
              () ->
                  HttpSettings.of(
                      ConfigFactory.parseString(
                              "twin.http.cors.origins = [\"%s\"]".formatted(wrong))
                          .withFallback(ConfigFactory.load())
                          .getConfig("twin.http")))
          .hasMessageContaining("twin.http.cors.origins");
    }
  }
}
