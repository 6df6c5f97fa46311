package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of a reading through one demo: devices in front, people and programs behind. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(180)
final class DemoTest {

  private static final int MACHINES = 3;
  private static final int RATE_HZ = 20;
  private static final String DRIVEN = "machine-002";
  private static final int DELAYS_MEASURED = 20;

  private final Path dataDirectory;
  private ProgramUnderTest program;
  private Api api;
  private MqttDevice device;

  DemoTest(@TempDir Path directory) {
    dataDirectory = directory.resolve("data");
  }

  @BeforeAll
  void start() throws Exception {
    program = ProgramUnderTest.demo(dataDirectory, "--machines=" + MACHINES, "--rate=" + RATE_HZ);
    api = program.api();
    device = new MqttDevice(program.mqtt());
  }

  @AfterAll
  void stop() throws Exception {
    // Each was started after the one that is closed after it.
    try (ProgramUnderTest last = program;
        MqttDevice first = device) {
      assertThat(last.stdout()).as("nothing but the answer").containsExactly("ready " + last.url());
      assertThat(first).isNotNull();
    }
  }

  @Test
  void isReadyWhenItSaysSo() throws Exception {
    assertThat(program.stdout()).containsExactly("ready " + program.url());
    assertThat(api.get("/ready").status()).isEqualTo(200);
    assertThat(api.get("/health").status()).isEqualTo(200);
  }

  @Test
  void everySimulatedMachineBecomesATwinThatGoesOn() throws Exception {
    List<JsonNode> fleet =
        Eventually.get(
            "every simulated machine in the fleet",
            () -> items(api.ok("/api/v1/machines?q=machine-")),
            items -> items.size() == MACHINES);
    for (JsonNode row : fleet) {
      String id = row.get("machine_id").asText();
      assertThat(row.get("machine_type").asText()).isEqualTo("milling");
      long before = api.state(id).get("revision").asLong();
      JsonNode state =
          Eventually.get(
              id + " goes on", () -> api.state(id), s -> s.path("revision").asLong() > before);
      JsonNode assessment = state.get("assessment");
      assertThat(assessment.get("model").asText()).startsWith("milling:");
      assertThat(assessment.get("anomaly_score").isNumber()).isTrue();
      assertThat(assessment.get("failure_probability").asDouble()).isBetween(0.0, 1.0);
      assertThat(assessment.get("rul").get("unit").asText()).isEqualTo("min");
    }
  }

  @Test
  void anOverstrainedMachineRaisesTheAlarm() throws Exception {
    Eventually.get(DRIVEN, () -> api.state(DRIVEN), state -> state.has("assessment"));
    Api.Answer started = api.post("/api/v1/simulations/" + DRIVEN + "?profile=overstrain", "");
    assertThat(started.status()).as(started.body().toString()).isEqualTo(200);

    JsonNode state =
        Eventually.get(
            "an alarm for overstrain",
            () -> api.state(DRIVEN),
            s ->
                s.path("status").asText().equals("alarm")
                    && s.path("assessment").path("failure_mode").asText().equals("overstrain"));
    JsonNode alert =
        items(state.get("alerts")).stream()
            .filter(each -> each.get("failure_type").asText().equals("overstrain"))
            .findFirst()
            .orElseThrow(() -> new AssertionError("no alert for overstrain: " + state));
    assertThat(alert.get("severity").asText()).isEqualTo("critical");
    assertThat(alert.get("state").asText()).isEqualTo("unacknowledged");
    assertThat(alert.get("alert_id").asText()).matches(DRIVEN + "-[0-9]+");

    JsonNode row =
        Eventually.get(
            "the alarm in the fleet",
            () -> fleetRow(DRIVEN),
            r ->
                r.path("status").asText().equals("alarm")
                    && r.path("failure_mode").asText().equals("overstrain"));
    assertThat(row.get("open_alerts").asInt()).isPositive();
    assertThat(row.get("highest_severity").asText()).isEqualTo("critical");
    assertThat(items(api.ok("/api/v1/machines?status=alarm")))
        .extracting(each -> each.get("machine_id").asText())
        .contains(DRIVEN);
  }

  @Test
  void aReadingOverKafkaIsRecordedWithWhereItCameFrom() throws Exception {
    String id = freshId("kafka");
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", program.address("Kafka")),
            new StringSerializer(),
            new StringSerializer())) {
      var first = producer.send(new ProducerRecord<>("sensor-raw-data", id, milling(now, 1)));
      var second = producer.send(new ProducerRecord<>("sensor-raw-data", id, "torque is 42"));
      producer.flush();
      assertThat(first.get().offset()).isLessThan(second.get().offset());
    }
    Eventually.get("a twin of " + id, () -> api.state(id), s -> s.has("assessment"));
    assertThat(api.events(id))
        .anySatisfy(
            event ->
                assertThat(event.get("cause").toString())
                    .contains("\"kafka\"")
                    .containsPattern("sensor-raw-data/[0-7]/"));
    JsonNode letter =
        Eventually.get(
            "the dead letter of " + id,
            () ->
                items(api.ok("/api/v1/dead-letters")).stream()
                    .filter(each -> each.path("machine_id").asText().equals(id))
                    .findFirst()
                    .orElse(MissingNode.getInstance()),
            found -> !found.isMissingNode());
    assertThat(letter.get("source").asText()).isEqualTo("kafka");
    assertThat(letter.get("reason").asText()).isEqualTo("not_json");
  }

  @Test
  void aMachineWithMillingChannelsBecomesAMillingMachine() throws Exception {
    String id = freshId("press");
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

    device.publish(id, milling(now, 1));

    JsonNode state =
        Eventually.get("a twin of " + id, () -> api.state(id), s -> s.has("assessment"));
    assertThat(state.get("machine_type").asText()).isEqualTo("milling");
    assertThat(state.get("status").asText()).isEqualTo("normal");
    assertThat(Instant.parse(state.get("as_of").asText())).isEqualTo(now);
    JsonNode values = state.get("reading").get("values");
    assertThat(values.get("torque_nm").asDouble()).isEqualTo(42.8);
    assertThat(values.get("rpm").asDouble()).isEqualTo(1500);
    assertThat(state.get("reading").get("quality").get("torque_nm").asText()).isEqualTo("good");
    assertThat(state.get("features").get("strain_min_nm").asDouble()).isEqualTo(5 * 42.8);
    assertThat(state.get("assessment").get("failure_mode").asText()).isEqualTo("none");
  }

  @Test
  void aMachineOfNoKnownTypeIsLearned() throws Exception {
    String id = freshId("kiln");

    device.publish(
        id,
        "{\"timestamp\":\"%s\",\"zone_1_c\":871.5,\"draught_pa\":-12}".formatted(Instant.now()));

    JsonNode state = Eventually.get("a twin of " + id, () -> api.state(id), s -> s.has("reading"));
    assertThat(state.get("machine_type").asText()).isEqualTo("auto");
    assertThat(state.get("status").asText()).isEqualTo("unknown");
    assertThat(state.get("commissioning").get("readings").asInt()).isEqualTo(1);
    assertThat(state.get("reading").get("values").get("zone_1_c").asDouble()).isEqualTo(871.5);
    assertThat(state.get("reading").get("values").get("draught_pa").asDouble()).isEqualTo(-12);
  }

  @Test
  void theSameMessageAgainChangesNothing() throws Exception {
    String id = freshId("press");
    Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    device.publish(id, milling(now.minusSeconds(2), 1));
    long revision =
        Eventually.get("a twin of " + id, () -> api.state(id), s -> s.has("reading"))
            .get("revision")
            .asLong();

    device.publish(id, milling(now.minusSeconds(2), 1));
    // One after it on the same way: when that has come, the other has been judged.
    device.publish(id, milling(now.minusSeconds(1), 2));
    JsonNode after =
        Eventually.get(
            "the next reading",
            () -> api.state(id),
            s -> s.path("reading").path("seq").asLong() == 2);

    assertThat(after.get("revision").asLong()).isEqualTo(revision + 1);
    assertThat(api.recordedSeqs(id)).containsExactly(1L, 2L);
  }

  @Test
  void readingsOverHttpAreRecordedAndThenKnown() throws Exception {
    String id = freshId("press");
    String path = "/api/v1/machines/" + id + "/readings";
    String batch =
        "[%s,%s]"
            .formatted(
                milling(Instant.now().minusSeconds(2), 1),
                milling(Instant.now().minusSeconds(1), 2));

    Api.Answer first = api.post(path, batch);
    assertThat(first.status()).as(first.body().toString()).isEqualTo(200);
    assertThat(results(first)).containsExactly("recorded", "recorded");
    JsonNode state = api.state(id);
    Api.Answer second = api.post(path, batch);

    assertThat(results(second)).containsExactly("duplicate", "duplicate");
    assertThat(api.state(id)).isEqualTo(state);
    assertThat(items(api.ok(path)))
        .extracting(reading -> reading.get("seq").asLong())
        .containsExactly(1L, 2L);
  }

  @Test
  void whatAUnitySceneSendsBecomesAStateThatComesBackToIt() throws Exception {
    List<UnityScripts.Message> messages = UnityScripts.published();
    Map<String, Long> sent =
        messages.stream()
            .collect(Collectors.groupingBy(UnityScripts.Message::machineId, Collectors.counting()));
    try (MqttListener scene = new MqttListener(program.mqtt(), sent.keySet())) {
      for (UnityScripts.Message message : messages) {
        device.publish(message.topic(), message.json().getBytes(UTF_8));
      }

      for (String id : sent.keySet()) {
        JsonNode twin =
            Eventually.get(
                "every reading of " + id,
                () -> api.state(id),
                s -> s.path("reading").path("seq").asLong() == UnityScripts.LAST_SEQ);
        JsonNode shown =
            Eventually.get(
                "the state of " + id + " in the scene",
                () -> scene.newest(id),
                s -> s.path("revision").asLong() >= twin.get("revision").asLong());
        assertThat(shown.get("machine_id").asText()).isEqualTo(id);
        assertThat(shown.get("status").asText())
            .isEqualTo(id.equals("unity-oven-1") ? "unknown" : "normal");
        assertThat((long) api.recordedSeqs(id).size()).isEqualTo(sent.get(id));
      }
    }
  }

  @Test
  void aMessageThatIsNoReadingIsKeptWithItsReason() throws Exception {
    String id = freshId("press");
    String message = "{\"timestamp\": \"yesterday\", \"rpm\": 1500}";

    device.publish(id, message);

    JsonNode letter =
        Eventually.get(
                "the dead letter of " + id,
                () -> deadLetter(MqttDevice.topic(id)),
                Optional::isPresent)
            .orElseThrow();
    assertThat(letter.get("source").asText()).contains("mqtt");
    assertThat(letter.get("reason").asText()).isEqualTo("bad_timestamp");
    assertThat(letter.get("detail").asText()).contains("yesterday");
    assertThat(Base64.getDecoder().decode(letter.get("payload_base64").asText()))
        .isEqualTo(message.getBytes(UTF_8));
    assertThat(api.get("/api/v1/machines/" + id + "/state").status()).isEqualTo(404);
  }

  /** A figure rather than a condition: how long it is depends on what else the machine does. */
  @Test
  void theFleetFollowsTheTwins() throws Exception {
    List<Long> delaysMillis = new ArrayList<>();
    for (int i = 0; i < DELAYS_MEASURED; i++) {
      String id = freshId("press");
      api.post("/api/v1/machines/" + id + "/readings", milling(Instant.now(), 1));
      long recordedNanos = System.nanoTime();
      Eventually.get(id + " in the fleet", () -> fleetRow(id), row -> row.has("status"));
      delaysMillis.add((System.nanoTime() - recordedNanos) / 1_000_000);
    }
    Collections.sort(delaysMillis);
    System.err.printf(
        "read side: a recorded reading is in the fleet after %d ms (median of %d), %d ms at most;"
            + " asked every 50 ms%n",
        delaysMillis.get(DELAYS_MEASURED / 2), DELAYS_MEASURED, delaysMillis.getLast());
  }

  @Test
  void aSecondDemoOnTheSameDataIsToldWhoHasIt() throws Exception {
    try (ProgramUnderTest second = ProgramUnderTest.runDemo(dataDirectory)) {
      assertThat(second.exitStatus()).as(second::said).isEqualTo(1);
      assertThat(second.stdout()).isEmpty();
      assertThat(second.stderr())
          .singleElement()
          .asString()
          .startsWith("twin: ")
          .contains(dataDirectory.toRealPath().toString(), "pid " + program.pid(), "--data-dir");
    }
    assertThat(api.get("/ready").status()).isEqualTo(200);
  }

  @Test
  void aPortInUseIsOneLine() throws Exception {
    refusesToStart("--mqtt-port", program.mqtt().getPort());
    refusesToStart("--http-port", program.url().getPort());
  }

  private void refusesToStart(String option, int port) throws Exception {
    Path elsewhere = dataDirectory.resolveSibling("elsewhere");
    try (ProgramUnderTest refused = ProgramUnderTest.runDemo(elsewhere, option + "=" + port)) {
      assertThat(refused.exitStatus()).as(refused::said).isEqualTo(1);
      assertThat(refused.stdout()).isEmpty();
      List<String> about =
          refused.stderr().stream().filter(line -> line.contains(Integer.toString(port))).toList();
      assertThat(about).as(refused::said).singleElement().asString().contains("twin: ", option);
      assertThat(refused.stderr()).as("no stack trace").noneMatch(line -> line.startsWith("\tat "));
    }
    assertThat(elsewhere.resolve("postgres/data/postmaster.pid")).doesNotExist();
  }

  private JsonNode fleetRow(String id) throws Exception {
    return items(api.ok("/api/v1/machines?q=" + id)).stream()
        .filter(row -> row.get("machine_id").asText().equals(id))
        .findFirst()
        .orElseGet(MissingNode::getInstance);
  }

  private Optional<JsonNode> deadLetter(String topic) throws Exception {
    return items(api.ok("/api/v1/dead-letters")).stream()
        .filter(letter -> letter.get("topic").asText().equals(topic))
        .findFirst();
  }

  private static List<String> results(Api.Answer answer) {
    return StreamSupport.stream(answer.body().path("results").spliterator(), false)
        .map(each -> each.get("result").asText())
        .toList();
  }

  private static List<JsonNode> items(JsonNode list) {
    JsonNode items = list.isArray() ? list : list.get("items");
    return IntStream.range(0, items.size()).mapToObj(items::get).toList();
  }

  private static String freshId(String kind) {
    return kind + "-" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static String milling(Instant timestamp, long seq) {
    return """
    {"timestamp":"%s","seq":%d,"variant":"M","air_temp_k":299.1,"process_temp_k":309.5,\
    "rpm":1500,"torque_nm":42.8,"tool_wear_min":5}\
    """
        .formatted(timestamp, seq);
  }
}
