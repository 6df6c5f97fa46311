package twin.ingest;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;
import twin.ingest.Ingest.SourceState;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Decoder;
import twin.ingest.codec.Message;
import twin.ingest.codec.Payload;
import twin.ingest.mqtt.MqttIngest;
import twin.ingest.mqtt.MqttMessage;

/**
 * The MQTT sources of this node: those of the configured ones that the cluster has placed here.
 * Each has lanes and a bound of its own, so that none waits for another. Thread-safe.
 */
final class MqttSources {

  private final List<MqttSourceSettings> sources;
  private final Decoders decoders;
  private final IngestSettings settings;
  private final Twins twins;
  private final Function<Retrying, DeadLetters> deadLetters;
  private final IngestMetrics metrics;
  private final InstantSource clock;
  private final Tracing tracing;
  private final ActorSystem<?> system;
  private final AtomicReferenceArray<@Nullable MqttIngest> here;
  private volatile boolean stopping;

  MqttSources(
      List<MqttSourceSettings> sources,
      Decoders decoders,
      IngestSettings settings,
      Twins twins,
      Function<Retrying, DeadLetters> deadLetters,
      IngestMetrics metrics,
      InstantSource clock,
      Tracing tracing,
      ActorSystem<?> system) {
    this.sources = List.copyOf(sources);
    this.decoders = decoders;
    this.settings = settings;
    this.twins = twins;
    this.deadLetters = deadLetters;
    this.metrics = metrics;
    this.clock = clock;
    this.tracing = tracing;
    this.system = system;
    this.here = new AtomicReferenceArray<>(sources.size());
  }

  int count() {
    return sources.size();
  }

  /** Starts one of them on this node; completes when it has stopped, for whatever reason. */
  CompletionStage<Done> start(int number) {
    if (stopping) {
      // The process may be started here once more before this node has left; it waits for its end.
      return new CompletableFuture<>();
    }
    MqttSourceSettings source = sources.get(number);
    Recorder recorder =
        new Recorder(twins, source.name(), new Retrying(settings.ask().retry(), system), metrics);
    DeadLetters kept = deadLetters.apply(new Retrying(settings.deadLetters(), system));
    Lanes lanes = new Lanes(settings.lanes(), recorder, kept, metrics);
    Decoder decoder = decoders.of(source.name()).orElseThrow();
    MachineTopics topics = new MachineTopics(source.mqtt().subscribe().topicFilters());
    MqttIngest started =
        MqttIngest.start(
            source.mqtt(),
            lanes.flow((MqttMessage message) -> decode(message, source.name(), decoder, topics)),
            clock,
            system);
    here.set(number, started);
    if (stopping) {
      return started.stop();
    }
    return started.stopped();
  }

  private Delivery<MqttMessage> decode(
      MqttMessage message, String source, Decoder decoder, MachineTopics topics) {
    CodecSettings codec = settings.codec();
    return Delivery.decoded(
        message,
        source,
        message.topic(),
        message.receivedAt(),
        message.payload().toArrayUnsafe(),
        received(message, source),
        metrics
            .of(source)
            .timed(
                payload -> {
                  String machineId = topics.machineIn(message.topic());
                  return message.oversized()
                      ? List.<Decoded>of(Payload.tooLarge(payload, codec, machineId))
                      : decoder.decode(
                          new Message(
                              message.topic(),
                              machineId,
                              null,
                              message.userProperties(),
                              message.receivedAt(),
                              null,
                              false,
                              payload));
                }));
  }

  private Trace received(MqttMessage message, String source) {
    return tracing.isOn()
        ? tracing.received(source, message.userProperties().get(Tracing.HEADER))
        : Trace.NONE;
  }

  /** Stops one of them on this node, in order, if it is here. */
  CompletionStage<Done> stop(int number) {
    MqttIngest running = here.getAndSet(number, null);
    return running == null ? CompletableFuture.completedStage(Done.getInstance()) : running.stop();
  }

  /** Stops all that are here, in order, and starts none again. */
  CompletionStage<Done> stopAll() {
    stopping = true;
    List<CompletableFuture<Done>> stopped = new ArrayList<>();
    for (int number = 0; number < sources.size(); number++) {
      stopped.add(stop(number).toCompletableFuture());
    }
    return CompletableFuture.allOf(stopped.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> Done.getInstance());
  }

  /** How one of them is, where it is here. */
  Optional<MqttIngest.Status> status(String name) {
    for (int number = 0; number < sources.size(); number++) {
      if (sources.get(number).name().equals(name)) {
        return Optional.ofNullable(here.get(number)).map(MqttIngest::status);
      }
    }
    return Optional.empty();
  }

  /** The state of each, for readiness probes. */
  List<SourceState> states() {
    return sources.stream().map(source -> state(source.name())).toList();
  }

  private SourceState state(String name) {
    if (!settings.mqttEnabled()) {
      return new SourceState(name, SourceState.Kind.OFF, "");
    }
    if (stopping) {
      return new SourceState(name, SourceState.Kind.STOPPING, "");
    }
    return status(name)
        .map(
            status ->
                status.connected()
                    ? new SourceState(
                        name, SourceState.Kind.RUNNING, "connected with MQTT " + status.version())
                    : new SourceState(name, SourceState.Kind.CONNECTING, status.lastFailure()))
        .orElseGet(() -> new SourceState(name, SourceState.Kind.ELSEWHERE, "another node has it"));
  }
}
