package twin.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import twin.app.embedded.DataDirectory;

/** Measures how many readings a second become durable from Kafka, and how soon. */
@Command(
    name = "kafka",
    mixinStandardHelpOptions = true,
    description = {
      "Measures a node that takes the readings of milling machines from Kafka, with inference on",
      "each, until they are in PostgreSQL: from a backlog as fast as it goes, then at half of"
          + " that.",
      "Database, Kafka, node and sender share this machine. The persistence plugin alone is"
          + " measured",
      "on the same database before."
    })
final class KafkaCommand implements Callable<Integer> {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec private CommandSpec spec;

  @Option(
      names = "--machines",
      paramLabel = "N",
      split = ",",
      defaultValue = "1000,10000,100000",
      description = "How many machines, one run for each; default ${DEFAULT-VALUE}.")
  private List<Integer> machines = List.of();

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "1",
      description = "Readings in a message; default ${DEFAULT-VALUE}.")
  private int batch;

  @Option(
      names = "--backlog",
      paramLabel = "READINGS",
      defaultValue = "1500000",
      description =
          "Readings that wait when the node starts; a third is warm-up. Default ${DEFAULT-VALUE}.")
  private int backlog;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "20",
      description = "How long readings are sent at half the rate; default ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Where the bundles are; without it, those of this program.")
  private @Nullable Path models;

  @Option(names = "--json", description = "One JSON document.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (machines.stream().anyMatch(each -> each < 1) || batch < 1 || seconds < 1) {
      throw new ParameterException(
          spec.commandLine(), "--machines, --batch and --seconds must be 1 or more");
    }
    List<KafkaRun.Figures> figures = new ArrayList<>();
    for (int each : machines) {
      Path folder = Files.createTempDirectory("twin-bench-kafka");
      try {
        figures.add(
            new KafkaRun(folder, models == null ? Bundles.home() : models, this::say)
                .measure(new KafkaRun.Load(each, batch, backlog, seconds)));
      } finally {
        DataDirectory.deleteTree(folder);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode document = MAPPER.createObjectNode();
      document.put("benchmark", "kafka");
      document.put("java", Runtime.version().toString());
      document.put("processors", Runtime.getRuntime().availableProcessors());
      document.set("runs", MAPPER.valueToTree(figures));
      out.println(MAPPER.writeValueAsString(document));
    } else {
      print(out, figures);
    }
    out.flush();
    return 0;
  }

  private static void print(PrintWriter out, List<KafkaRun.Figures> figures) {
    out.printf(
        "%8s %5s %22s %7s %9s %9s %6s %28s%n",
        "machines",
        "batch",
        "readings/s",
        "of the",
        "CPU µs a",
        "in the",
        "per",
        "ms to durable at half of it");
    out.printf(
        "%8s %5s %22s %7s %9s %9s %6s %28s%n",
        "", "", "median (least–most)", "journal", "reading", "database", "event", "p50/p99/p99.9");
    for (KafkaRun.Figures each : figures) {
      Spread rate = each.readingsPerSecond();
      out.printf(
          Locale.ROOT,
          "%8d %5d %22s %7.2f %9.1f %9.1f %6.1f %28s%n",
          each.load().machines(),
          each.load().batch(),
          String.format(Locale.ROOT, "%.0f (%.0f–%.0f)", rate.median(), rate.least(), rate.most()),
          each.ratioToJournal(),
          each.cpuMicrosPerReading(),
          each.databaseCpuMicrosPerReading(),
          each.readingsPerEvent(),
          String.format(
              Locale.ROOT,
              "%.0f/%.0f/%.0f",
              each.durableMillis().p50(),
              each.durableMillis().p99(),
              each.durableMillis().p999()));
    }
  }

  private void say(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(String.format(Locale.ROOT, "twin: %s", line));
    err.flush();
  }
}
