package twin.ingest.mqtt;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Flow;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MqttIngestTest {

  private static final String READINGS = "twin/v1/machines/m-1/readings";
  private static final Instant NOW = Instant.parse("2025-11-07T15:10:01Z");
  private static final InstantSource CLOCK = InstantSource.fixed(NOW);
  private static final Duration PATIENCE = Duration.ofSeconds(15);

  private static ActorTestKit testKit;

  @TempDir Path directory;
  private TestBroker broker;
  private final Gate gate = new Gate();

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
  void acknowledgesOnlyWhatTheFlowHasEmitted() {
    MqttIngest ingest = startSubscribed(broker.port(), "");
    publish(texts("a", 10));
    eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 10)));
    assertThat(broker.messagesFor("twin")).isEqualTo(10);

    gate.release(message -> Gate.text(message).compareTo("a-004") < 0);
    eventually(() -> assertThat(broker.messagesFor("twin")).isEqualTo(6));
    assertThat(ingest.status().inFlight()).isEqualTo(6);

    gate.release(message -> true);
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    stop(ingest);
  }

  @Tag("full")
  @Test
  void losesNothingOverAHundredConnectionsWithoutAnAcknowledgement() {
    queueWhileAway(texts("a", 200));
    try (TcpProxy network = TcpProxy.to(broker.port())) {
      MqttIngest ingest = start(network.port(), "");
      for (int i = 0; i < 100; i++) {
        // Every other connection is cut with the first message, be it before SUBACK.
        int delivered = i % 2 == 0 ? 200 : 1;
        eventually(
            () -> assertThat(Set.copyOf(gate.seenTexts())).hasSizeGreaterThanOrEqualTo(delivered));
        int connections = network.connections();
        gate.clear();
        network.cut();
        eventually(() -> assertThat(network.connections()).isGreaterThan(connections));
      }
      network.cut();
      eventually(() -> assertThat(gate.seenTexts()).containsAll(texts("a", 200)));
      assertThat(network.connections()).isGreaterThan(100);
      assertThat(ingest.status().acknowledged()).isZero();
      assertThat(broker.messagesFor("twin")).isEqualTo(200);

      gate.open(message -> true);
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
      stop(ingest);
    }
  }

  @Test
  void deliversAgainWhatWasNotAcknowledgedWhenTheConnectionIsCut() {
    try (TcpProxy network = TcpProxy.to(broker.port())) {
      MqttIngest ingest = startSubscribed(network.port(), "");
      publish(texts("a", 20));
      eventually(() -> assertThat(gate.seen()).hasSize(20));
      gate.release(message -> Gate.text(message).compareTo("a-005") < 0);
      eventually(() -> assertThat(broker.messagesFor("twin")).isEqualTo(15));
      List<MqttMessage> ofOldConnection = gate.seen();
      gate.clear();

      network.cut();
      eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 20).subList(5, 20)));
      ofOldConnection.forEach(message -> message.ack().acknowledge());
      assertThat(broker.messagesFor("twin")).isEqualTo(15);
      eventually(() -> assertThat(ingest.status().acknowledgedTooLate()).isEqualTo(15));

      gate.open(message -> true);
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
      stop(ingest);
    }
  }

  @Test
  void resumesItsSessionAfterTheBrokerHasRestarted() {
    MqttIngest ingest = startSubscribed(broker.port(), "");
    publish(texts("a", 20));
    eventually(() -> assertThat(gate.seen()).hasSize(20));
    gate.release(message -> Gate.text(message).compareTo("a-005") < 0);
    eventually(() -> assertThat(broker.messagesFor("twin")).isEqualTo(15));
    gate.clear();

    broker.close();
    eventually(() -> assertThat(ingest.status().connected()).isFalse());
    broker = TestBroker.start(directory, broker.port());
    eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 20).subList(5, 20)));
    gate.open(message -> true);
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    stop(ingest);
  }

  @Test
  void startsTheFlowAnewWhenItFails() {
    List<String> all = texts("a", 10);
    Gate first = new Gate();
    first.open(message -> true);
    var failures = new AtomicInteger();
    MqttIngest ingest =
        MqttIngest.start(
            settings(broker.port(), ""),
            Flow.of(MqttMessage.class)
                .map(
                    message -> {
                      if (Gate.text(message).equals("a-003") && failures.getAndIncrement() < 3) {
                        throw new IllegalStateException("The journal is away");
                      }
                      return message;
                    })
                .via(first.flow()),
            CLOCK,
            testKit.system());
    eventually(() -> assertThat(ingest.status().connected()).isTrue());
    publish(all);
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    assertThat(first.seenTexts()).containsAll(all);
    assertThat(failures.get()).isGreaterThan(3);
    assertThat(ingest.status().lastFailure()).contains("The journal is away");
    stop(ingest);
  }

  @Test
  void keepsAcknowledgementsBackUntilAllBeforeThemAreGiven() {
    try (TcpProxy network = TcpProxy.to(broker.port())) {
      MqttIngest ingest = startSubscribed(network.port(), "");
      publish(texts("a", 10));
      eventually(() -> assertThat(gate.seen()).hasSize(10));
      gate.release(message -> !Gate.text(message).equals("a-000"));
      eventually(() -> assertThat(ingest.status().acknowledged()).isEqualTo(9));
      gate.clear();

      // The broker has heard of none of the nine: the tenth, which came first, is in their way.
      network.cut();
      eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 10)));
      assertThat(broker.messagesFor("twin")).isEqualTo(10);

      gate.release(message -> !Gate.text(message).equals("a-000"));
      gate.release(message -> true);
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
      stop(ingest);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = MqttVersion.class,
      names = {"V3", "V5"})
  void handsOnNoMoreThanTheReceiveMaximumUnacknowledged(MqttVersion version) {
    queueWhileAway(texts("a", 100));
    MqttIngest ingest =
        start(
            broker.port(),
            "subscribe.receive-maximum = 7, subscribe.version = "
                + (version == MqttVersion.V3 ? "\"3.1.1\"" : "\"5\""));
    for (int acknowledged = 0; acknowledged < 93; acknowledged++) {
      int expected = 7 + acknowledged;
      eventually(() -> assertThat(gate.seen()).hasSize(expected));
      assertThat(ingest.status().inFlight()).isEqualTo(7);
      String next = texts("a", 100).get(acknowledged);
      gate.release(message -> Gate.text(message).equals(next));
    }
    gate.open(message -> true);
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    stop(ingest);
  }

  @Test
  void takesMessagesOfQualityOfServiceZero() {
    gate.open(message -> true);
    MqttIngest ingest = startSubscribed(broker.port(), "");
    publish(MqttQos.AT_MOST_ONCE, false, READINGS, "a-000");
    eventually(() -> assertThat(gate.seen()).hasSize(1));
    assertThat(gate.seen().get(0).qos()).isZero();
    eventually(() -> assertThat(ingest.status().inFlight()).isZero());
    stop(ingest);
  }

  @Test
  void countsWhatItDropsOfQualityOfServiceZero() {
    MqttIngest ingest =
        startSubscribed(broker.port(), "subscribe.receive-maximum = 3, subscribe.qos-0-buffer = 2");
    for (String text : texts("a", 10)) {
      publish(MqttQos.AT_MOST_ONCE, false, READINGS, text);
    }
    eventually(() -> assertThat(ingest.status().qos0Dropped()).isEqualTo(5));
    gate.open(message -> true);
    eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 5)));
    stop(ingest);
  }

  @Test
  void takesARetainedMessageOnceASession() {
    gate.open(message -> true);
    publish(MqttQos.AT_LEAST_ONCE, true, READINGS, "kept");
    try (TcpProxy network = TcpProxy.to(broker.port())) {
      MqttIngest ingest = start(network.port(), "");
      eventually(() -> assertThat(gate.seen()).hasSize(1));
      assertThat(gate.seen().get(0).retained()).isTrue();
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());

      network.cut();
      eventually(() -> assertThat(ingest.status().connections()).isEqualTo(2));
      publish(texts("b", 1));
      eventually(() -> assertThat(gate.seenTexts()).isEqualTo(List.of("kept", "b-000")));
      assertThat(gate.seen().get(1).retained()).isFalse();
      stop(ingest);
    }
  }

  @Test
  void takesAnEmptyPayloadAndSaysWhenItCame() {
    gate.open(message -> true);
    MqttIngest ingest = startSubscribed(broker.port(), "");
    publish(MqttQos.AT_LEAST_ONCE, false, READINGS, "");
    eventually(() -> assertThat(gate.seen()).hasSize(1));
    MqttMessage message = gate.seen().get(0);
    assertThat(message.payload().isEmpty()).isTrue();
    assertThat(message.topic()).isEqualTo(READINGS);
    assertThat(message.qos()).isEqualTo(1);
    assertThat(message.oversized()).isFalse();
    assertThat(message.receivedAt()).isEqualTo(NOW);
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    stop(ingest);
  }

  @Test
  void marksWhatIsOversized() {
    gate.open(message -> true);
    MqttIngest ingest = startSubscribed(broker.port(), "subscribe.oversized = 100 B");
    publish(MqttQos.AT_LEAST_ONCE, false, READINGS, "x".repeat(100));
    publish(MqttQos.AT_LEAST_ONCE, false, READINGS, "x".repeat(101));
    eventually(
        () ->
            assertThat(gate.seen())
                .extracting(MqttMessage::oversized)
                .containsExactly(false, true));
    assertThat(ingest.status().oversized()).isEqualTo(1);
    stop(ingest);
  }

  @Test
  void goesOnWhenTheBrokerDiscardsAPacketOverTheLimit() {
    gate.open(message -> true);
    MqttIngest ingest =
        startSubscribed(
            broker.port(), "subscribe.oversized = 100 B, subscribe.maximum-packet-size = 1000 B");
    publish(MqttQos.AT_LEAST_ONCE, false, READINGS, "x".repeat(2000));
    publish(texts("a", 1));
    eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 1)));
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    assertThat(ingest.status().connections()).isEqualTo(1);
    stop(ingest);
  }

  @Test
  void takesAPacketOverTheLimitFromABrokerThatSendsItAgainAndAgain() {
    gate.open(message -> true);
    try (TcpProxy network =
        TcpProxy.to(broker.port(), TcpProxy.Version5.ACCEPT, MqttIngestTest::withoutPacketLimit)) {
      MqttIngest ingest =
          startSubscribed(
              network.port(),
              "subscribe.oversized = 100 B, subscribe.maximum-packet-size = 1000 B");
      publish(MqttQos.AT_LEAST_ONCE, false, READINGS, "x".repeat(2000));
      publish(texts("a", 1));
      eventually(() -> assertThat(gate.seenTexts()).containsExactly("x".repeat(2000), "a-000"));
      assertThat(gate.seen().get(0).oversized()).isTrue();
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
      eventually(() -> assertThat(ingest.status().connections()).isEqualTo(2));
      stop(ingest);
    }
  }

  @Test
  void goesOnWithABrokerThatSendsMoreThanItWasTold() {
    queueWhileAway(texts("a", 100));
    gate.open(message -> false);
    try (TcpProxy network =
        TcpProxy.to(
            broker.port(), TcpProxy.Version5.ACCEPT, MqttIngestTest::withLargerReceiveMaximum)) {
      MqttIngest ingest = start(network.port(), "subscribe.receive-maximum = 10");
      eventually(() -> assertThat(ingest.status().connected()).isTrue());
      eventually(() -> assertThat(ingest.status().inFlight()).isEqualTo(10));
      gate.open(message -> true);
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
      assertThat(gate.seenTexts().stream().distinct()).containsExactlyElementsOf(texts("a", 100));
      stop(ingest);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = TcpProxy.Version5.class,
      names = {"REFUSE", "REFUSE_AS_VERSION_3", "HANG_UP"})
  void speaksVersion3WhereTheBrokerHasNo5(TcpProxy.Version5 refusal) {
    queueWhileAway(texts("a", 10));
    try (TcpProxy network = TcpProxy.to(broker.port(), refusal, UnaryOperator.identity())) {
      MqttIngest ingest = start(network.port(), "");
      eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 10)));
      eventually(() -> assertThat(ingest.status().version()).isEqualTo("3.1.1"));
      assertThat(network.version5Refused()).isEqualTo(1);
      gate.release(message -> Gate.text(message).compareTo("a-005") < 0);
      eventually(() -> assertThat(broker.messagesFor("twin")).isEqualTo(5));
      gate.clear();

      network.cut();
      eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 10).subList(5, 10)));
      gate.open(message -> true);
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
      stop(ingest);
    }
  }

  @Test
  void speaksNoOtherVersionThanTheOneItIsToldTo() {
    try (TcpProxy network =
        TcpProxy.to(broker.port(), TcpProxy.Version5.REFUSE, UnaryOperator.identity())) {
      MqttIngest ingest = start(network.port(), "subscribe.version = \"5\"");
      eventually(() -> assertThat(network.version5Refused()).isGreaterThan(2));
      assertThat(ingest.status().connections()).isZero();
      stop(ingest);
    }
  }

  @Test
  void noticesAConnectionThatIsNoLongerThere() {
    try (TcpProxy network = TcpProxy.to(broker.port())) {
      MqttIngest ingest = startSubscribed(network.port(), "broker.keep-alive = 1 s");
      publish(texts("a", 10));
      eventually(() -> assertThat(gate.seen()).hasSize(10));
      gate.clear();

      network.freeze();
      eventually(() -> assertThat(ingest.status().connected()).isFalse());
      network.cut();
      network.thaw();
      eventually(() -> assertThat(gate.seenTexts()).isEqualTo(texts("a", 10)));
      gate.open(message -> true);
      eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
      stop(ingest);
    }
  }

  @Test
  void stopsOnceWhatIsInFlightIsAcknowledged() {
    try (TcpProxy network = TcpProxy.to(broker.port())) {
      MqttIngest ingest = startSubscribed(network.port(), "subscribe.receive-maximum = 5");
      publish(texts("a", 10));
      eventually(() -> assertThat(gate.seen()).hasSize(5));
      var stopped = ingest.stop().toCompletableFuture();
      gate.release(message -> Gate.text(message).compareTo("a-003") < 0);
      eventually(() -> assertThat(broker.messagesFor("twin")).isEqualTo(7));
      assertThat(stopped).isNotDone();
      gate.release(message -> true);
      assertThat(stopped).succeedsWithin(PATIENCE);
      assertThat(gate.seen()).hasSize(5);

      // SUBSCRIBE, five times PUBACK, DISCONNECT. What the broker makes of an acknowledgement so
      // close to the end is its own affair; some of Artemis' are lost and the messages come again.
      eventually(() -> assertThat(network.packetTypesSaid()).containsExactly(8, 4, 4, 4, 4, 4, 14));
      eventually(() -> assertThat(broker.connections()).isZero());
      assertThat(broker.messagesFor("twin")).isBetween(5L, 7L);
    }
  }

  @Test
  void leavesTheSessionInPlaceWhenItStopsWithoutAllAcknowledged() {
    MqttIngest ingest = startSubscribed(broker.port(), "subscribe.drain-timeout = 50 ms");
    publish(texts("a", 10));
    eventually(() -> assertThat(gate.seen()).hasSize(10));
    assertThat(ingest.stop().toCompletableFuture()).succeedsWithin(PATIENCE);
    eventually(() -> assertThat(broker.connections()).isZero());
    gate.clear();
    publish(texts("b", 10));
    assertThat(broker.messagesFor("twin")).isEqualTo(20);

    MqttIngest successor = start(broker.port(), "");
    eventually(() -> assertThat(Set.copyOf(gate.seenTexts())).hasSize(20));
    assertThat(gate.seenTexts().subList(0, 10)).isEqualTo(texts("a", 10));
    gate.open(message -> true);
    eventually(() -> assertThat(broker.messagesFor("twin")).isZero());
    stop(successor);
  }

  @Test
  void stopsWhileTheBrokerIsAway() {
    MqttIngest ingest = start(TestBroker.freePort(), "broker.backoff { min = 60 s, max = 60 s }");
    eventually(() -> assertThat(ingest.status().lastFailure()).isNotEmpty());
    assertThat(ingest.stop().toCompletableFuture()).succeedsWithin(PATIENCE);
  }

  @Test
  void endsItsThreadsWithItsConnections() {
    try (TcpProxy network =
        TcpProxy.to(
            broker.port(), TcpProxy.Version5.REFUSE_AS_VERSION_3, UnaryOperator.identity())) {
      MqttIngest ingest = start(network.port(), "");
      for (int i = 1; i <= 10; i++) {
        int connections = i;
        eventually(
            () -> assertThat(ingest.status().connections()).isGreaterThanOrEqualTo(connections));
        network.cut();
      }
      stop(ingest);
    }
    eventually(
        () ->
            assertThat(Thread.getAllStackTraces().keySet())
                .extracting(Thread::getName)
                .doesNotContain("twin-mqtt-subscriber"));
  }

  /** Starts a subscriber and waits for its subscription, so that what is published comes in. */
  private MqttIngest startSubscribed(int port, String overrides) {
    MqttIngest ingest = start(port, overrides);
    eventually(() -> assertThat(ingest.status().connected()).isTrue());
    return ingest;
  }

  private MqttIngest start(int port, String overrides) {
    return MqttIngest.start(settings(port, overrides), gate.flow(), CLOCK, testKit.system());
  }

  private static void stop(MqttIngest ingest) {
    assertThat(ingest.stop().toCompletableFuture()).succeedsWithin(PATIENCE);
  }

  static MqttSettings settings(int port, String overrides) {
    Config config =
        ConfigFactory.parseString(
                "broker.port = " + port + ", broker.backoff { min = 10 ms, max = 200 ms }")
            .withFallback(ConfigFactory.empty());
    return MqttSettings.from(
        ConfigFactory.parseString(overrides)
            .withFallback(config)
            .atPath("twin.ingest.mqtt")
            .withFallback(ConfigFactory.parseResources("reference.conf"))
            .resolve());
  }

  /** Has the broker keep messages in the subscriber's session while it is not there. */
  private void queueWhileAway(List<String> texts) {
    MqttIngest before = startSubscribed(broker.port(), "");
    stop(before);
    eventually(() -> assertThat(broker.connections()).isZero());
    publish(texts);
    // The broker may count a message after it has acknowledged it.
    eventually(() -> assertThat(broker.messagesFor("twin")).isEqualTo(texts.size()));
  }

  private void publish(List<String> texts) {
    Mqtt5BlockingClient client = connect();
    for (String text : texts) {
      publish(client, MqttQos.AT_LEAST_ONCE, false, READINGS, text);
    }
    client.disconnect();
  }

  private void publish(MqttQos qos, boolean retain, String topic, String text) {
    Mqtt5BlockingClient client = connect();
    publish(client, qos, retain, topic, text);
    client.disconnect();
  }

  private Mqtt5BlockingClient connect() {
    Mqtt5BlockingClient client =
        Mqtt5Client.builder().serverHost("127.0.0.1").serverPort(broker.port()).buildBlocking();
    client.connect();
    return client;
  }

  private static void publish(
      Mqtt5BlockingClient client, MqttQos qos, boolean retain, String topic, String text) {
    client
        .publishWith()
        .topic(topic)
        .qos(qos)
        .retain(retain)
        .payload(text.getBytes(StandardCharsets.UTF_8))
        .send();
  }

  private static List<String> texts(String prefix, int count) {
    return IntStream.range(0, count).mapToObj(i -> "%s-%03d".formatted(prefix, i)).toList();
  }

  /** Makes the receive maximum of 10 in a CONNECT packet a large one. */
  private static byte[] withLargerReceiveMaximum(byte[] connect) {
    byte[] lying = connect.clone();
    for (int i = TcpProxy.protocolLevelAt(connect); i + 2 < connect.length; i++) {
      if (connect[i] == 0x21 && connect[i + 1] == 0 && connect[i + 2] == 10) {
        lying[i + 1] = (byte) 0xFF;
      }
    }
    return lying;
  }

  /** Takes the limit of 1000 bytes out of a CONNECT packet, as if the broker did not look at it. */
  private static byte[] withoutPacketLimit(byte[] connect) {
    byte[] lying = connect.clone();
    for (int i = TcpProxy.protocolLevelAt(connect); i + 4 < connect.length; i++) {
      if (connect[i] == 0x27 && connect[i + 3] == 0x03 && connect[i + 4] == (byte) 0xE8) {
        lying[i + 1] = 0x0F;
        lying[i + 2] = (byte) 0xFF;
      }
    }
    return lying;
  }

  private static void eventually(Runnable assertion) {
    testKit
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            Duration.ofMillis(5),
            () -> {
              assertion.run();
              return true;
            });
  }
}
