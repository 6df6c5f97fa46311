package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import twin.app.embedded.EmbeddedServices;

/** Starts nodes as processes of their own against services that outlive them. */
final class NodeUnderTest {

  /**
   * Tests that start several nodes run for minutes anyway, and must not fail for a busy machine.
   */
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  private NodeUnderTest() {}

  /** Settings of a node that reads from the services' Kafka alone. */
  static Map<String, Object> fromKafka(EmbeddedServices services) {
    Map<String, Object> settings = new TreeMap<>(against(services));
    settings.put("twin.ingest.mqtt.enabled", false);
    settings.put("twin.ingest.kafka.enabled", true);
    settings.put("twin.ingest.kafka.bootstrap-servers", services.kafkaBootstrapServers());
    return settings;
  }

  /** Settings of a node that reads from an MQTT broker alone. */
  static Map<String, Object> fromMqtt(EmbeddedServices services, int port) {
    Map<String, Object> settings = new TreeMap<>(against(services));
    settings.put("twin.ingest.mqtt.broker.host", "127.0.0.1");
    settings.put("twin.ingest.mqtt.broker.port", port);
    return settings;
  }

  private static Map<String, Object> against(EmbeddedServices services) {
    return Map.of(
        "twin.database.url",
        services.jdbcUrl(),
        "twin.database.user",
        services.user(),
        "twin.database.password",
        services.password(),
        "twin.http.address",
        "127.0.0.1",
        "twin.http.port",
        0,
        "twin.cluster.port",
        0);
  }

  /** Starts one and returns when it is ready. */
  static ProgramUnderTest start(Path directory, Map<String, Object> settings) throws Exception {
    Path file = directory.resolve("node.conf");
    Files.writeString(
        file,
        settings.entrySet().stream()
            .map(entry -> "%s = \"%s\"".formatted(entry.getKey(), entry.getValue()))
            .collect(Collectors.joining("\n")),
        UTF_8);
    return ProgramUnderTest.run(directory.resolve("node"), "node", "--config", file.toString())
        .awaitReadyOrClose(PATIENCE);
  }
}
