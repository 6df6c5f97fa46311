package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import twin.http.TestServer.Answer;

/**
 * What keeps callers from calling too often, and pages and paths from doing what they should not.
 */
final class GuardsTest {

  private static final String KEY = "k".repeat(32);
  private static final String OTHER = "o".repeat(32);

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
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

  private static TestServer limited(String limits) {
    return TestServer.start(
        "twin.http { api-keys = \"one:%s,two:%s\", security { %s } }"
            .formatted(KEY, OTHER, limits));
  }

  @Test
  void whoCallsTooOftenWaits() {
    try (TestServer limited = limited("limits { caller-burst = 3, caller-per-second = 1 }")) {
      for (int i = 0; i < 3; i++) {
        assertThat(get(limited, "/api/v1/types", "X-Api-Key", KEY).status()).isEqualTo(200);
      }
      Answer refused = get(limited, "/api/v1/types", "X-Api-Key", KEY);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.header("Retry-After")).isEqualTo("1");
      assertThat(refused.header("Content-Type")).startsWith("application/problem+json");
      assertThat(refused.text()).contains("one calls too often").doesNotContain(KEY);
      assertThat(get(limited, "/api/v1/types", "X-Api-Key", OTHER).status()).isEqualTo(200);
      limited.clock.set(limited.clock.instant().plusSeconds(1));
      assertThat(get(limited, "/api/v1/types", "X-Api-Key", KEY).status()).isEqualTo(200);
    }
  }

  @Test
  void anAddressIsLimitedWhoeverItClaimsToBe() {
    try (TestServer limited = limited("limits { address-burst = 2, address-per-second = 1 }")) {
      assertThat(get(limited, "/health").status()).isEqualTo(200);
      assertThat(get(limited, "/api/v1/types", "X-Api-Key", "wrong").status()).isEqualTo(401);
      assertThat(get(limited, "/api/v1/types", "X-Api-Key", KEY).status()).isEqualTo(429);
      // Who has no proxy in front believes nobody.
      assertThat(get(limited, "/health", "X-Forwarded-For", "192.0.2.1").status()).isEqualTo(429);
    }
    String behindAProxy = "proxies = 1, limits { address-burst = 1, address-per-second = 1 }";
    try (TestServer limited = limited(behindAProxy)) {
      String made = "10.0.0.1, ";
      assertThat(get(limited, "/health", "X-Forwarded-For", "192.0.2.1").status()).isEqualTo(200);
      assertThat(get(limited, "/health", "X-Forwarded-For", made + "192.0.2.1").status())
          .isEqualTo(429);
      assertThat(get(limited, "/health", "X-Forwarded-For", made + "192.0.2.2").status())
          .isEqualTo(200);
    }
  }

  @Test
  void signingInIsLimitedMore() {
    try (TestServer limited = limited("limits.sign-ins-per-minute = 2")) {
      String wrong = "{\"name\":\"nobody\",\"password\":\"x\"}";
      assertThat(limited.post("/api/v1/auth/login", wrong).status()).isEqualTo(401);
      assertThat(limited.post("/api/v1/auth/login", wrong).status()).isEqualTo(401);
      Answer refused = limited.post("/api/v1/auth/login", wrong);
      assertThat(refused.status()).isEqualTo(429);
      assertThat(refused.header("Retry-After")).isEqualTo("30");
      limited.clock.set(limited.clock.instant().plusSeconds(30));
      assertThat(limited.post("/api/v1/auth/login", wrong).status()).isEqualTo(401);
    }
  }

  @Test
  void forgetsWhoCalledLongestAgo() {
    try (TestServer limited =
        limited("proxies = 1, limits { address-burst = 1, buckets-max = 2 }")) {
      for (String address : List.of("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1")) {
        assertThat(get(limited, "/health", "X-Forwarded-For", address).status())
            .as(address)
            .isEqualTo(200);
      }
      assertThat(get(limited, "/health", "X-Forwarded-For", "192.0.2.1").status()).isEqualTo(429);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/",
        "/assets/app.js",
        "/openapi.json",
        "/health",
        "/metrics",
        "/api/v1/machines",
        "/api/v1/machines/unheard-1",
        "/nothing/here"
      })
  void everyAnswerTellsBrowsersWhatNotToDo(String path) {
    Answer answer = server.get(path);
    assertThat(answer.header("X-Content-Type-Options")).isEqualTo("nosniff");
    assertThat(answer.header("X-Frame-Options")).isEqualTo("DENY");
    assertThat(answer.header("Referrer-Policy")).isEqualTo("no-referrer");
    assertThat(answer.header("Cross-Origin-Opener-Policy")).isEqualTo("same-origin");
    assertThat(answer.header("Cross-Origin-Resource-Policy")).isEqualTo("same-origin");
    assertThat(answer.header("Permissions-Policy")).contains("camera=()");
    assertThat(answer.header("Content-Security-Policy"))
        .startsWith("default-src 'none'")
        .contains("frame-ancestors 'none'")
        .doesNotContain("unsafe-inline", "unsafe-eval", "http:", "https:", "*");
    assertThat(answer.header("Cache-Control")).isIn("no-store", "no-cache");
    assertThat(answer.header("Server")).isEmpty();
    assertThat(answer.response().headers().allValues("Content-Security-Policy")).hasSize(1);
  }

  /** As when a page's own name leads to this machine: nobody has to sign in here. */
  @ParameterizedTest
  @CsvSource({
    "evil.example, 403",
    "evil.example:8080, 403",
    "127.0.0.1.evil.example, 403",
    "localhost.evil.example, 403",
    "localhost:8080, 200",
    "127.0.0.1, 200",
    "[::1]:8080, 200",
  })
  void isNoOtherSiteWhateverItsNameLeadsTo(String host, int status) throws IOException {
    try (TestServer open = TestServer.start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), open.uri("/").getPort());
        OutputStream out = socket.getOutputStream();
        InputStream in = socket.getInputStream()) {
      socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
      out.write(
          "GET /api/v1/types HTTP/1.1\r\nHost: %s\r\n\r\n"
              .formatted(host)
              .getBytes(StandardCharsets.US_ASCII));
      out.flush();
      assertThat(new String(in.readNBytes(12), StandardCharsets.US_ASCII))
          .isEqualTo("HTTP/1.1 " + status);
    }
  }

  @Test
  void whatIsNoRequestIsAnsweredLikeAnyOther() throws IOException {
    URI uri = server.uri("/");
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), uri.getPort());
        OutputStream out = socket.getOutputStream();
        InputStream in = socket.getInputStream()) {
      socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
      out.write("GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
      String answer = new String(in.readNBytes(15), StandardCharsets.US_ASCII);
      assertThat(answer).startsWith("HTTP/1.1 400");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/assets/..%2fopenapi.json",
        "/assets/..%2F..%2Freference.conf",
        "/assets/%2e%2e%2freference.conf",
        "/assets/....//reference.conf",
        "/assets/..%5creference.conf",
        "/assets/%00",
        "/assets/app.js%00.html",
        "/assets//etc/passwd",
        "/assets/file:%2f%2f%2fetc%2fpasswd"
      })
  void servesNoFileButThoseOfThePage(String path) {
    Answer answer = server.get(path);
    assertThat(answer.status()).as(path).isIn(400, 404);
    assertThat(answer.text()).doesNotContain("twin.http {", "root:");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "' or '1'='1",
        "'; drop table machines; --",
        "\" or \"\"=\"",
        "%",
        "_",
        "\\",
        "${jndi:ldap://127.0.0.1/x}",
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "a\r\nSet-Cookie: x=y",
        "\u0000",
        "\uD83D\uDE00"
      })
  void takesParametersForWhatTheyAre(String value) {
    String encoded = URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
    for (Endpoint endpoint : server.endpoints) {
      boolean api = endpoint.path().startsWith("/api/");
      if (!api || !endpoint.method().value().equals("GET") || endpoint.streams()) {
        continue;
      }
      String path = endpoint.path().replaceAll("\\{[a-z_]+\\}", encoded);
      assertUnharmed(server.get(path), path);
      for (String parameter : endpoint.parameters()) {
        String query =
            endpoint.path().replaceAll("\\{[a-z_]+\\}", "machine-001")
                + "?"
                + parameter
                + "="
                + encoded;
        assertUnharmed(server.get(query), query);
      }
    }
  }

  private static void assertUnharmed(Answer answer, String what) {
    assertThat(answer.status()).as(what + ": " + answer.text()).isLessThan(500);
    assertThat(answer.header("Set-Cookie")).as(what).isEmpty();
    // What is quoted in a problem is JSON, which no browser takes for a page.
    assertThat(answer.header("Content-Type")).as(what).doesNotStartWith("text/html");
  }
}
