package twin.app.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.simulator.Fleet;
import twin.simulator.FleetSettings;
import twin.simulator.MqttTarget;
import twin.simulator.Profile;
import twin.simulator.Replay;
import twin.simulator.ReplayReport;
import twin.simulator.ReplaySettings;
import twin.simulator.SimulatorStatus;

/** Simulated or replayed machines, over the same contract as real ones. */
@Command(
    name = "simulate",
    description = "Publishes the readings of simulated machines, or of a recorded file, over MQTT.",
    mixinStandardHelpOptions = true)
final class SimulateCommand implements Callable<Integer> {

  private static final Duration STATUS_EVERY = Duration.ofSeconds(2);

  @Parameters(paramLabel = "TYPE", description = "The machine type: milling.")
  private String type = "";

  @Option(
      names = "--mqtt",
      paramLabel = "URL",
      description = "The broker (default: ${DEFAULT-VALUE}).")
  private URI mqtt = URI.create("mqtt://127.0.0.1:1883");

  @Option(names = "--machines", description = "How many (default: ${DEFAULT-VALUE}).")
  private int machines = 12;

  @Option(
      names = "--rate",
      paramLabel = "HZ",
      description = "Readings a second a machine (default: ${DEFAULT-VALUE}).")
  private double rateHz = 1;

  @Option(
      names = "--profile",
      description =
          "normal, overstrain, heat_dissipation, power_failure, tool_wear or sensor_fault"
              + " (default: ${DEFAULT-VALUE}).")
  private String profile = "normal";

  @Option(names = "--seed", description = "The same seed gives the same machines.")
  private long seed = 1;

  @Option(
      names = "--seconds",
      description = "Stops by itself after so long; 0: never (default: ${DEFAULT-VALUE}).")
  private long seconds = 0;

  @Option(
      names = "--replay",
      paramLabel = "FILE",
      description = "Publishes this recorded file instead, each row one reading.")
  private @Nullable Path replay;

  @Option(
      names = "--speed",
      paramLabel = "X",
      description =
          "Times real time, where a row is a minute of its machine; 0: as fast as the broker takes"
              + " it (default: ${DEFAULT-VALUE}).")
  private double speed = 1;

  @Option(names = "--json", description = "The outcome as one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Path file = replay;
    return file == null ? simulate() : replay(file);
  }

  private int simulate() throws InterruptedException {
    FleetSettings settings =
        new FleetSettings(
            type,
            machines,
            rateHz,
            seed,
            Profile.of(profile),
            FleetSettings.milling(1, 1, 1).lagMax());
    try (Lifetime lifetime = Lifetime.ofThisProcess()) {
      report(settings.machines(), run(settings, lifetime));
      return lifetime.exitStatus();
    }
  }

  private SimulatorStatus run(FleetSettings settings, Lifetime lifetime)
      throws InterruptedException {
    Fleet fleet = Fleet.start(settings, MqttTarget.of(mqtt), Clock.systemUTC());
    try (fleet) {
      long until = seconds == 0 ? Long.MAX_VALUE : System.nanoTime() + seconds * 1_000_000_000L;
      while (!lifetime.hasEnded() && System.nanoTime() < until) {
        lifetime.pause(STATUS_EVERY);
        say(fleet.status());
      }
    }
    return fleet.status();
  }

  private void report(int fleetSize, SimulatorStatus status) {
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        json
            ? "{\"machines\":%d,\"sent\":%d,\"acknowledged\":%d,\"dropped\":%d,\"rejected\":%d}%n"
            : "machines %d, sent %d, acknowledged %d, dropped %d, rejected %d%n",
        fleetSize,
        status.taken(),
        status.acknowledged(),
        status.dropped(),
        status.rejected());
    out.flush();
  }

  private int replay(Path file) throws IOException, InterruptedException {
    if (!type.equals("milling")) {
      throw new IllegalArgumentException("only recorded files of type milling can be replayed");
    }
    ReplayReport report =
        Replay.run(ReplaySettings.of(file, speed), MqttTarget.of(mqtt), this::say);
    PrintWriter out = spec.commandLine().getOut();
    out.printf(
        Locale.ROOT,
        json
            ? "{\"rows\":%d,\"machines\":%d,\"seconds\":%.3f}%n"
            : "rows %d, machines %d, %.1f s%n",
        report.rows(),
        report.machines(),
        report.took().toMillis() / 1000.0);
    out.flush();
    return CommandLine.ExitCode.OK;
  }

  private void say(SimulatorStatus status) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf(
        Locale.ROOT,
        "twin: %s, sent %d, acknowledged %d (%.0f/s), waiting %d%s%n",
        status.connected() ? "connected" : "not connected",
        status.taken(),
        status.acknowledged(),
        status.acknowledgedPerSecond(),
        status.waiting() + status.inFlight(),
        status.lastError() == null ? "" : ", last error: " + status.lastError());
    err.flush();
  }
}
