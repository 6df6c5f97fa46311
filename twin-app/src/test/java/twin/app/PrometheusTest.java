package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A Prometheus that nobody here wrote, with the configuration that lies beside the dashboards. */
@Tag("full")
@Timeout(300)
final class PrometheusTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private final Path directory;
  private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicInteger newMachines = new AtomicInteger();

  PrometheusTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void everyPanelShowsSomethingOfARunningDemo() throws Exception {
    ForeignProgram prometheus = ForeignProgram.orSkip("prometheus");
    try (ProgramUnderTest demo =
        ProgramUnderTest.demo(
            directory.resolve("data"), "--machines=3", "--engines=2", "--pumps=2", "--rate=5")) {
      int port = freePort();
      Path log = directory.resolve("prometheus.log");
      Process running =
          prometheus.start(
              log,
              "--config.file=" + configuration(demo.url()),
              "--storage.tsdb.path=" + directory.resolve("tsdb"),
              "--web.listen-address=127.0.0.1:" + port);
      try (MqttDevice device = new MqttDevice(demo.mqtt())) {
        device.publish("press-0", "{not json");
        URI address = URI.create("http://127.0.0.1:" + port);
        for (Dashboards.PanelQuery query : Dashboards.queries()) {
          Eventually.get(
              "%s: %s".formatted(query.place(), query.expression()),
              PATIENCE,
              () -> {
                // A twin that wakes for the first time, for those who show how long that takes.
                device.publish("press-" + newMachines.incrementAndGet(), reading());
                return values(address, query.expression());
              },
              values -> values.stream().anyMatch(Double::isFinite));
        }
        assertThat(running.isAlive()).as(Files.readString(log)).isTrue();
      } finally {
        running.destroy();
        running.waitFor();
      }
    }
  }

  /** The one of the project, with this demo's address and more patience for none. */
  private Path configuration(URI demo) throws Exception {
    String shipped =
        Files.readString(Dashboards.CLUSTER_CONFIG.resolve("prometheus/prometheus.yml"), UTF_8);
    assertThat(shipped).contains("127.0.0.1:8080", "scrape_interval: 5s");
    Path file = directory.resolve("prometheus.yml");
    Files.writeString(
        file,
        shipped
            .replace("127.0.0.1:8080", demo.getAuthority())
            .replace("scrape_interval: 5s", "scrape_interval: 1s"),
        UTF_8);
    return file;
  }

  /** The values of a query's answer; none while Prometheus is starting. */
  private List<Double> values(URI prometheus, String query) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                prometheus.resolve("/api/v1/query?query=" + URLEncoder.encode(query, UTF_8)))
            .timeout(Duration.ofSeconds(30))
            .build();
    try {
      HttpResponse<byte[]> answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      if (answer.statusCode() == 503) {
        return List.of();
      }
      assertThat(answer.statusCode()).as(new String(answer.body(), UTF_8)).isEqualTo(200);
      JsonNode result = new ObjectMapper().readTree(answer.body()).at("/data/result");
      return StreamSupport.stream(result.spliterator(), false)
          .map(each -> Double.parseDouble(each.at("/value/1").asText().replace("Inf", "Infinity")))
          .toList();
    } catch (ConnectException e) {
      return List.of();
    }
  }

  private static String reading() {
    return """
    {"timestamp":"%s","variant":"M","air_temp_k":299.1,"process_temp_k":309.5,"rpm":1500,\
    "torque_nm":42.8,"tool_wear_min":5}\
    """
        .formatted(Instant.now());
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
