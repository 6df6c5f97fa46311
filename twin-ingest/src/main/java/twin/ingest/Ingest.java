package twin.ingest;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ShardedDaemonProcessSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.http.javadsl.server.Route;
import org.jspecify.annotations.Nullable;
import twin.core.live.LiveHub;
import twin.core.machine.MachineState;
import twin.core.store.DeadLetterTable;
import twin.ingest.kafka.KafkaIngest;
import twin.ingest.kafka.KafkaSettings;
import twin.ingest.mqtt.MqttIngest;
import twin.ingest.mqtt.MqttMessage;
import twin.ingest.mqtt.MqttPublisher;
import twin.ingest.mqtt.MqttSettings;

/**
 * All ways into the twins on this node, and over MQTT the way out. Started last; at coordinated
 * shutdown its sources stop first, before anything they lead to. Of the nodes of a cluster one has
 * the MQTT source, and another takes over its session; of Kafka's partitions each has some.
 * Thread-safe.
 */
public final class Ingest {

  /** Name of the MQTT source in causes, metrics and dead letters. */
  static final String MQTT = "mqtt";

  private final IngestSettings settings;
  private final MqttSettings mqttSettings;
  private final Twins twins;
  private final DeadLetters.Table table;
  private final InstantSource clock;
  private final ActorSystem<?> system;
  private final IngestMetrics metrics = new IngestMetrics();
  private final Optional<MqttPublisher> publisher;
  private final HttpIngest http;
  private final KafkaSources kafka;
  private final AtomicReference<@Nullable MqttIngest> mqttHere = new AtomicReference<>();
  private final AtomicBoolean stopping = new AtomicBoolean();

  /** Prepares everything; of what is prepared only the publisher runs. */
  Ingest(
      IngestSettings settings,
      MqttSettings mqttSettings,
      KafkaSettings kafkaSettings,
      Twins twins,
      DeadLetters.Table table,
      InstantSource clock,
      ActorSystem<?> system) {
    this.settings = settings;
    this.mqttSettings = mqttSettings;
    this.twins = twins;
    this.table = table;
    this.clock = clock;
    this.system = system;
    this.publisher =
        settings.mqttEnabled()
            ? Optional.of(MqttPublisher.start(mqttSettings, system))
            : Optional.empty();
    Retrying patience = new Retrying(settings.http().retry(), system);
    this.http =
        new HttpIngest(
            settings,
            new Recorder(twins, HttpIngest.SOURCE, patience, metrics),
            deadLetters(patience),
            metrics,
            clock,
            system);
    this.kafka =
        new KafkaSources(kafkaSettings, settings, twins, this::deadLetters, metrics, clock, system);
  }

  /**
   * Starts everything on this node. Sharding of the twins must have been started.
   *
   * @param hub tells what happens to the machines on this node
   * @param stateJson a state in the form that is published; must not block
   */
  public static Ingest start(
      ActorSystem<?> system,
      DeadLetterTable table,
      LiveHub hub,
      Function<MachineState, byte[]> stateJson,
      InstantSource clock) {
    IngestSettings settings = IngestSettings.from(system.settings().config());
    MqttSettings mqttSettings = MqttSettings.from(system.settings().config());
    Ingest ingest =
        new Ingest(
            settings,
            mqttSettings,
            KafkaSettings.from(system.settings().config()),
            new ShardedTwins(system, settings.ask()),
            table::insert,
            clock,
            system);
    ingest.publishFrom(hub, stateJson);
    ingest.stopInOrder();
    if (settings.mqttEnabled()) {
      ShardedDaemonProcess.get(system)
          .init(
              MqttProcess.Command.class,
              "ingest-mqtt",
              1,
              number -> MqttProcess.create(ingest::startMqtt, ingest::stopMqtt),
              ShardedDaemonProcessSettings.create(system),
              Optional.of(new MqttProcess.Stop()));
    }
    ingest.startKafka();
    return ingest;
  }

  private DeadLetters deadLetters(Retrying retrying) {
    return new DeadLetters(
        table,
        letter -> publisher.ifPresent(running -> running.publishDeadLetter(letter)),
        retrying,
        metrics,
        settings.codec().payloadBytesMax());
  }

  private void publishFrom(LiveHub hub, Function<MachineState, byte[]> stateJson) {
    publisher.ifPresent(
        running ->
            hub.subscribe(
                new StatePublisher(
                    new StatePublisher.Outlet() {
                      @Override
                      public void publishState(String machineId, Supplier<byte[]> json) {
                        running.publishState(machineId, json);
                      }

                      @Override
                      public void publishAlert(String machineId, byte[] json) {
                        running.publishAlert(machineId, json);
                      }
                    },
                    stateJson)));
  }

  private void stopInOrder() {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "stop-ingest",
        () -> {
          stopping.set(true);
          CompletionStage<Done> stoppedKafka = stopKafka();
          return stopMqtt().thenCompose(done -> stoppedKafka);
        });
    shutdown.addTask(
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
        "stop-publishing",
        this::stopPublishing);
  }

  /** Sends what waits to be published, within bounds, and disconnects. */
  CompletionStage<Done> stopPublishing() {
    return publisher
        .map(MqttPublisher::stop)
        .orElseGet(() -> CompletableFuture.completedStage(Done.getInstance()));
  }

  /** Starts the MQTT source on this node; completes when it has stopped, for whatever reason. */
  CompletionStage<Done> startMqtt() {
    if (stopping.get()) {
      // The process may be started here once more before this node has left; it waits for its end.
      return new CompletableFuture<>();
    }
    Retrying patience = new Retrying(settings.deadLetters(), system);
    Recorder recorder =
        new Recorder(twins, MQTT, new Retrying(settings.ask().retry(), system), metrics);
    Lanes lanes = new Lanes(settings.lanes(), recorder, deadLetters(patience), metrics);
    ReadingCodec codec = new ReadingCodec(settings.codec());
    MachineTopics topics = new MachineTopics(mqttSettings.subscribe().topicFilters());
    MqttIngest started =
        MqttIngest.start(
            mqttSettings,
            lanes.flow((MqttMessage message) -> decode(message, codec, topics)),
            clock,
            system);
    mqttHere.set(started);
    if (stopping.get()) {
      return started.stop();
    }
    return started.stopped();
  }

  private static Delivery<MqttMessage> decode(
      MqttMessage message, ReadingCodec codec, MachineTopics topics) {
    return Delivery.decoded(
        message,
        MQTT,
        message.topic(),
        message.receivedAt(),
        message.payload().toArrayUnsafe(),
        payload -> {
          String machineId = topics.machineIn(message.topic());
          return message.oversized()
              ? codec.tooLarge(payload, machineId)
              : codec.decode(payload, machineId);
        });
  }

  /** Stops the MQTT source on this node, in order, if it is here. */
  CompletionStage<Done> stopMqtt() {
    MqttIngest running = mqttHere.getAndSet(null);
    return running == null ? CompletableFuture.completedStage(Done.getInstance()) : running.stop();
  }

  /** Starts a consumer on this node for each source of Kafka's; the group shares the partitions. */
  void startKafka() {
    kafka.start();
  }

  /** Stops the consumers on this node, in order. */
  CompletionStage<Done> stopKafka() {
    return kafka.stop();
  }

  /** The route for readings over HTTP; it passes on whatever is not for it. */
  public Route route() {
    return http.route();
  }

  /** What has been counted. */
  public IngestMetrics.Snapshot metrics() {
    return metrics.snapshot();
  }

  /** How the MQTT source is on this node, where it is here. */
  public Optional<MqttIngest.Status> mqtt() {
    return Optional.ofNullable(mqttHere.get()).map(MqttIngest::status);
  }

  /** How each source of Kafka's is on this node; none where Kafka is switched off. */
  public List<KafkaIngest.Status> kafka() {
    return kafka.status();
  }

  /** How publishing over MQTT is, where it is switched on. */
  public Optional<MqttPublisher.Status> publishing() {
    return publisher.map(MqttPublisher::status);
  }

  /** The state of each source, for readiness probes. */
  public List<SourceState> ready() {
    List<SourceState> states = new ArrayList<>();
    states.add(
        new SourceState(
            HttpIngest.SOURCE,
            stopping.get() ? SourceState.Kind.STOPPING : SourceState.Kind.RUNNING,
            ""));
    states.add(mqttState());
    states.addAll(kafka.states());
    return List.copyOf(states);
  }

  private SourceState mqttState() {
    if (!settings.mqttEnabled()) {
      return new SourceState(MQTT, SourceState.Kind.OFF, "");
    }
    if (stopping.get()) {
      return new SourceState(MQTT, SourceState.Kind.STOPPING, "");
    }
    return mqtt()
        .map(
            status ->
                status.connected()
                    ? new SourceState(
                        MQTT, SourceState.Kind.RUNNING, "connected with MQTT " + status.version())
                    : new SourceState(MQTT, SourceState.Kind.CONNECTING, status.lastFailure()))
        .orElseGet(() -> new SourceState(MQTT, SourceState.Kind.ELSEWHERE, "another node has it"));
  }

  /**
   * How a source is on this node.
   *
   * @param detail more about it, for people; may be empty
   */
  public record SourceState(String name, Kind kind, String detail) {

    /** How a source is, in a word. */
    public enum Kind {
      RUNNING(true),
      /** It is here and tries to reach its broker. */
      CONNECTING(false),
      /** Another node has it, or is about to. */
      ELSEWHERE(true),
      OFF(true),
      STOPPING(false);

      private final boolean ready;

      Kind(boolean ready) {
        this.ready = ready;
      }
    }

    /** Whether this node can serve, as far as this source goes. */
    public boolean isReady() {
      return kind.ready;
    }
  }
}
