package twin.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import twin.training.lived.Span;
import twin.training.retrain.RetrainSettings;
import twin.training.retrain.Retraining;

/** Trains a type's models from the journal of a running program. */
@Command(
    name = "retrain",
    description = {
      "Trains a machine type's models from what its twins have lived through, and compares them",
      "with the bundle that decides now on a part of the time from which nothing was learned.",
      "What came of readings is told by maintenance that names a failure, and by verdicts on",
      "alerts. Nothing is promoted. Exit status 1 with one line when there is not enough to",
      "learn from; --json then says what is missing."
    },
    mixinStandardHelpOptions = true)
final class RetrainCommand implements Callable<Integer> {
  private static final JsonMapper JSON = new JsonMapper();
  private static final RetrainSettings USUAL = RetrainSettings.defaults();

  @Spec
  @SuppressWarnings("NullAway.Init") // Set by picocli before the command is called.
  private CommandSpec spec;

  @Parameters(paramLabel = "TYPE", description = "The machine type; any but auto.")
  private String type = "";

  @Option(
      names = "--month",
      paramLabel = "YYYY-MM",
      description = "The month to learn from, in UTC.")
  private @Nullable String month;

  @Option(
      names = "--from",
      paramLabel = "T",
      description = "Instead of --month: from this reading time on (RFC 3339).")
  private @Nullable String from;

  @Option(names = "--to", paramLabel = "T", description = "Up to this reading time.")
  private @Nullable String to;

  @Option(
      names = "--sample",
      paramLabel = "N",
      description = "Learn from every Nth normal reading, and from all near failures (default 1).")
  private int sample = USUAL.sample();

  @Option(names = "--seed", description = "From which every random choice follows (default 1).")
  private long seed = USUAL.seed();

  @Option(
      names = "--horizon",
      paramLabel = "LIFE",
      description = {
        "How much life before a failure counts as failing, in the type's unit of remaining life",
        "(default: the type's own horizon; 60 minutes for a type without a unit)."
      })
  private double horizon = USUAL.horizon();

  @Option(
      names = "--min-days",
      paramLabel = "N",
      description = "Days with readings that are needed (default: ${DEFAULT-VALUE}).")
  private int daysMin = USUAL.daysMin();

  @Option(
      names = "--min-machines",
      paramLabel = "N",
      description = "Machines that are needed (default: ${DEFAULT-VALUE}).")
  private int machinesMin = USUAL.machinesMin();

  @Option(
      names = "--min-failures",
      paramLabel = "N",
      description = {
        "Failures of any kind that are needed (default: ${DEFAULT-VALUE}); with 0 a gate for",
        "anomalies is trained alone where there are none."
      })
  private int failuresMin = USUAL.failuresMin();

  @Option(
      names = "--min-per-failure",
      paramLabel = "N",
      description =
          "Failures of a kind without which that kind is not learned (default: ${DEFAULT-VALUE}).")
  private int failuresOfModeMin = USUAL.failuresOfModeMin();

  @Option(
      names = "--min-readings",
      paramLabel = "N",
      description = "Readings that are needed (default: ${DEFAULT-VALUE}).")
  private long readingsMin = USUAL.readingsMin();

  @Option(
      names = "--min-lives",
      paramLabel = "N",
      description = {
        "Lives that ended in a failure without which remaining life is not learned",
        "(default: ${DEFAULT-VALUE})."
      })
  private int livesMin = USUAL.livesMin();

  @Option(
      names = "--max-rows",
      paramLabel = "N",
      description = {
        "Most readings in memory, to learn from and held aside (default: ${DEFAULT-VALUE}); normal",
        "ones are taken more rarely when there would be more."
      })
  private int rowsMax = USUAL.rowsMax();

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "Where the bundle goes; must be absent or empty (default retrained/TYPE/VERSION).")
  private @Nullable Path out;

  @Option(
      names = "--bundle-version",
      paramLabel = "VERSION",
      description = "The bundle's version (default: the next minor one of those in the folder).")
  private @Nullable String version;

  @Option(
      names = "--champion",
      paramLabel = "VERSION",
      description = "The bundle to compare with (default: the one that decides now).")
  private @Nullable String champion;

  @CommandLine.Mixin private JournalOptions journal = new JournalOptions();

  @Option(names = "--json", description = "Print the report as one JSON document.")
  private boolean json;

  @Override
  public Integer call() throws IOException {
    Span span = span();
    RetrainSettings settings =
        new RetrainSettings(
            seed,
            sample,
            horizon,
            daysMin,
            machinesMin,
            failuresMin,
            failuresOfModeMin,
            readingsMin,
            livesMin,
            rowsMax);
    PrintWriter err = spec.commandLine().getErr();
    try (OpenJournal opened = OpenJournal.open(journal.config())) {
      String next = version == null ? opened.nextVersion(type) : version;
      Path chosen = out;
      Path directory = chosen == null ? Path.of("retrained", type, next) : chosen;
      Retraining.Outcome outcome =
          new Retraining(opened.type(type), span, settings, code(), Progress.timed(err))
              .run(opened.past(), opened.champion(type, champion), next, directory);
      if (!outcome.trained()) {
        if (json) {
          print(outcome.report());
        }
        err.println("skipped: " + String.join("; ", outcome.missing()));
        err.flush();
        return CommandLine.ExitCode.SOFTWARE;
      }
      ObjectNode report = outcome.report();
      report.put("folder", directory.toString());
      print(report);
      return CommandLine.ExitCode.OK;
    }
  }

  /** The version of the program, as its jar says. */
  private static String code() {
    String implementation = RetrainCommand.class.getPackage().getImplementationVersion();
    return implementation == null ? "development" : implementation;
  }

  private Span span() {
    if (month != null && from == null && to == null) {
      return Span.ofMonth(month);
    }
    if (month == null && from != null && to != null) {
      return new Span(time("--from", from), time("--to", to));
    }
    throw new ParameterException(
        spec.commandLine(), "say --month YYYY-MM, or both --from T and --to T");
  }

  private static Instant time(String option, String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "%s must be a time with its offset, such as 2025-11-07T15:10:01Z, not '%s'"
              .formatted(option, text),
          e);
    }
  }

  private void print(ObjectNode report) throws JsonProcessingException {
    PrintWriter answers = spec.commandLine().getOut();
    if (json) {
      answers.println(JSON.writeValueAsString(report));
    } else {
      told(answers, report);
    }
    answers.flush();
  }

  private static void told(PrintWriter answers, JsonNode report) {
    JsonNode enough = report.path("sufficiency");
    answers.printf(
        Locale.ROOT,
        "%s: %d readings of %d machines on %d days, failures %s%n",
        report.path("type").asText(),
        enough.path("readings").asLong(),
        enough.path("machines").asLong(),
        enough.path("days").asLong(),
        enough.path("failures"));
    for (JsonNode finding : report.at("/validation/findings")) {
      answers.printf(
          "%s%s%s: %s%n",
          finding.path("what").asText(),
          finding.has("machine_id") ? " " + finding.path("machine_id").asText() : "",
          finding.has("channel") ? " " + finding.path("channel").asText() : "",
          finding.path("detail").asText());
    }
    JsonNode rows = report.path("rows");
    answers.printf(
        "learned from %s to %s: %s%nheld aside to %s: %s%n",
        rows.path("learned_from").asText(),
        rows.path("held_aside_from").asText(),
        rows.path("training"),
        rows.path("held_aside_to").asText(),
        rows.path("held_aside"));
    JsonNode comparison = report.path("comparison");
    for (String side : new String[] {"champion", "challenger"}) {
      if (comparison.has(side)) {
        StringBuilder line = new StringBuilder(side);
        for (Map.Entry<String, JsonNode> figure : comparison.path(side).properties()) {
          line.append("  ").append(figure.getKey()).append(' ').append(figure.getValue().asText());
        }
        answers.println(line);
      }
    }
    answers.print("better: " + comparison.path("better").asText());
    if (comparison.has("gain")) {
      answers.printf(
          ", %s of %s more (95 %%: %s to %s)",
          comparison.path("gain").asText(),
          comparison.path("figure").asText(),
          comparison.path("gain_95_low").asText(),
          comparison.path("gain_95_high").asText());
    }
    if (comparison.has("why")) {
      answers.print(": " + comparison.path("why").asText());
    }
    answers.println();
    answers.println("wrote " + report.path("folder").asText() + "; nothing is promoted by it");
  }
}
