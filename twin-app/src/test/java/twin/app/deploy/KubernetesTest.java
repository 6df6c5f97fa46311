package twin.app.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import io.fabric8.openshift.api.model.monitoring.v1.ServiceMonitor;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import twin.app.Joining;
import twin.app.NodeConfig;

/** The files for Kustomize, against the schemas of what they are and against the program. */
final class KubernetesTest {

  private static final String BASE = "cluster-config/kubernetes/base/";
  private static final String OVERLAYS = "cluster-config/kubernetes/overlays/";
  private static final String KUSTOMIZATION = "kustomization.yaml";
  private static final String NAME = "app.kubernetes.io/name";

  private static final Map<String, Class<? extends HasMetadata>> KINDS =
      Map.ofEntries(
          Map.entry("Deployment", Deployment.class),
          Map.entry("HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
          Map.entry("Namespace", Namespace.class),
          Map.entry("NetworkPolicy", NetworkPolicy.class),
          Map.entry("PersistentVolumeClaim", PersistentVolumeClaim.class),
          Map.entry("PodDisruptionBudget", PodDisruptionBudget.class),
          Map.entry("Role", Role.class),
          Map.entry("RoleBinding", RoleBinding.class),
          Map.entry("Service", Service.class),
          Map.entry("ServiceAccount", ServiceAccount.class),
          Map.entry("ServiceMonitor", ServiceMonitor.class));

  /** The model itself keeps what it does not know; here that is an error. */
  private static final ObjectMapper STRICT =
      JsonMapper.builder()
          .annotationIntrospector(new NothingUnknown())
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build();

  private static final class NothingUnknown extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(Annotated annotated) {
      return false;
    }
  }

  private static HasMetadata read(String file) throws IOException {
    return read(file, DeployedFiles.yaml(file));
  }

  private static HasMetadata read(String file, JsonNode yaml) throws IOException {
    Class<? extends HasMetadata> kind = KINDS.get(yaml.path("kind").asText());
    assertThat(kind).as(file).isNotNull();
    assertThat(yaml.get("apiVersion").asText()).as(file).isEqualTo(HasMetadata.getApiVersion(kind));
    return STRICT.treeToValue(yaml, kind);
  }

  private static <T extends HasMetadata> T base(String file, Class<T> kind) throws IOException {
    return kind.cast(read(BASE + file));
  }

  private static PodSpec pod() throws IOException {
    return base("deployment.yaml", Deployment.class).getSpec().getTemplate().getSpec();
  }

  private static Container container() throws IOException {
    return pod().getContainers().getFirst();
  }

  @Test
  void everyFileIsWhatItSaysItIs() throws Exception {
    int files = 0;
    for (String folder : List.of(BASE, OVERLAYS + "three-nodes/", OVERLAYS + "autoscaled/")) {
      for (String file : DeployedFiles.in(folder)) {
        if (file.endsWith(".yaml") && !file.equals(KUSTOMIZATION)) {
          assertThat(read(folder + file).getMetadata().getName()).as(file).isNotBlank();
          files++;
        }
      }
    }
    assertThat(files).isGreaterThanOrEqualTo(KINDS.size());
  }

  @Test
  void aFieldThatTheSchemaDoesNotKnowIsFound() throws Exception {
    ObjectNode deployment = (ObjectNode) DeployedFiles.yaml(BASE + "deployment.yaml");
    ((ObjectNode) deployment.at("/spec/template/spec")).put("terminationGracePeriod", 90);
    assertThatThrownBy(() -> read("changed", deployment))
        .hasMessageContaining("terminationGracePeriod");
    ObjectNode monitor = (ObjectNode) DeployedFiles.yaml(BASE + "servicemonitor.yaml");
    ((ObjectNode) monitor.at("/spec/endpoints/0")).put("every", "15s");
    assertThatThrownBy(() -> read("changed", monitor)).hasMessageContaining("every");
  }

  @Test
  void kustomizeIsToldEveryFile() throws Exception {
    for (String folder : List.of(BASE, OVERLAYS + "three-nodes/", OVERLAYS + "autoscaled/")) {
      JsonNode kustomization = DeployedFiles.yaml(folder + KUSTOMIZATION);
      Set<String> listed = new TreeSet<>();
      listed.add(KUSTOMIZATION);
      for (String resource : DeployedFiles.strings(kustomization.get("resources"))) {
        if (resource.startsWith("../")) {
          assertThat(DeployedFiles.path(folder).resolve(resource)).isDirectory();
        } else {
          listed.add(resource);
        }
      }
      kustomization
          .path("configMapGenerator")
          .forEach(
              map -> {
                listed.addAll(DeployedFiles.strings(map.path("envs")));
                listed.addAll(DeployedFiles.strings(map.path("files")));
              });
      kustomization
          .path("secretGenerator")
          .forEach(
              secret ->
                  DeployedFiles.strings(secret.path("envs"))
                      .forEach(file -> listed.add(file + ".example")));
      Set<String> there = DeployedFiles.in(folder);
      there.remove("secrets.env");
      assertThat(there).as(folder).isEqualTo(listed);
    }
  }

  @Test
  void theImageHasAVersion() throws Exception {
    JsonNode image = DeployedFiles.yaml(OVERLAYS + "three-nodes/" + KUSTOMIZATION).at("/images/0");
    assertThat(image.get("name").asText()).isEqualTo(container().getImage());
    assertThat(image.get("newName").asText() + ":" + image.get("newTag").asText())
        .matches(ImageTest.PINNED)
        .endsWith(":" + DeployedFiles.projectVersion());
  }

  private static Map<String, String> environmentFile() throws IOException {
    Map<String, String> given = new TreeMap<>();
    for (String line : DeployedFiles.lines(BASE + "twin.env")) {
      String[] parts = line.split("=", 2);
      given.put(parts[0], parts[1]);
    }
    return given;
  }

  @Test
  void nodesAreToldWhatTheyKnowAndAllOfIt() throws Exception {
    Set<String> told = new TreeSet<>(environmentFile().keySet());
    container().getEnv().forEach(variable -> told.add(variable.getName()));
    assertThat(Variables.known()).containsAll(told);
    told.addAll(Variables.ofTheImage());
    assertThat(told).containsAll(Variables.ofANode());
  }

  @Test
  void theSecretHasWhatIsAskedOfIt() throws Exception {
    String secret =
        DeployedFiles.yaml(OVERLAYS + "three-nodes/" + KUSTOMIZATION)
            .at("/secretGenerator/0/name")
            .asText();
    Set<String> offered = new TreeSet<>();
    for (String line : DeployedFiles.lines(OVERLAYS + "three-nodes/secrets.env.example")) {
      assertThat(line).matches("[A-Z_]+=");
      offered.add(line.replace("=", ""));
    }
    Set<String> asked = new TreeSet<>();
    container().getEnv().stream()
        .filter(variable -> variable.getValueFrom().getSecretKeyRef() != null)
        .forEach(
            variable -> {
              assertThat(variable.getValueFrom().getSecretKeyRef().getName()).isEqualTo(secret);
              asked.add(variable.getValueFrom().getSecretKeyRef().getKey());
            });
    var credentials =
        base("servicemonitor.yaml", ServiceMonitor.class)
            .getSpec()
            .getEndpoints()
            .getFirst()
            .getAuthorization()
            .getCredentials();
    assertThat(credentials.getName()).isEqualTo(secret);
    asked.add(credentials.getKey());
    assertThat(offered).isEqualTo(asked);
  }

  /** Together with the variables it is a configuration that a node would take. */
  @Test
  void theConfigurationIsWhole() throws Exception {
    Map<String, Object> variables = new HashMap<>(environmentFile());
    variables.put("TWIN_CLUSTER_HOST", "10.0.0.1");
    Config given =
        ConfigFactory.parseFile(DeployedFiles.path(BASE + "twin.conf").toFile())
            .resolveWith(ConfigFactory.parseMap(variables));
    Config node = NodeConfig.with(given);
    assertThat(Joining.of(node)).isEqualTo(Joining.KUBERNETES);
    assertThat(node.getString("pekko.remote.artery.canonical.hostname")).isEqualTo("10.0.0.1");
    assertThat(
            node.getString("pekko.discovery.kubernetes-api.pod-label-selector")
                .formatted(node.getString("twin.cluster.bootstrap.service")))
        .isEqualTo(
            NAME
                + "="
                + base("deployment.yaml", Deployment.class)
                    .getSpec()
                    .getTemplate()
                    .getMetadata()
                    .getLabels()
                    .get(NAME));
    assertThat(node.getInt("twin.cluster.bootstrap.nodes-min"))
        .as("more than half of the nodes")
        .isGreaterThan(base("deployment.yaml", Deployment.class).getSpec().getReplicas() / 2);
    assertThat(node.getString("twin.database.url")).contains("sslmode=require");
  }

  @Test
  void portsAreThoseOfTheConfiguration() throws Exception {
    Config defaults = DeployedFiles.defaults();
    Map<String, Integer> ports =
        Map.of(
            "http", defaults.getInt("twin.http.port"),
            "cluster", defaults.getInt("twin.cluster.port"),
            "management", defaults.getInt("twin.cluster.bootstrap.port"));
    Map<String, Integer> opened = new HashMap<>();
    for (ContainerPort port : container().getPorts()) {
      opened.put(port.getName(), port.getContainerPort());
    }
    assertThat(opened).isEqualTo(ports);
    Service nodes = base("service-nodes.yaml", Service.class);
    assertThat(nodes.getSpec().getClusterIP()).isEqualTo("None");
    assertThat(nodes.getSpec().getPublishNotReadyAddresses()).isTrue();
    nodes
        .getSpec()
        .getPorts()
        .forEach(port -> assertThat(port.getPort()).isEqualTo(ports.get(port.getName())));
    base("service.yaml", Service.class)
        .getSpec()
        .getPorts()
        .forEach(port -> assertThat(ports).containsKey(port.getTargetPort().getStrVal()));
    NetworkPolicy policy = base("networkpolicy.yaml", NetworkPolicy.class);
    policy
        .getSpec()
        .getIngress()
        .forEach(
            rule ->
                rule.getPorts()
                    .forEach(port -> assertThat(ports).containsKey(port.getPort().getStrVal())));
    Set<Integer> between = new TreeSet<>();
    policy
        .getSpec()
        .getEgress()
        .getFirst()
        .getPorts()
        .forEach(port -> between.add(port.getPort().getIntVal()));
    assertThat(between).containsExactlyInAnyOrder(ports.get("cluster"), ports.get("management"));
    Set<Integer> outside = new TreeSet<>();
    policy
        .getSpec()
        .getEgress()
        .forEach(rule -> rule.getPorts().forEach(port -> outside.add(port.getPort().getIntVal())));
    assertThat(outside)
        .as("the services' ports in twin.env")
        .contains(5432, Integer.parseInt(environmentFile().getOrDefault("TWIN_MQTT_PORT", "0")))
        .contains(
            Integer.parseInt(
                environmentFile()
                    .getOrDefault("TWIN_KAFKA_SERVERS", ":0")
                    .replaceFirst("^.*:", "")));
  }

  @Test
  void onlyNodesReachThePortsBetweenNodes() throws Exception {
    NetworkPolicy policy = base("networkpolicy.yaml", NetworkPolicy.class);
    policy
        .getSpec()
        .getIngress()
        .forEach(
            rule -> {
              boolean http =
                  rule.getPorts().stream()
                      .allMatch(port -> port.getPort().getStrVal().equals("http"));
              assertThat(http || !rule.getFrom().isEmpty()).isTrue();
            });
    assertThat(policy.getSpec().getPolicyTypes()).containsExactly("Ingress", "Egress");
  }

  @Test
  void whatSelectsPodsSelectsThese() throws Exception {
    Deployment deployment = base("deployment.yaml", Deployment.class);
    Map<String, String> labels = deployment.getSpec().getTemplate().getMetadata().getLabels();
    assertThat(deployment.getSpec().getSelector().getMatchLabels()).isEqualTo(labels);
    assertThat(base("service.yaml", Service.class).getSpec().getSelector()).isEqualTo(labels);
    assertThat(base("service-nodes.yaml", Service.class).getSpec().getSelector()).isEqualTo(labels);
    assertThat(
            base("poddisruptionbudget.yaml", PodDisruptionBudget.class)
                .getSpec()
                .getSelector()
                .getMatchLabels())
        .isEqualTo(labels);
    assertThat(
            base("networkpolicy.yaml", NetworkPolicy.class)
                .getSpec()
                .getPodSelector()
                .getMatchLabels())
        .isEqualTo(labels);
    Map<String, String> monitored =
        base("servicemonitor.yaml", ServiceMonitor.class).getSpec().getSelector().getMatchLabels();
    Map<String, String> ofService = new HashMap<>(labels);
    ofService.putAll(base("service.yaml", Service.class).getMetadata().getLabels());
    assertThat(ofService).as("the label of Kustomize and its own").isEqualTo(monitored);
  }

  @Test
  void aNodeMayAskForPodsAndNothingElse() throws Exception {
    List<PolicyRule> rules = base("role.yaml", Role.class).getRules();
    assertThat(rules).hasSize(1);
    assertThat(rules.getFirst().getResources()).containsExactly("pods");
    assertThat(rules.getFirst().getVerbs()).containsExactly("get", "list", "watch");
    RoleBinding binding = base("rolebinding.yaml", RoleBinding.class);
    assertThat(binding.getRoleRef().getName())
        .isEqualTo(base("role.yaml", Role.class).getMetadata().getName());
    String account = base("serviceaccount.yaml", ServiceAccount.class).getMetadata().getName();
    assertThat(binding.getSubjects().getFirst().getName()).isEqualTo(account);
    assertThat(pod().getServiceAccountName()).isEqualTo(account);
  }

  @Test
  void aContainerMayDoNoMoreThanItNeeds() throws Exception {
    assertThat(pod().getSecurityContext().getRunAsNonRoot()).isTrue();
    assertThat(DeployedFiles.text("Dockerfile"))
        .contains(
            "USER %d:%d"
                .formatted(
                    pod().getSecurityContext().getRunAsUser(),
                    pod().getSecurityContext().getRunAsGroup()));
    assertThat(pod().getSecurityContext().getSeccompProfile().getType())
        .isEqualTo("RuntimeDefault");
    var context = container().getSecurityContext();
    assertThat(context.getReadOnlyRootFilesystem()).isTrue();
    assertThat(context.getAllowPrivilegeEscalation()).isFalse();
    assertThat(context.getCapabilities().getDrop()).containsExactly("ALL");
    assertThat(container().getResources().getLimits()).containsKeys("cpu", "memory");
    assertThat(container().getResources().getRequests()).containsKeys("cpu", "memory");
  }

  @Test
  void nodesStopInOrderAndOneAtATime() throws Exception {
    long preStop =
        Long.parseLong(container().getLifecycle().getPreStop().getExec().getCommand().getLast());
    assertThat(pod().getTerminationGracePeriodSeconds())
        .isGreaterThan(preStop + orderlyStop(DeployedFiles.defaults()).toSeconds());
    var rolling =
        base("deployment.yaml", Deployment.class).getSpec().getStrategy().getRollingUpdate();
    assertThat(rolling.getMaxSurge().getIntVal()).isEqualTo(1);
    assertThat(rolling.getMaxUnavailable().getIntVal()).isZero();
    assertThat(
            base("poddisruptionbudget.yaml", PodDisruptionBudget.class)
                .getSpec()
                .getMaxUnavailable()
                .getIntVal())
        .isEqualTo(1);
    var autoscaler =
        HorizontalPodAutoscaler.class.cast(
            read(OVERLAYS + "autoscaled/horizontalpodautoscaler.yaml"));
    assertThat(autoscaler.getSpec().getMinReplicas())
        .isEqualTo(base("deployment.yaml", Deployment.class).getSpec().getReplicas());
    assertThat(autoscaler.getSpec().getMaxReplicas() * 5)
        .as("five shards a node at least")
        .isLessThanOrEqualTo(DeployedFiles.defaults().getInt("twin.cluster.shards"));
    autoscaler
        .getSpec()
        .getBehavior()
        .getScaleDown()
        .getPolicies()
        .forEach(policy -> assertThat(policy.getValue()).isEqualTo(1));
  }

  @Test
  void probesAskTheProgram() throws Exception {
    assertThat(container().getStartupProbe().getHttpGet().getPath()).isEqualTo("/health");
    assertThat(container().getLivenessProbe().getHttpGet().getPath()).isEqualTo("/health");
    assertThat(container().getReadinessProbe().getHttpGet().getPath()).isEqualTo("/ready");
  }

  /** As long as all phases may take, one after the other. */
  static Duration orderlyStop(Config config) {
    Config shutdown = config.getConfig("pekko.coordinated-shutdown");
    Duration each = shutdown.getDuration("default-phase-timeout");
    Duration sum = Duration.ZERO;
    for (String phase : shutdown.getObject("phases").keySet()) {
      Config settings = shutdown.getConfig("phases").getConfig(phase);
      sum = sum.plus(settings.hasPath("timeout") ? settings.getDuration("timeout") : each);
    }
    return sum;
  }
}
