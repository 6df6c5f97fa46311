package twin.bench;

import com.typesafe.config.Config;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import twin.app.Node;
import twin.app.embedded.EmbeddedServiceException;
import twin.app.embedded.LocalKafka;
import twin.app.embedded.LocalPostgres;
import twin.core.machine.AssessedReading;
import twin.core.machine.EventCodec;
import twin.core.machine.MachineEvent;

/** One measurement of a node that reads from Kafka, on a database and a Kafka of its own. */
final class KafkaRun {

  private static final String TOPIC = "sensor-raw-data";
  private static final int ROUNDS = 3;
  private static final double SHARE_OF_ROUND = 0.2;
  private static final int JOURNAL_ACTORS = 1000;
  private static final int JOURNAL_SECONDS = 5;
  private static final int SAMPLED_EVENTS_MAX = 200_000;
  private static final double TICKS_PER_SECOND = 100;
  private static final Duration STANDSTILL_MAX = Duration.ofSeconds(60);

  private final Path folder;
  private final Path bundles;
  private final Consumer<String> progress;
  private final HttpClient client = HttpClient.newHttpClient();

  /**
   * What is measured.
   *
   * @param machines that send
   * @param batch readings in a message
   * @param backlog readings that wait when the node starts; a third is warm-up
   * @param seconds how long readings are sent at half of the rate
   */
  record Load(int machines, int batch, int backlog, int seconds) {}

  /**
   * What came out.
   *
   * @param readingsPerSecond durable, with inference, from a backlog
   * @param ratioToJournal of that to the events that the persistence plugin took alone, just before
   * @param cpuMicrosPerReading of this process: node, Kafka and the sender
   * @param databaseCpuMicrosPerReading of PostgreSQL; 0 where it cannot be told
   * @param readingsPerEvent how many a twin was given at once
   * @param sentPerSecond at half of the rate
   * @param durableMillis at that rate, from sending a reading until its transaction is committed
   */
  record Figures(
      Load load,
      Spread readingsPerSecond,
      double ratioToJournal,
      double cpuMicrosPerReading,
      double databaseCpuMicrosPerReading,
      double readingsPerEvent,
      double sentPerSecond,
      Latency durableMillis) {}

  record Latency(double p50, double p99, double p999, double max) {}

  private record Backlog(Spread rate, double cpuMicros, double databaseCpuMicros) {}

  KafkaRun(Path folder, Path bundles, Consumer<String> progress) {
    this.folder = folder;
    this.bundles = bundles;
    this.progress = progress;
  }

  Figures measure(Load load) throws Exception {
    try (LocalPostgres postgres = postgres();
        LocalKafka kafka =
            LocalKafka.start(folder.resolve("kafka"), LocalKafka.Settings.defaults().withPort(0));
        KafkaProducer<String, byte[]> producer = producer(kafka)) {
      Config config =
          BenchedNode.config(
              postgres,
              folder,
              bundles,
              Map.of(
                  "twin.ingest.kafka.enabled",
                  true,
                  "twin.ingest.kafka.bootstrap-servers",
                  kafka.bootstrapServers()));
      Spread journal =
          Spread.of(
              JournalRun.beside(config).throughPlugin(JOURNAL_ACTORS, ROUNDS, JOURNAL_SECONDS));
      progress.accept(
          String.format(Locale.ROOT, "the plugin alone: %.0f events/s", journal.median()));
      MillingLoad machines = new MillingLoad(load.machines());
      sendBacklog(producer, machines, load);
      progress.accept("%d machines, %d readings wait".formatted(load.machines(), load.backlog()));
      try (Node node = Node.start(config, Optional.empty());
          Connection connection = connect(postgres)) {
        Backlog backlog = measureBacklog(node, load);
        await(node, load.backlog());
        double readingsPerEvent = (double) load.backlog() / readingEvents(connection);
        double half = backlog.rate().median() / 2;
        Instant from = Instant.now();
        long sent = sendEvenly(producer, machines, load, half);
        await(node, load.backlog() + sent);
        return new Figures(
            load,
            backlog.rate(),
            backlog.rate().median() / journal.median(),
            backlog.cpuMicros(),
            backlog.databaseCpuMicros(),
            readingsPerEvent,
            (double) sent / load.seconds(),
            latency(connection, from));
      }
    }
  }

  /** A database that keeps the time of each commit, which only a start can switch on. */
  private LocalPostgres postgres()
      throws SQLException, InterruptedException, EmbeddedServiceException {
    Path directory = folder.resolve("postgres");
    LocalPostgres.Settings settings = LocalPostgres.Settings.defaults().withPort(0);
    try (LocalPostgres first = LocalPostgres.start(directory, settings);
        Connection connection = connect(first);
        Statement statement = connection.createStatement()) {
      statement.execute("alter system set track_commit_timestamp = on");
    }
    return LocalPostgres.start(directory, settings);
  }

  private static Connection connect(LocalPostgres postgres) throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
  }

  private static KafkaProducer<String, byte[]> producer(LocalKafka kafka) {
    return new KafkaProducer<>(
        Map.of(
            "bootstrap.servers",
            kafka.bootstrapServers(),
            "linger.ms",
            5,
            "batch.size",
            262_144,
            "acks",
            "all"),
        new StringSerializer(),
        new ByteArraySerializer());
  }

  /** One reading a second of each machine, of the day before. */
  private static void sendBacklog(
      KafkaProducer<String, byte[]> producer, MillingLoad machines, Load load) {
    Instant first = Instant.now().minus(Duration.ofDays(1));
    int machine = 0;
    long round = 0;
    for (int sent = 0; sent < load.backlog(); sent += load.batch()) {
      send(producer, machines, machine, load.batch(), first.plusSeconds(round));
      if (++machine == load.machines()) {
        machine = 0;
        round++;
      }
    }
    producer.flush();
  }

  private static void send(
      KafkaProducer<String, byte[]> producer,
      MillingLoad machines,
      int machine,
      int readings,
      Instant at) {
    var unused =
        producer.send(
            new ProducerRecord<>(
                TOPIC, MillingLoad.id(machine), machines.next(machine, readings, at)));
  }

  private Backlog measureBacklog(Node node, Load load) throws Exception {
    long warm = load.backlog() / 3;
    await(node, warm);
    List<Double> rates = new ArrayList<>();
    long postmaster = postmaster();
    long cpuNanos = cpuNanos();
    double databaseSeconds = databaseCpuSeconds(postmaster);
    long first = recorded(node);
    long before = first;
    long beforeNanos = System.nanoTime();
    for (int round = 1; round <= ROUNDS; round++) {
      await(node, warm + (long) (load.backlog() * SHARE_OF_ROUND * round));
      long nowNanos = System.nanoTime();
      long now = recorded(node);
      rates.add((now - before) / ((nowNanos - beforeNanos) / 1e9));
      progress.accept(String.format(Locale.ROOT, "%.0f readings/s", rates.getLast()));
      before = now;
      beforeNanos = nowNanos;
    }
    long readings = before - first;
    return new Backlog(
        Spread.of(rates),
        (cpuNanos() - cpuNanos) / 1e3 / readings,
        (databaseCpuSeconds(postmaster) - databaseSeconds) * 1e6 / readings);
  }

  /** Readings at a steady rate, from one machine after the other; tells how many. */
  private long sendEvenly(
      KafkaProducer<String, byte[]> producer, MillingLoad machines, Load load, double perSecond)
      throws InterruptedException {
    long messages = (long) (perSecond * load.seconds() / load.batch());
    double nanosEach = 1e9 * load.batch() / perSecond;
    long beganNanos = System.nanoTime();
    for (long i = 0; i < messages; i++) {
      long aheadNanos = beganNanos + (long) (i * nanosEach) - System.nanoTime();
      if (aheadNanos > 1_000_000) {
        TimeUnit.NANOSECONDS.sleep(aheadNanos);
      }
      send(producer, machines, (int) (i % load.machines()), load.batch(), Instant.now());
    }
    producer.flush();
    return messages * load.batch();
  }

  /** How long readings took that were sent from a moment on. */
  private static Latency latency(Connection connection, Instant from) throws SQLException {
    List<Double> millis = new ArrayList<>();
    connection.setAutoCommit(false);
    try (PreparedStatement query =
        connection.prepareStatement(
            """
            select event_payload,
              extract(epoch from pg_xact_commit_timestamp(tx::text::bigint::text::xid)) as at
            from event_journal
            where event_ser_manifest = 'readings' and write_timestamp >= ?
            limit ?
            """)) {
      query.setLong(1, from.toEpochMilli());
      query.setInt(2, SAMPLED_EVENTS_MAX);
      query.setFetchSize(1000);
      try (ResultSet rows = query.executeQuery()) {
        while (rows.next()) {
          double committed = rows.getDouble("at") * 1e3;
          if (EventCodec.decode(MachineEvent.READINGS, rows.getBytes("event_payload")).event()
              instanceof MachineEvent.ReadingsRecorded recorded) {
            for (AssessedReading each : recorded.readings()) {
              Instant sent = each.reading().timestamp();
              if (!sent.isBefore(from)) {
                millis.add(committed - sent.toEpochMilli());
              }
            }
          }
        }
      }
    }
    millis.sort(null);
    return new Latency(
        Quantiles.of(millis, 0.5),
        Quantiles.of(millis, 0.99),
        Quantiles.of(millis, 0.999),
        Quantiles.of(millis, 1));
  }

  private static long readingEvents(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "select count(*) from event_journal where event_ser_manifest = 'readings'")) {
      rows.next();
      return rows.getLong(1);
    }
  }

  private void await(Node node, long count) throws Exception {
    long before = -1;
    long changedNanos = System.nanoTime();
    while (true) {
      long now = recorded(node);
      if (now >= count) {
        return;
      }
      if (now != before) {
        before = now;
        changedNanos = System.nanoTime();
      } else if (System.nanoTime() - changedNanos > STANDSTILL_MAX.toNanos()) {
        throw new IllegalStateException(
            "%d of %d readings are recorded, and none for %s"
                .formatted(now, count, STANDSTILL_MAX));
      }
      TimeUnit.MILLISECONDS.sleep(200);
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

  private static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean system
        ? system.getProcessCpuTime()
        : 0;
  }

  private long postmaster() throws IOException {
    return Long.parseLong(
        Files.readAllLines(folder.resolve("postgres/data/postmaster.pid")).getFirst().strip());
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
        // Behind the name in parentheses: user and system time are the 12th and 13th, and for the
        // first process those of children that have ended follow.
        String[] fields = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
        int last = each.pid() == postmaster ? 14 : 12;
        for (int i = 11; i <= last; i++) {
          ticks += Double.parseDouble(fields[i]);
        }
      }
    }
    return ticks / TICKS_PER_SECOND;
  }
}
