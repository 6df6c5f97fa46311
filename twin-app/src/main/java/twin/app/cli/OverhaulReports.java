package twin.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.ClientKey;

/**
 * Tells Twin over its API that a simulated machine was overhauled, as a workshop would: the twin
 * then begins its baselines anew. Best effort and bounded: what does not get through is logged, and
 * the simulation goes on. Thread-safe.
 */
final class OverhaulReports implements Consumer<String>, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OverhaulReports.class);
  private static final int UNANSWERED_MAX = 64;
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(10);
  private static final String BODY =
      "{\"kind\":\"overhaul\",\"note\":\"The simulated engine had failed or was called in.\"}";

  private final URI api;
  private final ClientKey key;
  private final HttpClient client;
  private final Semaphore unanswered = new Semaphore(UNANSWERED_MAX);

  /**
   * Reports to the Twin at that address, for example {@code http://127.0.0.1:8080}.
   *
   * @param client is this one's from now on, and closed with it
   */
  OverhaulReports(URI api, ClientKey key, HttpClient client) {
    if (api.getHost() == null || !String.valueOf(api.getScheme()).matches("https?")) {
      throw new IllegalArgumentException(
          "--api must be given as http://host:port, not '%s'".formatted(api));
    }
    this.api = api;
    this.key = key;
    this.client = client;
  }

  /** Returns at once; the answer is waited for elsewhere. */
  @Override
  public void accept(String machineId) {
    if (!unanswered.tryAcquire()) {
      LOG.warn("{} does not answer: the overhaul of {} is not reported", api, machineId);
      return;
    }
    HttpRequest request =
        key.on(
                HttpRequest.newBuilder(
                    api.resolve(
                        "/api/v1/machines/%s/maintenance"
                            .formatted(URLEncoder.encode(machineId, UTF_8)))))
            .header("Content-Type", "application/json")
            .timeout(ANSWER_WITHIN)
            .POST(HttpRequest.BodyPublishers.ofString(BODY))
            .build();
    var unused =
        client
            .sendAsync(request, HttpResponse.BodyHandlers.ofString())
            .whenComplete((answer, error) -> answered(machineId, answer, error));
  }

  private void answered(
      String machineId, @Nullable HttpResponse<String> answer, @Nullable Throwable error) {
    unanswered.release();
    if (error != null) {
      LOG.warn("The overhaul of {} could not be reported to {}", machineId, api, error);
    } else if (answer != null && answer.statusCode() >= 300) {
      LOG.warn(
          "{} did not take the overhaul of {}: {} {}",
          api,
          machineId,
          answer.statusCode(),
          answer.body());
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
