package twin.app.cli;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;
import twin.http.tls.ClientTls;
import twin.http.tls.TlsSettings;

/** Waits until a program says over HTTP that it serves. */
final class Readiness {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration ASK_WITHIN = Duration.ofSeconds(5);
  private static final Duration BETWEEN = Duration.ofMillis(100);
  private static final int READY = 200;

  private Readiness() {}

  /**
   * Asks until it is ready.
   *
   * @param tls what it shows, if it speaks HTTPS
   * @throws Lifetime.Ended when the end was asked for first
   * @throws IllegalStateException when it is not ready within two minutes, saying what it answered
   */
  static void await(URI ready, Lifetime lifetime, Optional<TlsSettings> tls)
      throws InterruptedException, Lifetime.Ended {
    HttpClient.Builder builder = HttpClient.newBuilder();
    tls.map(ClientTls::showing).ifPresent(builder::sslContext);
    long deadlineNanos = System.nanoTime() + PATIENCE.toNanos();
    String last = "";
    try (HttpClient client = builder.connectTimeout(ASK_WITHIN).build()) {
      HttpRequest request = HttpRequest.newBuilder(ready).timeout(ASK_WITHIN).build();
      while (!lifetime.hasEnded()) {
        try {
          HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
          if (answer.statusCode() == READY) {
            return;
          }
          last = answer.body();
        } catch (IOException e) {
          last = e.toString();
        }
        if (System.nanoTime() > deadlineNanos) {
          throw new IllegalStateException(
              "not ready after %d s; %s answers: %s".formatted(PATIENCE.toSeconds(), ready, last));
        }
        Thread.sleep(BETWEEN);
      }
    }
    throw new Lifetime.Ended(null);
  }
}
