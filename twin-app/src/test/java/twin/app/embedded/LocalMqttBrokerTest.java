package twin.app.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.MqttGlobalPublishFilter;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt3.Mqtt3BlockingClient;
import com.hivemq.client.mqtt.mqtt5.Mqtt5BlockingClient;
import com.hivemq.client.mqtt.mqtt5.message.publish.Mqtt5Publish;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServiceException.Reason;

final class LocalMqttBrokerTest {

  private static final String FILTER = "twin/v1/machines/+/readings";
  private static final long WAIT_SECONDS = 20;

  private static final LocalMqttBroker.Settings SETTINGS =
      LocalMqttBroker.Settings.defaults().withPort(0);

  private final Path directory;

  LocalMqttBrokerTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void keepsASessionAndItsMessagesBetweenRuns() throws Exception {
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, SETTINGS)) {
      subscribeAndLeave(broker);
      publish(broker, "press-7", "first");
      // A name with dots, which are separators to the broker itself.
      publish(broker, "press.7.b", "second");
    }
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, SETTINGS)) {
      assertThat(receive(broker, 2)).containsExactly("first", "second");
    }
  }

  @Test
  void keepsASessionOfMqtt3BetweenRuns() throws Exception {
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, SETTINGS)) {
      Mqtt3BlockingClient subscriber = mqtt3Subscriber(broker);
      subscriber.connectWith().cleanSession(false).send();
      subscriber.subscribeWith().topicFilter(FILTER).qos(MqttQos.AT_LEAST_ONCE).send();
      subscriber.disconnect();
      publish(broker, "press-7", "kept");
    }
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, SETTINGS)) {
      Mqtt3BlockingClient subscriber = mqtt3Subscriber(broker);
      try (var publishes = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
        subscriber.connectWith().cleanSession(false).send();
        var received = publishes.receive(WAIT_SECONDS, TimeUnit.SECONDS).orElseThrow();
        assertThat(new String(received.getPayloadAsBytes(), UTF_8)).isEqualTo("kept");
      }
      subscriber.disconnect();
    }
  }

  @Test
  void neverGivesUpAMessageThatNobodyAcknowledges() throws Exception {
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, SETTINGS)) {
      subscribeAndLeave(broker);
      publish(broker, "press-7", "unacknowledged");
      // More often than the ten deliveries after which Artemis would drop it by default.
      for (int connection = 0; connection < 15; connection++) {
        Mqtt5BlockingClient subscriber = subscriber(broker);
        try (var publishes = subscriber.publishes(MqttGlobalPublishFilter.ALL, true)) {
          connectToSession(subscriber);
          assertThat(publishes.receive(WAIT_SECONDS, TimeUnit.SECONDS))
              .as("delivery %d", connection)
              .isPresent();
        }
        subscriber.disconnect();
      }
      assertThat(receive(broker, 1)).containsExactly("unacknowledged");
    }
  }

  @Test
  void deliversAMessageThatIsTooLargeForAReading() throws Exception {
    String large = "x".repeat(200 * 1024);
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, SETTINGS)) {
      subscribeAndLeave(broker);
      publish(broker, "press-7", large);

      assertThat(receive(broker, 1)).containsExactly(large);
    }
  }

  @Test
  void keepsMoreThanItsMemoryHoldsAndInOrder() throws Exception {
    LocalMqttBroker.Settings little =
        new LocalMqttBroker.Settings(
            0,
            1,
            64,
            SETTINGS.messageBytesMax(),
            SETTINGS.journalBufferDelay(),
            SETTINGS.stopTimeout());
    String filling = "x".repeat(32 * 1024);
    int count = 200;
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, little)) {
      subscribeAndLeave(broker);
      Mqtt5BlockingClient publisher = publisher(broker);
      for (int i = 0; i < count; i++) {
        publish(publisher, "machine-" + i % 7, i + ":" + filling);
      }
      publisher.disconnect();
    }
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, little)) {
      assertThat(receive(broker, count))
          .containsExactlyElementsOf(
              IntStream.range(0, count).mapToObj(i -> i + ":" + filling).toList());
    }
  }

  @Test
  void refusesWhatItCannotKeepInsteadOfDroppingIt() throws Exception {
    LocalMqttBroker.Settings tiny =
        new LocalMqttBroker.Settings(
            0,
            1,
            8,
            SETTINGS.messageBytesMax(),
            SETTINGS.journalBufferDelay(),
            SETTINGS.stopTimeout());
    String filling = "x".repeat(256 * 1024);
    List<String> acknowledged = new ArrayList<>();
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, tiny)) {
      subscribeAndLeave(broker);
      Mqtt5BlockingClient publisher = publisher(broker);

      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 200; i++) {
                  publish(publisher, "press-7", i + ":" + filling);
                  acknowledged.add(i + ":" + filling);
                }
              })
          .isInstanceOf(RuntimeException.class);

      assertThat(acknowledged).isNotEmpty();
      assertThat(receive(broker, acknowledged.size())).containsExactlyElementsOf(acknowledged);
    }
  }

  /**
   * Each connection takes the session from the one before it, which leaves a window of messages
   * without an acknowledgement, while publishers go on.
   */
  @Test
  void keepsTheOrderOfEachTopicThroughEveryTakeover() throws Exception {
    int topics = 40;
    int messages = 200;
    int publishers = 4;
    int window = 200;
    try (LocalMqttBroker broker = LocalMqttBroker.start(directory, SETTINGS)) {
      subscribeAndLeave(broker);
      List<CompletableFuture<?>> published = new ArrayList<>();
      List<Mqtt5BlockingClient> connected = new ArrayList<>();
      for (int p = 0; p < publishers; p++) {
        Mqtt5BlockingClient publisher = publisher(broker);
        connected.add(publisher);
        for (int seq = 0; seq < messages; seq++) {
          for (int topic = p; topic < topics; topic += publishers) {
            published.add(
                publisher
                    .toAsync()
                    .publishWith()
                    .topic("twin/v1/machines/" + topic + "/readings")
                    .qos(MqttQos.AT_LEAST_ONCE)
                    .payload(Integer.toString(seq).getBytes(UTF_8))
                    .send());
          }
        }
      }

      Map<String, Integer> acknowledged = new HashMap<>();
      int left = topics * messages;
      while (left > 0) {
        assertThat(connected).as("connections").hasSizeLessThan(100);
        Mqtt5BlockingClient subscriber = subscriber(broker);
        connected.add(subscriber);
        try (var publishes = subscriber.publishes(MqttGlobalPublishFilter.ALL, true)) {
          subscriber
              .connectWith()
              .cleanStart(false)
              .noSessionExpiry()
              .restrictions()
              .receiveMaximum(window)
              .applyRestrictions()
              .send();
          Map<String, Integer> arrived = new HashMap<>();
          Queue<Mqtt5Publish> unacknowledged = new ArrayDeque<>();
          // What arrives when nobody listens any more is acknowledged by the client behind what is
          // kept, so never before the last connection.
          int kept = left > 6 * window ? window / 2 : 0;
          for (int i = 0; i < 6 * window && left > 0; i++) {
            Optional<Mqtt5Publish> next = nextWhileConnected(publishes, subscriber);
            if (next.isEmpty()) {
              break;
            }
            Mqtt5Publish publish = next.get();
            String topic = publish.getTopic().toString();
            int seq = Integer.parseInt(new String(publish.getPayloadAsBytes(), UTF_8));
            Integer before = arrived.put(topic, seq);
            if (before == null) {
              assertThat(seq)
                  .as("first of %s on this connection", topic)
                  .isBetween(0, acknowledged.getOrDefault(topic, -1) + 1);
            } else {
              assertThat(seq).as("%s", topic).isEqualTo(before + 1);
            }
            unacknowledged.add(publish);
            while (unacknowledged.size() > kept) {
              Mqtt5Publish oldest = unacknowledged.remove();
              oldest.acknowledge();
              int done = Integer.parseInt(new String(oldest.getPayloadAsBytes(), UTF_8));
              // What the broker had no time to note is delivered again, and counts once.
              if (done == acknowledged.getOrDefault(oldest.getTopic().toString(), -1) + 1) {
                acknowledged.put(oldest.getTopic().toString(), done);
                left--;
              }
            }
          }
        }
      }
      for (CompletableFuture<?> each : published) {
        each.get(WAIT_SECONDS, TimeUnit.SECONDS);
      }
      connected.stream()
          .filter(client -> client.getState().isConnected())
          .forEach(Mqtt5BlockingClient::disconnect);
      assertThat(acknowledged).hasSize(topics);
    }
  }

  /**
   * The next message, or none when the connection has ended: right after a takeover the broker
   * sometimes counts what the connection before has left, sends more than the receive maximum, and
   * the client hangs up. A client comes back then, as it does after any broken connection.
   */
  private static Optional<Mqtt5Publish> nextWhileConnected(
      Mqtt5BlockingClient.Mqtt5Publishes publishes, Mqtt5BlockingClient client)
      throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    while (System.nanoTime() < end) {
      boolean connected = client.getState().isConnected();
      Optional<Mqtt5Publish> next = publishes.receive(100, TimeUnit.MILLISECONDS);
      if (next.isPresent() || !connected) {
        return next;
      }
    }
    throw new AssertionError("nothing arrives any more");
  }

  @Test
  void aPortInUseIsOneLine() throws Exception {
    try (ServerSocketChannel taken = LoopbackPort.bind(0, 1, "a test", "--none")) {
      EmbeddedServiceException refused =
          catchThrowableOfType(
              EmbeddedServiceException.class,
              () ->
                  LocalMqttBroker.start(directory, SETTINGS.withPort(LoopbackPort.portOf(taken))));

      assertThat(refused.reason()).isEqualTo(Reason.PORT_IN_USE);
      assertThat(refused.getMessage())
          .contains(Integer.toString(LoopbackPort.portOf(taken)), "--mqtt-port")
          .doesNotContain("\n");
    }
  }

  private static void subscribeAndLeave(LocalMqttBroker broker) {
    Mqtt5BlockingClient subscriber = subscriber(broker);
    connectToSession(subscriber);
    subscriber.subscribeWith().topicFilter(FILTER).qos(MqttQos.AT_LEAST_ONCE).send();
    subscriber.disconnect();
  }

  private static List<String> receive(LocalMqttBroker broker, int count)
      throws InterruptedException {
    Mqtt5BlockingClient subscriber = subscriber(broker);
    List<String> received = new ArrayList<>();
    try (var publishes = subscriber.publishes(MqttGlobalPublishFilter.ALL)) {
      connectToSession(subscriber);
      for (int i = 0; i < count; i++) {
        Mqtt5Publish publish =
            publishes
                .receive(WAIT_SECONDS, TimeUnit.SECONDS)
                .orElseThrow(() -> new AssertionError("only " + received.size() + " arrived"));
        received.add(new String(publish.getPayloadAsBytes(), UTF_8));
      }
    }
    subscriber.disconnect();
    return received;
  }

  private static void publish(LocalMqttBroker broker, String machine, String payload) {
    Mqtt5BlockingClient publisher = publisher(broker);
    publish(publisher, machine, payload);
    publisher.disconnect();
  }

  private static void publish(Mqtt5BlockingClient publisher, String machine, String payload) {
    publisher
        .publishWith()
        .topic("twin/v1/machines/" + machine + "/readings")
        .qos(MqttQos.AT_LEAST_ONCE)
        .payload(payload.getBytes(UTF_8))
        .send();
  }

  private static Mqtt5BlockingClient publisher(LocalMqttBroker broker) {
    Mqtt5BlockingClient publisher =
        MqttClient.builder()
            .useMqttVersion5()
            .serverHost("127.0.0.1")
            .serverPort(broker.port())
            .buildBlocking();
    publisher.connect();
    return publisher;
  }

  private static Mqtt5BlockingClient subscriber(LocalMqttBroker broker) {
    return MqttClient.builder()
        .useMqttVersion5()
        .identifier("subscriber")
        .serverHost("127.0.0.1")
        .serverPort(broker.port())
        .buildBlocking();
  }

  private static Mqtt3BlockingClient mqtt3Subscriber(LocalMqttBroker broker) {
    return MqttClient.builder()
        .useMqttVersion3()
        .identifier("subscriber-3")
        .serverHost("127.0.0.1")
        .serverPort(broker.port())
        .buildBlocking();
  }

  private static void connectToSession(Mqtt5BlockingClient subscriber) {
    subscriber.connectWith().cleanStart(false).noSessionExpiry().send();
  }
}
