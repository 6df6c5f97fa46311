package twin.ingest.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.alert.AlertState;
import twin.core.machine.Cause;
import twin.core.machine.EventCodec;
import twin.core.machine.EventHash;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineTwin;
import twin.core.machine.Stamp;
import twin.core.reading.Identities;
import twin.core.store.CoarseEvent;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;
import twin.core.type.Severity;

/** Changes of alerts as a real Kafka gets them. */
final class AlertTopicTest {

  private static final Instant AT = Instant.parse("2025-11-07T15:10:01.123Z");
  private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private static Config config(String servers) {
    return ConfigFactory.parseString(
            """
            twin.ingest.kafka {
              enabled = on, bootstrap-servers = "%s", request-timeout = 2 s, alert-topic = alerts
            }
            """
                .formatted(servers))
        .withFallback(ConfigFactory.load());
  }

  private static AlertTopic topic(String servers, Tracing tracing) {
    return AlertTopic.from(config(servers), ForkJoinPool.commonPool(), tracing).orElseThrow();
  }

  private static CoarseEvent event(
      String machineId, long revision, MachineEvent event, @Nullable String trace) {
    JournalEntry entry =
        EventCodec.encode(
            new Stamp(
                AT,
                Identities.NO_TIME,
                new Cause.Source("mqtt:plant", null, null, trace),
                EventHash.NONE),
            event);
    return new CoarseEvent(
        "1:" + revision,
        MachineTwin.persistenceId(machineId).id(),
        revision,
        8101,
        entry.manifest(),
        entry.encoded(),
        AT);
  }

  private static MachineEvent.AlertChanged alert(AlertState to, @Nullable Double rul) {
    return new MachineEvent.AlertChanged(
        "m-1-7",
        "overstrain",
        "overstrain",
        AlertState.NORMAL,
        to,
        Severity.CRITICAL,
        0,
        0,
        AT,
        1.5,
        null,
        rul,
        List.of());
  }

  private static void publish(AlertTopic topic, CoarseEvent event) throws Exception {
    topic.handler().process(event).toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** Follows everything that has a parent, under that parent. */
  private static final class Following implements Tracing {
    @Override
    public boolean isOn() {
      return true;
    }

    @Override
    public Trace received(String source, @Nullable String parent) {
      return Trace.NONE;
    }

    @Override
    public Trace continued(Trace.Step step, @Nullable String parent) {
      return new Trace() {
        @Override
        public @Nullable String parent() {
          return parent;
        }

        @Override
        public Trace step(Step next) {
          return this;
        }

        @Override
        public Trace about(String name, String value) {
          return this;
        }

        @Override
        public void end() {}

        @Override
        public void failed(Throwable failure) {}
      };
    }
  }

  @Test
  void everyChangeOfAnAlertIsARecordUnderItsMachineAndNothingElseIs(@TempDir Path directory)
      throws Exception {
    try (TestKafka kafka = TestKafka.start(directory)) {
      kafka.create("alerts", 1);
      try (AlertTopic topic = topic(kafka.servers(), new Following())) {
        publish(topic, event("m-1", 6, new MachineEvent.MachineRetired(), null));
        publish(topic, event("m-1", 7, alert(AlertState.UNACKNOWLEDGED, 12.5), PARENT));
        publish(topic, event("m-1", 9, alert(AlertState.SHELVED, Double.NaN), null));
        publish(topic, event("m-1", 9, alert(AlertState.SHELVED, null), null));
      }
      List<ConsumerRecord<byte[], byte[]>> records = kafka.records("alerts", 3);
      assertThat(records).extracting(record -> new String(record.key(), UTF_8)).containsOnly("m-1");
      JsonNode first = new ObjectMapper().readTree(records.getFirst().value());
      assertThat(first)
          .isEqualTo(
              new ObjectMapper()
                  .readTree(
                      """
                      {"alert_id":"m-1-7","machine_id":"m-1","failure_type":"overstrain",
                       "severity":"critical","state":"unacknowledged",
                       "timestamp":"2025-11-07T15:10:01.123Z","revision":7,"score":1.5,"rul":12.5}
                      """));
      assertThat(new String(records.getFirst().headers().lastHeader("traceparent").value(), UTF_8))
          .isEqualTo(PARENT);
      assertThat(records.get(1).headers()).isEmpty();
      assertThat(new ObjectMapper().readTree(records.get(1).value()).has("rul")).isFalse();
      assertThat(records.get(2).value())
          .as("a repetition is the same")
          .isEqualTo(records.get(1).value());
    }
  }

  /** So the projection's place in the journal stays before it. */
  @Test
  void whileKafkaIsAwayAnEventIsNotHandled() {
    try (AlertTopic topic = topic("127.0.0.1:1", Tracing.OFF)) {
      assertThatThrownBy(
              () -> publish(topic, event("m-1", 7, alert(AlertState.UNACKNOWLEDGED, 1.0), null)))
          .isInstanceOf(ExecutionException.class);
    }
  }

  @Test
  void thereIsNoneWithoutKafkaOrWithoutATopic() {
    Config off = ConfigFactory.load();
    assertThat(AlertTopic.from(off, ForkJoinPool.commonPool(), Tracing.OFF)).isEmpty();
    Config noTopic =
        ConfigFactory.parseString("twin.ingest.kafka.alert-topic = \"\"")
            .withFallback(config("127.0.0.1:1"));
    assertThat(AlertTopic.from(noTopic, ForkJoinPool.commonPool(), Tracing.OFF)).isEmpty();
  }
}
