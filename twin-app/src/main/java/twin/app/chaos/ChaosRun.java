package twin.app.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import twin.app.NodeConfig;
import twin.app.cluster.LocalCluster;
import twin.app.cluster.NodeProcess;
import twin.app.embedded.EmbeddedServiceException;
import twin.app.embedded.JournalWriters;
import twin.app.embedded.LocalKafka;
import twin.app.embedded.LocalMqttBroker;
import twin.app.embedded.LocalPostgres;
import twin.simulator.Fleet;
import twin.simulator.FleetSettings;
import twin.simulator.KafkaTarget;
import twin.simulator.MqttTarget;
import twin.simulator.NetworkFaults;
import twin.simulator.ReadingTarget;

/**
 * One run: a cluster of real processes, machines that number their readings and keep what is not
 * acknowledged, faults by a schedule, and at the end a look into every journal. Not thread-safe;
 * one object makes one run.
 */
public final class ChaosRun implements AutoCloseable {

  private static final Duration SETTLE = Duration.ofSeconds(5);
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  private static final Duration DRAINED_WITHIN = Duration.ofMinutes(15);
  private static final Duration NOTHING_COMES_FOR = Duration.ofMinutes(1);
  private static final Duration ANSWER_WITHIN = Duration.ofMinutes(2);
  private static final Duration WHOLE_WITHIN = Duration.ofMinutes(4);
  private static final String SKEWED = "skewed-";
  private static final String DRIFTING = "drifting-";
  private static final int SKEWED_ONE_IN = 4;
  private static final int ASKED_MAX = 2_000;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int OK = 200;
  private static final int UNAVAILABLE = 503;
  private static final int WAITING_MAX = 1_000_000;
  private static final int IN_FLIGHT_MAX = 1000;

  private final ChaosSettings settings;
  private final Consumer<String> say;
  private final Map<String, Object> nodeSettings = new HashMap<>();
  private final List<String> told = new ArrayList<>();
  private final List<Instant> interruptions = new ArrayList<>();
  private @Nullable Suspect suspect;
  private long fromBothSides;
  private final NodeClient nodes = new NodeClient();
  private final Recovery recovery = new Recovery(nodes);
  private LocalKafka kafka;
  private LocalPostgres postgres;
  private LocalMqttBroker broker;
  private final LocalCluster cluster;

  /** A process that others may take the twins over from while it lives. */
  private record Suspect(String process, Instant since) {}

  /**
   * Starts the services and the nodes, and returns when all of them answer.
   *
   * @param say is told what happens
   */
  public static ChaosRun start(ChaosSettings settings, Consumer<String> say)
      throws EmbeddedServiceException, IOException, InterruptedException {
    ChaosRun run = new ChaosRun(settings, say);
    boolean ready = false;
    try {
      for (int i = 0; i < settings.nodes(); i++) {
        run.cluster.add();
      }
      for (NodeProcess node : run.cluster.nodes()) {
        node.awaitReady();
        say.accept("node %d, pid %d, %s".formatted(node.number(), node.pid(), node.url()));
      }
      JournalWriters.note(run.postgres);
      ready = true;
      return run;
    } finally {
      if (!ready) {
        run.close();
      }
    }
  }

  private ChaosRun(ChaosSettings settings, Consumer<String> say)
      throws EmbeddedServiceException, IOException, InterruptedException {
    this.settings = settings;
    this.say = say;
    Path directory = settings.directory();
    this.postgres =
        LocalPostgres.start(
            directory.resolve("postgres"),
            LocalPostgres.Settings.defaults().forNodes(settings.nodes()));
    this.broker =
        LocalMqttBroker.start(
            directory.resolve("mqtt"), LocalMqttBroker.Settings.defaults().withPort(0));
    this.kafka =
        LocalKafka.start(directory.resolve("kafka"), LocalKafka.Settings.defaults().withPort(0));
    URI mqtt = URI.create(broker.uri());
    nodeSettings.put("twin.database.url", postgres.jdbcUrl());
    nodeSettings.put("twin.database.user", postgres.user());
    nodeSettings.put("twin.database.password", postgres.password());
    nodeSettings.put("twin.ingest.mqtt.broker.host", mqtt.getHost());
    nodeSettings.put("twin.ingest.mqtt.broker.port", mqtt.getPort());
    nodeSettings.put("twin.ingest.kafka.enabled", true);
    nodeSettings.put("twin.ingest.kafka.bootstrap-servers", kafka.bootstrapServers());
    nodeSettings.put("twin.archive.enabled", false);
    nodeSettings.put("pekko.cluster.app-version", "0.0.1");
    Path nodes = directory.resolve("nodes");
    this.cluster =
        settings.faults().getOrDefault(Fault.Kind.CUT, 0) > 0
            ? LocalCluster.cuttable(nodes, nodeSettings, settings.nodes(), 0)
            : new LocalCluster(nodes, nodeSettings, settings.nodes(), 0);
  }

  /** Lets the machines send and the faults happen, waits until all is recorded, and looks. */
  public ChaosReport run() throws InterruptedException, IOException, EmbeddedServiceException {
    List<Fleet> fleets = fleets();
    List<String> machineIds =
        fleets.stream().flatMap(fleet -> fleet.machineIds().stream()).toList();
    List<String> asked = spread(machineIds, ASKED_MAX);
    try {
      long startNanos = System.nanoTime();
      for (Fault fault : Fault.schedule(settings)) {
        superviseUntil(startNanos + fault.at().toNanos());
        cause(fault, asked);
      }
      superviseUntil(startNanos + settings.length().toNanos());
    } finally {
      fleets.forEach(Fleet::close);
    }
    long acknowledged = fleets.stream().mapToLong(fleet -> fleet.status().acknowledged()).sum();
    long dropped = fleets.stream().mapToLong(fleet -> fleet.status().dropped()).sum();
    JournalCheck check = recorded(machineIds, acknowledged);
    check.examples().forEach(say);
    lookAtSuspect();
    return new ChaosReport(
        settings,
        told,
        check.found(
            acknowledged,
            Duration.ofMillis(Math.round(1000 * settings.machines() / settings.rate()))),
        fromBothSides,
        acknowledged,
        dropped,
        asked.size(),
        recovery.median(),
        recovery.max(),
        check.resumedMax());
  }

  /**
   * Half over Kafka, half over MQTT, and of each half a quarter with a wrong clock if asked for.
   */
  private List<Fleet> fleets() {
    int overKafka = settings.machines() / 2;
    List<Fleet> fleets = new ArrayList<>();
    start(fleets, "kafka", overKafka, () -> KafkaTarget.of(kafka.bootstrapServers()));
    start(
        fleets,
        "mqtt",
        settings.machines() - overKafka,
        () -> MqttTarget.of(URI.create(broker.uri())).withBounds(IN_FLIGHT_MAX, WAITING_MAX));
    return fleets;
  }

  private void start(
      List<Fleet> fleets, String prefix, int machines, Supplier<ReadingTarget> target) {
    int drifting = settings.clockSkew().isZero() ? 0 : 1;
    int skewed = drifting * machines / SKEWED_ONE_IN;
    Clock clock = Clock.systemUTC();
    fleets.add(fleet(prefix, machines - skewed - drifting, target.get(), clock));
    if (drifting > 0) {
      fleets.add(fleet(SKEWED + prefix, skewed, target.get(), clock));
      fleets.add(fleet(DRIFTING + prefix, drifting, target.get(), new DriftingClock(clock)));
    }
  }

  private Fleet fleet(String prefix, int machines, ReadingTarget target, Clock clock) {
    Duration skew = prefix.startsWith(SKEWED) ? settings.clockSkew() : Duration.ZERO;
    return Fleet.start(
        FleetSettings.of(
                "milling", machines, settings.rate() / settings.machines(), settings.seed())
            .withIdPrefix(prefix)
            .withFaults(NetworkFaults.of(0, 0, Duration.ZERO, 0, skew, settings.seed())),
        target,
        clock);
  }

  /** Not more than so many, from all over the list: asking must not become the load. */
  private static List<String> spread(List<String> all, int most) {
    int count = Math.min(most, all.size());
    return IntStream.range(0, count)
        .mapToObj(i -> all.get((int) ((long) i * all.size() / count)))
        .toList();
  }

  private static boolean isClockRight(String machineId) {
    return !machineId.startsWith(SKEWED) && !machineId.startsWith(DRIFTING);
  }

  /**
   * Whether it wrote behind those who took over from it, before the next fault: from then on twins
   * may move back to one that lives still.
   */
  private void lookAtSuspect() throws IOException {
    Suspect looked = suspect;
    if (looked != null) {
      fromBothSides += JournalWriters.fromBothSides(postgres, looked.process(), looked.since());
      suspect = null;
    }
  }

  /** Starts again what has ended, until it is time. */
  private void superviseUntil(long nanos) throws InterruptedException, IOException {
    do {
      for (NodeProcess node : cluster.nodes()) {
        if (!node.isAlive()) {
          String why = node.lastWords();
          tell(
              "node %d ended with status %d%s, started again"
                  .formatted(
                      node.number(), node.exitStatus(), why.isEmpty() ? "" : " (" + why + ")"));
          cluster.restart(node);
        }
      }
      Thread.sleep(LOOK_EVERY);
    } while (System.nanoTime() < nanos);
  }

  private void cause(Fault fault, List<String> machineIds)
      throws InterruptedException, IOException, EmbeddedServiceException {
    awaitWhole();
    lookAtSuspect();
    if (fault.kind() != Fault.Kind.OUTAGE) {
      interruptions.add(Instant.now());
    }
    switch (fault.kind()) {
      case KILL -> {
        NodeProcess node = node(fault);
        tell("node %d killed".formatted(node.number()));
        node.kill();
        recovery.follow(machineIds, others(node));
      }
      case PAUSE -> {
        NodeProcess node = node(fault);
        tell("node %d stands still for %d s".formatted(node.number(), fault.length().toSeconds()));
        suspect = new Suspect(node.name(), Instant.now());
        signal(node, "STOP");
        Thread.sleep(fault.length());
        signal(node, "CONT");
        recovery.follow(machineIds, others(node));
      }
      case CUT -> {
        NodeProcess node = node(fault);
        tell("node %d cut off for %d s".formatted(node.number(), fault.length().toSeconds()));
        suspect = new Suspect(node.name(), Instant.now());
        long startNanos = System.nanoTime();
        cluster.isolate(node);
        recovery.follow(machineIds, others(node));
        superviseUntil(startNanos + fault.length().toNanos());
        cluster.heal();
        tell("all nodes reach one another again");
      }
      case DATABASE -> {
        tell("database restarted");
        int port = postgres.port();
        postgres.close();
        startDatabase(port);
      }
      case OUTAGE -> outage(fault.length(), machineIds);
      case ROLL -> roll(machineIds);
      case BROKER -> {
        tell("broker restarted");
        int port = URI.create(broker.uri()).getPort();
        broker.close();
        broker =
            LocalMqttBroker.start(
                settings.directory().resolve("mqtt"),
                LocalMqttBroker.Settings.defaults().withPort(port));
      }
      case KAFKA -> {
        tell("Kafka restarted");
        int port = kafka.port();
        kafka.close();
        kafka =
            LocalKafka.start(
                settings.directory().resolve("kafka"),
                LocalKafka.Settings.defaults().withPort(port));
      }
    }
  }

  private void startDatabase(int port) throws EmbeddedServiceException, InterruptedException {
    postgres =
        LocalPostgres.start(
            settings.directory().resolve("postgres"),
            LocalPostgres.Settings.defaults().forNodes(settings.nodes()).withPort(port));
  }

  private void outage(Duration length, List<String> machineIds)
      throws InterruptedException, IOException, EmbeddedServiceException {
    tell("database away for %d s".formatted(length.toSeconds()));
    long startNanos = System.nanoTime();
    int port = postgres.port();
    postgres.close();
    for (NodeProcess node : cluster.nodes()) {
      String refusal = nodes.await(node.url().resolve("/ready"), UNAVAILABLE, ANSWER_WITHIN);
      tell("node %d: %s".formatted(node.number(), JSON.readTree(refusal).path("detail").asText()));
    }
    superviseUntil(startNanos + length.toNanos());
    startDatabase(port);
    tell("database back");
    interruptions.add(Instant.now());
    recovery.follow(machineIds, cluster.nodes().stream().map(NodeProcess::url).toList());
    for (NodeProcess node : cluster.nodes()) {
      nodes.await(node.url().resolve("/ready"), OK, ANSWER_WITHIN);
    }
    tell("every node is ready again");
  }

  /** As an upgrade is done: one at a time, the next when the one before serves again. */
  private void roll(List<String> machineIds) throws InterruptedException, IOException {
    cluster.upgrade();
    for (NodeProcess node : cluster.nodes()) {
      tell("node %d told to stop, for a newer version".formatted(node.number()));
      interruptions.add(Instant.now());
      node.close();
      NodeProcess newer = cluster.restart(node);
      recovery.follow(machineIds, others(newer));
      awaitWhole();
    }
    tell("all nodes have the newer version");
  }

  private NodeProcess node(Fault fault) {
    return cluster.nodes().get(fault.node() - 1);
  }

  private List<URI> others(NodeProcess node) {
    return cluster.nodes().stream()
        .filter(other -> other.number() != node.number())
        .map(NodeProcess::url)
        .toList();
  }

  private static void signal(NodeProcess node, String name)
      throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(node.pid())).inheritIO().start().waitFor();
  }

  /** A fault comes when the one before has been lived through: every node is there and ready. */
  private void awaitWhole() throws InterruptedException, IOException {
    long endNanos = System.nanoTime() + WHOLE_WITHIN.toNanos();
    do {
      if (System.nanoTime() > endNanos) {
        throw new IllegalStateException(
            "not all nodes serve after %d s; their logs say why"
                .formatted(WHOLE_WITHIN.toSeconds()));
      }
      superviseUntil(System.nanoTime());
    } while (!cluster.nodes().stream().allMatch(NodeProcess::isReady));
    superviseUntil(System.nanoTime() + SETTLE.toNanos());
  }

  /** Reads the journals, again and again until they hold everything or nothing comes any more. */
  private JournalCheck recorded(List<String> machineIds, long acknowledged)
      throws InterruptedException, IOException {
    Config config = NodeConfig.with(ConfigFactory.parseMap(nodeSettings, "chaos"));
    long deadlineNanos = System.nanoTime() + DRAINED_WITHIN.toNanos();
    long grewNanos = System.nanoTime();
    long before = -1;
    while (true) {
      superviseUntil(System.nanoTime() + SETTLE.toNanos());
      JournalCheck check = new JournalCheck(interruptions, ChaosRun::isClockRight);
      check.read(config, machineIds);
      say.accept("%d of %d readings are recorded".formatted(check.readings(), acknowledged));
      long nowNanos = System.nanoTime();
      if (check.readings() > before) {
        before = check.readings();
        grewNanos = nowNanos;
      }
      boolean nothingComes = nowNanos - grewNanos > NOTHING_COMES_FOR.toNanos();
      if (check.readings() >= acknowledged || nothingComes || nowNanos > deadlineNanos) {
        return check;
      }
    }
  }

  private void tell(String what) {
    told.add(what);
    say.accept(String.format(Locale.ROOT, "%s %s", Instant.now(), what));
  }

  /** Stops everything, and deletes nothing. */
  @Override
  public void close() {
    cluster.close();
    recovery.close();
    nodes.close();
    kafka.close();
    broker.close();
    postgres.close();
  }
}
