package twin.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.management.cluster.bootstrap.ClusterBootstrap;
import org.apache.pekko.management.javadsl.PekkoManagement;

/** How a node finds the others of its cluster: {@code twin.cluster.join}. */
public enum Joining {
  /** The configuration names them; a node that knows no others begins a cluster of its own. */
  SEED_NODES,
  /** They are at the addresses of one name. */
  DNS,
  /** They are pods that the API of Kubernetes is asked for. */
  KUBERNETES;

  private static final String SETTING = "twin.cluster.join";
  private static final Duration BIND_WITHIN = Duration.ofSeconds(20);

  /**
   * Reads and checks the settings.
   *
   * @throws ConfigException with what to do
   */
  public static Joining of(Config config) {
    String given = config.getString(SETTING);
    Joining joining =
        Arrays.stream(values())
            .filter(each -> each.setting().equals(given))
            .findFirst()
            .orElseThrow(
                () ->
                    new ConfigException.BadValue(
                        config.getValue(SETTING).origin(),
                        SETTING,
                        "%s is none of %s"
                            .formatted(
                                given,
                                Arrays.stream(values())
                                    .map(Joining::setting)
                                    .collect(Collectors.joining(", ")))));
    if (joining == SEED_NODES) {
      return joining;
    }
    if (!config.getStringList("pekko.cluster.seed-nodes").isEmpty()) {
      throw new ConfigException.BadValue(
          config.getValue("pekko.cluster.seed-nodes").origin(),
          "pekko.cluster.seed-nodes",
          "leave it out, or set %s = seed-nodes".formatted(SETTING));
    }
    if (config.getInt("twin.cluster.bootstrap.nodes-min") < 1) {
      throw new ConfigException.BadValue(
          config.getValue("twin.cluster.bootstrap.nodes-min").origin(),
          "twin.cluster.bootstrap.nodes-min",
          "must be 1 or more");
    }
    return joining;
  }

  private String setting() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Begins to join. With seed nodes the actor system does so by itself, from its configuration.
   *
   * @throws NodeException when the address at which nodes ask each other is not to be had
   */
  public void join(ActorSystem<?> system) {
    switch (this) {
      case SEED_NODES -> {
        if (system.settings().config().getStringList("pekko.cluster.seed-nodes").isEmpty()) {
          Cluster cluster = Cluster.get(system);
          cluster.manager().tell(Join.create(cluster.selfMember().address()));
        }
      }
      case DNS, KUBERNETES -> {
        listen(system);
        ClusterBootstrap.get(system).start();
      }
    }
  }

  private static void listen(ActorSystem<?> system) {
    try {
      var unused =
          PekkoManagement.get(system)
              .start()
              .toCompletableFuture()
              .orTimeout(BIND_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
              .join();
    } catch (CompletionException e) {
      Config config = system.settings().config();
      throw new NodeException(
          "%s:%d cannot be listened on (%s); choose others with twin.cluster.host and"
                  .formatted(
                      config.getString("twin.cluster.host"),
                      config.getInt("twin.cluster.bootstrap.port"),
                      e.getMessage())
              + " twin.cluster.bootstrap.port",
          e);
    }
  }
}
