package twin.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import twin.app.Node;
import twin.app.embedded.LocalKafka;
import twin.app.embedded.LocalPostgres;

/** One measurement of a node that reads from Kafka, on services of its own. */
final class KafkaRun {

  private static final String TOPIC = "sensor-raw-data";
  private static final int ROUNDS = 3;
  private static final double TICKS_PER_SECOND = 100;

  private final Path folder;
  private final Path bundles;
  private final Consumer<String> progress;
  private final HttpClient client = HttpClient.newHttpClient();

  /** What was measured. */
  record Figures(
      int machines,
      int batch,
      List<Double> readingsPerSecond,
      double cpuMicrosPerReading,
      double databaseCpuMicrosPerReading) {}

  KafkaRun(Path folder, Path bundles, Consumer<String> progress) {
    this.folder = folder;
    this.bundles = bundles;
    this.progress = progress;
  }

  Figures measure(int machines, int batch, int backlog, int seconds) throws Exception {
    try (LocalPostgres postgres =
            LocalPostgres.start(
                folder.resolve("postgres"), LocalPostgres.Settings.defaults().withPort(0));
        LocalKafka kafka =
            LocalKafka.start(folder.resolve("kafka"), LocalKafka.Settings.defaults().withPort(0))) {
      MillingLoad load = new MillingLoad(machines);
      progress.accept(machines + " machines: a backlog of " + backlog + " readings");
      produce(kafka, load, batch, backlog);
      Map<String, Object> more = new HashMap<>();
      try (Node node =
          Node.start(
              withKafka(kafka, more, BenchedNode.config(postgres, folder, bundles, more)),
              Optional.empty())) {
        return measure(node, postmaster(), machines, batch, backlog);
      }
    }
  }

  private static com.typesafe.config.Config withKafka(
      LocalKafka kafka, Map<String, Object> more, com.typesafe.config.Config config) {
    more.put("twin.ingest.kafka.enabled", true);
    more.put("twin.ingest.kafka.bootstrap-servers", kafka.bootstrapServers());
    return com.typesafe.config.ConfigFactory.parseMap(more).withFallback(config);
  }

  private Figures measure(Node node, long postmaster, int machines, int batch, int backlog)
      throws Exception {
    long warm = backlog / 3;
    await(node, warm);
    progress.accept("warm");
    List<Double> rates = new ArrayList<>();
    long cpu = cpuNanos();
    double database = databaseCpuSeconds(postmaster);
    long first = recorded(node);
    long firstNanos = System.nanoTime();
    long before = first;
    long beforeNanos = firstNanos;
    for (int round = 1; round <= ROUNDS; round++) {
      await(node, warm + (long) (backlog * 0.2 * round));
      long nowNanos = System.nanoTime();
      long now = recorded(node);
      rates.add((now - before) / ((nowNanos - beforeNanos) / 1e9));
      progress.accept(String.format(Locale.ROOT, "%.0f readings/s", rates.getLast()));
      before = now;
      beforeNanos = nowNanos;
    }
    long readings = before - first;
    return new Figures(
        machines,
        batch,
        rates,
        (cpuNanos() - cpu) / 1e3 / readings,
        (databaseCpuSeconds(postmaster) - database) * 1e6 / readings);
  }

  private long postmaster() throws IOException {
    return Long.parseLong(
        Files.readAllLines(folder.resolve("postgres/data/postmaster.pid")).getFirst().strip());
  }

  private void await(Node node, long count) throws Exception {
    while (recorded(node) < count) {
      Thread.sleep(100);
    }
  }

  private long recorded(Node node) throws IOException, InterruptedException {
    String text =
        client
            .send(
                HttpRequest.newBuilder(URI.create(node.url() + "/metrics")).build(),
                HttpResponse.BodyHandlers.ofString())
            .body();
    return text.lines()
        .filter(line -> line.startsWith("twin_readings_total") && line.contains("\"recorded\""))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static void produce(LocalKafka kafka, MillingLoad load, int batch, int readings) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "linger.ms",
            20,
            "batch.size",
            262144,
            "acks",
            "all");
    try (KafkaProducer<String, byte[]> producer =
        new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
      Instant start = Instant.now().minusSeconds(24 * 3600);
      int machine = 0;
      long round = 0;
      for (int sent = 0; sent < readings; sent += batch) {
        var unused =
            producer.send(
                new ProducerRecord<>(
                    TOPIC,
                    MillingLoad.id(machine),
                    load.next(machine, batch, start.plusSeconds(round))));
        if (++machine == load.machines()) {
          machine = 0;
          round++;
        }
      }
    }
  }

  private static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }

  /**
   * What the database has used so far, as Linux counts it; 0 where there is no such count.
   *
   * @param postmaster its first process, whose children do the work
   */
  private static double databaseCpuSeconds(long postmaster) throws IOException {
    double ticks = 0;
    for (ProcessHandle each :
        ProcessHandle.allProcesses()
            .filter(
                process ->
                    process.pid() == postmaster
                        || process.parent().map(ProcessHandle::pid).orElse(-1L) == postmaster)
            .toList()) {
      Path stat = Path.of("/proc/" + each.pid() + "/stat");
      if (Files.isReadable(stat)) {
        String text = Files.readString(stat);
        // Behind the name in parentheses; user and system time, for the first process also those of
        // children that have ended.
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
        int last = each.pid() == postmaster ? 14 : 12;
        for (int i = 11; i <= last; i++) {
          ticks += Double.parseDouble(fields[i]);
        }
      }
    }
    return ticks / TICKS_PER_SECOND;
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return Arrays.stream(sorted).skip(sorted.length / 2).findFirst().orElse(Double.NaN);
  }
}
