package twin.app.chaos;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import twin.app.ClientKey;

/** Asks nodes over and over until they answer as they should. Thread-safe. */
final class NodeClient implements AutoCloseable {

  private static final Duration ASK_WITHIN = Duration.ofSeconds(10);
  private static final Duration BETWEEN = Duration.ofMillis(200);

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(ASK_WITHIN).build();
  // The nodes have this process's environment.
  private final ClientKey key = ClientKey.of(ClientKey.serverKeys());

  /**
   * Waits until a node answers with a status.
   *
   * @return the body of that answer
   * @throws IllegalStateException when it does not answer so in time, with what it said last
   */
  String await(URI uri, int status, Duration patience) throws InterruptedException {
    HttpRequest request = key.on(HttpRequest.newBuilder(uri).timeout(ASK_WITHIN)).build();
    long endNanos = System.nanoTime() + patience.toNanos();
    String last = "nothing";
    while (System.nanoTime() < endNanos) {
      try {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == status) {
          return answer.body();
        }
        last = answer.statusCode() + " " + answer.body();
      } catch (IOException e) {
        last = e.toString();
      }
      Thread.sleep(BETWEEN);
    }
    throw new IllegalStateException(
        "%s has not answered with %d for %d s; it said %s"
            .formatted(uri, status, patience.toSeconds(), last));
  }

  @Override
  public void close() {
    client.close();
  }
}
