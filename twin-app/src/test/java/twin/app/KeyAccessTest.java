package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program that other machines can reach lets in who has a key. */
@Timeout(300)
final class KeyAccessTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";
  private static final int WRONG_USAGE = 2;
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private final Path directory;

  KeyAccessTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void refusesToListenForOthersWhoDoNotSayWhoTheyAre() throws Exception {
    Path file =
        Files.writeString(
            directory.resolve("node.conf"),
            "twin.http { address = 0.0.0.0, port = 0, authentication = off }\n",
            UTF_8);
    try (ProgramUnderTest node =
        ProgramUnderTest.run(directory.resolve("data"), Map.of(), "node", "--config=" + file)) {
      assertThat(node.exitStatus()).as(node.said()).isEqualTo(WRONG_USAGE);
      assertThat(node.stderr()).anyMatch(line -> line.contains("has to say who they are"));
    }
  }

  @Test
  void refusesAKeyThatIsTooShortAndDoesNotShowIt() throws Exception {
    Path file = Files.writeString(directory.resolve("node.conf"), "twin.http.port = 0\n", UTF_8);
    try (ProgramUnderTest node =
        ProgramUnderTest.run(
            directory.resolve("data"),
            Map.of("TWIN_API_KEYS", "ops:much-too-short"),
            "node",
            "--config=" + file)) {
      assertThat(node.exitStatus()).as(node.said()).isEqualTo(WRONG_USAGE);
      assertThat(node.said()).contains("openssl rand -hex 32").doesNotContain("much-too-short");
    }
  }

  @Tag("full")
  @Test
  void letsInWhoHasAKeyOnEveryAddress() throws Exception {
    Map<String, String> server = Map.of("TWIN_API_KEYS", "ops:" + KEY);
    try (ProgramUnderTest demo =
        ProgramUnderTest.run(
                directory.resolve("data"),
                server,
                "demo",
                "--data-dir=" + directory.resolve("data"),
                "--bind=0.0.0.0",
                "--http-port=0",
                "--mqtt-port=0",
                "--kafka-port=0",
                "--machines=2")
            .awaitReadyOrClose(PATIENCE)) {
      assertThat(demo.url().getHost()).isEqualTo("127.0.0.1");
      assertThat(demo.api().get("/ready").status()).isEqualTo(200);
      assertThat(demo.api().get("/api/v1/machines").status()).isEqualTo(401);
      assertThat(status(demo.url(), "wrong")).isEqualTo(401);
      assertThat(status(demo.url(), KEY)).isEqualTo(200);
      // No header at all, to the parser; what it complains of must not be logged.
      assertThat(status(demo.url(), "=," + KEY + "\"")).isEqualTo(401);

      assertThat(audit(demo.url(), Map.of()))
          .contains("put it into the environment as TWIN_API_KEY");
      assertThat(audit(demo.url(), Map.of("TWIN_API_KEY", "wrong")))
          .contains("does not know the key in TWIN_API_KEY");
      assertThat(audit(demo.url(), Map.of("TWIN_API_KEY", KEY))).doesNotContain("API key");
      signsInWithABrowser(demo.url());

      assertThat(demo.said()).doesNotContain(KEY);
      assertThat(Files.readString(Path.of("/proc", Long.toString(demo.pid()), "cmdline"), UTF_8))
          .doesNotContain(KEY);
    }
  }

  private static int status(URI url, String key) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(url.resolve("/api/v1/machines"))
                  .header("Authorization", "Bearer " + key)
                  .build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    }
  }

  private String audit(URI url, Map<String, String> environment) throws Exception {
    try (ProgramUnderTest client =
        ProgramUnderTest.run(
            directory.resolve("client"), environment, "replay", "machine-001", "--url=" + url)) {
      client.exitStatus();
      return client.said();
    }
  }

  private static void signsInWithABrowser(URI url) throws Exception {
    try (Browser browser = Browser.openOrSkip()) {
      browser.go(url);
      Eventually.get("the sign-in page", browser::text, text -> text.contains("API key"));
      assertThat(browser.text()).doesNotContain("machine-001");
      browser.type("#api-key", "0".repeat(32));
      browser.press("Sign in");
      Eventually.get("a refusal", browser::text, text -> text.contains("not known here"));
      browser.type("#api-key", KEY);
      browser.press("Sign in");
      Eventually.get(
          "the fleet, live",
          browser::text,
          text -> text.contains("machine-001") && text.contains("Live"));
      browser.press("Sign out");
      Eventually.get("the sign-in page", browser::text, text -> text.contains("API key"));
    }
  }
}
