package twin.app.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Reader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.app.ClientKey;
import twin.simulator.FaultCounts;
import twin.simulator.Fleet;
import twin.simulator.FleetSettings;
import twin.simulator.KafkaTarget;
import twin.simulator.MqttTarget;
import twin.simulator.ReadingTarget;
import twin.simulator.Replay;
import twin.simulator.ReplayReport;
import twin.simulator.ReplaySettings;
import twin.simulator.SimulatedType;
import twin.simulator.SimulatorStatus;

/** Simulated or replayed machines, over the same contract as real ones. */
@Command(
    name = "simulate",
    description =
        "Publishes the readings of simulated machines, or of recorded data, over MQTT or Kafka.",
    mixinStandardHelpOptions = true)
final class SimulateCommand implements Callable<Integer> {

  private static final Duration STATUS_EVERY = Duration.ofSeconds(2);
  private static final String PASSWORD = "TWIN_MQTT_PASSWORD";

  @Parameters(paramLabel = "TYPE", description = "The machine type: milling, turbofan or pump.")
  private String type = "";

  @Option(
      names = "--mqtt",
      paramLabel = "URL",
      description = "The broker (default: ${DEFAULT-VALUE}).")
  private URI mqtt = URI.create("mqtt://127.0.0.1:1883");

  @Option(
      names = "--mqtt-user",
      paramLabel = "NAME",
      description = "Name at the broker; its password is taken from " + PASSWORD + ".")
  private @Nullable String mqttUser;

  @Option(
      names = "--kafka",
      paramLabel = "SERVERS",
      description = "Sends to Kafka instead: host:port, several with commas.")
  private @Nullable String kafka;

  @Option(
      names = "--kafka-config",
      paramLabel = "FILE",
      description = "More settings of Kafka's producer, as a properties file.")
  private @Nullable Path kafkaConfig;

  @Option(names = "--machines", description = "How many (default: ${DEFAULT-VALUE}).")
  private int machines = 12;

  @Option(
      names = "--ids",
      paramLabel = "PREFIX",
      description =
          "What the machines' ids begin with (default: machine, engine or pump). Two simulators at"
              + " one broker need two.")
  private @Nullable String idPrefix;

  @Option(
      names = "--rate",
      paramLabel = "HZ",
      description = "Readings a second a machine (default: ${DEFAULT-VALUE}).")
  private double rateHz = 1;

  @Option(
      names = "--profile",
      description =
          "milling: normal, overstrain, heat_dissipation, power_failure, tool_wear, sensor_fault;"
              + " turbofan: normal, degrading; pump: normal, valve_closing, cavitation"
              + " (default: ${DEFAULT-VALUE}).")
  private String profile = "normal";

  @Option(
      names = "--seed",
      description = "The same seed gives the same machines and faults (default: ${DEFAULT-VALUE}).")
  private long seed = 1;

  @Option(
      names = "--seconds",
      description = "Stops by itself after so long; 0: never (default: ${DEFAULT-VALUE}).")
  private long seconds = 0;

  @Option(
      names = "--api",
      paramLabel = "URL",
      description = "Tells the Twin at this address when an engine was overhauled.")
  private @Nullable URI api;

  @Mixin private Trust trust = new Trust();

  @Option(
      names = "--replay",
      paramLabel = "PATH",
      description =
          "Publishes this recorded data instead, each row one reading: an AI4I file, or a file or"
              + " folder of C-MAPSS or SKAB.")
  private @Nullable Path replay;

  @Option(
      names = "--speed",
      paramLabel = "X",
      description =
          "Times real time, where a row is a minute (milling), an hour (turbofan) or a second"
              + " (pump); 0: as fast as the broker takes it (default: ${DEFAULT-VALUE}).")
  private double speed = 1;

  @Mixin private FaultOptions faults = new FaultOptions();

  @Option(names = "--json", description = "The outcome as one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    // A wrong type is refused whatever else is asked for.
    var unused = SimulatedType.of(type);
    Path data = replay;
    return data == null ? simulate(target()) : replay(data, target());
  }

  private ReadingTarget target() throws IOException {
    String servers = kafka;
    if (servers != null) {
      return KafkaTarget.of(servers).withProperties(kafkaProperties());
    }
    MqttTarget target = MqttTarget.of(mqtt);
    String user = mqttUser;
    return user == null
        ? target
        : target.withCredentials(user, System.getenv().getOrDefault(PASSWORD, ""));
  }

  private Map<String, String> kafkaProperties() throws IOException {
    Path file = kafkaConfig;
    if (file == null) {
      return Map.of();
    }
    Properties properties = new Properties();
    try (Reader reader = Files.newBufferedReader(file)) {
      properties.load(reader);
    }
    return properties.stringPropertyNames().stream()
        .collect(Collectors.toMap(name -> name, name -> properties.getProperty(name, "")));
  }

  private int simulate(ReadingTarget target) throws InterruptedException {
    FleetSettings ofType = FleetSettings.of(type, machines, rateHz, seed);
    String prefix = idPrefix;
    FleetSettings settings =
        (prefix == null ? ofType : ofType.withIdPrefix(prefix))
            .withProfile(profile)
            .withFaults(faults.faults(seed));
    URI twin = api;
    if (twin == null) {
      return simulate(settings, target, id -> {});
    }
    try (OverhaulReports reports =
        new OverhaulReports(twin, ClientKey.fromEnvironment(), trust.client().build())) {
      return simulate(settings, target, reports);
    }
  }

  private int simulate(FleetSettings settings, ReadingTarget target, Consumer<String> overhauls)
      throws InterruptedException {
    try (Lifetime lifetime = Lifetime.ofThisProcess()) {
      Fleet fleet = Fleet.start(settings, target, Clock.systemUTC(), overhauls);
      try (fleet) {
        long until = seconds == 0 ? Long.MAX_VALUE : System.nanoTime() + seconds * 1_000_000_000L;
        while (!lifetime.hasEnded() && System.nanoTime() < until) {
          lifetime.pause(STATUS_EVERY);
          say(fleet.status());
        }
      }
      report(settings.machines(), fleet.status());
      return lifetime.exitStatus();
    }
  }

  private void report(int fleetSize, SimulatorStatus status) {
    print(
        String.format(
            Locale.ROOT,
            json
                ? "{\"machines\":%d,\"sent\":%d,\"acknowledged\":%d,\"dropped\":%d,\"rejected\":%d,"
                    + "\"skipped\":%d%s}"
                : "machines %d, sent %d, acknowledged %d, dropped %d, rejected %d, skipped %d%s",
            fleetSize,
            status.taken(),
            status.acknowledged(),
            status.dropped(),
            status.rejected(),
            status.skipped(),
            inOutcome(status.faults())));
  }

  private int replay(Path data, ReadingTarget target) throws IOException, InterruptedException {
    ReplayReport report =
        Replay.run(
            ReplaySettings.of(type, data, speed).withFaults(faults.faults(seed)),
            target,
            this::say);
    print(
        String.format(
            Locale.ROOT,
            json
                ? "{\"rows\":%d,\"machines\":%d%s,\"seconds\":%.3f}"
                : "rows %d, machines %d%s, %.1f s",
            report.rows(),
            report.machines(),
            inOutcome(report.faults()),
            report.took().toMillis() / 1000.0));
    return CommandLine.ExitCode.OK;
  }

  /** The figures that a journal can be compared with. */
  private String inOutcome(FaultCounts counts) {
    if (!json && counts.duplicated() + counts.reordered() + counts.lost() == 0) {
      return "";
    }
    return String.format(
        Locale.ROOT,
        json
            ? ",\"distinct\":%d,\"duplicated\":%d,\"reordered\":%d,\"lost\":%d"
            : ", distinct %d (duplicated %d, reordered %d, lost %d)",
        counts.distinct(),
        counts.duplicated(),
        counts.reordered(),
        counts.lost());
  }

  private void print(String outcome) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(outcome);
    out.flush();
  }

  private void say(SimulatorStatus status) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf(
        Locale.ROOT,
        "twin: %s, sent %d (%.0f/s), acknowledged %d (%.0f/s), waiting %d%s%s%n",
        status.connected() ? "connected" : "not connected",
        status.taken(),
        status.takenPerSecond(),
        status.acknowledged(),
        status.acknowledgedPerSecond(),
        status.waiting() + status.inFlight(),
        status.skipped() == 0 ? "" : ", skipped " + status.skipped(),
        status.lastError() == null ? "" : ", last error: " + status.lastError());
    err.flush();
  }
}
