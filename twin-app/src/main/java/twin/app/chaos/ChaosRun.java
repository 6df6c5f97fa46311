package twin.app.chaos;

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
import java.util.stream.Stream;
import twin.app.NodeConfig;
import twin.app.cluster.LocalCluster;
import twin.app.cluster.NodeProcess;
import twin.app.embedded.EmbeddedServiceException;
import twin.app.embedded.LocalKafka;
import twin.app.embedded.LocalMqttBroker;
import twin.app.embedded.LocalPostgres;
import twin.simulator.Fleet;
import twin.simulator.FleetSettings;
import twin.simulator.KafkaTarget;
import twin.simulator.MqttTarget;
import twin.simulator.ReadingTarget;

/**
 * One run: a cluster of real processes, machines that number their readings and keep what is not
 * acknowledged, faults by a schedule, and at the end a look into every journal. Not thread-safe;
 * one object makes one run.
 */
public final class ChaosRun implements AutoCloseable {

  private static final Duration SETTLE = Duration.ofSeconds(5);
  private static final Duration LOOK_EVERY = Duration.ofMillis(250);
  private static final Duration DRAINED_WITHIN = Duration.ofMinutes(5);
  private static final int WAITING_MAX = 1_000_000;
  private static final int IN_FLIGHT_MAX = 1000;

  private final ChaosSettings settings;
  private final Consumer<String> say;
  private final Map<String, Object> nodeSettings = new HashMap<>();
  private final List<String> told = new ArrayList<>();
  private final List<Instant> interruptions = new ArrayList<>();
  private final Recovery recovery = new Recovery();
  private final LocalKafka kafka;
  private LocalPostgres postgres;
  private LocalMqttBroker broker;
  private final LocalCluster cluster;

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
    this.cluster = new LocalCluster(directory.resolve("nodes"), nodeSettings, settings.nodes(), 0);
  }

  /** Lets the machines send and the faults happen, waits until all is recorded, and looks. */
  public ChaosReport run() throws InterruptedException, IOException, EmbeddedServiceException {
    List<Fault> faults =
        Fault.schedule(
            settings.seed(),
            settings.nodes(),
            settings.kills(),
            settings.pauses(),
            settings.restarts(),
            settings.length());
    Fleet overKafka =
        fleet("kafka", settings.machines() / 2, KafkaTarget.of(kafka.bootstrapServers()));
    Fleet overMqtt =
        fleet(
            "mqtt",
            settings.machines() - settings.machines() / 2,
            MqttTarget.of(URI.create(broker.uri())).withBounds(IN_FLIGHT_MAX, WAITING_MAX));
    List<String> machineIds =
        Stream.of(overKafka, overMqtt).flatMap(fleet -> fleet.machineIds().stream()).toList();
    try {
      long startNanos = System.nanoTime();
      for (Fault fault : faults) {
        superviseUntil(startNanos + fault.at().toNanos());
        cause(fault, machineIds);
      }
      superviseUntil(startNanos + settings.length().toNanos());
    } finally {
      overKafka.close();
      overMqtt.close();
    }
    long acknowledged = overKafka.status().acknowledged() + overMqtt.status().acknowledged();
    long dropped = overKafka.status().dropped() + overMqtt.status().dropped();
    JournalCheck check = recorded(machineIds, acknowledged);
    check.examples().forEach(say);
    return new ChaosReport(
        settings,
        told,
        check.found(acknowledged),
        acknowledged,
        dropped,
        recovery.median(),
        recovery.max(),
        check.resumedMax());
  }

  private Fleet fleet(String prefix, int machines, ReadingTarget target) {
    return Fleet.start(
        FleetSettings.of(
                "milling", machines, settings.rate() / settings.machines(), settings.seed())
            .withIdPrefix(prefix),
        target,
        Clock.systemUTC());
  }

  /** Starts again what has ended, until it is time. */
  private void superviseUntil(long nanos) throws InterruptedException, IOException {
    do {
      for (NodeProcess node : cluster.nodes()) {
        if (!node.isAlive()) {
          tell(
              "node %d ended with status %d, started again"
                  .formatted(node.number(), node.exitStatus()));
          cluster.restart(node);
        }
      }
      Thread.sleep(LOOK_EVERY);
    } while (System.nanoTime() < nanos);
  }

  private void cause(Fault fault, List<String> machineIds)
      throws InterruptedException, IOException, EmbeddedServiceException {
    awaitWhole();
    interruptions.add(Instant.now());
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
        signal(node, "STOP");
        Thread.sleep(fault.length());
        signal(node, "CONT");
        recovery.follow(machineIds, others(node));
      }
      case DATABASE -> {
        tell("database restarted");
        int port = postgres.port();
        postgres.close();
        postgres =
            LocalPostgres.start(
                settings.directory().resolve("postgres"),
                LocalPostgres.Settings.defaults().forNodes(settings.nodes()).withPort(port));
      }
      case BROKER -> {
        tell("broker restarted");
        int port = URI.create(broker.uri()).getPort();
        broker.close();
        broker =
            LocalMqttBroker.start(
                settings.directory().resolve("mqtt"),
                LocalMqttBroker.Settings.defaults().withPort(port));
      }
    }
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
    superviseUntil(System.nanoTime());
    for (NodeProcess node : cluster.nodes()) {
      node.awaitReady();
    }
    Thread.sleep(SETTLE);
  }

  /** Reads the journals, again and again until they hold everything or nothing comes any more. */
  private JournalCheck recorded(List<String> machineIds, long acknowledged)
      throws InterruptedException, IOException {
    Config config = NodeConfig.with(ConfigFactory.parseMap(nodeSettings, "chaos"));
    long deadlineNanos = System.nanoTime() + DRAINED_WITHIN.toNanos();
    long before = -1;
    while (true) {
      superviseUntil(System.nanoTime() + SETTLE.toNanos());
      JournalCheck check = new JournalCheck(interruptions);
      check.read(config, machineIds);
      say.accept("%d of %d readings are recorded".formatted(check.readings(), acknowledged));
      boolean all = check.readings() >= acknowledged;
      if (all || System.nanoTime() > deadlineNanos || check.readings() == before) {
        return check;
      }
      before = check.readings();
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
    kafka.close();
    broker.close();
    postgres.close();
  }
}
