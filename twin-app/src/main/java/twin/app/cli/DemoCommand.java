package twin.app.cli;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import twin.app.ClientKey;
import twin.app.Node;
import twin.app.NodeConfig;
import twin.app.embedded.EmbeddedServices;
import twin.http.security.ApiKey;
import twin.http.security.ApiKeys;
import twin.http.security.SecuritySettings;
import twin.http.simulation.Simulations;
import twin.simulator.FleetSettings;
import twin.simulator.MqttTarget;

/** The main job, all on this machine. */
@Command(
    name = "demo",
    description =
        "Runs everything on this machine: PostgreSQL, an MQTT broker and Kafka, one node, simulated"
            + " machines and the dashboard. Prints 'ready URL' once everything answers.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {

  @Option(
      names = "--machines",
      description = "Simulated milling machines (default: ${DEFAULT-VALUE}).")
  private int machines = 12;

  @Option(
      names = "--engines",
      description = "Simulated turbofan engines beside them (default: ${DEFAULT-VALUE}).")
  private int engines = 0;

  @Option(
      names = "--pumps",
      description = "Simulated pumps beside them (default: ${DEFAULT-VALUE}).")
  private int pumps = 0;

  @Option(
      names = "--rate",
      paramLabel = "HZ",
      description = "Readings a second a machine (default: ${DEFAULT-VALUE}).")
  private double rateHz = 1;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      description =
          "Address to listen on; on another than loopback callers must say who they are"
              + " (default: ${DEFAULT-VALUE}).")
  private String bind = "127.0.0.1";

  @Option(
      names = "--http-port",
      description = "Port of the dashboard and the API, 0: any (default: ${DEFAULT-VALUE}).")
  private int httpPort = 8080;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      description = "Stops by itself after so long; 0: never (default: ${DEFAULT-VALUE}).")
  private long seconds = 0;

  @Option(names = "--no-simulator", description = "Without simulated machines.")
  private boolean noSimulator;

  @Option(
      names = "--seed",
      description = "Seed of the simulated machines (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Mixin private EmbeddedOptions embedded = new EmbeddedOptions();
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    SecuritySettings security = security();
    Map<String, Object> ownKey = ownKey(security);
    ClientKey key = ClientKey.of(ApiKeys.of(config(ownKey).getConfig("twin.http")));
    embedded.requirePort("--http-port", httpPort);
    EmbeddedServices.Settings settings = embedded.settings();
    if (seconds < 0) {
      throw usage("--seconds must be 0 or more, not " + seconds);
    }
    // Wrong numbers are refused before anything is started.
    List<FleetSettings> fleets = fleets();
    PrintWriter err = spec.commandLine().getErr();
    Lifetime ending = Lifetime.ofThisProcess();
    try (Lifetime lifetime = ending;
        EmbeddedServices services =
            lifetime.interruptibly(
                () ->
                    EmbeddedServices.start(
                        settings, () -> Node.requireFree(bind, httpPort), line -> say(err, line)));
        SimulatedFleets simulated = new SimulatedFleets();
        Node node =
            lifetime.step(() -> Node.start(config(services, ownKey), simulations(simulated)))) {
      String url = node.url();
      if (!noSimulator && !lifetime.hasEnded()) {
        URI broker = URI.create(services.mqttUri());
        // Without an end of its own: it goes with the process, and nothing waits for it.
        OverhaulReports reports =
            new OverhaulReports(URI.create(url), key, HttpClient.newHttpClient());
        fleets.forEach(each -> simulated.start(each, MqttTarget.of(broker), reports));
      }
      node.stopped().whenComplete((done, failure) -> lifetime.end());
      Readiness.await(URI.create(url + "/ready"), lifetime, Optional.empty());
      table(err, url, services);
      PrintWriter out = spec.commandLine().getOut();
      out.println("ready " + url);
      out.flush();
      lifetime.await(seconds);
      say(err, "stopping");
    } catch (Lifetime.Ended e) {
      say(err, Lifetime.Ended.LINE);
    }
    return ending.exitStatus();
  }

  /** One for each type of which there are to be machines. */
  private List<FleetSettings> fleets() {
    List<FleetSettings> fleets = new ArrayList<>();
    fleets.add(FleetSettings.milling(machines, rateHz, seed));
    if (engines != 0) {
      fleets.add(FleetSettings.of("turbofan", engines, rateHz, seed));
    }
    if (pumps != 0) {
      fleets.add(FleetSettings.of("pump", pumps, rateHz, seed));
    }
    return fleets;
  }

  private Optional<Simulations> simulations(SimulatedFleets simulated) {
    return noSimulator ? Optional.empty() : Optional.of(simulated);
  }

  private Config config(EmbeddedServices services, Map<String, Object> more) {
    Map<String, Object> values = new HashMap<>(EmbeddedOptions.against(services));
    values.putAll(more);
    values.put("twin.http.port", httpPort);
    // Nothing joins a demo, and two of them on one machine must not meet.
    values.put("twin.cluster.port", 0);
    // Nobody looks at a demo for a day, and its machines have no days either.
    values.put("twin.models.drift.window", "30m");
    return config(values);
  }

  private Config config(Map<String, Object> values) {
    Map<String, Object> all = new HashMap<>(values);
    all.put("twin.http.address", bind);
    return NodeConfig.with(ConfigFactory.parseMap(all, "demo"));
  }

  /** The simulator reports overhauls to the node, as somebody who may. */
  private static Map<String, Object> ownKey(SecuritySettings security) {
    return security.on() && security.keys().isEmpty()
        ? Map.of(
            "twin.http.api-keys",
            List.of(Map.of("name", "simulator", "key", ApiKey.randomSecret(), "role", "operator")))
        : Map.of();
  }

  private SecuritySettings security() {
    try {
      return SecuritySettings.of(config(Map.of()).getConfig("twin.http"));
    } catch (IllegalArgumentException e) {
      throw usage(String.valueOf(e.getMessage()));
    }
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }

  private static void say(PrintWriter err, String line) {
    err.println("twin: " + line);
    err.flush();
  }

  private void table(PrintWriter err, String url, EmbeddedServices services) {
    err.println();
    for (List<String> row :
        List.of(
            List.of("dashboard", url + "/"),
            List.of("API", url + "/api/v1/machines"),
            List.of("OpenAPI", url + "/openapi.json"),
            List.of("MQTT", services.mqttUri()),
            List.of("Kafka", services.kafkaBootstrapServers()),
            List.of("PostgreSQL", services.jdbcUrl()),
            List.of("data", services.dataDirectory().path().toString()))) {
      err.printf("  %-12s%s%n", row.getFirst(), row.getLast());
    }
    err.println();
    err.flush();
  }
}
