package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServices;
import twin.app.trace.OpenTelemetryTracing;

/** Readings that somebody follows, through a whole node. */
@Tag("full")
@Timeout(300)
final class TracesTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String OF_KAFKA = "0af7651916cd43dd8448eb211c80319c";
  private static final String OF_HTTP = "11111111111111111111111111111111";
  private static final String SENDER = "b7ad6b7169203331";
  private static final Set<String> STEPS = Set.of("receive", "record", "project", "alert");

  private final Path directory;
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();

  TracesTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void oneTraceLeadsFromAMessageToItsAlert() throws Exception {
    OpenTelemetryTracing tracing =
        new OpenTelemetryTracing(
            SimpleSpanProcessor.create(spans), 0, Duration.ofSeconds(1), Resource.empty());
    try (EmbeddedServices services =
            EmbeddedServices.start(
                EmbeddedServices.Settings.defaults(directory.resolve("data")).withPorts(0, 0, 0),
                line -> {});
        Node node =
            Node.start(
                NodeConfig.with(ConfigFactory.parseMap(settings(services))),
                Optional.empty(),
                Optional.of(tracing));
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", services.kafkaBootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
      ProducerRecord<String, String> followed =
          new ProducerRecord<>("sensor-raw-data", "mill-1", wornOut());
      followed.headers().add("traceparent", parent(OF_KAFKA).getBytes(StandardCharsets.UTF_8));
      producer.send(new ProducerRecord<>("sensor-raw-data", "mill-2", wornOut())).get();
      producer.send(followed).get();

      assertIsOneTrace(OF_KAFKA);
      Api api = new Api(URI.create(node.url()));
      assertThat(api.events("mill-1"))
          .anySatisfy(
              event -> {
                assertThat(event.path("event").asText()).isEqualTo("alert");
                assertThat(event.at("/cause/trace_id").asText()).isEqualTo(OF_KAFKA);
              });
      Eventually.get(
          "a machine that nobody follows", () -> api.events("mill-2"), events -> !events.isEmpty());
      assertThat(api.events("mill-2")).allMatch(event -> !event.at("/cause").has("trace_id"));

      assertThat(post(URI.create(node.url()))).startsWith("00-" + OF_HTTP + "-").endsWith("-01");
      assertIsOneTrace(OF_HTTP);
      assertThat(spans.getFinishedSpanItems().stream().map(SpanData::getTraceId))
          .containsOnly(OF_KAFKA, OF_HTTP);
    }
  }

  private void assertIsOneTrace(String id) throws Exception {
    Map<String, List<SpanData>> byName =
        Eventually.get(
            "every step of trace " + id,
            PATIENCE,
            () ->
                spans.getFinishedSpanItems().stream()
                    .filter(span -> span.getTraceId().equals(id))
                    .collect(Collectors.groupingBy(SpanData::getName)),
            found -> found.keySet().equals(STEPS));
    SpanData receive = byName.getOrDefault("receive", List.of()).getFirst();
    SpanData record = byName.getOrDefault("record", List.of()).getFirst();
    assertThat(byName.get("receive")).hasSize(1);
    assertThat(byName.get("record")).hasSize(1);
    assertThat(receive.getParentSpanId()).isEqualTo(SENDER);
    assertThat(record.getParentSpanId()).isEqualTo(receive.getSpanId());
    for (String last : List.of("project", "alert")) {
      assertThat(byName.get(last))
          .isNotEmpty()
          .allMatch(span -> span.getParentSpanId().equals(record.getSpanId()));
    }
  }

  private Map<String, Object> settings(EmbeddedServices services) {
    Map<String, Object> settings = NodeUnderTest.fromKafka(services);
    settings.putAll(NodeUnderTest.fromMqtt(services, URI.create(services.mqttUri()).getPort()));
    settings.put("twin.ingest.mqtt.enabled", true);
    settings.put(
        "twin.models.folder", ProgramUnderTest.home().resolve("model-artifacts/models").toString());
    settings.put("twin.archive.enabled", false);
    settings.put("twin.audit.folder", directory.resolve("seals").toString());
    settings.put("twin.audit.private-key", directory.resolve("key.pem").toString());
    return settings;
  }

  private static String parent(String trace) {
    return "00-%s-%s-01".formatted(trace, SENDER);
  }

  /** What the answer to readings with a trace says of it. */
  private static String post(URI node) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpResponse<String> answer =
          client.send(
              HttpRequest.newBuilder(node.resolve("/api/v1/machines/mill-3/readings"))
                  .header("Content-Type", "application/json")
                  .header("traceparent", parent(OF_HTTP))
                  .POST(HttpRequest.BodyPublishers.ofString(wornOut()))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return answer.headers().firstValue("traceparent").orElse("");
    }
  }

  /** A tool until it is worn out, which raises an alert. */
  private static String wornOut() {
    Instant start = Instant.parse("2025-11-07T15:00:00Z");
    return IntStream.rangeClosed(1, 120)
        .mapToObj(
            i ->
                ("{\"timestamp\":\"%s\",\"seq\":%d,\"variant\":\"L\",\"air_temp_k\":299.1,"
                        + "\"process_temp_k\":309.5,\"rpm\":1500,\"torque_nm\":40.5,"
                        + "\"tool_wear_min\":%d}")
                    .formatted(start.plusSeconds(60L * i), i, 2 * i))
        .collect(Collectors.joining(",", "[", "]"));
  }
}
