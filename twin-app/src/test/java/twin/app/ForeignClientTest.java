package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import twin.app.embedded.EmbeddedServices;

/** Machines and a broker that nobody here wrote. */
@Tag("full")
@Timeout(300)
final class ForeignClientTest {

  private static final Path THINGSBOARD =
      Path.of("../docs/mappings/thingsboard.conf").toAbsolutePath().normalize();

  private final Path directory;

  ForeignClientTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aMachineIsConnectedWithACommandOfMosquitto() throws Exception {
    ForeignProgram publish = ForeignProgram.orSkip("mosquitto_pub");
    Path data = directory.resolve("data");
    try (ProgramUnderTest program = ProgramUnderTest.demo(data, "--no-simulator")) {
      int port = program.mqtt().getPort();
      connectsAMachine(program.api(), publish, port);
    }
  }

  @Test
  void aNodeWorksWithMosquittoAsItsBroker() throws Exception {
    ForeignProgram publish = ForeignProgram.orSkip("mosquitto_pub");
    ForeignProgram broker = ForeignProgram.orSkip("mosquitto");
    int port = freePort();
    Path log = directory.resolve("mosquitto.log");
    Path configuration = directory.resolve("mosquitto.conf");
    Files.writeString(
        configuration, "listener %d 127.0.0.1%nallow_anonymous true%n".formatted(port), UTF_8);
    Process mosquitto = broker.start(log, "-c", configuration.toString());
    try (EmbeddedServices services =
            EmbeddedServices.start(
                EmbeddedServices.Settings.defaults(directory.resolve("data")).withPorts(0, 0, 0),
                line -> {});
        ProgramUnderTest node = startNode(services, port)) {
      connectsAMachine(node.api(), publish, port);
      connectsADeviceByItsMapping(node.api(), publish, port);
      assertThat(mosquitto.isAlive()).as(Files.readString(log)).isTrue();
    } finally {
      mosquitto.destroy();
      mosquitto.waitFor();
    }
  }

  private ProgramUnderTest startNode(EmbeddedServices services, int mqttPort) throws Exception {
    Path file = directory.resolve("node.conf");
    Files.writeString(
        file,
        """
        twin.database { url = "%s", user = "%s", password = "%s" }
        twin.ingest.mqtt {
          broker { host = "127.0.0.1", port = %d }
          sources = [
            {name = mqtt}
            {name = telemetry, mapping { include required(file("%s")) }}
          ]
        }
        twin.http { address = "127.0.0.1", port = 0 }
        twin.cluster.port = 0
        """
            .formatted(
                services.jdbcUrl(), services.user(), services.password(), mqttPort, THINGSBOARD),
        UTF_8);
    return ProgramUnderTest.run(directory.resolve("node"), "node", "--config", file.toString())
        .awaitReadyOrClose();
  }

  /** As anybody would with what the program's documentation says. */
  private void connectsAMachine(Api api, ForeignProgram mosquittoPub, int port) throws Exception {
    String press = "press-" + UUID.randomUUID().toString().substring(0, 8);
    String now = Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    String reading =
        """
        {"timestamp":"%s","air_temp_k":299.1,"process_temp_k":309.5,"rpm":1500,"torque_nm":42.8,\
        "tool_wear_min":5,"variant":"M"}\
        """
            .formatted(now);
    publish(mosquittoPub, port, press, reading);
    JsonNode state =
        Eventually.get("a twin of " + press, () -> api.state(press), s -> s.has("assessment"));
    assertThat(state.get("machine_type").asText()).isEqualTo("milling");
    assertThat(state.get("status").asText()).isEqualTo("normal");

    publish(mosquittoPub, port, press, reading);
    publish(mosquittoPub, port, press, "{not json");
    // Broken ones go the same way, after the one before them.
    Eventually.get(
        "the dead letter",
        () -> api.ok("/api/v1/dead-letters").get("items").path(0).path("topic").asText(),
        MqttDevice.topic(press)::equals);
    assertThat(api.ok("/api/v1/dead-letters").get("items").get(0).get("reason").asText())
        .isEqualTo("not_json");
    String later = Instant.parse(now).plusSeconds(1).toString();
    publish(mosquittoPub, port, press, reading.replace(now, later));
    JsonNode after =
        Eventually.get(
            "the next reading",
            () -> api.state(press),
            s -> Instant.parse(s.path("as_of").asText()).equals(Instant.parse(later)));
    assertThat(after.get("revision").asLong())
        .as("the same message again changed nothing")
        .isEqualTo(state.get("revision").asLong() + 1);

    String kiln = "kiln-" + UUID.randomUUID().toString().substring(0, 8);
    publish(mosquittoPub, port, kiln, "{\"timestamp\":\"%s\",\"zone_1_c\":871.5}".formatted(now));
    JsonNode learned =
        Eventually.get("a twin of " + kiln, () -> api.state(kiln), s -> s.has("reading"));
    assertThat(learned.get("machine_type").asText()).isEqualTo("auto");
    assertThat(learned.get("status").asText()).isEqualTo("unknown");
  }

  /** With a mapping as the documentation shows it, and a message that it does not fit. */
  private void connectsADeviceByItsMapping(Api api, ForeignProgram mosquittoPub, int port)
      throws Exception {
    String device = "kiln-" + UUID.randomUUID().toString().substring(0, 8);
    String topic = "sensors/%s/telemetry".formatted(device);
    long now = Instant.now().toEpochMilli();
    send(
        mosquittoPub,
        port,
        topic,
        "[{\"ts\":%d,\"values\":{\"zone_c\":871.5}},{\"ts\":%d,\"value\":{\"zone_c\":872}}]"
            .formatted(now, now + 1));
    JsonNode state =
        Eventually.get("a twin of " + device, () -> api.state(device), s -> s.has("as_of"));
    assertThat(Instant.parse(state.get("as_of").asText())).isEqualTo(Instant.ofEpochMilli(now));
    assertThat(state.at("/reading/values/zone_c").asDouble()).isEqualTo(871.5);
    JsonNode letter =
        Eventually.get(
            "the dead letter",
            () -> api.ok("/api/v1/dead-letters").get("items").path(0),
            newest -> newest.path("topic").asText().equals(topic));
    assertThat(letter.get("source").asText()).isEqualTo("telemetry");
    assertThat(letter.get("detail").asText())
        .contains("'/values' leads to nothing: the reading has 'ts', 'value'");
    Api.Answer again =
        api.post("/api/v1/dead-letters/%s/retry".formatted(letter.get("id").asText()), "");
    assertThat(again.status()).isEqualTo(422);
    assertThat(api.ok("/api/v1/dead-letters").at("/items/0/attempts").asInt()).isOne();
  }

  private void publish(ForeignProgram mosquittoPub, int port, String machineId, String message)
      throws Exception {
    send(mosquittoPub, port, MqttDevice.topic(machineId), message);
  }

  private void send(ForeignProgram mosquittoPub, int port, String topic, String message)
      throws Exception {
    mosquittoPub.run(
        directory,
        "-h",
        "127.0.0.1",
        "-p",
        Integer.toString(port),
        "-q",
        "1",
        "-t",
        topic,
        "-m",
        message);
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
