package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a running node says of itself at {@code /metrics}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Tag("full")
@Timeout(300)
final class MetricsTest {

  /** A busy machine is no reason to fail: nothing here is about a start. */
  private static final Duration START_WITHIN = Duration.ofMinutes(2);

  private static final int MANY = 1_000;

  /** Of the demo's topic. */
  private static final int PARTITIONS = 8;

  private static final String READINGS = "twin_readings_total";

  /** Labels that Prometheus gives to whatever it scrapes. */
  private static final Set<String> FROM_PROMETHEUS = Set.of("instance", "job");

  private static final List<String> STAGES =
      List.of(
          "twin_ingest_decode_seconds",
          "twin_ingest_record_seconds",
          "twin_machine_decide_seconds",
          "twin_machine_persist_seconds",
          "twin_machine_recovery_seconds",
          "twin_model_run_seconds");

  private final Path dataDirectory;
  private ProgramUnderTest program;
  private MqttDevice device;

  MetricsTest(@TempDir Path directory) {
    dataDirectory = directory.resolve("data");
  }

  @BeforeAll
  void start() throws Exception {
    program =
        ProgramUnderTest.runDemo(dataDirectory, "--no-simulator").awaitReadyOrClose(START_WITHIN);
    device = new MqttDevice(program.mqtt());
    String id = freshId();
    device.publish(id, milling(1));
    device.publish(id, "{not json");
    awaitReadings("mqtt", "recorded", 1);
    awaitReadings("mqtt", "broken", 1);
    // A partition is a lane from when it is first had, which is some time after the start.
    Eventually.get(
        "every partition of Kafka's",
        () -> metrics().named("twin_readings_in_flight").filter(MetricsTest::isOfKafka).count(),
        lanes -> lanes == PARTITIONS);
  }

  private static boolean isOfKafka(Exposition.Series series) {
    return "kafka".equals(series.labels().get("source"));
  }

  @AfterAll
  void stop() throws Exception {
    // Each was started after the one that is closed after it.
    try (ProgramUnderTest last = program;
        MqttDevice first = device) {
      assertThat(last).isNotNull();
      assertThat(first).isNotNull();
    }
  }

  private Exposition metrics() throws Exception {
    return Exposition.of(program.url());
  }

  /** How many of a source's readings came to that. */
  private double readings(String source, String outcome) throws Exception {
    return metrics().sum(READINGS, Map.of("source", source, "outcome", outcome));
  }

  /** How many of a source's readings came to anything. */
  private double all(String source) throws Exception {
    return metrics().sum(READINGS, Map.of("source", source));
  }

  private void awaitReadings(String source, String outcome, double count) throws Exception {
    Eventually.get(
        "readings of %s that are %s: %s".formatted(source, outcome, count),
        () -> readings(source, outcome),
        now -> now == count);
  }

  @Test
  void aReadingIsCountedOnceByItsSourceAndOutcome() throws Exception {
    Exposition before = metrics();
    String id = freshId();
    String reading = milling(1);
    device.publish(id, reading);
    device.publish(id, reading);
    device.publish(id, "{\"timestamp\": \"yesterday\", \"rpm\": 1500}");
    awaitReadings("mqtt", "duplicate", outcomes(before, "mqtt").getOrDefault("duplicate", 0.0) + 1);
    awaitReadings("mqtt", "broken", outcomes(before, "mqtt").getOrDefault("broken", 0.0) + 1);
    program
        .api()
        .post(
            "/api/v1/machines/%s/readings".formatted(id), "[%s,%s]".formatted(reading, milling(2)));

    Exposition after = metrics();
    assertThat(more(before, after, "mqtt"))
        .isEqualTo(
            Map.of("recorded", 1.0, "duplicate", 1.0, "broken", 1.0, "late", 0.0, "rejected", 0.0));
    assertThat(more(before, after, "http"))
        .isEqualTo(
            Map.of("recorded", 1.0, "duplicate", 1.0, "broken", 0.0, "late", 0.0, "rejected", 0.0));
    assertThat(more(before, after, "kafka").values()).containsOnly(0.0);
    assertThat(after.sum("twin_dead_letters_total", Map.of("reason", "bad_timestamp")))
        .isEqualTo(1);
  }

  private static Map<String, Double> more(Exposition before, Exposition after, String source) {
    Map<String, Double> more = outcomes(after, source);
    outcomes(before, source).forEach((outcome, count) -> more.merge(outcome, -count, Double::sum));
    return more;
  }

  private static Map<String, Double> outcomes(Exposition metrics, String source) {
    return metrics
        .named(READINGS)
        .filter(each -> source.equals(each.labels().get("source")))
        .collect(
            Collectors.toMap(
                each -> each.labels().getOrDefault("outcome", ""),
                Exposition.Series::value,
                Double::sum,
                TreeMap::new));
  }

  @Test
  void everyStageOfAReadingIsAHistogram() throws Exception {
    Exposition metrics = metrics();
    for (String stage : STAGES) {
      List<Exposition.Series> buckets =
          metrics
              .named(stage + "_bucket")
              .filter(each -> each.labels().getOrDefault("source", "mqtt").equals("mqtt"))
              .filter(each -> each.labels().getOrDefault("type", "milling").equals("milling"))
              .toList();
      assertThat(buckets).as(stage).hasSizeGreaterThan(10);
      assertThat(buckets)
          .as(stage)
          .isSortedAccordingTo((one, other) -> Double.compare(one.value(), other.value()));
      assertThat(buckets.getLast().labels()).as(stage).containsEntry("le", "+Inf");
      assertThat(buckets.getLast().value()).as(stage).isPositive();
    }
  }

  @Test
  void aThousandMachinesHaveNoSeriesMoreThanOne() throws Exception {
    double before = all("kafka");
    Set<String> ofOne = ours(metrics());
    String prefix = freshId();

    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", program.address("Kafka")),
            new StringSerializer(),
            new StringSerializer())) {
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (int i = 0; i < MANY; i++) {
        String id = "%s-%d".formatted(prefix, i);
        sent.add(producer.send(new ProducerRecord<>("sensor-raw-data", id, milling(1))));
      }
      for (Future<RecordMetadata> each : sent) {
        assertThat(each.get().hasOffset()).isTrue();
      }
    }

    // Where a twin's answer comes too late it is asked again, and then says that it knows them.
    Eventually.get("readings of all", () -> all("kafka"), now -> now >= before + MANY);
    Eventually.get(
        "twins in memory",
        () -> metrics().sum("twin_machines_active", Map.of()),
        active -> active >= MANY);
    Eventually.get(
        "machines in the fleet",
        () -> metrics().sum("twin_machines", Map.of()),
        machines -> machines >= MANY);
    assertThat(ours(metrics())).isEqualTo(ofOne);
    assertThat(metrics().series())
        .noneMatch(each -> each.labels().values().stream().anyMatch(v -> v.contains(prefix)));
  }

  /** All but what the JVM names after what has happened in it. */
  private static Set<String> ours(Exposition metrics) {
    return metrics.series().stream()
        .filter(each -> !each.name().startsWith("jvm_"))
        .map(Exposition.Series::identity)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void everyPanelAsksForWhatIsThere() throws Exception {
    Exposition metrics = metrics();
    List<Dashboards.PanelQuery> queries = Dashboards.queries();
    assertThat(queries).hasSizeGreaterThan(30);
    for (Dashboards.PanelQuery query : queries) {
      PromQl parsed = PromQl.parse(query.expression());
      Set<String> known = new TreeSet<>(FROM_PROMETHEUS);
      for (PromQl.Selector selector : parsed.selectors()) {
        Set<String> labels =
            metrics
                .named(selector.metric())
                .flatMap(each -> each.labels().keySet().stream())
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(metrics.named(selector.metric()))
            .as("%s asks for %s", query.place(), selector.metric())
            .isNotEmpty();
        labels.addAll(FROM_PROMETHEUS);
        assertThat(labels).as("%s, of %s", query.place(), selector).containsAll(selector.labels());
        known.addAll(labels);
      }
      assertThat(known).as("%s groups by", query.place()).containsAll(parsed.grouping());
    }
  }

  @Test
  void theReadmeNamesEveryMetricOfTheProgram() throws Exception {
    String readme = Files.readString(Path.of("../README.md"));
    Set<String> unnamed =
        metrics().families().stream()
            .filter(name -> name.startsWith("twin_") && !name.endsWith("_max"))
            .filter(name -> !readme.contains("`" + name + "`"))
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(unnamed).isEmpty();
  }

  private static String freshId() {
    return "press-" + UUID.randomUUID().toString().substring(0, 8);
  }

  private static String milling(long seq) {
    return """
    {"timestamp":"%s","seq":%d,"variant":"M","air_temp_k":299.1,"process_temp_k":309.5,\
    "rpm":1500,"torque_nm":42.8,"tool_wear_min":5}\
    """
        .formatted(Instant.now().truncatedTo(ChronoUnit.MILLIS), seq);
  }
}
