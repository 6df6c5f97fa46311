package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServices;

/** The life of a model of a type that nobody wrote code for, from its first reading on. */
@Tag("full")
@Timeout(1200)
final class RetrainedTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TYPE = "compressor";
  private static final int MACHINES = 7;
  private static final int DAYS = 28;
  private static final int HOURS = 24;
  private static final int BATCH = 100;

  /** The first training builds the training tools. */
  private static final Duration TRAINED_WITHIN = Duration.ofMinutes(10);

  private static final Instant OCTOBER = Instant.parse("2025-10-01T00:00:00Z");
  private static final Instant NOVEMBER = Instant.parse("2025-11-01T00:00:00Z");

  private final Path directory;

  RetrainedTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aChallengerThatHasSeenMoreBeatsTheChampionAndTakesItsPlaceWithoutALostReading()
      throws Exception {
    Files.createDirectories(directory.resolve("models"));
    try (EmbeddedServices services =
        EmbeddedServices.start(
            EmbeddedServices.Settings.defaults(directory.resolve("data")).withPorts(0, 0, 0),
            line -> {})) {
      Map<String, Object> settings = NodeUnderTest.fromKafka(services);
      settings.put("twin.models.folder", directory.resolve("models").toString());
      try (ProgramUnderTest node = NodeUnderTest.start(directory, settings)) {
        Api api = node.api();
        define(node);
        live(api, OCTOBER, List.of("bearing_wear"), 1);
        JsonNode first = trained(api, "2025-10");
        assertThat(first.at("/bundle/version").asText()).isEqualTo("1.0.0");
        assertThat(first.at("/bundle/failure_modes").toString()).isEqualTo("[\"bearing_wear\"]");
        assertThat(champion(api)).as("nothing is promoted by training").isEmpty();
        choose(api, "1.0.0", "promote", "the first one");

        live(api, NOVEMBER, List.of("bearing_wear", "seal_leak"), 2);
        JsonNode second = trained(api, "2025-11");
        JsonNode comparison = second.path("comparison");
        System.err.println("comparison: " + comparison);
        assertThat(comparison.at("/champion/version").asText()).isEqualTo("1.0.0");
        assertThat(comparison.path("better").asText()).isEqualTo("challenger");
        assertThat(champion(api)).isEqualTo("1.0.0");
        choose(api, "1.1.0", "shadow", "is it as good as they say");
        choose(api, "1.1.0", "promote", "it finds leaks too");
        assertThat(champion(api)).isEqualTo("1.1.0");

        JsonNode changes = api.ok("/api/v1/models/" + TYPE).path("changes");
        assertThat(changes.valueStream().map(each -> each.path("reason").asText()))
            .containsExactly("it finds leaks too", "is it as good as they say", "the first one");
        assertThat(changes.valueStream().map(each -> each.path("by").asText()))
            .doesNotContain("", "program");
        assertThat(
                api.ok("/api/v1/models/" + TYPE + "/trainings")
                    .path("items")
                    .findValuesAsText("outcome"))
            .contains("trained");
        for (int machine = 0; machine < MACHINES; machine++) {
          assertThat(readings(api, "compressor-" + machine)).isEqualTo(2L * DAYS * HOURS);
        }
      }
    }
  }

  private static long readings(Api api, String machineId) throws Exception {
    return api.events(machineId).stream()
        .mapToLong(event -> event.at("/body/readings").size())
        .sum();
  }

  private static String champion(Api api) throws Exception {
    return api.ok("/api/v1/models/" + TYPE).path("champion").asText("");
  }

  private static void choose(Api api, String version, String what, String reason) throws Exception {
    Api.Answer answer =
        api.post(
            "/api/v1/models/%s/%s/%s".formatted(TYPE, version, what),
            JSON.createObjectNode().put("reason", reason).toString());
    assertThat(answer.status()).as("%s", answer.body()).isEqualTo(200);
  }

  private static JsonNode trained(Api api, String month) throws Exception {
    Api.Answer begun =
        api.post("/api/v1/models/" + TYPE + "/train", "{\"month\": \"" + month + "\"}");
    assertThat(begun.status()).as("%s", begun.body()).isEqualTo(202);
    JsonNode job =
        Eventually.get(
            "the training has ended",
            TRAINED_WITHIN,
            () -> api.ok("/api/v1/jobs/" + begun.body().path("job_id").asText()),
            each -> !each.path("state").asText().equals("running"));
    assertThat(job.path("state").asText()).as("%s", job).isEqualTo("done");
    assertThat(job.at("/result/outcome").asText()).as("%s", job).isEqualTo("trained");
    return job.path("result");
  }

  private static void define(ProgramUnderTest node) throws Exception {
    String type =
        """
        {"channels": [
           {"name": "vibration", "unit": "mm/s", "min": 0, "max": 50, "required": true},
           {"name": "temperature", "unit": "°C", "min": -40, "max": 200, "required": true},
           {"name": "load", "unit": "kW", "min": 0, "max": 100, "required": true}],
         "features": [
           {"name": "vibration", "kind": "value", "inputs": ["vibration"]},
           {"name": "temperature", "kind": "value", "inputs": ["temperature"]},
           {"name": "load", "kind": "value", "inputs": ["load"]},
           {"name": "vibration.mean_6", "kind": "mean", "inputs": ["vibration"],
            "window_readings": 6},
           {"name": "temperature.mean_6", "kind": "mean", "inputs": ["temperature"],
            "window_readings": 6}],
         "commissioning_readings": 0, "silence": "PT2H", "rul_unit": "h", "rul_horizon": 24,
         "alert_rules": []}
        """;
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(URI.create(node.url() + "/api/v1/types/" + TYPE))
                  .header("Content-Type", "application/json")
                  .PUT(HttpRequest.BodyPublishers.ofString(type))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isLessThan(300);
    }
  }

  /** Four weeks at speed: machines fail about once a week, and are repaired. */
  private static void live(Api api, Instant start, List<String> failures, long seed)
      throws Exception {
    for (int machine = 0; machine < MACHINES; machine++) {
      String id = "compressor-" + machine;
      Random random = new Random(100 * seed + machine);
      int failsAt = 5 * HOURS + random.nextInt(3 * HOURS);
      int failure = machine;
      ArrayNode batch = JSON.createArrayNode();
      for (int hour = 0; hour < DAYS * HOURS; hour++) {
        String mode = failures.get(failure % failures.size());
        double worn = Math.clamp(1 - (failsAt - hour) / (double) HOURS, 0, 1);
        double load = Math.clamp(50 + 10 * random.nextGaussian(), 0, 100);
        ObjectNode reading = batch.addObject();
        reading.put("machine_id", id);
        reading.put("machine_type", TYPE);
        reading.put("timestamp", start.plus(Duration.ofHours(hour)).toString());
        reading.put(
            "vibration",
            5 + 0.5 * random.nextGaussian() + (mode.equals("bearing_wear") ? 6 * worn : 0));
        reading.put(
            "temperature",
            60 + 0.2 * load + random.nextGaussian() + (mode.equals("seal_leak") ? 15 * worn : 0));
        reading.put("load", load);
        boolean fails = hour >= failsAt;
        if (fails || batch.size() == BATCH || hour == DAYS * HOURS - 1) {
          Api.Answer taken = api.post("/api/v1/machines/" + id + "/readings", batch.toString());
          assertThat(taken.status()).as("%s", taken.body()).isBetween(200, 299);
          batch = JSON.createArrayNode();
        }
        if (fails) {
          Api.Answer repaired =
              api.post(
                  "/api/v1/machines/" + id + "/maintenance",
                  "{\"kind\": \"repair\", \"failure_mode\": \"" + mode + "\"}");
          assertThat(repaired.status()).as("%s", repaired.body()).isEqualTo(200);
          failure++;
          failsAt = hour + 5 * HOURS + random.nextInt(3 * HOURS);
        }
      }
    }
  }
}
