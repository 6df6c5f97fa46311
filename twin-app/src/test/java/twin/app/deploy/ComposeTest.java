package twin.app.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docker-compose.yml} and what it mounts. */
final class ComposeTest {

  private static final String FILE = "docker-compose.yml";

  private static Map<String, JsonNode> services() throws IOException {
    Map<String, JsonNode> services = new TreeMap<>();
    DeployedFiles.yaml(FILE)
        .get("services")
        .properties()
        .forEach(each -> services.put(each.getKey(), each.getValue()));
    return services;
  }

  private static JsonNode service(String name) throws IOException {
    return Objects.requireNonNull(services().get(name), name);
  }

  /** The program in the role that its image has without a command. */
  private static Map<String, JsonNode> nodes() throws IOException {
    Map<String, JsonNode> nodes = services();
    nodes
        .values()
        .removeIf(
            service ->
                !service.get("image").asText().startsWith("twin:") || service.has("command"));
    return nodes;
  }

  private static Set<String> variables(JsonNode service) {
    Set<String> names = new TreeSet<>();
    service.get("environment").fieldNames().forEachRemaining(names::add);
    return names;
  }

  @Test
  void everyImageHasAVersion() throws Exception {
    services()
        .forEach(
            (name, service) ->
                assertThat(service.get("image").asText()).as(name).matches(ImageTest.PINNED));
    assertThat(nodes().values())
        .allMatch(node -> node.get("image").asText().equals("twin:" + version()));
  }

  private static String version() {
    try {
      return DeployedFiles.projectVersion();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void threeNodesAreTheSameButForTheirPorts() throws Exception {
    Map<String, JsonNode> nodes = nodes();
    assertThat(nodes).hasSize(3);
    Set<JsonNode> kinds = new HashSet<>();
    nodes
        .values()
        .forEach(
            node -> {
              ObjectNode kind = node.deepCopy();
              kind.remove("ports");
              kinds.add(kind);
            });
    assertThat(kinds).hasSize(1);
    Config defaults = DeployedFiles.defaults();
    JsonNode node = nodes.values().iterator().next();
    assertThat(node.at("/environment/TWIN_CLUSTER_NODES_MIN").asInt())
        .as("more than half of them")
        .isGreaterThan(nodes.size() / 2);
    assertThat(DeployedFiles.strings(node.at("/networks/default/aliases")))
        .containsExactly(node.at("/environment/TWIN_CLUSTER_SERVICE").asText());
    assertThat(seconds(node.get("stop_grace_period")))
        .isGreaterThan(KubernetesTest.orderlyStop(defaults).toSeconds());
  }

  private static long seconds(JsonNode duration) {
    return Long.parseLong(duration.asText().replaceFirst("s$", ""));
  }

  @Test
  void nodesAreToldWhatTheyKnowAndAllOfIt() throws Exception {
    for (JsonNode node : nodes().values()) {
      Set<String> told = variables(node);
      assertThat(Variables.known()).containsAll(told);
      told.addAll(Variables.ofTheImage());
      assertThat(told).containsAll(Variables.ofANode());
    }
    assertThat(Variables.known()).containsAll(variables(service("simulator")));
  }

  @Test
  void whatIsSecretComesFromTheEnvironmentAndHasNoDefault() throws Exception {
    List<String> asked =
        DeployedFiles.found(
            Pattern.compile("(?<!\\$)\\$\\{([^}]*)}"),
            String.join("\n", DeployedFiles.lines(FILE)));
    assertThat(asked).isNotEmpty().allMatch(each -> each.endsWith(":?set it in .env"));
    Set<String> names = new TreeSet<>();
    asked.forEach(each -> names.add(each.replaceFirst(":.*", "")));
    Set<String> offered = new TreeSet<>();
    for (String line : DeployedFiles.lines(".env.example")) {
      assertThat(line).matches("[A-Z_]+=");
      offered.add(line.replace("=", ""));
    }
    assertThat(offered).isEqualTo(names);
    assertThat(DeployedFiles.lines(".gitignore")).contains(".env", "secrets.env");
    DeployedFiles.yaml(FILE)
        .get("secrets")
        .forEach(secret -> assertThat(names).contains(secret.get("environment").asText()));
  }

  @Test
  void everyServiceIsCheckedAndHasLimits() throws Exception {
    services()
        .forEach(
            (name, service) -> {
              JsonNode limits = service.at("/deploy/resources/limits");
              assertThat(limits.path("cpus").asText()).as(name).matches("\\d+(\\.\\d+)?");
              assertThat(limits.path("memory").asText()).as(name).matches("\\d+[MG]");
              JsonNode health = service.get("healthcheck");
              if (service.has("ports") || !health.path("disable").asBoolean()) {
                for (String setting :
                    List.of("test", "interval", "timeout", "retries", "start_period")) {
                  assertThat(health.has(setting)).as(name + " " + setting).isTrue();
                }
              }
            });
  }

  @Test
  void whatIsWaitedForIsThereAndChecked() throws Exception {
    Map<String, JsonNode> services = services();
    for (JsonNode service : services.values()) {
      for (Map.Entry<String, JsonNode> each : service.path("depends_on").properties()) {
        assertThat(each.getValue().get("condition").asText()).isEqualTo("service_healthy");
        assertThat(services).containsKey(each.getKey());
        boolean checked = service(each.getKey()).at("/healthcheck/test").isArray();
        assertThat(checked).as(each.getKey()).isTrue();
      }
    }
  }

  @Test
  void everythingIsPublishedOnLoopbackAtThePortsOfTheConfiguration() throws Exception {
    for (JsonNode service : services().values()) {
      for (String port : DeployedFiles.strings(service.path("ports"))) {
        assertThat(port).matches("127\\.0\\.0\\.1:\\d+:\\d+");
      }
    }
    String http = DeployedFiles.defaults().getString("twin.http.port");
    for (JsonNode node : nodes().values()) {
      assertThat(DeployedFiles.strings(node.get("ports")))
          .singleElement()
          .matches(port -> port.endsWith(":" + http));
    }
    JsonNode node = service("node-1");
    Config defaults = DeployedFiles.defaults();
    assertThat(node.at("/environment/TWIN_MQTT_PORT").asText())
        .isEqualTo(defaults.getString("twin.ingest.mqtt.broker.port"));
    assertThat(DeployedFiles.text("cluster-config/mosquitto/mosquitto.conf"))
        .contains("\nlistener " + defaults.getString("twin.ingest.mqtt.broker.port") + "\n");
    assertThat(service("kafka").at("/environment/KAFKA_ADVERTISED_LISTENERS").asText())
        .contains("//" + node.at("/environment/TWIN_KAFKA_SERVERS").asText());
  }

  @Test
  void whatIsMountedIsThere() throws Exception {
    Set<String> declared = new TreeSet<>();
    DeployedFiles.yaml(FILE).get("volumes").fieldNames().forEachRemaining(declared::add);
    Set<String> used = new TreeSet<>();
    for (JsonNode service : services().values()) {
      for (String volume : DeployedFiles.strings(service.path("volumes"))) {
        String source = volume.replaceFirst(":.*", "");
        if (source.startsWith("./")) {
          assertThat(Files.exists(DeployedFiles.path(source.substring(2)))).as(source).isTrue();
          assertThat(volume).endsWith(":ro");
        } else {
          used.add(source);
        }
      }
    }
    assertThat(used).isEqualTo(declared);
  }

  @Test
  void prometheusScrapesTheNodesWithItsKey() throws Exception {
    JsonNode job =
        DeployedFiles.yaml("cluster-config/prometheus/compose.yml").at("/scrape_configs/0");
    String port = DeployedFiles.defaults().getString("twin.http.port");
    assertThat(DeployedFiles.strings(job.at("/static_configs/0/targets")))
        .containsExactlyElementsOf(
            nodes().keySet().stream().map(node -> node + ":" + port).toList());
    String secret = service("prometheus").at("/secrets/0").asText();
    assertThat(job.at("/authorization/credentials_file").asText())
        .isEqualTo("/run/secrets/" + secret);
    String variable = DeployedFiles.yaml(FILE).at("/secrets/" + secret + "/environment").asText();
    assertThat(service("node-1").at("/environment/TWIN_API_KEYS").asText())
        .contains("prometheus:${" + variable + ":");
  }

  @Test
  void theBrokerKeepsAsMuchAsTheProgramTakes() throws Exception {
    Map<String, String> settings = new TreeMap<>();
    for (String line : DeployedFiles.lines("cluster-config/mosquitto/mosquitto.conf")) {
      String[] parts = line.split(" ", 2);
      settings.put(parts[0], parts[1]);
    }
    Config subscribe = DeployedFiles.defaults().getConfig("twin.ingest.mqtt.subscribe");
    assertThat(settings)
        .containsEntry("persistence", "true")
        .containsEntry("allow_anonymous", "false")
        .containsEntry("max_inflight_messages", subscribe.getString("receive-maximum"))
        .containsEntry("max_packet_size", String.valueOf(subscribe.getBytes("maximum-packet-size")))
        .containsEntry(
            "persistent_client_expiration", subscribe.getDuration("session-expiry").toDays() + "d");
    assertThat(Long.parseLong(settings.getOrDefault("max_queued_messages", "0")))
        .isGreaterThanOrEqualTo(100_000);
  }
}
