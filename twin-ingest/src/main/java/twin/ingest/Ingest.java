package twin.ingest;

import com.typesafe.config.Config;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.ShardedDaemonProcessSettings;
import org.apache.pekko.cluster.sharding.typed.javadsl.ShardedDaemonProcess;
import org.apache.pekko.http.javadsl.server.Route;
import twin.core.live.LiveHub;
import twin.core.machine.MachineState;
import twin.core.notify.ChannelSettings;
import twin.core.notify.Notifier;
import twin.core.store.DeadLetter;
import twin.core.store.DeadLetterTable;
import twin.core.store.Retried;
import twin.core.trace.Tracing;
import twin.ingest.kafka.KafkaIngest;
import twin.ingest.kafka.KafkaSettings;
import twin.ingest.mqtt.MqttIngest;
import twin.ingest.mqtt.MqttPublisher;
import twin.ingest.mqtt.MqttSettings;

/**
 * All ways into the twins on this node, and over MQTT the way out. Started last; at coordinated
 * shutdown its sources stop first, before anything they lead to. Of the nodes of a cluster one has
 * an MQTT source, and another takes over its session; of Kafka's partitions each has some.
 * Thread-safe.
 */
public final class Ingest {

  private final IngestSettings settings;
  private final DeadLetters.Table table;
  private final ActorSystem<?> system;
  private final IngestMetrics metrics;
  private final Optional<MqttPublisher> publisher;
  private final HttpIngest http;
  private final MqttSources mqtt;
  private final KafkaSources kafka;
  private final DeadLetterRetry retry;
  private final AtomicBoolean stopping = new AtomicBoolean();

  /** Prepares everything; of what is prepared only the publisher runs. */
  Ingest(
      Config root,
      Twins twins,
      DeadLetters.Table table,
      DeadLetterRetry.Letters letters,
      InstantSource clock,
      MeterRegistry registry,
      Tracing tracing,
      ActorSystem<?> system) {
    this.metrics = new IngestMetrics(registry);
    this.settings = IngestSettings.from(root);
    this.table = table;
    this.system = system;
    Decoders decoders = Decoders.from(root, settings.codec());
    List<MqttSourceSettings> mqttSources = MqttSourceSettings.from(root, decoders);
    this.publisher =
        settings.mqttEnabled()
            ? Optional.of(MqttPublisher.start(MqttSettings.from(root), system))
            : Optional.empty();
    Retrying patience = new Retrying(settings.http().retry(), system);
    this.http =
        new HttpIngest(
            settings,
            new Recorder(twins, HttpIngest.SOURCE, patience, metrics),
            deadLetters(patience),
            metrics,
            clock,
            tracing,
            system);
    this.retry = new DeadLetterRetry(letters, decoders, twins, patience, metrics);
    this.mqtt =
        new MqttSources(
            mqttSources,
            decoders,
            settings,
            twins,
            this::deadLetters,
            metrics,
            clock,
            tracing,
            system);
    this.kafka =
        new KafkaSources(
            KafkaSettings.from(root),
            decoders,
            settings,
            twins,
            this::deadLetters,
            metrics,
            clock,
            tracing,
            system);
  }

  /**
   * Starts everything on this node. Sharding of the twins must have been started.
   *
   * @param hub tells what happens to the machines on this node
   * @param stateJson a state in the form that is published; must not block
   * @param registry where what is counted and timed is registered
   * @param tracing follows readings
   */
  public static Ingest start(
      ActorSystem<?> system,
      DeadLetterTable table,
      LiveHub hub,
      Function<MachineState, byte[]> stateJson,
      InstantSource clock,
      MeterRegistry registry,
      Tracing tracing) {
    Config root = system.settings().config();
    ShardedTwins twins = new ShardedTwins(system, IngestSettings.from(root).ask());
    Ingest ingest =
        new Ingest(root, twins, table::insert, lettersIn(table), clock, registry, tracing, system);
    ingest.publishFrom(hub, stateJson, tracing);
    ingest.stopInOrder();
    if (ingest.settings.mqttEnabled() && ingest.mqtt.count() > 0) {
      // Every node must have the same sources in the same order: a process is known by its number.
      ShardedDaemonProcess.get(system)
          .init(
              MqttProcess.Command.class,
              "ingest-mqtt",
              ingest.mqtt.count(),
              number ->
                  MqttProcess.create(
                      () -> ingest.mqtt.start(number), () -> ingest.mqtt.stop(number)),
              ShardedDaemonProcessSettings.create(system),
              Optional.of(new MqttProcess.Stop()));
    }
    ingest.startKafka();
    ingest.measureSources(registry);
    return ingest;
  }

  private void measureSources(MeterRegistry registry) {
    for (SourceState source : ready()) {
      Gauge.builder("twin.ingest.ready", this, ingest -> ingest.readiness(source.name()))
          .description("1 where the source serves or rests as it should, 0 where it does not")
          .tag("source", source.name())
          .register(registry);
    }
    for (KafkaIngest.Status source : kafka()) {
      Gauge.builder("twin.kafka.lag", this, ingest -> ingest.lag(source.name()))
          .description("Records of this node's partitions that are not committed yet")
          .tag("source", source.name())
          .register(registry);
    }
  }

  private double readiness(String source) {
    return ready().stream()
        .filter(each -> each.name().equals(source))
        .mapToDouble(each -> each.isReady() ? 1 : 0)
        .findFirst()
        .orElse(Double.NaN);
  }

  /** NaN, which Prometheus shows as no value, while Kafka does not answer. */
  private double lag(String source) {
    return kafka().stream()
        .filter(each -> each.name().equals(source))
        .mapToDouble(each -> each.lag().isPresent() ? each.lag().getAsLong() : Double.NaN)
        .findFirst()
        .orElse(Double.NaN);
  }

  private static DeadLetterRetry.Letters lettersIn(DeadLetterTable table) {
    return new DeadLetterRetry.Letters() {
      @Override
      public CompletionStage<Optional<DeadLetter>> get(long id) {
        return table.get(id);
      }

      @Override
      public CompletionStage<Boolean> markRetried(long id, String reason, String detail) {
        return table.markRetried(id, reason, detail);
      }

      @Override
      public CompletionStage<Boolean> remove(long id) {
        return table.remove(id);
      }
    };
  }

  private DeadLetters deadLetters(Retrying retrying) {
    return new DeadLetters(
        table,
        letter -> publisher.ifPresent(running -> running.publishDeadLetter(letter)),
        retrying,
        metrics,
        settings.codec().payloadBytesMax());
  }

  private void publishFrom(LiveHub hub, Function<MachineState, byte[]> stateJson, Tracing tracing) {
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
                    stateJson,
                    tracing)));
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

  /** Starts an MQTT source on this node; completes when it has stopped, for whatever reason. */
  CompletionStage<Done> startMqtt(int number) {
    return mqtt.start(number);
  }

  /** Stops the MQTT sources on this node, in order. */
  CompletionStage<Done> stopMqtt() {
    return mqtt.stopAll();
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

  /**
   * Reads a dead letter again, as its source is read now.
   *
   * @return what came of it, once that is durable; fails when the twin or the database does not
   *     answer, and may then be tried again
   */
  public CompletionStage<Retried> retryDeadLetter(long id) {
    return retry.retry(id);
  }

  /** What has been counted. */
  public IngestMetrics.Snapshot metrics() {
    return metrics.snapshot();
  }

  /** How an MQTT source is on this node, where it is here. */
  public Optional<MqttIngest.Status> mqtt(String name) {
    return mqtt.status(name);
  }

  /** How each source of Kafka's is on this node; none where Kafka is switched off. */
  public List<KafkaIngest.Status> kafka() {
    return kafka.status();
  }

  /** How publishing over MQTT is, where it is switched on. */
  public Optional<MqttPublisher.Status> publishing() {
    return publisher.map(MqttPublisher::status);
  }

  /**
   * Sends the messages of a channel over MQTT.
   *
   * @throws IllegalArgumentException where MQTT is switched off
   */
  public Notifier notifier(ChannelSettings channel) {
    MqttPublisher running =
        publisher.orElseThrow(
            () ->
                new IllegalArgumentException(
                    "channel %s needs MQTT, and twin.ingest.mqtt.enabled is off"
                        .formatted(channel.name())));
    return new MqttNotifier(channel, running::publish);
  }

  /** The state of each source, for readiness probes. */
  public List<SourceState> ready() {
    List<SourceState> states = new ArrayList<>();
    states.add(
        new SourceState(
            HttpIngest.SOURCE,
            stopping.get() ? SourceState.Kind.STOPPING : SourceState.Kind.RUNNING,
            ""));
    states.addAll(mqtt.states());
    states.addAll(kafka.states());
    return List.copyOf(states);
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
