package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import twin.http.TestServer.Answer;

/** The audit trail as a stream: each event once and in order, whatever comes between. */
@Timeout(60)
final class TrailStreamTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final String PATH = "/api/v1/machines/machine-001/events";

  private TestServer server;
  private final List<Long> revisions = new ArrayList<>();
  private final List<JsonNode> heard = new ArrayList<>();

  @BeforeEach
  void start() {
    server =
        TestServer.start(
            """
            twin.http { ask-timeout = 3s, drain-timeout = 100ms
              stream { heartbeat = 300ms, poll = 100ms, streams-max = 2 } }
            """);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private void mill(int from, int to) {
    for (int i = from; i <= to; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, 40, 5 + i / 60.0);
    }
  }

  private long revision() {
    return server.get("/api/v1/machines/machine-001/state").body().path("revision").asLong();
  }

  private HttpRequest.Builder request(String query) {
    return HttpRequest.newBuilder(server.uri(PATH + query))
        .header("Accept", "text/event-stream")
        .timeout(Duration.ofSeconds(30));
  }

  /** What somebody hears who listens. */
  private final class Listener implements AutoCloseable {
    private final HttpResponse<InputStream> response;
    private final BufferedReader lines;

    Listener(HttpRequest.Builder request) throws IOException, InterruptedException {
      response = server.client().send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      assertThat(response.headers().firstValue("Content-Type").orElse(""))
          .startsWith("text/event-stream");
      lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    /** Listens until it has heard of a revision. */
    void until(long revision) throws IOException {
      long id = 0;
      // What a sign of life before has left over is none of an event.
      String type = "heartbeat";
      while (revisions.isEmpty() || revisions.getLast() < revision) {
        String line = lines.readLine();
        assertThat(line).as("the stream has not ended").isNotNull();
        if (line.startsWith("id: ")) {
          id = Long.parseLong(line.substring(4));
        } else if (line.startsWith("event: ")) {
          type = line.substring(7);
        } else if (line.startsWith("data: ") && !type.equals("heartbeat")) {
          JsonNode data = Json.MAPPER.readTree(line.substring(6));
          assertThat(data.path("revision").asLong()).isEqualTo(id);
          assertThat(data.path("event").asText()).isEqualTo(type);
          revisions.add(id);
          heard.add(data);
        }
      }
    }

    /** Listens until there is a sign of life. */
    void untilHeartbeat() throws IOException {
      String line = lines.readLine();
      while (!"event: heartbeat".equals(line)) {
        assertThat(line).as("the stream has not ended").isNotNull();
        line = lines.readLine();
      }
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  private void assertHeardEachOnce(long from) {
    assertThat(revisions)
        .containsExactlyElementsOf(LongStream.rangeClosed(from, revision()).boxed().toList());
    for (int i = 1; i < heard.size(); i++) {
      assertThat(heard.get(i).path("previous_hash")).isEqualTo(heard.get(i - 1).path("hash"));
    }
  }

  @Test
  void tellsWhatHasBeenAndThenWhatHappens() throws Exception {
    mill(1, 30);
    try (Listener listener = new Listener(request(""))) {
      listener.until(revision());
      for (int i = 31; i <= 60; i++) {
        mill(i, i);
        listener.until(revision());
      }
    }
    assertHeardEachOnce(1);
  }

  @Test
  void tellsMoreThanAPageInOrderWhileItGrows() throws Exception {
    mill(1, 150);
    try (Listener listener = new Listener(request("?after=7"))) {
      listener.until(20);
      mill(151, 320);
      listener.until(revision());
    }
    assertHeardEachOnce(8);
  }

  @Test
  void aListenerThatComesBackAfterARestartMissesNothingAndHearsNothingTwice() throws Exception {
    mill(1, 5);
    for (int round = 0; round < 3; round++) {
      int since = 6 + 20 * round;
      HttpRequest.Builder request = request("?after=0");
      if (!revisions.isEmpty()) {
        request.header("Last-Event-ID", Long.toString(revisions.getLast()));
      }
      try (Listener listener = new Listener(request)) {
        mill(since, since + 4);
        // Not all of it: some was told and never heard.
        listener.until(revision() - 2);
        mill(since + 5, since + 9);
        server.restart(() -> mill(since + 10, since + 19));
      }
    }
    HttpRequest.Builder last =
        request("").header("Last-Event-ID", Long.toString(revisions.getLast()));
    try (Listener listener = new Listener(last)) {
      listener.until(revision());
    }
    assertHeardEachOnce(1);
  }

  @Test
  void findsWhatHappensToATwinOnAnotherNode() throws Exception {
    mill(1, 2);
    try (Listener listener = new Listener(request(""))) {
      listener.until(revision());
      server.twinsElsewhere = true;
      mill(3, 4);
      listener.until(revision());
    }
    assertHeardEachOnce(1);
  }

  @Test
  void saysThatItIsThereWhileNothingHappens() throws Exception {
    mill(1, 1);
    try (Listener listener = new Listener(request("?after=" + revision()))) {
      listener.untilHeartbeat();
      listener.untilHeartbeat();
      listener.untilHeartbeat();
      mill(2, 2);
      listener.until(revision());
    }
    assertThat(heard.getFirst().path("event").asText()).isEqualTo("readings");
  }

  @Test
  void saysWhatItCannotFollow() throws Exception {
    mill(1, 1);
    assertThat(status(request("?limit=5"))).isEqualTo(400);
    assertThat(status(request("?after=99"))).isEqualTo(400);
    assertThat(status(request("").header("Last-Event-ID", "x"))).isEqualTo(400);
    HttpRequest.Builder ghost =
        HttpRequest.newBuilder(server.uri("/api/v1/machines/ghost/events"))
            .header("Accept", "text/event-stream");
    assertThat(status(ghost)).isEqualTo(404);
    try (Listener first = new Listener(request(""));
        Listener second = new Listener(request(""))) {
      first.untilHeartbeat();
      second.untilHeartbeat();
      Answer third = server.send(request(""));
      assertThat(third.status()).isEqualTo(503);
      assertThat(third.body().path("detail").asText()).contains("2 audit trails");
    }
  }

  private int status(HttpRequest.Builder request) {
    return server.send(request).status();
  }
}
