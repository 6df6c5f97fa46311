package twin.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.JoinSeedNodes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Nodes that talk to each other over TLS, and such as may not. */
final class ClusterTlsTest {

  private final Path directory;
  private final List<ActorSystem<Void>> systems = new ArrayList<>();

  ClusterTlsTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @AfterEach
  void stop() throws Exception {
    for (ActorSystem<Void> system : systems) {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
  }

  private static Config config(Authority authority, String name) {
    return config(
        """
        twin.cluster.tls { certificate = "%s", key = "%s", ca = "%s" }
        """
            .formatted(
                authority.certificate(name), authority.key(name), authority.certificate("ca")));
  }

  private static Config config(String more) {
    return NodeConfig.with(
        ConfigFactory.parseString(
            """
            twin.cluster.port = 0
            pekko.cluster.shutdown-after-unsuccessful-join-seed-nodes = 8s
            pekko.cluster.jmx.multi-mbeans-in-same-jvm = on
            pekko.coordinated-shutdown.exit-jvm = off
            """
                + more));
  }

  private ActorSystem<Void> start(Config config) {
    ActorSystem<Void> system = ActorSystem.create(Behaviors.empty(), "twin", config);
    systems.add(system);
    return system;
  }

  private static void join(ActorSystem<Void> node, ActorSystem<Void> founder) {
    Cluster.get(node)
        .manager()
        .tell(new JoinSeedNodes(List.of(Cluster.get(founder).selfMember().address())));
  }

  private static int members(ActorSystem<Void> node) {
    int members = 0;
    for (Member ignored : Cluster.get(node).state().getMembers()) {
      members++;
    }
    return members;
  }

  @Test
  @Tag("full")
  @Timeout(180)
  void nodesOfOneAuthorityFindEachOtherAndLetNobodyElseIn() throws Exception {
    Authority authority = new Authority(directory.resolve("own"));
    authority.sign("one", "dns:nodes.twin");
    authority.sign("other", "dns:nodes.twin");
    authority.sign("stranger", "dns:somebody.else");
    Authority foreign = new Authority(directory.resolve("foreign"));
    foreign.sign("one", "dns:nodes.twin");

    ActorSystem<Void> first = start(config(authority, "one"));
    join(first, first);
    ActorSystem<Void> second = start(config(authority, "other"));
    join(second, first);
    for (ActorSystem<Void> node : List.of(first, second)) {
      Eventually.get("two members", () -> members(node), members -> members == 2);
    }
    for (Config refused :
        List.of(config(foreign, "one"), config(authority, "stranger"), config(""))) {
      ActorSystem<Void> node = start(refused);
      join(node, first);
      node.getWhenTerminated().toCompletableFuture().get(60, TimeUnit.SECONDS);
      assertThat(CoordinatedShutdown.get(node).getShutdownReason())
          .contains(CoordinatedShutdown.clusterJoinUnsuccessfulReason());
      assertThat(members(first)).isEqualTo(2);
    }
  }

  @Test
  void saysWhichFileIsMissing() throws Exception {
    Path present = Files.writeString(directory.resolve("present.pem"), "");
    assertThatThrownBy(() -> config("twin.cluster.tls.certificate = \"%s\"".formatted(present)))
        .isInstanceOf(ConfigException.BadValue.class)
        .hasMessageContaining("twin.cluster.tls.key")
        .hasMessageContaining("needs this file too");
    assertThatThrownBy(
            () ->
                config(
                    "twin.cluster.tls { certificate = \"%1$s\", key = \"%1$s\", ca = /absent.pem }"
                        .formatted(present)))
        .isInstanceOf(ConfigException.BadValue.class)
        .hasMessageContaining("/absent.pem cannot be read");
    assertThat(config("").getString("pekko.remote.artery.transport")).isEqualTo("tcp");
  }
}
