package twin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.discovery.ServiceDiscovery;
import org.apache.pekko.management.cluster.bootstrap.ClusterBootstrapSettings;
import org.apache.pekko.util.ManifestInfo;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import scala.jdk.javaapi.CollectionConverters;

/** How nodes find each other. */
final class JoiningTest {

  /** Projects beside Pekko that have versions of their own, and the exception. */
  private static final Pattern OTHER_VERSIONS =
      Pattern.compile(
          "pekko-(connectors|discovery|http|management|parsing|persistence-jdbc|projection)");

  /** Only on Linux every address of 127/8 is this machine's. */
  @Test
  @Tag("full")
  @Timeout(120)
  @EnabledOnOs(OS.LINUX)
  void nodesBehindOneNameBecomeOneCluster() throws Exception {
    List<InetAddress> addresses = new ArrayList<>();
    for (int number = 2; number <= 4; number++) {
      addresses.add(InetAddress.getByName("127.0.0." + number));
    }
    int port = freePort();
    List<ActorSystem<Void>> nodes = new ArrayList<>();
    try (NameServer names = new NameServer(addresses)) {
      for (InetAddress address : addresses) {
        Config config = node(address, port, names.port());
        ActorSystem<Void> node = ActorSystem.create(Behaviors.empty(), "twin", config);
        nodes.add(node);
        Joining.of(config).join(node);
      }
      for (ActorSystem<Void> node : nodes) {
        Set<String> members =
            Eventually.get(
                "three members as " + node.address() + " sees it",
                () -> up(node),
                up -> up.size() == addresses.size());
        assertThat(members).isEqualTo(Set.of("127.0.0.2", "127.0.0.3", "127.0.0.4"));
      }
      Set<Member> leaders = new HashSet<>();
      nodes.forEach(node -> leaders.add(oldest(node)));
      assertThat(leaders).as("one cluster has one oldest member").hasSize(1);
    } finally {
      nodes.forEach(ActorSystem::terminate);
      for (ActorSystem<Void> node : nodes) {
        node.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
      }
    }
  }

  private static Config node(InetAddress address, int port, int nameServer) {
    return given(
        """
        twin.cluster {
          host = "%s", port = 0, join = dns
          bootstrap { service = "nodes.twin.test", port = %d, nodes-min = 3, stable-for = 500 ms }
        }
        pekko.io.dns.async-dns { nameservers = ["127.0.0.1:%d"], search-domains = [] }
        pekko.management.cluster.bootstrap {
          contact-point-discovery.interval = 200 ms
          contact-point.probe-interval = 200 ms
        }
        """
            .formatted(address.getHostAddress(), port, nameServer));
  }

  private static Set<String> up(ActorSystem<?> node) {
    Set<String> hosts = new HashSet<>();
    for (Member member : Cluster.get(node).state().getMembers()) {
      if (member.status().equals(MemberStatus.up())) {
        hosts.add(member.address().getHost().orElseThrow());
      }
    }
    return hosts;
  }

  private static Member oldest(ActorSystem<?> node) {
    return StreamSupport.stream(Cluster.get(node).state().getMembers().spliterator(), false)
        .reduce((a, b) -> a.isOlderThan(b) ? a : b)
        .orElseThrow();
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @Test
  void kubernetesIsAskedForThePodsOfTheServicesLabel() throws Exception {
    Config config =
        given("twin.cluster { join = kubernetes, port = 0, bootstrap { service = plant } }");
    assertThat(Joining.of(config)).isEqualTo(Joining.KUBERNETES);
    assertThat(
            config
                .getString("pekko.discovery.kubernetes-api.pod-label-selector")
                .formatted("plant"))
        .isEqualTo("app.kubernetes.io/name=plant");
    assertThat(config.getString("pekko.management.http.hostname"))
        .as("nobody else reaches it unless somebody says so")
        .isEqualTo("127.0.0.1");
    // Made only inside of a cluster of Kubernetes, for it begins with reading the pod's token.
    assertThat(Class.forName(config.getString("pekko.discovery.kubernetes.class")))
        .isAssignableTo(ServiceDiscovery.class);
    ActorSystem<Void> node = ActorSystem.create(Behaviors.empty(), "twin", config);
    try {
      ClusterBootstrapSettings settings =
          new ClusterBootstrapSettings(config, node.classicSystem().log());
      assertThat(settings.contactPointDiscovery().discoveryMethod()).isEqualTo("kubernetes");
      assertThat(settings.contactPointDiscovery().effectiveName(node.classicSystem()))
          .isEqualTo("plant");
      assertThat(settings.contactPointDiscovery().requiredContactPointsNr()).isEqualTo(2);
    } finally {
      node.terminate();
      node.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  @Test
  void aWayThatIsNotKnownIsRefusedInALine(@TempDir Path directory) throws Exception {
    assertThatThrownBy(() -> Joining.of(given("twin.cluster.join = consul")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("consul is none of seed-nodes, dns, kubernetes");
    assertThatThrownBy(
            () ->
                Joining.of(
                    given(
                        """
                        twin.cluster.join = dns
                        pekko.cluster.seed-nodes = ["pekko://twin@127.0.0.1:7355"]
                        """)))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("leave it out");
    assertThatThrownBy(
            () -> Joining.of(given("twin.cluster { join = dns, bootstrap.nodes-min = 0 }")))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining("must be 1 or more");

    Path file = Files.writeString(directory.resolve("node.conf"), "twin.cluster.join = consul\n");
    StringWriter unused = new StringWriter();
    assertThat(Main.run(new PrintWriter(unused), "node", "--config", file.toString())).isEqualTo(2);
  }

  @Test
  void ownIsTheAddressThatThisMachinesNameLeadsTo() throws Exception {
    Config config = given("twin.cluster.host = own");
    String address = InetAddress.getLocalHost().getHostAddress();
    assertThat(config.getString("pekko.remote.artery.canonical.hostname")).isEqualTo(address);
    assertThat(config.getString("pekko.management.http.hostname")).isEqualTo(address);
  }

  @Test
  void membersTellTheirVersion() {
    assertThat(given("").getString("pekko.cluster.app-version")).isEqualTo(Version.text());
    assertThat(given("pekko.cluster.app-version = 7.0").getString("pekko.cluster.app-version"))
        .isEqualTo("7.0");
  }

  /** What Pekko itself would look at, were it not for this one. */
  @Test
  void allOfPekkoButItsDiscoveryIsOfOneVersion() {
    ActorSystem<Void> system =
        ActorSystem.create(Behaviors.empty(), "twin", given("twin.cluster.port = 0"));
    try {
      var versions = CollectionConverters.asJava(ManifestInfo.get(system).versions());
      Set<String> found = new HashSet<>();
      versions.forEach(
          (module, version) -> {
            if (module.startsWith("pekko-") && !OTHER_VERSIONS.matcher(module).lookingAt()) {
              found.add(version.toString());
            }
          });
      assertThat(found).as(versions.toString()).hasSize(1);
    } finally {
      system.terminate();
    }
  }

  private static Config given(String text) {
    return NodeConfig.with(ConfigFactory.parseString(text));
  }
}
