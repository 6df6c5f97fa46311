package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.app.cluster.LocalCluster;
import twin.app.cluster.NodeProcess;
import twin.app.embedded.EmbeddedServices;

/** Somebody listens to alerts at one of three nodes, which is killed, and goes on at the other. */
@Tag("full")
@Timeout(420)
final class AlertsAcrossNodesTest {

  private static final List<String> MACHINES = List.of("mill-1", "mill-2", "mill-3", "mill-4");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, List<Long>> heard = new TreeMap<>();
  private final Path directory;
  private String lastId = "";
  private int seq;

  AlertsAcrossNodesTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void whoComesBackToAnotherNodeMissesNoChangeOfAnAlert() throws Exception {
    try (EmbeddedServices services =
            EmbeddedServices.start(
                EmbeddedServices.Settings.defaults(directory.resolve("data")).withPorts(0, 0, 0),
                line -> {});
        LocalCluster cluster =
            new LocalCluster(directory.resolve("nodes"), settings(services), 3, 0)) {
      cluster.add();
      cluster.add();
      NodeProcess doomed = cluster.add();
      for (NodeProcess node : cluster.nodes()) {
        Eventually.get("a node that serves", node::isReady, Boolean.TRUE::equals);
      }
      Api api = new Api(cluster.nodes().getFirst().url());
      try (BufferedReader lines = follow(doomed)) {
        listenUntilPlaced(lines);
        work(api, 20);
        listen(lines, changes(api));
        doomed.kill();
      }
      // While nobody listens, and while the twins of the other node are taken over by those who are
      // the majority.
      work(api, 20);
      try (BufferedReader lines = follow(cluster.nodes().getFirst())) {
        work(api, 20);
        Map<String, List<Long>> all = changes(api);
        assertThat(all).hasSize(MACHINES.size());
        listen(lines, all);
        assertThat(heard).isEqualTo(all);
      }
    }
  }

  private static Map<String, Object> settings(EmbeddedServices services) {
    Map<String, Object> settings = NodeUnderTest.fromKafka(services);
    settings.put(
        "twin.models.folder", ProgramUnderTest.home().resolve("model-artifacts/models").toString());
    return settings;
  }

  /** Half of it overstrains the tools, half of it does not. */
  private void work(Api api, int readings) throws Exception {
    for (int i = 0; i < readings; i++) {
      seq++;
      boolean bad = i < readings / 2;
      String reading =
          ("{\"machine_type\":\"milling\",\"timestamp\":\"%s\",\"seq\":%d,\"variant\":\"L\",\"air_temp_k\":299.1,"
               + "\"process_temp_k\":309.5,\"rpm\":1400,\"torque_nm\":%d,\"tool_wear_min\":%d}")
              .formatted(START.plusSeconds(seq), seq, bad ? 72 : 40, bad ? 215 : 5);
      for (String machine : MACHINES) {
        Eventually.get(
            "a reading taken",
            () -> api.post("/api/v1/machines/" + machine + "/readings", reading).status(),
            status -> status == 200);
      }
    }
  }

  /** The revisions that changed alerts, by machine, from the journal. */
  private static Map<String, List<Long>> changes(Api api) throws Exception {
    Map<String, List<Long>> changes = new TreeMap<>();
    for (String machine : MACHINES) {
      for (JsonNode event : api.events(machine)) {
        if (event.get("event").asText().equals("alert")) {
          changes
              .computeIfAbsent(machine, id -> new ArrayList<>())
              .add(event.get("revision").asLong());
        }
      }
    }
    return changes;
  }

  private BufferedReader follow(NodeProcess node) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(node.url().resolve("/api/v1/stream?kinds=alert"));
    if (!lastId.isEmpty()) {
      request.header("Last-Event-ID", lastId);
    }
    HttpResponse<InputStream> response =
        client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    return new BufferedReader(new InputStreamReader(response.body(), UTF_8));
  }

  private void listenUntilPlaced(BufferedReader lines) throws IOException {
    while (lastId.isEmpty()) {
      line(lines);
    }
  }

  private void listen(BufferedReader lines, Map<String, List<Long>> all) throws IOException {
    int wanted = count(all);
    while (count(heard) < wanted) {
      line(lines);
    }
  }

  private static int count(Map<String, List<Long>> changes) {
    return changes.values().stream().mapToInt(List::size).sum();
  }

  private void line(BufferedReader lines) throws IOException {
    String line = lines.readLine();
    assertThat(line).as("the stream has not ended").isNotNull().isNotEqualTo("event: reset");
    if (line.startsWith("id: ")) {
      lastId = line.substring("id: ".length());
    } else if (line.startsWith("data: ")) {
      JsonNode data = JSON.readTree(line.substring("data: ".length()));
      if (data.has("alert_id")) {
        heard
            .computeIfAbsent(data.get("machine_id").asText(), id -> new ArrayList<>())
            .add(data.get("revision").asLong());
      }
    }
  }
}
