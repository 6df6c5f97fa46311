package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5Client;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
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
import twin.ingest.ScriptedTwins.Command;
import twin.ingest.ScriptedTwins.Fate;
import twin.ingest.kafka.KafkaSettings;
import twin.ingest.mqtt.MqttSettings;
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
    assertThat(ingest.mqtt().orElseThrow().acknowledged()).isZero();

    durable.complete("");
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    assertThat(twins.journalOf("press-7")).isEqualTo(ONE_TO_HUNDRED);
    assertThat(ingest.ready())
        .extracting(Ingest.SourceState::name, Ingest.SourceState::isReady)
        .containsExactly(tuple("http", true), tuple("mqtt", true));
    assertThat(ingest.metrics().readings().get("mqtt")).containsEntry("recorded", 100L);
    stop(ingest);
    assertThat(ingest.mqtt()).isEmpty();
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

  private Ingest start(ScriptedTwins twins) {
    Config config =
        ConfigFactory.parseString(
                """
                twin.ingest {
                  mqtt.broker { port = %d, backoff { min = 10 ms, max = 20 ms } }
                  ask { attempts-max = 2, backoff { min = 1 ms, max = 2 ms } }
                }
                """
                    .formatted(broker.port()))
            .withFallback(ConfigFactory.load());
    Ingest ingest =
        new Ingest(
            IngestSettings.from(config),
            MqttSettings.from(config),
            KafkaSettings.from(config),
            twins,
            table,
            CLOCK,
            testKit.system());
    ingest.startMqtt();
    eventually(
        () ->
            assertThat(ingest.mqtt()).hasValueSatisfying(s -> assertThat(s.connected()).isTrue()));
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
