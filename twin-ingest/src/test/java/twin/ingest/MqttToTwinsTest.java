package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.trace.Tracing;
import twin.ingest.ScriptedTwins.Command;
import twin.ingest.ScriptedTwins.Fate;
import twin.ingest.mqtt.TestBroker;

/** From a real broker through the real source and lanes to scripted twins. */
class MqttToTwinsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2025-11-07T15:10:01Z"));
  private static final List<Long> ONE_TO_HUNDRED = LongStream.rangeClosed(1, 100).boxed().toList();

  private static ActorTestKit testKit;

  @TempDir Path directory;
  private TestBroker broker;
  private final ScriptedTable table = ScriptedTable.answering();

  @BeforeAll
  static void startSystem() {
    testKit = ActorTestKit.create();
  }

  @AfterAll
  static void stopSystem() {
    testKit.shutdownTestKit();
  }

  @BeforeEach
  void startBroker() {
    broker = TestBroker.start(directory);
  }

  @AfterEach
  void stopBroker() {
    broker.close();
  }

  @Test
  void acknowledgesToTheBrokerOnlyWhatTheTwinsHaveAnsweredFor() throws Exception {
    CompletableFuture<String> durable = new CompletableFuture<>();
    ScriptedTwins twins =
        new ScriptedTwins(
            new ScriptedTwins.Script() {
              @Override
              public Fate fateOf(Command command) {
                return Fate.ANSWERED;
              }

              @Override
              public CompletionStage<?> whenAnswered(Command command) {
                return durable;
              }
            });
    Ingest ingest = start(twins);
    publish(100);
    eventually(() -> assertThat(twins.commands()).isNotEmpty());
    eventually(() -> assertThat(broker.messagesFor("twin")).isEqualTo(100));
    assertThat(ingest.mqtt("mqtt").orElseThrow().acknowledged()).isZero();

    durable.complete("");
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    assertThat(twins.journalOf("press-7")).isEqualTo(ONE_TO_HUNDRED);
    assertThat(ingest.ready())
        .extracting(Ingest.SourceState::name, Ingest.SourceState::isReady)
        .containsExactly(tuple("http", true), tuple("mqtt", true));
    assertThat(ingest.metrics().readings().get("mqtt")).containsEntry("recorded", 100L);
    stop(ingest);
    assertThat(ingest.mqtt("mqtt")).isEmpty();
  }

  @Test
  void isGivenEverythingAgainWhenTheTwinsDoNotAnswer() throws Exception {
    AtomicBoolean away = new AtomicBoolean(true);
    ScriptedTwins twins =
        new ScriptedTwins(command -> away.get() ? Fate.COMMAND_LOST : Fate.ANSWERED);
    Ingest ingest = start(twins);
    publish(100);
    eventually(() -> assertThat(ingest.metrics().failedLanes()).isGreaterThanOrEqualTo(2));
    assertThat(broker.messagesFor("twin")).isEqualTo(100);

    away.set(false);
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    assertThat(twins.journalOf("press-7")).isEqualTo(ONE_TO_HUNDRED);
    stop(ingest);
  }

  @Test
  void keepsAndPublishesWhatCannotBeRead() throws Exception {
    Ingest ingest = start(ScriptedTwins.answering());
    Mqtt5BlockingClient listener = client();
    try (var letters = listener.publishes(com.hivemq.client.mqtt.MqttGlobalPublishFilter.ALL)) {
      listener
          .subscribeWith()
          .topicFilter("twin/v1/dead-letters")
          .qos(MqttQos.AT_LEAST_ONCE)
          .send();
      send(listener, "hello");
      String letter =
          new String(
              letters
                  .receive(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                  .orElseThrow()
                  .getPayloadAsBytes(),
              StandardCharsets.UTF_8);
      assertThat(letter)
          .startsWith(
              "{\"source\":\"mqtt\",\"topic\":\"twin/v1/machines/press-7/readings\","
                  + "\"reason\":\"not_json: the message is no JSON")
          .contains("\"payload_base64\":\"aGVsbG8=\"");
    }
    assertThat(table.reasons()).containsExactly("not_json");
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    listener.disconnect();
    stop(ingest);
  }

  @Test
  void readsTheMessagesOfEachSourceByItsMapping() throws Exception {
    ScriptedTwins twins = ScriptedTwins.answering();
    Ingest ingest =
        start(
            twins,
            """
            sources = [
              {name = mqtt}
              {
                name = kilns
                mapping {
                  topic = "kilns/+/{kiln}"
                  machine-id { topic-level = kiln, prefix = "kiln-" }
                  timestamp = "/ts"
                  seq { header = count }
                  channels-from = "/values"
                }
              }
            ]
            """);
    ingest.startMqtt(1);
    eventually(
        () ->
            assertThat(ingest.mqtt("kilns"))
                .hasValueSatisfying(s -> assertThat(s.connected()).isTrue()));
    Mqtt5BlockingClient client = client();
    client
        .publishWith()
        .topic("kilns/north/3")
        .qos(MqttQos.AT_LEAST_ONCE)
        .userProperties()
        .add("count", "41")
        .applyUserProperties()
        .payload("{\"ts\":1762528201,\"values\":{\"t\":900}}".getBytes(StandardCharsets.UTF_8))
        .send();
    client
        .publishWith()
        .topic("kilns/north/3")
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload("{\"ts\":1762528201}".getBytes(StandardCharsets.UTF_8))
        .send();
    client.disconnect();
    publish(1);
    eventually(() -> assertThat(twins.journalOf("kiln-3")).containsExactly(41L));
    eventually(() -> assertThat(twins.journalOf("press-7")).containsExactly(1L));
    eventually(() -> assertThat(table.rows()).hasSize(1));
    assertThat(table.rows().getFirst().source()).isEqualTo("kilns");
    assertThat(table.rows().getFirst().machineId()).isEqualTo("kiln-3");
    assertThat(table.rows().getFirst().detail()).contains("'/values' leads to nothing");
    eventually(() -> assertThat(broker.messagesFor("twin-kilns")).isZero());
    assertThat(ingest.ready())
        .extracting(Ingest.SourceState::name, Ingest.SourceState::isReady)
        .containsExactly(tuple("http", true), tuple("mqtt", true), tuple("kilns", true));
    assertThat(ingest.metrics().readings().get("kilns"))
        .containsEntry("recorded", 1L)
        .containsEntry("broken", 1L);
    stop(ingest);
  }

  private Ingest start(ScriptedTwins twins) {
    return start(twins, "");
  }

  private Ingest start(ScriptedTwins twins, String mqtt) {
    Config config =
        ConfigFactory.parseString(
                """
                twin.ingest {
                  mqtt { %s }
                  mqtt.broker { port = %d, backoff { min = 10 ms, max = 20 ms } }
                  ask { attempts-max = 2, backoff { min = 1 ms, max = 2 ms } }
                }
                """
                    .formatted(mqtt, broker.port()))
            .withFallback(ConfigFactory.load());
    Ingest ingest =
        new Ingest(
            config,
            twins,
            table,
            table,
            CLOCK,
            new SimpleMeterRegistry(),
            Tracing.OFF,
            testKit.system());
    ingest.startMqtt(0);
    eventually(
        () ->
            assertThat(ingest.mqtt("mqtt"))
                .hasValueSatisfying(s -> assertThat(s.connected()).isTrue()));
    return ingest;
  }

  private void stop(Ingest ingest) throws Exception {
    ingest.stopMqtt().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    ingest.stopPublishing().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private Mqtt5BlockingClient client() {
    Mqtt5BlockingClient client =
        Mqtt5Client.builder().serverHost("127.0.0.1").serverPort(broker.port()).buildBlocking();
    client.connect();
    return client;
  }

  private void publish(int count) {
    Mqtt5BlockingClient client = client();
    for (int seq = 1; seq <= count; seq++) {
      send(client, "{\"timestamp\":\"2025-11-07T15:10:01Z\",\"seq\":%d,\"rpm\":1}".formatted(seq));
    }
    client.disconnect();
  }

  private static void send(Mqtt5BlockingClient client, String payload) {
    client
        .publishWith()
        .topic("twin/v1/machines/press-7/readings")
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(payload.getBytes(StandardCharsets.UTF_8))
        .send();
  }

  private static void eventually(Runnable assertion) {
    testKit
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertion.run();
              return 0;
            });
  }
}
