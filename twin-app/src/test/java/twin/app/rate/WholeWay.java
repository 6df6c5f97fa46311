package twin.app.rate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Extension;
import org.apache.pekko.actor.typed.ExtensionId;
import twin.app.Node;
import twin.app.NodeConfig;
import twin.app.embedded.LocalMqttBroker;
import twin.app.embedded.LocalPostgres;

/**
 * How many readings a second go the whole way and are durable, beside what the journal's plugin
 * does alone, on one embedded PostgreSQL with all its promises of durability. First a node without
 * MQTT, whose twins are asked directly; then a whole node that takes from the embedded broker. The
 * plugin is measured in each round of both, because a machine is not equally free all the time.
 * Prints the median of the rounds, and where the processor time went. Linux only.
 *
 * <pre>{@code
 * mvn -q -pl twin-app -am test-compile dependency:build-classpath \
 *     -Dmdep.includeScope=test -Dmdep.outputFile=target/test.classpath
 * java --enable-native-access=ALL-UNNAMED -XX:+UseG1GC \
 *     -cp twin-app/target/test-classes:twin-app/target/classes:$(cat twin-app/target/test.classpath) \
 *     twin.app.rate.WholeWay [ROUNDS [SECONDS [WARM-UP SECONDS]]]
 * }</pre>
 *
 * <p>It is run where the program lies, because of the models. Any setting of the node can be
 * changed with {@code -D}, for example {@code -Dtwin.ingest.mqtt.subscribe.receive-maximum=4000}.
 */
public final class WholeWay {

  private static final int MACHINES = 1000;
  private static final int COMMANDS_IN_FLIGHT = 2000;
  private static final int MESSAGES_IN_FLIGHT = 1000;
  private static final int DRAIN_SECONDS_MAX = 120;

  private final LocalPostgres postgres;
  private final Path postgresPidFile;
  private final int rounds;
  private final int seconds;
  private final int warmUpSeconds;
  private final Map<String, List<Figures>> measured = new LinkedHashMap<>();

  private WholeWay(LocalPostgres postgres, Path postgresPidFile, int[] numbers) {
    this.postgres = postgres;
    this.postgresPidFile = postgresPidFile;
    this.rounds = numbers[0];
    this.seconds = numbers[1];
    this.warmUpSeconds = numbers[2];
  }

  /** What one measurement found. */
  private record Figures(
      double readingsASecond,
      double readingsAnEvent,
      double coresOfOthers,
      double loadAverage,
      Map<String, Double> microsAReading) {}

  /** Tells the system that a node has started, which the node itself keeps to itself. */
  public static final class Started implements Extension {

    private static volatile CompletableFuture<ActorSystem<?>> system = new CompletableFuture<>();

    /** By this Pekko finds it. */
    public static final class Id extends ExtensionId<Started> {

      private static final Id ID = new Id();

      /** Called by Pekko, by name. */
      public static Id getInstance() {
        return ID;
      }

      @Override
      public Started createExtension(ActorSystem<?> created) {
        system.complete(created);
        return new Started();
      }
    }
  }

  /** Runs all of it; see the class for the arguments. */
  public static void main(String[] arguments) throws Exception {
    int[] numbers = {3, 10, 20};
    for (int i = 0; i < Math.min(numbers.length, arguments.length); i++) {
      numbers[i] = Integer.parseInt(arguments[i]);
    }
    Path directory = Files.createTempDirectory("twin-rate");
    try (LocalPostgres postgres =
            LocalPostgres.start(directory.resolve("postgres"), LocalPostgres.Settings.defaults());
        LocalMqttBroker broker =
            LocalMqttBroker.start(
                directory.resolve("mqtt"), LocalMqttBroker.Settings.defaults().withPort(0))) {
      WholeWay way =
          new WholeWay(postgres, directory.resolve("postgres/data/postmaster.pid"), numbers);
      way.withoutBroker();
      way.overMqtt(broker);
      way.print();
    }
    try (Stream<Path> left = Files.walk(directory)) {
      for (Path path : left.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
    System.exit(0);
  }

  private void withoutBroker() throws InterruptedException {
    try (Node node = Node.start(config(Map.of("twin.ingest.mqtt.enabled", false)), none())) {
      ActorSystem<?> system = Started.system.join();
      Started.system = new CompletableFuture<>();
      List<Load> loads =
          List.of(
              new PluginLoad(system, MACHINES),
              new TwinLoad(system, MACHINES, COMMANDS_IN_FLIGHT, 1),
              new TwinLoad(system, MACHINES, COMMANDS_IN_FLIGHT, 10));
      for (Load load : loads) {
        run(load, load.name(), warmUpSeconds);
      }
      measured.clear();
      for (int round = 0; round < rounds; round++) {
        for (Load load : loads) {
          run(load, load.name(), seconds);
        }
      }
      say("stopping the node at " + node.address());
    }
  }

  private void overMqtt(LocalMqttBroker broker) throws InterruptedException {
    Map<String, Object> mqtt =
        Map.of(
            "twin.ingest.mqtt.broker.host",
            "127.0.0.1",
            "twin.ingest.mqtt.broker.port",
            broker.port());
    try (Node node = Node.start(config(mqtt), none());
        MqttLoad load =
            new MqttLoad(
                Started.system.join(), "127.0.0.1", broker.port(), MACHINES, MESSAGES_IN_FLIGHT)) {
      PluginLoad plugin = new PluginLoad(Started.system.join(), MACHINES);
      load.awaitSubscriber();
      Map<String, List<Figures>> before = new LinkedHashMap<>(measured);
      run(load, load.name(), warmUpSeconds);
      load.awaitDrained();
      measured.clear();
      measured.putAll(before);
      for (int round = 0; round < rounds; round++) {
        run(plugin, "plugin alone, node with MQTT", seconds);
        long acceptedBefore = load.accepted();
        long start = System.nanoTime();
        run(load, load.name(), seconds);
        double elapsed = (System.nanoTime() - start) / 1e9;
        say("  the broker took %.0f messages/s", (load.accepted() - acceptedBefore) / elapsed);
        drain(load);
      }
      say("stopping the node at " + node.address());
    }
  }

  private Config config(Map<String, Object> more) {
    Map<String, Object> values = new HashMap<>(more);
    values.put("twin.database.url", postgres.jdbcUrl());
    values.put("twin.database.user", postgres.user());
    values.put("twin.database.password", postgres.password());
    values.put("twin.http.port", 0);
    values.put("twin.cluster.port", 0);
    values.put("pekko.actor.typed.extensions", List.of(Started.Id.class.getName()));
    return NodeConfig.with(
        ConfigFactory.parseMap(values)
            .withFallback(ConfigFactory.parseString(PluginLoad.SERIALIZATION)));
  }

  private static <T> Optional<T> none() {
    return Optional.empty();
  }

  /** One measurement: not of the first second, in which the load gets under way. */
  private void run(Load load, String name, int forSeconds) throws InterruptedException {
    load.start();
    Thread.sleep(1000);
    long end = System.nanoTime() + forSeconds * 1_000_000_000L;
    measure(load, name, forSeconds * 1000L, () -> System.nanoTime() >= end);
    load.stop();
  }

  /** The backlog that publishing faster than the node takes has left with the broker. */
  private void drain(MqttLoad load) throws InterruptedException {
    long backlog = load.accepted() - load.durable().readings();
    if (backlog > 10_000) {
      long end = System.nanoTime() + DRAIN_SECONDS_MAX * 1_000_000_000L;
      // The last of it comes in thinner, and is not measured.
      long nearlyAll = load.accepted() - backlog / 10;
      measure(
          load,
          "MQTT, backlog drained",
          500,
          () -> load.durable().readings() >= nearlyAll || System.nanoTime() >= end);
    }
    load.awaitDrained();
    long missing = load.accepted() - load.durable().readings();
    say("  a backlog of %d readings; missing now: %d", backlog, missing);
  }

  private void measure(Load load, String name, long pauseMillis, BooleanSupplier ended)
      throws InterruptedException {
    Load.Durable first = load.durable();
    Usage before = Usage.now(postgresPidFile);
    do {
      Thread.sleep(pauseMillis);
    } while (!ended.getAsBoolean());
    Load.Durable last = load.durable();
    Usage after = Usage.now(postgresPidFile);
    long readings = last.readings() - first.readings();
    double elapsedSeconds = (after.atNanos() - before.atNanos()) / 1e9;
    Map<String, Double> micros =
        after.since(before).entrySet().stream()
            .collect(Collectors.toMap(Map.Entry::getKey, used -> used.getValue() / 1e3 / readings));
    Figures figures =
        new Figures(
            readings / elapsedSeconds,
            (double) readings / (last.events() - first.events()),
            after.coresOfOthersSince(before),
            ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage(),
            micros);
    measured.computeIfAbsent(name, key -> new ArrayList<>()).add(figures);
    say(
        "%-30s %7.0f readings/s in %.1f s; others kept %.2f processors busy, load average %.1f",
        name,
        figures.readingsASecond(),
        elapsedSeconds,
        figures.coresOfOthers(),
        figures.loadAverage());
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int middle = sorted.size() / 2;
    return sorted.size() % 2 == 1
        ? sorted.get(middle)
        : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
  }

  private void print() {
    System.out.printf(
        Locale.ROOT,
        "%nMedians of %d rounds of %d s; processor time in microseconds a reading%n%n%-36s",
        rounds,
        seconds,
        "");
    List<String> names = List.copyOf(measured.keySet());
    for (int i = 0; i < names.size(); i++) {
      System.out.printf("%8s", "(" + (i + 1) + ")");
    }
    System.out.println();
    row("readings/s", "%8.0f", Figures::readingsASecond);
    row("readings an event", "%8.2f", Figures::readingsAnEvent);
    row("processors busy with others", "%8.2f", Figures::coresOfOthers);
    row("load average", "%8.1f", Figures::loadAverage);
    row(
        "all processor time",
        "%8.1f",
        figures -> figures.microsAReading().values().stream().mapToDouble(used -> used).sum());
    TreeSet<String> groups = new TreeSet<>();
    measured.values().forEach(all -> all.forEach(f -> groups.addAll(f.microsAReading().keySet())));
    for (String group : groups) {
      boolean shown =
          measured.values().stream()
              .flatMap(List::stream)
              .anyMatch(figures -> figures.microsAReading().getOrDefault(group, 0.0) >= 0.3);
      if (shown) {
        row("  " + group, "%8.1f", figures -> figures.microsAReading().getOrDefault(group, 0.0));
      }
    }
    for (int i = 0; i < names.size(); i++) {
      System.out.printf("(%d) %s%n", i + 1, names.get(i));
    }
  }

  private void row(String label, String format, ToDoubleFunction<Figures> figure) {
    System.out.printf("%-36s", label);
    for (List<Figures> all : measured.values()) {
      System.out.printf(
          Locale.ROOT,
          format,
          median(all.stream().map(figures -> figure.applyAsDouble(figures)).toList()));
    }
    System.out.println();
  }

  private static void say(String format, Object... values) {
    System.out.printf(Locale.ROOT, format + "%n", values);
  }
}
