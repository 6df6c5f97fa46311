package twin.app.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import twin.app.Node;
import twin.app.NodeConfig;
import twin.app.cluster.NodeProcess;
import twin.core.registry.BundleRegistry;
import twin.core.registry.RegistrySettings;
import twin.core.store.Database;
import twin.core.store.DatabaseSettings;
import twin.http.security.SecuritySettings;
import twin.http.tls.ServerTls;
import twin.http.tls.TlsSettings;

/** One cluster node against real services. */
@Command(
    name = "node",
    description = "Runs one node against the services that a configuration file names.",
    mixinStandardHelpOptions = true)
final class NodeCommand implements Callable<Integer> {

  @Option(
      names = "--config",
      paramLabel = "FILE",
      required = true,
      description = "HOCON; what it does not say has the defaults of the reference.conf files.")
  private @Nullable Path file;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Config config = config();
    PrintWriter err = spec.commandLine().getErr();
    Node.requireFree(config.getString("twin.http.address"), config.getInt("twin.http.port"));
    Lifetime ending = Lifetime.ofThisProcess();
    endWithSupervisor(ending);
    Optional<String> why = Optional.empty();
    try (Lifetime lifetime = ending;
        Node node = start(lifetime, config)) {
      node.stopped().whenComplete((done, failure) -> lifetime.end());
      try {
        String url = node.url();
        Readiness.await(URI.create(url + "/ready"), lifetime, tls(config));
        PrintWriter out = spec.commandLine().getOut();
        out.println("ready " + url);
        out.flush();
        lifetime.await(0);
      } finally {
        why = node.whyStopped();
      }
    } catch (Lifetime.Ended e) {
      if (why.isEmpty()) {
        err.println("twin: " + Lifetime.Ended.LINE);
      }
    }
    why.ifPresent(reason -> err.println("twin: " + reason));
    return why.isPresent() ? CommandLine.ExitCode.SOFTWARE : ending.exitStatus();
  }

  /** A node that another process keeps, and whose services it has, is of no use without it. */
  private static void endWithSupervisor(Lifetime lifetime) {
    Long supervisor = Long.getLong(NodeProcess.SUPERVISOR);
    if (supervisor == null) {
      return;
    }
    var unused =
        ProcessHandle.of(supervisor)
            .map(ProcessHandle::onExit)
            .orElseGet(() -> CompletableFuture.completedFuture(null))
            .whenComplete((ended, failure) -> lifetime.end());
  }

  private static Node start(Lifetime lifetime, Config config) throws Exception {
    // The one wait of a start that can be long.
    DatabaseSettings database = DatabaseSettings.from(config);
    lifetime.interruptibly(
        () -> {
          Database.awaitServer(database);
          return database;
        });
    return lifetime.step(() -> Node.start(config, Optional.empty()));
  }

  private Config config() {
    Path given = file;
    if (given == null || !Files.isReadable(given)) {
      throw usage("--config %s cannot be read".formatted(given));
    }
    try {
      Config config = NodeConfig.with(ConfigFactory.parseFile(given.toFile()));
      SecuritySettings unused = SecuritySettings.of(config.getConfig("twin.http"));
      tls(config).ifPresent(ServerTls::check);
      RegistrySettings.of(config.getConfig("twin.models.registry"))
          .open(NodeConfig.home(), InstantSource.system())
          .ifPresent(BundleRegistry::close);
      return config;
    } catch (ConfigException | IllegalArgumentException e) {
      throw usage("--config %s: %s".formatted(given, e.getMessage()));
    }
  }

  private static Optional<TlsSettings> tls(Config config) {
    return TlsSettings.of(config.getConfig("twin.http.tls"));
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
