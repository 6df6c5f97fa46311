package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Somebody follows a machine's audit trail while the whole program is killed. */
@Tag("full")
@Timeout(300)
final class TrailAcrossKillTest {

  private static final String MACHINE = "press-7";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<JsonNode> heard = new ArrayList<>();
  private final Path directory;
  private int sent;

  TrailAcrossKillTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void whoeverComesBackMissesNothingAndHearsNothingTwice() throws Exception {
    Path data = directory.resolve("data");
    // Closed last: until then the PostgreSQL that survived its program is there to be dealt with.
    try (ProgramUnderTest killed = ProgramUnderTest.demo(data, "--no-simulator")) {
      measure(killed.api(), 30);
      try (BufferedReader lines = follow(killed.url())) {
        listen(lines, 20);
        measure(killed.api(), 30);
        listen(lines, 40);
        measure(killed.api(), 30);
        killed.kill();
      }
      try (ProgramUnderTest program = ProgramUnderTest.demo(data, "--no-simulator")) {
        Api api = program.api();
        measure(api, 30);
        try (BufferedReader lines = follow(program.url())) {
          listen(lines, api.state(MACHINE).get("revision").asLong());
          measure(api, 30);
          listen(lines, api.state(MACHINE).get("revision").asLong());
        }
        List<JsonNode> journal = api.events(MACHINE);
        assertThat(heard).isEqualTo(journal.subList(0, heard.size()));
        assertThat(Api.seqs(heard)).hasSize(sent).doesNotHaveDuplicates();
      }
    }
  }

  /** Has readings recorded, each an event of its own. */
  private void measure(Api api, int readings) throws Exception {
    for (int i = 0; i < readings; i++) {
      sent++;
      Api.Answer answer =
          api.post(
              "/api/v1/machines/" + MACHINE + "/readings",
              "{\"timestamp\":\"%s\",\"seq\":%d,\"load_pct\":71}"
                  .formatted(START.plusSeconds(sent), sent));
      assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    }
  }

  private BufferedReader follow(URI base) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve("/api/v1/machines/" + MACHINE + "/events"))
            .header("Accept", "text/event-stream");
    if (!heard.isEmpty()) {
      request.header("Last-Event-ID", heard.getLast().get("revision").asText());
    }
    HttpResponse<InputStream> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    return new BufferedReader(new InputStreamReader(response.body(), UTF_8));
  }

  /** Listens until it has heard of a revision. */
  private void listen(BufferedReader lines, long revision) throws IOException {
    while (heard.isEmpty() || heard.getLast().get("revision").asLong() < revision) {
      String line = lines.readLine();
      assertThat(line).as("the stream has not ended").isNotNull();
      if (line.startsWith("data: ")) {
        JsonNode data = JSON.readTree(line.substring("data: ".length()));
        if (data.has("revision")) {
          heard.add(data);
        }
      }
    }
  }
}
