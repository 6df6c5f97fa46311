package twin.app.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import twin.app.ClientKey;
import twin.app.cluster.LocalCluster;
import twin.app.cluster.NodeProcess;
import twin.app.embedded.EmbeddedServices;

/** Several nodes as processes of this machine, on embedded services. */
@Command(
    name = "cluster",
    description = {
      "Runs several nodes as processes of this machine, on an embedded PostgreSQL, MQTT broker and",
      "Kafka. Prints each node's number, pid and address, and 'ready URL' once all of them answer.",
      "A node that ends is started again, as a supervisor would do."
    },
    mixinStandardHelpOptions = true)
final class ClusterCommand implements Callable<Integer> {

  private static final int NODES_MAX = 20;
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);

  @Option(names = "--nodes", description = "How many (default: ${DEFAULT-VALUE}).")
  private int nodes = 3;

  @Option(
      names = "--http-port",
      description =
          "Port of the first node; the others have those behind it. 0: any (default:"
              + " ${DEFAULT-VALUE}).")
  private int httpPort = 8080;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Stops by itself after so long; 0: never (default: ${DEFAULT-VALUE}).")
  private long seconds = 0;

  @Mixin private EmbeddedOptions embedded = new EmbeddedOptions();
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    if (nodes < 1 || nodes > NODES_MAX) {
      throw usage("--nodes must be 1 to %d, not %d".formatted(NODES_MAX, nodes));
    }
    if (seconds < 0 || httpPort < 0 || httpPort + nodes > 65_536) {
      throw usage("--seconds must be 0 or more, and --http-port leave room for all nodes");
    }
    requireUsableKeys();
    PrintWriter err = spec.commandLine().getErr();
    Lifetime ending = Lifetime.ofThisProcess();
    try (Lifetime lifetime = ending;
        EmbeddedServices services =
            lifetime.interruptibly(
                () ->
                    EmbeddedServices.start(
                        embedded.settings().forNodes(nodes), line -> say(err, line)));
        LocalCluster cluster = cluster(services)) {
      for (int number = 1; number <= nodes; number++) {
        started(lifetime.step(cluster::add));
      }
      for (NodeProcess node : cluster.nodes()) {
        lifetime.interruptibly(node::awaitReady);
      }
      addresses(err, services);
      PrintWriter out = spec.commandLine().getOut();
      out.println("ready " + cluster.nodes().getFirst().url());
      out.flush();
      supervise(cluster, lifetime);
      say(err, "stopping");
    } catch (Lifetime.Ended e) {
      say(err, Lifetime.Ended.LINE);
    }
    return ending.exitStatus();
  }

  /** The nodes take them from this process's environment, and would each end because of them. */
  private void requireUsableKeys() {
    try {
      ClientKey.serverKeys();
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private void supervise(LocalCluster cluster, Lifetime lifetime) throws Exception {
    long endNanos = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
    while (!lifetime.hasEnded() && (seconds == 0 || System.nanoTime() < endNanos)) {
      lifetime.pause(LOOK_EVERY);
      for (NodeProcess node : cluster.nodes()) {
        if (!lifetime.hasEnded() && !node.isAlive()) {
          say(
              spec.commandLine().getErr(),
              "node %d has ended with status %d, and is started again"
                  .formatted(node.number(), node.exitStatus()));
          started(cluster.restart(node));
        }
      }
    }
  }

  private LocalCluster cluster(EmbeddedServices services) throws IOException {
    return new LocalCluster(
        services.dataDirectory().nodes(), EmbeddedOptions.against(services), nodes, httpPort);
  }

  private void started(NodeProcess node) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf("node %d pid %d %s%n", node.number(), node.pid(), node.url());
    out.flush();
  }

  private void addresses(PrintWriter err, EmbeddedServices services) {
    err.println();
    for (List<String> row :
        List.of(
            List.of("MQTT", services.mqttUri()),
            List.of("Kafka", services.kafkaBootstrapServers()),
            List.of("PostgreSQL", services.jdbcUrl()),
            List.of("data", services.dataDirectory().path().toString()))) {
      err.printf("  %-12s%s%n", row.getFirst(), row.getLast());
    }
    err.println();
    err.flush();
  }

  private static void say(PrintWriter err, String line) {
    err.println("twin: " + line);
    err.flush();
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
