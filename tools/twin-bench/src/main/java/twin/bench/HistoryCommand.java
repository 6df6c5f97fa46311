package twin.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.typesafe.config.Config;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import twin.app.Node;
import twin.app.embedded.DataDirectory;
import twin.app.embedded.LocalPostgres;
import twin.core.archive.ArchiveSettings;
import twin.core.archive.Archiver;
import twin.core.fleet.FleetProjection;
import twin.core.history.PeriodProjection;
import twin.core.machine.MachineState;
import twin.core.store.ArchiveTable;
import twin.core.store.Database;
import twin.core.store.DatabaseSettings;
import twin.core.store.JournalTable;
import twin.core.store.ReadSideSettings;
import twin.core.type.MachineTypeReader;

/** Measures what the past of one machine costs, over HTTP, from a real PostgreSQL. */
@Command(
    name = "history",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the past of a milling machine with many readings, asked over HTTP: states by",
      "revision and by time, histories, an audit replay of everything, and the bytes of a reading",
      "in the database and archived. Then states and histories again, from the archive."
    })
final class HistoryCommand implements Callable<Integer> {

  private static final double ASKED_MS_MAX = 200;
  private static final double REPLAYED_PER_SECOND_MIN = 20_000;
  private static final double AT_REST_BYTES_MAX = 420;
  private static final double ARCHIVED_BYTES_MAX = 60;
  private static final int POINTS = 500;
  private static final int WARM_UPS = 30;
  private static final Duration REQUEST_MAX = Duration.ofMinutes(2);
  private static final Duration SETTLE_MAX = Duration.ofMinutes(10);
  private static final Duration LOOK_EVERY = Duration.ofMillis(500);
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec private CommandSpec spec;

  @Option(
      names = "--readings",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "How many readings the machine has had; default ${DEFAULT-VALUE}.")
  private long readings;

  @Option(
      names = "--interval",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "Between two readings; default ${DEFAULT-VALUE}, so a million is most of a year.")
  private long intervalSeconds;

  @Option(
      names = "--requests",
      paramLabel = "N",
      defaultValue = "200",
      description = "How often each kind is asked; default ${DEFAULT-VALUE}.")
  private int requests;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Where the bundles are; without it, those of this program.")
  private @Nullable Path models;

  @Option(names = "--json", description = "One JSON document.")
  private boolean json;

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Figure> figures = new ArrayList<>();

  /**
   * One line of the answer.
   *
   * @param limit what it is held against; NaN for nothing
   */
  private record Figure(String name, double value, String unit, double limit, String detail) {}

  @Override
  public Integer call() throws Exception {
    if (readings < 1000 || intervalSeconds < 1 || requests < 1) {
      throw new ParameterException(
          spec.commandLine(),
          "--readings must be 1000 or more, --interval and --requests 1 or more");
    }
    Path folder = Files.createTempDirectory("twin-bench-history");
    try {
      measure(folder);
    } finally {
      DataDirectory.deleteTree(folder);
    }
    print();
    return 0;
  }

  private void measure(Path folder) throws Exception {
    Path bundleFolder = models == null ? Bundles.home() : models;
    try (LocalPostgres postgres =
            LocalPostgres.start(
                folder.resolve("postgres"), LocalPostgres.Settings.defaults().withPort(0));
        Bundles bundles = Bundles.open(bundleFolder)) {
      Config config = BenchedNode.config(postgres, folder, bundleFolder, Map.of());
      Database.open(DatabaseSettings.from(config)).close();
      LongLife life =
          new LongLife(
              config,
              MachineTypeReader.readAll(config.getConfig("twin.types")),
              bundles.sessionOf("milling"),
              Duration.ofSeconds(intervalSeconds));
      Instant end = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      MachineState now =
          life.write(
              readings,
              end,
              written -> {
                if (written % Math.max(1, readings / 10) == 0) {
                  say("%d readings written".formatted(written));
                }
              });
      atRest(life, now);
      try (Node node = Node.start(config, Optional.empty())) {
        String url = "http://127.0.0.1:" + node.address().getPort();
        awaitReadSide(life);
        say("asking");
        ask(url, now, "");
        replay(url);
        archive(config, folder, life);
        ask(url, now, " from the archive");
      }
    }
  }

  private void atRest(LongLife life, MachineState now) throws Exception {
    long journal = life.number("select pg_total_relation_size('event_journal')");
    long snapshots = life.number("select pg_total_relation_size('snapshot')");
    add(
        new Figure(
            "journal, a reading",
            (double) journal / readings,
            "bytes",
            AT_REST_BYTES_MAX,
            "%d events of %d readings, with indexes".formatted(now.revision(), readings)));
    add(
        new Figure(
            "snapshots, a reading",
            (double) snapshots / readings,
            "bytes",
            Double.NaN,
            String.format(Locale.ROOT, "%.1f %% of the journal", 100.0 * snapshots / journal)));
  }

  /** Until both projections have handled what the machine has lived through. */
  private void awaitReadSide(LongLife life) throws Exception {
    long lastCoarse =
        life.number(
            "select max(sequence_number) from event_journal where event_ser_manifest <>"
                + " 'readings'");
    long lastPeriod =
        life.number(
            "select max(sequence_number) from event_journal where event_ser_manifest = 'period'");
    long deadlineNanos = System.nanoTime() + SETTLE_MAX.toNanos();
    while (life.number("select coalesce(max(revision), 0) from machines") < lastCoarse
        || life.number("select coalesce(max(revision), 0) from periods") < lastPeriod) {
      if (System.nanoTime() > deadlineNanos) {
        throw new IllegalStateException(
            "the read side has not come to revision %d in %s".formatted(lastCoarse, SETTLE_MAX));
      }
      Thread.sleep(LOOK_EVERY);
    }
    life.execute("vacuum analyze periods");
    life.execute("vacuum analyze period_hours");
    say("%d hours are summed up".formatted(life.number("select count(*) from period_hours")));
  }

  private void ask(String url, MachineState now, String where) throws Exception {
    String machine = url + "/api/v1/machines/" + LongLife.MACHINE;
    Instant end = now.watermark() == null ? Instant.EPOCH : now.watermark();
    long lifeSeconds = readings * intervalSeconds;
    Random random = new Random(1);
    time(
        "state at a revision" + where,
        ASKED_MS_MAX,
        i -> machine + "/state?revision=" + (1 + random.nextLong(now.revision())));
    time(
        "state at a time" + where,
        ASKED_MS_MAX,
        i -> machine + "/state?at=" + end.minusSeconds(random.nextLong(lifeSeconds)));
    time(
        "state known at a time" + where,
        ASKED_MS_MAX,
        i -> machine + "/state?known_at=" + end.minusSeconds(random.nextLong(lifeSeconds)));
    String year =
        machine
            + "/readings?points=%d&from=%s&to=%s"
                .formatted(POINTS, end.minus(Duration.ofDays(365)), end);
    time("a year at 500 points" + where, ASKED_MS_MAX, i -> year);
    JsonNode history = get(year);
    say("a year: " + withoutItems(history));
    Instant hour = end.minusSeconds(lifeSeconds / 2);
    time(
        "an hour, every reading" + where,
        Double.NaN,
        i -> machine + "/readings?from=%s&to=%s".formatted(hour, hour.plus(Duration.ofHours(1))));
  }

  private static String withoutItems(JsonNode history) {
    ObjectNode rest = history.deepCopy();
    int items = rest.path("items").size();
    rest.remove("items");
    rest.remove("channels");
    return "%d items, %s".formatted(items, rest);
  }

  private void time(String name, double limit, LongFunction<String> request) throws Exception {
    double[] millis = new double[requests];
    for (int i = -WARM_UPS; i < requests; i++) {
      String uri = request.apply(i);
      long start = System.nanoTime();
      get(uri);
      if (i >= 0) {
        millis[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    Arrays.sort(millis);
    add(
        new Figure(
            name,
            millis[requests - 1],
            "ms",
            limit,
            String.format(
                Locale.ROOT,
                "slowest of %d; median %.1f, 99th percentile %.1f",
                requests,
                millis[requests / 2],
                millis[(int) Math.min(requests - 1, Math.ceil(requests * 0.99) - 1)])));
  }

  private JsonNode get(String uri) throws IOException, InterruptedException {
    return answered(HttpRequest.newBuilder(URI.create(uri)).timeout(REQUEST_MAX).GET().build());
  }

  private JsonNode answered(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(
          "%s was answered with %d: %s"
              .formatted(request.uri(), answer.statusCode(), answer.body()));
    }
    return MAPPER.readTree(answer.body());
  }

  /** All of the machine's conclusions again, with a look at the memory in use on the way. */
  private void replay(String url) throws Exception {
    List<Long> usedMegabytes = new ArrayList<>();
    long cpuBefore = cpuNanos();
    long start = System.nanoTime();
    JsonNode job =
        answered(
            HttpRequest.newBuilder(
                    URI.create(
                        url
                            + "/api/v1/machines/"
                            + URLEncoder.encode(LongLife.MACHINE, StandardCharsets.UTF_8)
                            + "/replay"))
                .timeout(REQUEST_MAX)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{}"))
                .build());
    double nextLook = 0.2;
    while (job.path("state").asText().equals("running")) {
      Thread.sleep(100);
      job = get(url + "/api/v1/jobs/" + job.path("job_id").asText());
      if (job.path("progress").asDouble() >= nextLook) {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        usedMegabytes.add((runtime.totalMemory() - runtime.freeMemory()) >> 20);
        nextLook += 0.2;
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    double cpuSeconds = (cpuNanos() - cpuBefore) / 1e9;
    JsonNode result = job.path("result");
    if (!result.path("verdict").asText().equals("equal")) {
      say("the replay says " + result);
    }
    add(
        new Figure(
            "audit replay",
            result.path("compared").asLong() / seconds,
            "readings/s",
            REPLAYED_PER_SECOND_MIN,
            String.format(
                Locale.ROOT,
                "%d of %d equal; %.0f a second of this process's CPU time; memory in use on the"
                    + " way, MB: %s",
                result.path("equal").asLong(),
                result.path("compared").asLong(),
                result.path("compared").asLong() / cpuSeconds,
                usedMegabytes)));
  }

  private static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }

  private void archive(Config config, Path folder, LongLife life) throws Exception {
    say("archiving");
    try (Database database = Database.open(DatabaseSettings.from(config));
        ExecutorService blocking = Executors.newFixedThreadPool(1)) {
      long start = System.nanoTime();
      Archiver.Moved moved =
          new Archiver(
                  new JournalTable(database),
                  new ArchiveTable(
                      database,
                      ReadSideSettings.from(config),
                      List.of(FleetProjection.NAME, PeriodProjection.NAME)),
                  new ArchiveSettings(
                      true,
                      folder.resolve("archive"),
                      Duration.ofDays(1),
                      Duration.ofHours(1),
                      config.getInt("twin.archive.segment-events"),
                      0),
                  Instant::now,
                  blocking)
              .pass()
              .toCompletableFuture()
              .join();
      long left =
          life.number("select count(*) from event_journal where event_ser_manifest = 'readings'");
      long archivedReadings = readings - left;
      add(
          new Figure(
              "archived, a reading",
              (double) moved.bytes() / Math.max(1, archivedReadings),
              "bytes",
              ARCHIVED_BYTES_MAX,
              String.format(
                  Locale.ROOT,
                  "%d events, %d bytes an event with all others; %.0f events/s moved",
                  moved.events(),
                  moved.bytes() / Math.max(1, moved.events()),
                  moved.events() / ((System.nanoTime() - start) / 1e9))));
    }
    life.execute("vacuum analyze event_journal");
  }

  private void add(Figure figure) {
    figures.add(figure);
    say(line(figure));
  }

  private static String line(Figure figure) {
    return String.format(
        Locale.ROOT,
        "%-42s %10.1f %-10s %8s  %s",
        figure.name(),
        figure.value(),
        figure.unit(),
        Double.isNaN(figure.limit()) ? "–" : String.format(Locale.ROOT, "%.0f", figure.limit()),
        figure.detail());
  }

  private void say(String line) {
    PrintWriter err = spec.commandLine().getErr();
    err.println(line);
    err.flush();
  }

  private void print() throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (!json) {
      out.printf("%-42s %10s %-10s %8s%n", "", "measured", "", "limit");
      figures.forEach(figure -> out.println(line(figure)));
      return;
    }
    ObjectNode document = MAPPER.createObjectNode();
    document.put("benchmark", "history");
    document.put("java", Runtime.version().toString());
    document.put("processors", Runtime.getRuntime().availableProcessors());
    document.put("readings", readings);
    for (Figure figure : figures) {
      ObjectNode item = document.withArray("items").addObject();
      item.put("name", figure.name());
      item.put("value", figure.value());
      item.put("unit", figure.unit());
      if (!Double.isNaN(figure.limit())) {
        item.put("limit", figure.limit());
      }
      item.put("detail", figure.detail());
    }
    out.println(MAPPER.writeValueAsString(document));
  }
}
