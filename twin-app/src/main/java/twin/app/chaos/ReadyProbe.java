package twin.app.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks nodes whether they are ready. */
final class ReadyProbe implements AutoCloseable {

  private static final Duration ASK_WITHIN = Duration.ofSeconds(10);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final Duration BETWEEN = Duration.ofMillis(200);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newBuilder().connectTimeout(ASK_WITHIN).build();

  /**
   * Waits until a node answers so.
   *
   * @param status 200: it is ready; 503: it is not
   * @return its sentence, where it is not
   * @throws IllegalStateException when it does not answer so in time
   */
  String await(URI node, int status) throws InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(node.resolve("/ready")).timeout(ASK_WITHIN).build();
    long endNanos = System.nanoTime() + PATIENCE.toNanos();
    String last = "nothing";
    while (System.nanoTime() < endNanos) {
      try {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        JsonNode body = JSON.readTree(answer.body());
        if (answer.statusCode() == status) {
          return body.path("detail").asText();
        }
        last = answer.statusCode() + " " + body;
      } catch (IOException e) {
        last = e.toString();
      }
      Thread.sleep(BETWEEN);
    }
    throw new IllegalStateException(
        "%s did not answer with %d within %d s; it said %s"
            .formatted(request.uri(), status, PATIENCE.toSeconds(), last));
  }

  @Override
  public void close() {
    client.close();
  }
}
