package twin.app.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServiceException.Reason;

final class LocalKafkaTest {

  private static final String TOPIC = "sensor-raw-data";
  private static final LocalKafka.Settings SETTINGS = LocalKafka.Settings.defaults().withPort(0);

  private final Path directory;

  LocalKafkaTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void keepsRecordsAndTopicsBetweenRuns() throws Exception {
    // Every compression that a client may choose: each is a library that has to be there.
    List<String> compressions = List.of("none", "gzip", "lz4", "snappy", "zstd");
    try (LocalKafka kafka = LocalKafka.start(directory, SETTINGS)) {
      for (String compression : compressions) {
        produce(kafka, compression);
      }
    }
    try (LocalKafka kafka = LocalKafka.start(directory, SETTINGS)) {
      try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
        var topics =
            admin
                .describeTopics(List.of(TOPIC, "anomaly-alerts", "sensor-raw-data.dlq"))
                .allTopicNames()
                .get(20, TimeUnit.SECONDS);
        assertThat(topics)
            .hasSize(3)
            .hasEntrySatisfying(TOPIC, topic -> assertThat(topic.partitions()).hasSize(8));
      }
      assertThat(consume(kafka, compressions.size()))
          .containsExactlyInAnyOrderElementsOf(compressions);
    }
  }

  @Test
  void aPortInUseIsOneLine() throws Exception {
    try (ServerSocketChannel taken = LoopbackPort.bind(0, 1, "a test", "--none")) {
      EmbeddedServiceException refused =
          catchThrowableOfType(
              EmbeddedServiceException.class,
              () -> LocalKafka.start(directory, SETTINGS.withPort(LoopbackPort.portOf(taken))));

      assertThat(refused.reason()).isEqualTo(Reason.PORT_IN_USE);
      assertThat(refused.getMessage())
          .contains(Integer.toString(LoopbackPort.portOf(taken)), "--kafka-port")
          .doesNotContain("\n");
    }
  }

  private static void produce(LocalKafka kafka, String compression) throws Exception {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "compression.type",
            compression,
            "acks",
            "all");
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(TOPIC, "press-7", compression)).get(20, TimeUnit.SECONDS);
    }
  }

  private static List<String> consume(LocalKafka kafka, int count) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "group.id",
            "test",
            "auto.offset.reset",
            "earliest");
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(TOPIC));
      for (int polls = 0; values.size() < count && polls < 100; polls++) {
        consumer.poll(Duration.ofMillis(200)).forEach(polled -> values.add(polled.value()));
      }
    }
    return values;
  }
}
