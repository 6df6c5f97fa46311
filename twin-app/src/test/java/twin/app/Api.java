package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A program's HTTP API as another program uses it. */
final class Api {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(30);
  private static final int EVENTS_A_PAGE = 500;

  private final URI base;
  private final HttpClient client = HttpClient.newHttpClient();

  Api(URI base) {
    this.base = base;
  }

  /** What an answer was. */
  record Answer(int status, JsonNode body) {}

  Answer get(String path) throws IOException, InterruptedException {
    return send(HttpRequest.newBuilder(base.resolve(path)).GET());
  }

  Answer post(String path, String body) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(base.resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** The body of an answer that has to be 200. */
  JsonNode ok(String path) throws IOException, InterruptedException {
    Answer answer = get(path);
    assertThat(answer.status()).as("%s: %s", path, answer.body()).isEqualTo(200);
    return answer.body();
  }

  /** A machine's state; a missing node while there is no such machine. */
  JsonNode state(String machineId) throws IOException, InterruptedException {
    Answer answer = get("/api/v1/machines/" + machineId + "/state");
    return answer.status() == 200 ? answer.body() : JSON.missingNode();
  }

  /** A machine's whole journal. */
  List<JsonNode> events(String machineId) throws IOException, InterruptedException {
    List<JsonNode> events = new ArrayList<>();
    long after = 0;
    boolean more = true;
    while (more) {
      JsonNode page =
          ok(
              "/api/v1/machines/%s/events?after=%d&limit=%d"
                  .formatted(machineId, after, EVENTS_A_PAGE));
      page.get("items").forEach(events::add);
      more = page.hasNonNull("next_cursor");
      if (more) {
        after = page.get("next_cursor").asLong();
      }
    }
    return events;
  }

  /** The {@code seq} of every reading in a machine's journal, in the journal's order. */
  List<Long> recordedSeqs(String machineId) throws IOException, InterruptedException {
    return seqs(events(machineId));
  }

  /** The {@code seq} of every reading in these events. */
  static List<Long> seqs(List<JsonNode> events) {
    List<Long> seqs = new ArrayList<>();
    for (JsonNode event : events) {
      for (JsonNode reading : event.path("body").path("readings")) {
        seqs.add(reading.get("seq").asLong());
      }
    }
    return seqs;
  }

  private Answer send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        client.send(
            request.timeout(ANSWER_WITHIN).build(), HttpResponse.BodyHandlers.ofByteArray());
    return new Answer(response.statusCode(), JSON.readTree(response.body()));
  }
}
