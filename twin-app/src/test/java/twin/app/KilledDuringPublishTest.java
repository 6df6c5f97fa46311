package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServices;

/**
 * A node killed again and again between the journal and Kafka: at the end Kafka has every change of
 * every alert, those of a machine in the journal's order, and who keeps to their identity sees each
 * once.
 */
@Tag("full")
@Timeout(1200)
final class KilledDuringPublishTest {

  private static final int MACHINES = 30;
  private static final int KILLS = 3;

  /** Nine readings raise an alert and let it return. */
  private static final int READINGS_A_ROUND = 45;

  private static final Instant FIRST = Instant.parse("2025-11-07T15:00:00Z");
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;

  KilledDuringPublishTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static String machineId(int machine) {
    return "mill-%03d".formatted(machine);
  }

  /** Overstrained for three readings of nine. */
  private static String reading(int seq) {
    boolean worn = seq % 9 < 3;
    return """
    {"machine_type":"milling","timestamp":"%s","seq":%d,"variant":"M","air_temp_k":298.1,\
    "process_temp_k":308.6,"rpm":1400,"torque_nm":%d,"tool_wear_min":%d}\
    """
        .formatted(FIRST.plusSeconds(seq), seq, worn ? 68 : 40, worn ? 215 : 5);
  }

  private static void send(KafkaProducer<String, String> producer, int round) {
    for (int seq = round * READINGS_A_ROUND; seq < (round + 1) * READINGS_A_ROUND; seq++) {
      for (int machine = 0; machine < MACHINES; machine++) {
        var unused =
            producer.send(
                new ProducerRecord<>("sensor-raw-data", machineId(machine), reading(seq)));
      }
    }
    producer.flush();
  }

  private static long recorded(ProgramUnderTest node, int least) throws Exception {
    Api api = node.api();
    return node.orTell(
        () ->
            Eventually.get(
                "reading " + least,
                PATIENCE,
                () -> api.state(machineId(MACHINES / 2)).path("reading").path("seq").asLong(),
                seq -> seq >= least));
  }

  @Test
  void everyChangeOfAnAlertComesToKafkaInOrder() throws Exception {
    try (EmbeddedServices services =
            EmbeddedServices.start(
                EmbeddedServices.Settings.defaults(directory.resolve("data")).withPorts(0, 0, 0),
                line -> {});
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", services.kafkaBootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
      Map<String, Object> settings = NodeUnderTest.fromKafka(services);
      for (int round = 0; round < KILLS; round++) {
        try (ProgramUnderTest node = NodeUnderTest.start(directory, settings)) {
          send(producer, round);
          long reached = recorded(node, round * READINGS_A_ROUND + 9);
          node.kill();
          System.err.printf("killed when the machine in the middle had reading %d%n", reached);
        }
      }
      try (ProgramUnderTest node = NodeUnderTest.start(directory, settings)) {
        send(producer, KILLS);
        recorded(node, (KILLS + 1) * READINGS_A_ROUND - 1);
        Map<String, List<String>> journal =
            node.orTell(
                () ->
                    Eventually.get(
                        "the last reading of each machine",
                        PATIENCE,
                        () -> changesOfAll(node.api()),
                        changes -> changes.size() == MACHINES));
        isPublished(services.kafkaBootstrapServers(), journal);
      }
    }
  }

  /** The changes of alerts by machine, of those machines that have got their last reading. */
  private static Map<String, List<String>> changesOfAll(Api api) throws Exception {
    Map<String, List<String>> changes = new TreeMap<>();
    for (int machine = 0; machine < MACHINES; machine++) {
      String machineId = machineId(machine);
      long last = api.state(machineId).path("reading").path("seq").asLong();
      if (last == (KILLS + 1) * READINGS_A_ROUND - 1) {
        List<String> identities = new ArrayList<>();
        for (JsonNode event : api.events(machineId)) {
          if (event.path("event").asText().equals("alert")) {
            identities.add(
                event.at("/body/alert_id").asText() + " " + event.path("revision").asLong());
          }
        }
        changes.put(machineId, identities);
      }
    }
    return changes;
  }

  private static void isPublished(String servers, Map<String, List<String>> journal)
      throws Exception {
    long expected = journal.values().stream().mapToLong(List::size).sum();
    assertThat(expected).as("alerts were raised").isGreaterThan(10L * MACHINES);
    Map<String, LinkedHashMap<String, Integer>> published = new TreeMap<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                servers,
                "group.id",
                UUID.randomUUID().toString(),
                "auto.offset.reset",
                "earliest"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(List.of("anomaly-alerts"));
      Eventually.get(
          expected + " changes of alerts",
          PATIENCE,
          () -> {
            for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(200))) {
              JsonNode alert = JSON.readTree(record.value());
              assertThat(record.key()).isEqualTo(alert.path("machine_id").asText());
              published
                  .computeIfAbsent(record.key(), key -> new LinkedHashMap<>())
                  .merge(
                      alert.path("alert_id").asText() + " " + alert.path("revision").asLong(),
                      1,
                      Integer::sum);
            }
            return published.values().stream().mapToLong(Map::size).sum();
          },
          count -> count >= expected);
    }
    Map<String, List<String>> once = new TreeMap<>();
    published.forEach((machineId, changes) -> once.put(machineId, List.copyOf(changes.keySet())));
    assertThat(once).isEqualTo(journal);
    System.err.printf(
        "%d changes of alerts, %d records%n",
        expected,
        published.values().stream()
            .flatMap(changes -> changes.values().stream())
            .mapToInt(Integer::intValue)
            .sum());
  }
}
