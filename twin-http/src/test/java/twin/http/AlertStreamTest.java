package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import twin.core.store.AlertStep;
import twin.core.store.CoarseOffset;

/** A listener that comes back to a stream misses no change of an alert, whichever node it is at. */
final class AlertStreamTest {

  private static final String SETTINGS =
      "twin.http { drain-timeout = 100ms, stream { interval = 20ms, heartbeat = 40ms, alerts-max ="
          + " 3, alerts-back-max = 8 } }";

  private final TestAlertTrail trail = new TestAlertTrail();
  private final List<TestServer> servers = new ArrayList<>();
  private int seq;

  @AfterEach
  void stop() {
    servers.forEach(TestServer::close);
  }

  private TestServer start() {
    TestServer server = TestServer.start(SETTINGS, trail);
    servers.add(server);
    return server;
  }

  /** What a browser's EventSource makes of a stream. */
  private static final class Listener implements AutoCloseable {
    private final BufferedReader lines;
    private final List<JsonNode> alerts = new ArrayList<>();
    private final Set<String> kinds = new HashSet<>();
    private String lastId;

    Listener(TestServer server, String query, String lastId) throws Exception {
      this.lastId = lastId;
      HttpRequest.Builder request =
          HttpRequest.newBuilder(server.uri("/api/v1/stream?kinds=alert" + query))
              .timeout(Duration.ofSeconds(30));
      if (!lastId.isEmpty()) {
        request.header("Last-Event-ID", lastId);
      }
      HttpResponse<InputStream> response =
          server.client().send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
    }

    Listener until(BooleanSupplier enough) {
      while (!enough.getAsBoolean()) {
        event();
      }
      return this;
    }

    /** Until it has been told of a place by its id. */
    Listener untilPlaced() {
      return until(() -> !lastId.isEmpty());
    }

    Listener untilHeartbeat() {
      kinds.remove("heartbeat");
      return until(() -> kinds.contains("heartbeat"));
    }

    private void event() {
      String kind = "";
      for (String line = line(); !line.isEmpty(); line = line()) {
        String value = line.substring(line.indexOf(':') + 2);
        if (line.startsWith("id: ")) {
          lastId = value;
        } else if (line.startsWith("event: ")) {
          kind = value;
          kinds.add(kind);
        } else if (kind.equals("alert")) {
          alerts.add(json(value));
        }
      }
    }

    private String line() {
      try {
        String line = lines.readLine();
        assertThat(line).as("the stream has not ended").isNotNull();
        return line;
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private static JsonNode json(String text) {
      try {
        return Json.MAPPER.readTree(text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }

  private void raiseAlerts(TestServer server, String machine, int atLeast) {
    int wanted = trail.steps().size() + atLeast;
    for (int tries = 0; trail.steps().size() < wanted && tries < 1000; tries++) {
      seq++;
      server.clock.set(server.clock.instant().plusSeconds(1));
      // Ten bad readings, then ten good ones: what is raised goes away again.
      boolean bad = seq / 10 % 2 == 1;
      server.milling(machine, seq, bad ? 77 : 40, bad ? 205 : 5);
    }
    assertThat(trail.steps()).hasSizeGreaterThanOrEqualTo(wanted);
  }

  private static List<Long> revisions(List<JsonNode> alerts) {
    return alerts.stream().map(alert -> alert.path("revision").asLong()).toList();
  }

  private List<Long> recorded() {
    return trail.steps().stream().map(AlertStep::revision).toList();
  }

  @Test
  void whoComesBackToAnotherNodeIsToldExactlyWhatItMissed() throws Exception {
    TestServer one = start();
    TestServer other = start();
    List<JsonNode> heard = new ArrayList<>();
    String id;
    try (Listener listener = new Listener(one, "", "").untilPlaced()) {
      raiseAlerts(one, "machine-001", 2);
      listener.until(() -> listener.alerts.size() == trail.steps().size());
      heard.addAll(listener.alerts);
      id = listener.lastId;
    }
    raiseAlerts(one, "machine-001", 5);
    try (Listener listener = new Listener(other, "", id)) {
      raiseAlerts(one, "machine-001", 1);
      int before = heard.size();
      listener.until(() -> before + listener.alerts.size() == trail.steps().size());
      heard.addAll(listener.untilHeartbeat().alerts);
      assertThat(listener.kinds).doesNotContain("reset");
    }
    assertThat(revisions(heard)).isEqualTo(recorded());
  }

  @Test
  void aHeartbeatTellsThePlaceSoThatOtherMachinesAlertsDoNotCount() throws Exception {
    TestServer server = start();
    String id;
    try (Listener listener = new Listener(server, "&machine=quiet", "").untilPlaced()) {
      raiseAlerts(server, "machine-001", 4);
      CoarseOffset last = trail.steps().getLast().place();
      listener.until(() -> CoarseOffset.parse(listener.lastId).compareTo(last) > 0);
      assertThat(listener.alerts).isEmpty();
      id = listener.lastId;
    }
    int told = trail.steps().size();
    raiseAlerts(server, "machine-001", 1);
    try (Listener listener = new Listener(server, "", id)) {
      listener.until(() -> listener.alerts.size() == trail.steps().size() - told);
      assertThat(revisions(listener.untilHeartbeat().alerts))
          .isEqualTo(recorded().subList(told, trail.steps().size()));
    }
  }

  @Test
  void whoWasAwayForTooLongOrComesFromElsewhereIsToldToLookAtTheAlerts() throws Exception {
    TestServer server = start();
    raiseAlerts(server, "machine-001", 9);
    for (String id : List.of("0:0", "999999:0")) {
      try (Listener listener = new Listener(server, "", id)) {
        listener.until(() -> listener.kinds.contains("reset"));
        int before = trail.steps().size();
        raiseAlerts(server, "machine-001", 1);
        listener.until(() -> listener.alerts.size() == trail.steps().size() - before);
        assertThat(revisions(listener.alerts))
            .as("goes on from now")
            .isEqualTo(recorded().subList(before, trail.steps().size()));
      }
    }
    for (String id : List.of("x", "1", "-1:0", "1:x", "9999999999999999999999:0")) {
      assertThat(server.get("/api/v1/stream?after=" + id).status()).as(id).isEqualTo(400);
    }
  }
}
