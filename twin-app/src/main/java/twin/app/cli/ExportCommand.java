package twin.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import twin.app.Version;
import twin.http.Csv;

/** What machines have lived through, as files for other tools. */
@Command(
    name = "export",
    description = {
      "Writes readings, assessments and changes of alerts of an interval as files,",
      "one of each kind for each machine, and a manifest with their units and digests."
    },
    mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {

  private static final String MACHINES = "/api/v1/machines";
  private static final String LINES = "application/x-ndjson";
  private static final int PAGE = 500;
  private static final int BUFFER_BYTES = 1 << 16;
  private static final Duration SAY_EVERY = Duration.ofSeconds(1);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final ObjectMapper JSON = new ObjectMapper();

  /** The columns of a change of an alert, and where its event has them. */
  private static final List<Column> ALERT_COLUMNS =
      List.of(
          new Column("timestamp", "/body/reading_at"),
          new Column("revision", "/revision"),
          new Column("recorded_at", "/recorded_at"),
          new Column("alert_id", "/body/alert_id"),
          new Column("rule", "/body/rule"),
          new Column("failure_type", "/body/failure_type"),
          new Column("severity", "/body/severity"),
          new Column("from_state", "/body/from"),
          new Column("to_state", "/body/to"),
          new Column("anomaly_score", "/body/score"),
          new Column("failure_probability", "/body/failure_probability"),
          new Column("rul_p50", "/body/rul_p50"),
          new Column("reading_revision", "/body/reading_revision"),
          new Column("reading_index", "/body/reading_index"),
          new Column("cause", "/cause/kind"),
          new Column("principal", "/cause/principal"),
          new Column("reason", "/cause/reason"));

  private record Column(String name, String pointer) {}

  /** How files are written. */
  enum Format {
    CSV("text/csv", 1),
    NDJSON(LINES, 0);

    private final String mediaType;
    private final int headers;

    Format(String mediaType, int headers) {
      this.mediaType = mediaType;
      this.headers = headers;
    }

    String ending() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** The end was asked for; what is whole by then stays. */
  private static final class BrokenOff extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Spec private CommandSpec spec;
  @Mixin private RunningNode node = new RunningNode();

  @Option(
      names = "--from",
      paramLabel = "T",
      required = true,
      description = "From this reading time on (RFC 3339).")
  private String from = "";

  @Option(
      names = "--to",
      paramLabel = "T",
      required = true,
      description = "Up to this reading time, included.")
  private String to = "";

  @Option(
      names = "--machines",
      paramLabel = "ID",
      split = ",",
      description = "Only these machines (default: all that are not retired).")
  private String @Nullable [] machines;

  @Option(
      names = "--types",
      paramLabel = "TYPE",
      split = ",",
      description = "Only machines of these types.")
  private String @Nullable [] types;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      required = true,
      description = "Where the files go; must be absent or empty.")
  @SuppressWarnings("NullAway.Init")
  private Path out;

  @Option(names = "--format", paramLabel = "FORMAT", description = "csv (default) or ndjson.")
  private Format format = Format.CSV;

  @Option(
      names = "--continue",
      description = "Goes on with the same export in DIR, which was broken off.")
  private boolean goOn;

  @Option(
      names = "--attempts",
      paramLabel = "N",
      description =
          "How often a file is asked for when the node is busy or breaks off (default 5).")
  private int attempts = 5;

  @Option(names = "--json", description = "The outcome as one JSON document.")
  private boolean json;

  private long said;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Instant begin = time("--from", from);
    Instant end = time("--to", to);
    if (end.isBefore(begin)) {
      throw new IllegalArgumentException("--to must not be before --from");
    }
    if (machines != null && types != null) {
      throw new IllegalArgumentException("say --machines or --types, not both");
    }
    if (attempts < 1) {
      throw new IllegalArgumentException("--attempts must be 1 or more");
    }
    requireKnown();
    if (goOn && Files.exists(out.resolve(ExportFolder.MANIFEST))) {
      tell("the export in %s is whole; there is nothing to go on with".formatted(out));
      return CommandLine.ExitCode.OK;
    }
    ExportFolder folder = ExportFolder.open(out, parameters(begin, end), goOn);
    try (Lifetime lifetime = Lifetime.ofThisProcess()) {
      try {
        if (machines != null) {
          for (String id : new TreeSet<>(Arrays.asList(machines))) {
            export(id, folder, lifetime);
          }
        } else if (types != null) {
          for (String type : new TreeSet<>(Arrays.asList(types))) {
            exportFleet("type=" + encoded(type) + "&", folder, lifetime);
          }
        } else {
          exportFleet("", folder, lifetime);
        }
      } catch (BrokenOff e) {
        tell("broken off; the same command with --continue goes on");
        return lifetime.exitStatus();
      } catch (RunningNode.Failed e) {
        throw new RunningNode.Failed(
            e.getMessage() + "; the same command with --continue goes on where it ended");
      }
    }
    ObjectNode made = JSON.createObjectNode();
    made.put("program", "twin " + Version.text());
    made.put("exported_at", Instant.now().toString());
    folder.finish(made);
    print(folder.summary());
    return CommandLine.ExitCode.OK;
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

  /** Before anything is written: whether the node knows what was named. */
  private void requireKnown() throws IOException, InterruptedException {
    if (machines != null) {
      for (String id : machines) {
        node.get(MACHINES + "/" + encoded(id));
      }
    }
    if (types != null) {
      for (String type : types) {
        node.get("/api/v1/types/" + encoded(type));
      }
    }
  }

  private ObjectNode parameters(Instant begin, Instant end) {
    ObjectNode parameters = JSON.createObjectNode();
    parameters.put("format", format.ending());
    parameters.put("from", begin.toString());
    parameters.put("to", end.toString());
    named(parameters, "only_machines", machines);
    named(parameters, "only_types", types);
    return parameters;
  }

  private static void named(ObjectNode into, String name, String @Nullable [] values) {
    if (values != null) {
      new TreeSet<>(Arrays.asList(values)).forEach(into.putArray(name)::add);
    }
  }

  private void exportFleet(String filter, ExportFolder folder, Lifetime lifetime)
      throws IOException, InterruptedException {
    String cursor = "";
    do {
      JsonNode page = node.get("%s?%ssort=id&limit=%d%s".formatted(MACHINES, filter, PAGE, cursor));
      for (JsonNode machine : page.path("items")) {
        export(machine.path("machine_id").asText(), folder, lifetime);
      }
      String next = page.path("next_cursor").asText("");
      cursor =
          next.isEmpty() || page.path("next_cursor").isNull() ? "" : "&cursor=" + encoded(next);
    } while (!cursor.isEmpty());
  }

  private void export(String id, ExportFolder folder, Lifetime lifetime)
      throws IOException, InterruptedException {
    if (folder.has(id)) {
      return;
    }
    String path = MACHINES + "/" + encoded(id);
    JsonNode description = node.get(path);
    ObjectNode machine = JSON.createObjectNode();
    machine.put("machine_id", id);
    machine.set("machine_type", description.path("machine_type"));
    machine.set("channels", description.path("channels"));
    String rulUnit = rulUnit(description.path("machine_type").asText());
    if (!rulUnit.isEmpty()) {
      machine.put("rul_unit", rulUnit);
    }
    String interval = "?from=%s&to=%s".formatted(encoded(from), encoded(to));
    ArrayNode files = machine.putArray("files");
    for (String kind : List.of("readings", "assessments")) {
      Source source =
          new Source(path + "/" + kind + interval, format.mediaType, ExportCommand::copy);
      files.add(written(kind, id, folder, source, lifetime));
    }
    files.add(
        written(
            "alerts",
            id,
            folder,
            new Source(
                path + "/events" + interval + "&kinds=alert",
                LINES,
                format == Format.CSV ? ExportCommand::copyAlerts : ExportCommand::copy),
            lifetime));
    folder.add(machine);
  }

  private String rulUnit(String type) throws IOException, InterruptedException {
    try {
      return type.isEmpty()
          ? ""
          : node.get("/api/v1/types/" + encoded(type)).path("rul_unit").asText("");
    } catch (RunningNode.Failed e) {
      return ""; // A type that is no longer configured.
    }
  }

  /** Where a file comes from, and how. */
  private record Source(String path, String mediaType, Copy copy) {}

  private interface Copy {
    void copy(InputStream answer, ExportedFile file, Runnable step) throws IOException;
  }

  private ObjectNode written(
      String kind, String id, ExportFolder folder, Source source, Lifetime lifetime)
      throws IOException, InterruptedException {
    String name = id + "." + format.ending();
    for (int attempt = 1; ; attempt++) {
      try {
        return lifetime.interruptibly(() -> attempt(kind, id, folder, name, source));
      } catch (Lifetime.Ended e) {
        throw new BrokenOff();
      } catch (RunningNode.Busy | IOException e) {
        if (attempt == attempts) {
          throw new RunningNode.Failed(
              "%s of %s could not be read in %d attempts: %s"
                  .formatted(kind, id, attempts, e.getMessage()));
        }
        tell("%s of %s: %s; once more".formatted(kind, id, e.getMessage()));
        lifetime.pause(PAUSE.multipliedBy(attempt));
      } catch (RuntimeException | InterruptedException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("nothing else is thrown by an attempt", e);
      }
    }
  }

  private ObjectNode attempt(
      String kind, String id, ExportFolder folder, String name, Source source)
      throws IOException, InterruptedException {
    try (InputStream answer = node.stream(source.path(), source.mediaType());
        ExportedFile file = new ExportedFile(folder.file(kind, name), format == Format.CSV)) {
      source
          .copy()
          .copy(
              answer,
              file,
              () -> say("%s: %,d %s".formatted(id, file.lines() - format.headers, kind)));
      ExportedFile.Whole whole = file.finish(format.headers);
      ObjectNode entry = JSON.createObjectNode();
      entry.put("kind", kind);
      entry.put("path", kind + "/" + name);
      entry.put("rows", whole.rows());
      entry.put("bytes", whole.bytes());
      entry.put("sha256", whole.sha256());
      return entry;
    }
  }

  private static void copy(InputStream answer, ExportedFile file, Runnable step)
      throws IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int count = answer.read(buffer); count >= 0; count = answer.read(buffer)) {
      file.write(buffer, count);
      step.run();
    }
  }

  /** The changes come as events, whatever the format of the files. */
  private static void copyAlerts(InputStream answer, ExportedFile file, Runnable step)
      throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(answer, UTF_8));
    StringBuilder row = new StringBuilder();
    Csv.line(row, ALERT_COLUMNS.stream().map(Column::name).toList());
    file.write(row.toString().getBytes(UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      step.run();
      if (line.isEmpty()) {
        continue;
      }
      JsonNode event = JSON.readTree(line);
      List<@Nullable Object> cells = new ArrayList<>();
      ALERT_COLUMNS.forEach(column -> cells.add(cell(event.at(column.pointer()))));
      row.setLength(0);
      Csv.line(row, cells);
      file.write(row.toString().getBytes(UTF_8));
    }
  }

  private static @Nullable Object cell(JsonNode value) {
    if (value.isIntegralNumber()) {
      return value.longValue();
    }
    if (value.isNumber()) {
      return value.doubleValue();
    }
    return value.isMissingNode() || value.isNull() ? null : value.asText();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, UTF_8);
  }

  private void say(String line) {
    long now = System.nanoTime();
    if (said == 0 || now - said > SAY_EVERY.toNanos()) {
      said = now;
      tell(line);
    }
  }

  private void tell(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println("twin: " + line);
    err.flush();
  }

  private void print(ObjectNode summary) {
    PrintWriter answers = spec.commandLine().getOut();
    if (json) {
      summary.put("manifest", out.resolve(ExportFolder.MANIFEST).toString());
      answers.println(summary);
    } else {
      JsonNode rows = summary.path("rows");
      answers.printf(
          Locale.ROOT,
          "%s: %d machines, %d readings, %d assessments, %d changes of alerts, %d bytes%n",
          out,
          summary.path("machines").asLong(),
          rows.path("readings").asLong(),
          rows.path("assessments").asLong(),
          rows.path("alerts").asLong(),
          summary.path("bytes").asLong());
    }
    answers.flush();
  }
}
