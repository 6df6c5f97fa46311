package twin.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import twin.app.embedded.DataDirectory;
import twin.app.embedded.LocalPostgres;

/** Measures what the journal takes without twins. */
@Command(
    name = "journal",
    mixinStandardHelpOptions = true,
    description = {
      "Measures how many events of 200 bytes a second become durable through the persistence"
          + " plugin",
      "alone, with a node's settings, and by batched inserts into the same table."
    })
final class JournalCommand implements Callable<Integer> {

  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec private CommandSpec spec;

  @Option(
      names = "--actors",
      paramLabel = "N",
      defaultValue = "1000",
      description = "How many persist at the same time; default ${DEFAULT-VALUE}.")
  private int actors;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "3",
      description = "Rounds of each, after five seconds to warm up; default ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "10",
      description = "Seconds a round; default ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(names = "--json", description = "One JSON document.")
  private boolean json;

  @Override
  public Integer call() throws Exception {
    if (actors < 1 || rounds < 1 || seconds < 1) {
      throw new ParameterException(
          spec.commandLine(), "--actors, --rounds and --seconds must be 1 or more");
    }
    Path folder = Files.createTempDirectory("twin-bench-journal");
    try (LocalPostgres postgres =
        LocalPostgres.start(
            folder.resolve("postgres"), LocalPostgres.Settings.defaults().withPort(0))) {
      Config config = BenchedNode.config(postgres, folder, Bundles.home(), Map.of());
      JournalRun journal = JournalRun.beside(config);
      print(
          Spread.of(journal.throughPlugin(actors, rounds, seconds)),
          Spread.of(journal.byInserts(rounds, seconds)));
    } finally {
      DataDirectory.deleteTree(folder);
    }
    return 0;
  }

  private void print(Spread plugin, Spread inserts) throws Exception {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode document = MAPPER.createObjectNode();
      document.put("benchmark", "journal");
      document.put("processors", Runtime.getRuntime().availableProcessors());
      document.put("actors", actors);
      document.set("plugin_events_per_second", MAPPER.valueToTree(plugin));
      document.set("insert_rows_per_second", MAPPER.valueToTree(inserts));
      out.println(MAPPER.writeValueAsString(document));
    } else {
      out.printf("%-34s %10s %10s %10s%n", "a second", "median", "least", "most");
      line(out, "events through the plugin", plugin);
      line(out, "rows by batched inserts", inserts);
    }
    out.flush();
  }

  private static void line(PrintWriter out, String name, Spread spread) {
    out.printf(
        Locale.ROOT,
        "%-34s %10.0f %10.0f %10.0f%n",
        name,
        spread.median(),
        spread.least(),
        spread.most());
  }
}
