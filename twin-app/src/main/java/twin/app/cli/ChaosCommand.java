package twin.app.cli;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import twin.app.chaos.ChaosReport;
import twin.app.chaos.ChaosRun;
import twin.app.chaos.ChaosSettings;
import twin.app.chaos.Fault;
import twin.app.embedded.DataDirectory;

/** A real cluster under load and faults, and what was lost: nothing. */
@Command(
    name = "chaos",
    description = {
      "Runs a cluster of real processes, lets machines send numbered readings over Kafka and MQTT,",
      "kills, freezes, cuts off and upgrades nodes and stops database, broker and Kafka by a",
      "seeded schedule, and then reads every journal. Exit status 1 when anything is missing,"
          + " doubled, out",
      "of order or written from two sides."
    },
    mixinStandardHelpOptions = true)
final class ChaosCommand implements Callable<Integer> {

  @Option(names = "--nodes", description = "Nodes (default: ${DEFAULT-VALUE}).")
  private int nodes = 3;

  @Option(names = "--kills", description = "Nodes killed (default: ${DEFAULT-VALUE}).")
  private int kills = 5;

  @Option(
      names = "--pauses",
      description = "Nodes that stand still for 3 to 8 s (default: ${DEFAULT-VALUE}).")
  private int pauses = 0;

  @Option(
      names = "--restarts",
      description =
          "How often database, MQTT broker and Kafka are restarted, each (default:"
              + " ${DEFAULT-VALUE}).")
  private int restarts = 0;

  @Option(
      names = "--cuts",
      description =
          "Nodes cut off from the others, and from nothing else, for 15 to 25 s (default:"
              + " ${DEFAULT-VALUE}).")
  private int cuts = 0;

  @Option(
      names = "--outages",
      description = "How often the database is away for long (default: ${DEFAULT-VALUE}).")
  private int outages = 0;

  @Option(
      names = "--outage-seconds",
      paramLabel = "N",
      description = "For how long (default: ${DEFAULT-VALUE}).")
  private long outageSeconds = 60;

  @Option(
      names = "--rolling",
      description =
          "How often all nodes, one after the other, are stopped in order and started as a newer"
              + " version (default: ${DEFAULT-VALUE}).")
  private int rolling = 0;

  @Option(
      names = "--clock-skew",
      paramLabel = "SECONDS",
      description =
          "A quarter of the machines have clocks that are wrong by up to so much, and two have ones"
              + " that drift (default: ${DEFAULT-VALUE}).")
  private double clockSkew = 0;

  @Option(names = "--machines", description = "Machines (default: ${DEFAULT-VALUE}).")
  private int machines = 1000;

  @Option(
      names = "--rate",
      paramLabel = "TOTAL",
      description = "Readings a second of all machines together (default: ${DEFAULT-VALUE}).")
  private double rate = 1000;

  @Option(names = "--seconds", description = "How long they send (default: ${DEFAULT-VALUE}).")
  private long seconds = 300;

  @Option(names = "--seed", description = "The same seed, the same faults (default: 1).")
  private long seed = 1;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Keeps everything there; without it, in a temporary place that is deleted.")
  private @Nullable Path directory;

  @Option(names = "--json", description = "One JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws Exception {
    Path kept = directory;
    Path place =
        kept == null ? Files.createTempDirectory("twin-chaos") : Files.createDirectories(kept);
    ChaosSettings settings =
        new ChaosSettings(
            nodes,
            Map.of(
                Fault.Kind.KILL, kills,
                Fault.Kind.PAUSE, pauses,
                Fault.Kind.DATABASE, restarts,
                Fault.Kind.BROKER, restarts,
                Fault.Kind.KAFKA, restarts,
                Fault.Kind.CUT, cuts,
                Fault.Kind.OUTAGE, outages,
                Fault.Kind.ROLL, rolling),
            Duration.ofSeconds(outageSeconds),
            machines,
            rate,
            Duration.ofSeconds(seconds),
            Duration.ofMillis(Math.round(clockSkew * 1000)),
            seed,
            place.toAbsolutePath());
    ChaosReport report;
    Lifetime ending = Lifetime.ofThisProcess();
    try (Lifetime lifetime = ending;
        ChaosRun run = lifetime.interruptibly(() -> ChaosRun.start(settings, this::say))) {
      report = lifetime.interruptibly(run::run);
    } catch (Lifetime.Ended e) {
      say("stopped before its end");
      return ending.exitStatus();
    }
    if (kept == null) {
      DataDirectory.deleteTree(place);
    }
    print(report);
    return report.whole() ? CommandLine.ExitCode.OK : CommandLine.ExitCode.SOFTWARE;
  }

  private void print(ChaosReport report) {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(report.json());
    } else {
      out.println(report.text());
    }
    out.flush();
  }

  private void say(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.printf(Locale.ROOT, "twin: %s%n", line);
    err.flush();
  }
}
