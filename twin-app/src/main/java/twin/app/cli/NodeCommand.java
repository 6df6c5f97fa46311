package twin.app.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import twin.app.Node;
import twin.app.NodeConfig;

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
    try (Lifetime lifetime = Lifetime.ofThisProcess();
        Node node = Node.start(config, Optional.empty())) {
      node.stopped().whenComplete((done, failure) -> lifetime.end());
      String url =
          "http://%s:%d".formatted(config.getString("twin.http.address"), node.address().getPort());
      if (Readiness.await(URI.create(url + "/ready"), lifetime, err::println)) {
        PrintWriter out = spec.commandLine().getOut();
        out.println("ready " + url);
        out.flush();
      }
      lifetime.await(0);
    }
    return CommandLine.ExitCode.OK;
  }

  private Config config() {
    Path given = file;
    if (given == null || !Files.isReadable(given)) {
      throw usage("--config %s cannot be read".formatted(given));
    }
    try {
      Config config = NodeConfig.with(ConfigFactory.parseFile(given.toFile()));
      String address = config.getString("twin.http.address");
      if (!InetAddress.getByName(address).isLoopbackAddress()) {
        throw usage(
            "twin.http.address = %s: another address than loopback needs authentication, which this"
                    .formatted(address)
                + " version does not have yet");
      }
      return config;
    } catch (ConfigException e) {
      throw usage("--config %s: %s".formatted(given, e.getMessage()));
    } catch (UnknownHostException e) {
      throw usage("--config %s: twin.http.address: %s".formatted(given, e.getMessage()));
    }
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
