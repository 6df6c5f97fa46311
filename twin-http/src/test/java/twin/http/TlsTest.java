package twin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.http.tls.ClientTls;
import twin.http.tls.TestCertificates;

/** The server with a certificate. */
final class TlsTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";

  private final Path directory;

  TlsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private TestServer start() throws Exception {
    TestCertificates.make(directory, "own", "EC");
    return TestServer.start(
        """
        twin.http {
          drain-timeout = 100ms
          tls { certificate = "%1$s/own.pem", key = "%1$s/own.key", look-every = 50ms }
          api-keys = [{name = ops, key = "%2$s"}]
        }
        """
            .formatted(directory, KEY));
  }

  private static HttpResponse<String> get(TestServer server, SSLContext trust) throws Exception {
    return send(server, trust, HttpRequest.newBuilder(uri(server, "/health")));
  }

  private static URI uri(TestServer server, String path) {
    return URI.create("https://127.0.0.1:%d%s".formatted(server.address().getPort(), path));
  }

  private static HttpResponse<String> send(
      TestServer server, SSLContext trust, HttpRequest.Builder request) throws Exception {
    assertThat(server.settings.tls()).isPresent();
    try (HttpClient client = HttpClient.newBuilder().sslContext(trust).build()) {
      return client.send(
          request.timeout(Duration.ofSeconds(30)).build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  @Test
  void answersWhoTrustsItsCertificateAndNobodyWithoutEncryption() throws Exception {
    try (TestServer server = start()) {
      SSLContext trust = ClientTls.trusting(directory.resolve("own.pem"));
      HttpResponse<String> answer = get(server, trust);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Strict-Transport-Security"))
          .hasValue("max-age=31536000");
      assertThat(answer.sslSession().orElseThrow().getProtocol()).isEqualTo("TLSv1.3");
      assertThat(get(server, ClientTls.showing(server.settings.tls().orElseThrow())).statusCode())
          .isEqualTo(200);
      HttpResponse<String> unknown =
          send(server, trust, HttpRequest.newBuilder(uri(server, "/nowhere")));
      assertThat(unknown.headers().firstValue("Strict-Transport-Security")).isPresent();
      HttpResponse<String> login =
          send(
              server,
              trust,
              HttpRequest.newBuilder(uri(server, "/api/v1/auth/login"))
                  .header("Content-Type", "application/json")
                  .POST(
                      HttpRequest.BodyPublishers.ofString("{\"api_key\":\"%s\"}".formatted(KEY))));
      assertThat(login.headers().firstValue("Set-Cookie").orElse("")).contains("; Secure");

      assertThatThrownBy(() -> get(server, SSLContext.getDefault()))
          .isInstanceOf(SSLHandshakeException.class);
      TestCertificates.make(directory, "other", "EC");
      assertThatThrownBy(() -> get(server, ClientTls.trusting(directory.resolve("other.pem"))))
          .isInstanceOf(SSLHandshakeException.class);
      assertThatThrownBy(
              () ->
                  server
                      .client()
                      .send(
                          HttpRequest.newBuilder(server.uri("/health")).build(),
                          HttpResponse.BodyHandlers.ofString()))
          .as("without encryption")
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void showsANewCertificateWithoutARestart() throws Exception {
    try (TestServer server = start()) {
      TestCertificates.make(directory, "next", "RSA");
      SSLContext next = ClientTls.trusting(directory.resolve("next.pem"));
      assertThatThrownBy(() -> get(server, next)).isInstanceOf(SSLHandshakeException.class);
      TestCertificates.replace(directory, "own", "next");
      long deadlineNanos = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      int status = 0;
      while (status != 200 && System.nanoTime() < deadlineNanos) {
        try {
          status = get(server, next).statusCode();
        } catch (SSLHandshakeException e) {
          // It has not looked yet.
        }
      }
      assertThat(status).isEqualTo(200);
    }
  }
}
