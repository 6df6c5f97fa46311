package twin.app.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.fault.FaultHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.embedded.EmbeddedServiceException.Reason;

/**
 * One Kafka node, broker and KRaft controller, inside this process.
 *
 * <p>Its data stays between runs. Like any Kafka with one copy of the data it leaves writing to
 * disk to the operating system: a killed process loses nothing, a power failure may cost the last
 * seconds. It listens on the loopback address alone.
 */
public final class LocalKafka implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LocalKafka.class);

  private static final String SERVICE = "Kafka";
  private static final String PORT_OPTION = "--kafka-port";
  private static final String CLIENTS = "CLIENTS";
  private static final String CONTROLLER = "CONTROLLER";
  private static final int NODE_ID = 1;
  private static final int BACKLOG = 50;

  /** A topic that is there once Kafka has started. */
  public record Topic(String name, int partitions) {}

  /**
   * How Kafka is run.
   *
   * @param port the port on the loopback address, or 0 for any free one
   * @param topics the topics to create where they are missing
   * @param retentionMegabytes how much of each partition is kept
   * @param retentionTime how long records are kept
   * @param startTimeout how long it may take to start
   * @param stopTimeout how long it may take to stop
   */
  public record Settings(
      int port,
      List<Topic> topics,
      int retentionMegabytes,
      Duration retentionTime,
      Duration startTimeout,
      Duration stopTimeout) {

    /** Copies the topics. */
    public Settings {
      topics = List.copyOf(topics);
    }

    /** The usual port, Twin's topics, and values for one demo on a small machine. */
    public static Settings defaults() {
      return new Settings(
          9092,
          List.of(
              new Topic("sensor-raw-data", 8),
              new Topic("anomaly-alerts", 1),
              new Topic("sensor-raw-data.dlq", 1)),
          128,
          Duration.ofDays(7),
          Duration.ofSeconds(60),
          Duration.ofSeconds(5));
    }

    /** The same with another port. */
    public Settings withPort(int newPort) {
      return new Settings(
          newPort, topics, retentionMegabytes, retentionTime, startTimeout, stopTimeout);
    }
  }

  static {
    // Where Kafka gives up it ends the process, which here is the whole program.
    Exit.setExitProcedure((status, message) -> refuseToEnd(message));
    Exit.setHaltProcedure((status, message) -> refuseToEnd(message));
  }

  private final ControllerServer controller;
  private final BrokerServer broker;
  private final Settings settings;
  private final int port;

  private LocalKafka(
      ControllerServer controller, BrokerServer broker, Settings settings, int port) {
    this.controller = controller;
    this.broker = broker;
    this.settings = settings;
    this.port = port;
  }

  /**
   * Starts Kafka on the data in {@code directory}, which the caller holds for itself, and returns
   * when its topics are there.
   */
  public static LocalKafka start(Path directory, Settings settings)
      throws InterruptedException, EmbeddedServiceException {
    // Bound here and handed to Kafka: it has to know its ports before it opens them.
    Map<String, ServerSocketChannel> sockets = new ConcurrentHashMap<>();
    CompletableFuture<LocalKafka> starting = new CompletableFuture<>();
    // Its sockets are its own from here on: half started it complains of whatever is taken from it.
    var unused = starting.whenComplete((kafka, failure) -> closeUnlessTaken(sockets));
    int port;
    int controllerPort;
    try {
      port = open(sockets, CLIENTS, settings.port());
      controllerPort = open(sockets, CONTROLLER, 0);
    } catch (IOException | EmbeddedServiceException e) {
      starting.completeExceptionally(e);
      throw e instanceof EmbeddedServiceException known ? known : failed(directory, e);
    }
    Thread.ofPlatform()
        .name("kafka-start")
        .daemon()
        .start(
            () -> {
              try {
                starting.complete(startServers(directory, settings, sockets, port, controllerPort));
              } catch (Throwable e) {
                starting.completeExceptionally(e);
              }
            });
    try {
      LocalKafka kafka = awaitOrAbandon(starting, settings);
      kafka.createTopicsOrClose();
      return kafka;
    } catch (RuntimeException | ExecutionException | TimeoutException e) {
      throw failed(directory, e);
    }
  }

  private static EmbeddedServiceException failed(Path directory, Exception e) {
    Throwable cause = e instanceof ExecutionException ? e.getCause() : e;
    return new EmbeddedServiceException(
        Reason.START_FAILED, "Kafka cannot be started in %s: %s".formatted(directory, cause), e);
  }

  private static LocalKafka awaitOrAbandon(
      CompletableFuture<LocalKafka> starting, Settings settings)
      throws InterruptedException, ExecutionException, TimeoutException {
    try {
      return starting.get(settings.startTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | InterruptedException e) {
      abandon(starting, settings.stopTimeout());
      throw e;
    }
  }

  /** Closes it as soon as it is up, since nobody wants it any more. Waits for that in a bound. */
  private static void abandon(CompletableFuture<LocalKafka> starting, Duration patience)
      throws InterruptedException {
    CompletableFuture<Void> closed = starting.thenAccept(LocalKafka::close);
    try {
      closed.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      log.debug("Kafka did not come up to be closed", e);
    }
  }

  /** Refuses a port that somebody else has now. */
  static void requireFree(Settings settings) throws EmbeddedServiceException {
    var unused = LoopbackPort.free(settings.port(), SERVICE, PORT_OPTION);
  }

  /** The addresses for Kafka clients. */
  public String bootstrapServers() {
    return "%s:%d".formatted(LoopbackPort.HOST, port);
  }

  /** The port on the loopback address. */
  public int port() {
    return port;
  }

  /** Stops Kafka; its data stays. */
  @Override
  public void close() {
    CompletableFuture<Void> stopped = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("kafka-stop")
        .daemon()
        .start(
            () -> {
              try {
                stopServers(broker, controller, settings.stopTimeout());
                stopped.complete(null);
              } catch (Throwable e) {
                stopped.completeExceptionally(e);
              }
            });
    try {
      stopped.get(settings.stopTimeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.error("Kafka did not stop within {} s", settings.stopTimeout().toSeconds());
    } catch (ExecutionException e) {
      log.error("Kafka did not stop in order", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gives new data its identity; data that has one stays as it is. */
  private static void format(Path directory) throws Exception {
    // The last file that formatting writes: a formatting that was killed is done again.
    if (Files.exists(directory.resolve("meta.properties"))) {
      return;
    }
    new Formatter()
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .setNodeId(NODE_ID)
        .setClusterId(Uuid.randomUuid().toString())
        .setControllerListenerName(CONTROLLER)
        .setMetadataLogDirectory(directory.toString())
        .addDirectory(directory.toString())
        .run();
  }

  /**
   * What {@link KafkaRaftServer} does, but for open sockets and faults that do not end the program.
   */
  private static LocalKafka startServers(
      Path directory,
      Settings settings,
      Map<String, ServerSocketChannel> sockets,
      int port,
      int controllerPort)
      throws Exception {
    Files.createDirectories(directory);
    KafkaConfig config = new KafkaConfig(properties(directory, settings, port, controllerPort));
    format(directory);
    var directories = KafkaRaftServer.initializeLogDirs(config, log, "");
    MetaPropertiesEnsemble ensemble = directories._1();
    InetSocketAddress controllerAddress = LoopbackPort.address(controllerPort);
    SharedServer shared =
        new SharedServer(
            config,
            ensemble,
            Time.SYSTEM,
            Server.initializeMetrics(config, Time.SYSTEM, ensemble.clusterId().orElseThrow()),
            CompletableFuture.completedFuture(Map.of(NODE_ID, controllerAddress)),
            List.of(controllerAddress),
            (name, fatal, action) -> faultHandler(name, action),
            openSockets(sockets));
    ControllerServer controller =
        new ControllerServer(shared, KafkaRaftServer.configSchema(), directories._2());
    BrokerServer broker = new BrokerServer(shared);
    boolean started = false;
    try {
      controller.startup();
      broker.startup();
      started = true;
      return new LocalKafka(controller, broker, settings, port);
    } finally {
      if (!started) {
        stopServers(broker, controller, settings.stopTimeout());
      }
    }
  }

  /** The broker first: it says good-bye to the controller. */
  private static void stopServers(
      BrokerServer broker, ControllerServer controller, Duration timeout) {
    broker.shutdown(timeout);
    controller.shutdown();
  }

  private static int open(Map<String, ServerSocketChannel> sockets, String listener, int port)
      throws IOException, EmbeddedServiceException {
    ServerSocketChannel socket = LoopbackPort.bind(port, BACKLOG, SERVICE, PORT_OPTION);
    sockets.put(listener, socket);
    return LoopbackPort.portOf(socket);
  }

  private static ServerSocketFactory openSockets(Map<String, ServerSocketChannel> sockets) {
    return (listener, address, backlog, receiveBufferBytes) -> {
      ServerSocketChannel socket = sockets.remove(listener);
      if (socket == null) {
        throw new IOException("No open socket for the listener " + listener);
      }
      socket.configureBlocking(false);
      return socket;
    };
  }

  private static FaultHandler faultHandler(String name, Runnable action) {
    return (message, cause) -> {
      log.error("Kafka's {}: {}", name, message, cause);
      action.run();
      return new IllegalStateException("Kafka's %s: %s".formatted(name, message), cause);
    };
  }

  private static void refuseToEnd(String message) {
    throw new IllegalStateException("Kafka wanted to end the process: " + message);
  }

  private void createTopicsOrClose()
      throws InterruptedException, ExecutionException, TimeoutException {
    boolean created = false;
    try {
      createTopics();
      created = true;
    } finally {
      if (!created) {
        close();
      }
    }
  }

  private void createTopics() throws InterruptedException, ExecutionException, TimeoutException {
    long millis = settings.startTimeout().toMillis();
    try (Admin admin =
        Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers()))) {
      Set<String> present = admin.listTopics().names().get(millis, TimeUnit.MILLISECONDS);
      List<NewTopic> missing =
          settings.topics().stream()
              .filter(topic -> !present.contains(topic.name()))
              .map(topic -> new NewTopic(topic.name(), topic.partitions(), (short) 1))
              .collect(Collectors.toList());
      admin.createTopics(missing).all().get(millis, TimeUnit.MILLISECONDS);
    }
  }

  private static Map<String, Object> properties(
      Path directory, Settings settings, int port, int controllerPort) {
    long retentionBytes = settings.retentionMegabytes() * 1024L * 1024L;
    Map<String, Object> properties = new HashMap<>();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", NODE_ID);
    properties.put("controller.quorum.voters", NODE_ID + "@127.0.0.1:" + controllerPort);
    properties.put("controller.listener.names", CONTROLLER);
    properties.put("inter.broker.listener.name", CLIENTS);
    properties.put(
        "listeners",
        "%s://127.0.0.1:%d,%s://127.0.0.1:%d".formatted(CLIENTS, port, CONTROLLER, controllerPort));
    properties.put("advertised.listeners", "%s://127.0.0.1:%d".formatted(CLIENTS, port));
    properties.put(
        "listener.security.protocol.map",
        "%s:PLAINTEXT,%s:PLAINTEXT".formatted(CLIENTS, CONTROLLER));
    properties.put("log.dirs", directory.toString());
    properties.put("log.retention.bytes", retentionBytes);
    properties.put("log.retention.ms", settings.retentionTime().toMillis());
    // Whole segments are deleted, so one must be a small part of what is kept.
    properties.put("log.segment.bytes", (int) Math.max(retentionBytes / 4, 1024 * 1024));
    // The default sets 128 MB of heap aside for compacting; only the small internal topics are
    // compacted here.
    properties.put("log.cleaner.dedupe.buffer.size", 4L * 1024 * 1024);
    properties.put("auto.create.topics.enable", false);
    // One node has one copy of everything.
    properties.put("offsets.topic.replication.factor", (short) 1);
    properties.put("offsets.topic.num.partitions", 8);
    properties.put("transaction.state.log.replication.factor", (short) 1);
    properties.put("transaction.state.log.min.isr", 1);
    properties.put("share.coordinator.state.topic.replication.factor", (short) 1);
    properties.put("share.coordinator.state.topic.min.isr", (short) 1);
    properties.put("group.initial.rebalance.delay.ms", 0);
    properties.put("num.network.threads", 2);
    properties.put("num.io.threads", 4);
    properties.put("background.threads", 2);
    // No registration of every metric with JMX.
    properties.put("metric.reporters", "");
    return properties;
  }

  private static void closeUnlessTaken(Map<String, ServerSocketChannel> sockets) {
    for (ServerSocketChannel socket : sockets.values()) {
      try {
        socket.close();
      } catch (IOException e) {
        log.debug("A socket could not be closed", e);
      }
    }
  }
}
