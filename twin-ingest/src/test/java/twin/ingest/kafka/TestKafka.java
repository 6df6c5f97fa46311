package twin.ingest.kafka;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.ServerSocketFactory;
import org.apache.kafka.server.fault.FaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A Kafka in this process for tests, with what tests ask of it. */
public final class TestKafka implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(TestKafka.class);

  private static final long PATIENCE_SECONDS = 60;
  private static final String CLIENTS = "CLIENTS";
  private static final String CONTROLLER = "CONTROLLER";

  private final ControllerServer controller;
  private final BrokerServer broker;
  private final int port;
  private final Admin admin;
  private final KafkaProducer<byte[], byte[]> producer;

  private TestKafka(ControllerServer controller, BrokerServer broker, int port) {
    this.controller = controller;
    this.broker = broker;
    this.port = port;
    this.admin = Admin.create(Map.of("bootstrap.servers", servers()));
    this.producer =
        new KafkaProducer<>(
            Map.of(
                "bootstrap.servers",
                servers(),
                "enable.idempotence",
                false,
                "max.in.flight.requests.per.connection",
                1),
            new ByteArraySerializer(),
            new ByteArraySerializer());
  }

  /** Starts one on the data in a directory of its own. */
  public static TestKafka start(Path directory) throws Exception {
    Map<String, ServerSocketChannel> sockets = new ConcurrentHashMap<>();
    int port = open(sockets, CLIENTS);
    int controllerPort = open(sockets, CONTROLLER);
    KafkaConfig config = new KafkaConfig(properties(directory, port, controllerPort));
    new Formatter()
        .setPrintStream(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
        .setNodeId(1)
        .setClusterId(Uuid.randomUuid().toString())
        .setControllerListenerName(CONTROLLER)
        .setMetadataLogDirectory(directory.toString())
        .addDirectory(directory.toString())
        .run();
    var directories = KafkaRaftServer.initializeLogDirs(config, log, "");
    MetaPropertiesEnsemble ensemble = directories._1();
    InetSocketAddress controllerAddress =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), controllerPort);
    SharedServer shared =
        new SharedServer(
            config,
            ensemble,
            Time.SYSTEM,
            Server.initializeMetrics(config, Time.SYSTEM, ensemble.clusterId().orElseThrow()),
            CompletableFuture.completedFuture(Map.of(1, controllerAddress)),
            List.of(controllerAddress),
            (name, fatal, action) -> faultHandler(name),
            openSockets(sockets));
    ControllerServer controller =
        new ControllerServer(shared, KafkaRaftServer.configSchema(), directories._2());
    BrokerServer broker = new BrokerServer(shared);
    controller.startup();
    broker.startup();
    return new TestKafka(controller, broker, port);
  }

  private static int open(Map<String, ServerSocketChannel> sockets, String listener)
      throws IOException {
    ServerSocketChannel socket = ServerSocketChannel.open();
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    sockets.put(listener, socket);
    return socket.socket().getLocalPort();
  }

  private static ServerSocketFactory openSockets(Map<String, ServerSocketChannel> sockets) {
    return (listener, address, backlog, receiveBufferBytes) -> {
      ServerSocketChannel socket = sockets.get(listener);
      if (socket == null) {
        throw new IOException("no open socket for the listener " + listener);
      }
      socket.configureBlocking(false);
      return socket;
    };
  }

  private static FaultHandler faultHandler(String name) {
    return (message, cause) -> new IllegalStateException(name + ": " + message, cause);
  }

  private static Map<String, Object> properties(Path directory, int port, int controllerPort) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("process.roles", "broker,controller");
    properties.put("node.id", 1);
    properties.put("controller.quorum.voters", "1@127.0.0.1:" + controllerPort);
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
    properties.put("log.cleaner.dedupe.buffer.size", 4L * 1024 * 1024);
    properties.put("auto.create.topics.enable", false);
    properties.put("offsets.topic.replication.factor", (short) 1);
    properties.put("offsets.topic.num.partitions", 1);
    properties.put("transaction.state.log.replication.factor", (short) 1);
    properties.put("transaction.state.log.min.isr", 1);
    properties.put("share.coordinator.state.topic.replication.factor", (short) 1);
    properties.put("share.coordinator.state.topic.min.isr", (short) 1);
    properties.put("group.initial.rebalance.delay.ms", 0);
    properties.put("num.network.threads", 2);
    properties.put("num.io.threads", 2);
    properties.put("metric.reporters", "");
    return properties;
  }

  /** For clients. */
  public String servers() {
    return "127.0.0.1:" + port;
  }

  /** Creates a topic. */
  public void create(String topic, int partitions) {
    await(admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all());
  }

  /** Deletes a topic, with all that is in it. */
  public void delete(String topic) {
    await(admin.deleteTopics(List.of(topic)).all());
  }

  /** Writes a record to the partition that its key decides on, and says to which. */
  public int send(String topic, @Nullable String key, byte @Nullable [] value) {
    byte[] bytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
    return await(producer.send(new ProducerRecord<>(topic, bytes, value))).partition();
  }

  /** Writes a record to a partition. */
  public void send(String topic, int partition, String key, String value) {
    var unused =
        producer.send(
            new ProducerRecord<>(
                topic,
                partition,
                key.getBytes(StandardCharsets.UTF_8),
                value.getBytes(StandardCharsets.UTF_8)));
  }

  /** Returns when everything sent has been written. */
  public void flush() {
    producer.flush();
  }

  /** The offset that a group has committed; 0 for none. */
  public long committed(String group, String topic, int partition) {
    OffsetAndMetadata offset =
        await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
            .get(new TopicPartition(topic, partition));
    return offset == null ? 0 : offset.offset();
  }

  /** The sum of what a group has committed of a topic. */
  public long committed(String group, String topic) {
    return await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata())
        .entrySet()
        .stream()
        .filter(entry -> entry.getKey().topic().equals(topic))
        .mapToLong(entry -> entry.getValue().offset())
        .sum();
  }

  /** Everything that is in partition 0 of a topic, when there are so many records. */
  public List<ConsumerRecord<byte[], byte[]>> records(String topic, int count) {
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of("bootstrap.servers", servers(), "auto.offset.reset", "earliest"),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer())) {
      TopicPartition partition = new TopicPartition(topic, 0);
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
      while (records.size() < count && System.nanoTime() < end) {
        consumer.poll(Duration.ofMillis(200)).forEach(records::add);
      }
    }
    return records;
  }

  /**
   * Joins a group as another process would, and dies when it has its share: it neither commits nor
   * says that it leaves.
   */
  public void joinAndDie(String group, String topic, BooleanSupplier hasItsShare) {
    KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            Map.of(
                "bootstrap.servers",
                servers(),
                "group.id",
                group,
                "session.timeout.ms",
                6_000,
                "enable.auto.commit",
                false,
                "partition.assignment.strategy",
                CooperativeStickyAssignor.class.getName()),
            new ByteArrayDeserializer(),
            new ByteArrayDeserializer());
    consumer.subscribe(List.of(topic));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while ((consumer.assignment().isEmpty() || !hasItsShare.getAsBoolean())
        && System.nanoTime() < end) {
      consumer.poll(Duration.ofMillis(100));
    }
    consumer.close(
        CloseOptions.timeout(Duration.ZERO)
            .withGroupMembershipOperation(GroupMembershipOperation.REMAIN_IN_GROUP));
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    producer.close(Duration.ZERO);
    admin.close(Duration.ZERO);
    broker.shutdown(Duration.ofSeconds(5));
    controller.shutdown();
  }
}
