package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.hivemq.client.mqtt.MqttClient;
import com.hivemq.client.mqtt.datatypes.MqttQos;
import com.hivemq.client.mqtt.mqtt5.Mqtt5AsyncClient;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServices;

/**
 * A node killed three times while a plant sends: at the end every journal has exactly the readings
 * of its machine, in order.
 */
@Tag("full")
@Timeout(1200)
final class KilledDuringIngestTest {

  private static final Plant PLANT = new Plant(1_000, 200);
  private static final int KILLS = 3;

  /** So many readings of each machine are sent to a node before it is killed. */
  private static final int SENT_BETWEEN = 50;

  /** It is killed when so many of them are recorded, while the others pour in. */
  private static final int RECORDED_BETWEEN = 2;

  private static final int UNACKNOWLEDGED_MAX = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private final Path directory;

  KilledDuringIngestTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void overKafkaNothingIsLostDoubledOrOutOfOrder() throws Exception {
    try (EmbeddedServices services = services();
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(
                Map.of("bootstrap.servers", services.kafkaBootstrapServers()),
                new StringSerializer(),
                new StringSerializer())) {
      Plant.Sender sender =
          (machineId, reading) -> {
            var unused = producer.send(new ProducerRecord<>("sensor-raw-data", machineId, reading));
          };
      liveThroughKills(NodeUnderTest.fromKafka(services), sender, round -> producer.flush());
    }
  }

  @Test
  void overMqttNothingIsLostDoubledOrOutOfOrderThoughTheBrokerRestartsToo() throws Exception {
    ForeignProgram mosquitto = ForeignProgram.orSkip("mosquitto");
    int port = freePort();
    Path configuration = directory.resolve("mosquitto.conf");
    // The broker's own bounds would drop what waits for a node that is not there. Without a bound
    // on
    // what is in flight Mosquitto does not keep to what a client says that it can take.
    Files.writeString(
        configuration,
        """
        listener %d 127.0.0.1
        allow_anonymous true
        user %s
        persistence true
        persistence_location %s/
        max_inflight_messages 1000
        max_queued_messages 0
        """
            .formatted(port, System.getProperty("user.name"), directory),
        UTF_8);
    AtomicReference<Process> broker =
        new AtomicReference<>(startBroker(mosquitto, configuration, port));
    try (EmbeddedServices services = services();
        PlantOverMqtt plant = new PlantOverMqtt(port)) {
      liveThroughKills(
          NodeUnderTest.fromMqtt(services, port),
          plant,
          round -> {
            if (round == 1) {
              broker.get().destroy();
              assertThat(broker.get().waitFor(60, TimeUnit.SECONDS)).isTrue();
              broker.set(startBroker(mosquitto, configuration, port));
              System.err.println("the broker has been started anew");
            }
          });
      plant.awaitAcknowledged();
    } finally {
      broker.get().destroy();
      broker.get().waitFor();
    }
  }

  /** Something that happens while the readings of a round are under way. */
  private interface Meanwhile {
    void happens(int round) throws Exception;
  }

  private void liveThroughKills(
      Map<String, Object> settings, Plant.Sender sender, Meanwhile meanwhile) throws Exception {
    ExecutorService sending = Executors.newSingleThreadExecutor();
    List<Future<?>> sent = new ArrayList<>();
    try {
      for (int round = 0; round < KILLS; round++) {
        int first = round * SENT_BETWEEN;
        // Not before the first node is there: over MQTT nobody else keeps what is sent.
        try (ProgramUnderTest node = NodeUnderTest.start(directory, settings)) {
          sent.add(send(sending, first + 1, first + SENT_BETWEEN, sender));
          meanwhile.happens(round);
          long reached = await(node, first + RECORDED_BETWEEN);
          node.kill();
          System.err.printf("killed when the sample had %d of %d%n", reached, PLANT.readings());
        }
      }
      try (ProgramUnderTest node = NodeUnderTest.start(directory, settings)) {
        sent.add(send(sending, KILLS * SENT_BETWEEN + 1, PLANT.readings(), sender));
        for (Future<?> each : sent) {
          each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        meanwhile.happens(KILLS);
        await(node, PLANT.readings());
        PLANT.isRecordedOnceAndInOrder(node);
      }
    } finally {
      sending.shutdownNow();
    }
  }

  private static Future<?> send(ExecutorService sending, int first, int last, Plant.Sender sender) {
    return sending.submit(
        () -> {
          PLANT.send(first, last, sender);
          return true;
        });
  }

  private static long await(ProgramUnderTest node, long progress) throws Exception {
    Api api = node.api();
    return node.orTell(
        () ->
            Eventually.get(
                "reading %d of %s".formatted(progress, PLANT.sample()),
                PATIENCE,
                () -> PLANT.progress(api),
                seq -> seq >= progress));
  }

  /** As a device's client does it: what is not acknowledged is sent again. */
  private static final class PlantOverMqtt implements Plant.Sender, AutoCloseable {

    private final Semaphore room = new Semaphore(UNACKNOWLEDGED_MAX);
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Mqtt5AsyncClient client;

    PlantOverMqtt(int port) throws Exception {
      client =
          MqttClient.builder()
              .useMqttVersion5()
              .identifier("plant")
              .serverHost("127.0.0.1")
              .serverPort(port)
              .automaticReconnect()
              .initialDelay(100, TimeUnit.MILLISECONDS)
              .maxDelay(1, TimeUnit.SECONDS)
              .applyAutomaticReconnect()
              .buildAsync();
      client
          .connectWith()
          .cleanStart(false)
          .sessionExpiryInterval(3_600)
          .send()
          .get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public void send(String machineId, String reading) throws InterruptedException {
      room.acquire();
      var unused =
          client
              .publishWith()
              .topic(MqttDevice.topic(machineId))
              .qos(MqttQos.AT_LEAST_ONCE)
              .payload(reading.getBytes(UTF_8))
              .send()
              .whenComplete(
                  (result, failed) -> {
                    if (failed != null) {
                      failure.set(failed);
                    }
                    room.release();
                  });
    }

    void awaitAcknowledged() throws InterruptedException {
      assertThat(room.tryAcquire(UNACKNOWLEDGED_MAX, PATIENCE.toSeconds(), TimeUnit.SECONDS))
          .as("everything has been acknowledged to the plant")
          .isTrue();
      assertThat(failure.get()).isNull();
    }

    @Override
    public void close() {
      var unused = client.disconnect();
    }
  }

  private EmbeddedServices services() throws Exception {
    return EmbeddedServices.start(
        EmbeddedServices.Settings.defaults(directory.resolve("data")).withPorts(0, 0, 0),
        line -> {});
  }

  private Process startBroker(ForeignProgram mosquitto, Path configuration, int port)
      throws Exception {
    Path log = Files.createTempFile(directory, "mosquitto", ".log");
    Process process = mosquitto.start(log, "-c", configuration.toString());
    Eventually.get(
        "the broker at " + port,
        () -> {
          try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
          } catch (ConnectException e) {
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            return false;
          }
        },
        Boolean.TRUE::equals);
    return process;
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
