package twin.app.cli;

import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import twin.app.NodeConfig;
import twin.app.embedded.EmbeddedServices;

/** Where the embedded services listen and keep their data, and what a node needs to use them. */
final class EmbeddedOptions {

  @Option(
      names = "--mqtt-port",
      description = "Port of the MQTT broker, 0: any (default: ${DEFAULT-VALUE}).")
  private int mqttPort = 1883;

  @Option(
      names = "--kafka-port",
      description = "Port of Kafka, 0: any (default: ${DEFAULT-VALUE}).")
  private int kafkaPort = 9092;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Where data is kept between runs (default: ./data, beside the program).")
  private @Nullable Path dataDirectory;

  @Option(names = "--fresh", description = "Begins with no data: deletes what an earlier run left.")
  private boolean fresh;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  EmbeddedServices.Settings settings() {
    requirePort("--mqtt-port", mqttPort);
    requirePort("--kafka-port", kafkaPort);
    Path chosen = dataDirectory;
    return EmbeddedServices.Settings.defaults(chosen != null ? chosen : NodeConfig.path("data"))
        .withPorts(0, mqttPort, kafkaPort)
        .withFresh(fresh);
  }

  /** Whether a number may be a port, or 0 for any. */
  void requirePort(String option, int port) {
    if (port < 0 || port > 65_535) {
      throw new CommandLine.ParameterException(
          spec.commandLine(), "%s must be from 0 to 65535, not %d".formatted(option, port));
    }
  }

  /** What a node is configured with to use the services. */
  static Map<String, Object> against(EmbeddedServices services) {
    URI mqtt = URI.create(services.mqttUri());
    Map<String, Object> values = new HashMap<>();
    values.put("twin.database.url", services.jdbcUrl());
    values.put("twin.database.user", services.user());
    values.put("twin.database.password", services.password());
    values.put("twin.ingest.mqtt.broker.host", mqtt.getHost());
    values.put("twin.ingest.mqtt.broker.port", mqtt.getPort());
    values.put("twin.ingest.kafka.enabled", true);
    values.put("twin.ingest.kafka.bootstrap-servers", services.kafkaBootstrapServers());
    // It may run for months on a disk that was not meant for it.
    values.put("twin.archive.folder", services.dataDirectory().archive().toString());
    values.put("twin.archive.after", "30 m");
    values.put("twin.archive.every", "2 m");
    values.put("twin.archive.keep-bytes", "1 GB");
    Path audit = services.dataDirectory().path().resolve("program/audit");
    values.put(
        "twin.http.security.first-administrator.password-file",
        services.dataDirectory().path().resolve("program/administrator-password").toString());
    values.put("twin.audit.folder", audit.resolve("seals").toString());
    values.put("twin.audit.private-key", audit.resolve("private-key.pem").toString());
    return values;
  }
}
