package twin.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.Flow;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;
import twin.ingest.Ingest.SourceState;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Decoder;
import twin.ingest.codec.Message;
import twin.ingest.kafka.KafkaIngest;
import twin.ingest.kafka.KafkaPartition;
import twin.ingest.kafka.KafkaRecord;
import twin.ingest.kafka.KafkaSettings;

/**
 * The consumers of Kafka on this node. Each partition is a lane: its records become durable in
 * their order, and a twin that does not answer holds its own partition alone. Thread-safe.
 */
final class KafkaSources {

  private static final Logger log = LoggerFactory.getLogger(KafkaSources.class);

  /** Of one record as many reasons are named in the topic of dead letters. */
  private static final int REASONS_MAX = 3;

  private final KafkaSettings settings;
  private final IngestSettings ingestSettings;
  private final Twins twins;
  private final Function<Retrying, DeadLetters> deadLetters;
  private final IngestMetrics metrics;
  private final InstantSource clock;
  private final Tracing tracing;
  private final ActorSystem<?> system;
  private final Decoders decoders;
  private volatile List<KafkaIngest> running = List.of();
  private volatile boolean stopping;

  KafkaSources(
      KafkaSettings settings,
      Decoders decoders,
      IngestSettings ingestSettings,
      Twins twins,
      Function<Retrying, DeadLetters> deadLetters,
      IngestMetrics metrics,
      InstantSource clock,
      Tracing tracing,
      ActorSystem<?> system) {
    this.settings = settings;
    this.ingestSettings = ingestSettings;
    this.twins = twins;
    this.deadLetters = deadLetters;
    this.metrics = metrics;
    this.clock = clock;
    this.tracing = tracing;
    this.system = system;
    this.decoders = decoders;
  }

  void start() {
    running =
        settings.sources().stream()
            .map(
                source ->
                    KafkaIngest.start(
                        source,
                        (partition, held, sink) -> untilDurable(source, partition, held, sink),
                        clock,
                        system))
            .toList();
  }

  private Flow<KafkaRecord, KafkaRecord, ?> untilDurable(
      KafkaSettings.Source source,
      KafkaPartition partition,
      BooleanSupplier held,
      KafkaIngest.DeadLetterSink sink) {
    Recorder recorder =
        new Recorder(twins, source.name(), partition.queue(), retrying(source.ask()), metrics);
    Retrying patience = retrying(source.deadLetters());
    String lane = "%s/%d".formatted(partition.topic(), partition.partition());
    return new Lanes(
            List.of(lane),
            ingestSettings.lanes().one(),
            recorder,
            deadLetters.apply(patience),
            metrics)
        .flow(
            record -> decode(source, record),
            held,
            (rejections, wanted) -> send(rejections, wanted, sink, patience));
  }

  private Retrying retrying(KafkaSettings.Retry retry) {
    return new Retrying(
        new IngestSettings.Retry(retry.attemptsMax(), retry.backoff().min(), retry.backoff().max()),
        system);
  }

  private Delivery<KafkaRecord> decode(KafkaSettings.Source source, KafkaRecord record) {
    Decoder decoder = decoders.of(source.name()).orElseThrow();
    String key = keyOf(record);
    return Delivery.decoded(
        record,
        source.name(),
        record.partition().topic(),
        record.receivedAt(),
        record.value(),
        tracing.isOn()
            ? tracing.received(source.name(), record.headerText(Tracing.HEADER))
            : Trace.NONE,
        metrics
            .of(source.name())
            .timed(
                payload ->
                    decoder
                        .decode(
                            new Message(
                                record.partition().topic(),
                                key,
                                key,
                                record.headerTexts(),
                                record.receivedAt(),
                                record.storedAt(),
                                false,
                                payload))
                        .stream()
                        .map(member -> at(record.offset(), member))
                        .toList()));
  }

  /** The key as text, or null where there is none. */
  private static @Nullable String keyOf(KafkaRecord record) {
    byte @Nullable [] key = record.key();
    return key == null || key.length == 0 ? null : new String(key, UTF_8);
  }

  private static Decoded at(long offset, Decoded member) {
    return switch (member) {
      case Decoded.Intact intact ->
          new Decoded.Intact(intact.reading().at(offset), intact.from(), intact.to());
      case Decoded.Broken broken -> broken;
    };
  }

  /** Each record once, whatever number of its readings were rejected. */
  private static CompletionStage<Done> send(
      List<Lane.Rejection<KafkaRecord>> rejections,
      BooleanSupplier wanted,
      KafkaIngest.DeadLetterSink sink,
      Retrying patience) {
    Map<Delivery<KafkaRecord>, StringBuilder> reasons = new LinkedHashMap<>();
    Map<Delivery<KafkaRecord>, Integer> counts = new LinkedHashMap<>();
    for (Lane.Rejection<KafkaRecord> rejection : rejections) {
      int count = counts.merge(rejection.delivery(), 1, Integer::sum);
      StringBuilder text =
          reasons.computeIfAbsent(rejection.delivery(), delivery -> new StringBuilder());
      if (count <= REASONS_MAX) {
        text.append(text.isEmpty() ? "" : "; ")
            .append(rejection.code())
            .append(": ")
            .append(rejection.reason());
      } else if (count == REASONS_MAX + 1) {
        text.append("; and more");
      }
    }
    return CompletableFuture.allOf(
            reasons.entrySet().stream()
                .map(
                    entry ->
                        patience
                            .run(
                                () ->
                                    sink.send(
                                        entry.getKey().message(), entry.getValue().toString()),
                                wanted,
                                failure ->
                                    log.warn(
                                        "A record of {} could not be written to its topic of dead"
                                            + " letters; trying again: {}",
                                        entry.getKey().topic(),
                                        failure.toString()))
                            .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new))
        .thenApply(sent -> Done.getInstance());
  }

  /** Stops all of them, in order. */
  CompletionStage<Done> stop() {
    stopping = true;
    return CompletableFuture.allOf(
            running.stream()
                .map(source -> source.stop().toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new))
        .thenApply(stopped -> Done.getInstance());
  }

  List<KafkaIngest.Status> status() {
    return running.stream().map(KafkaIngest::status).toList();
  }

  List<SourceState> states() {
    return running.stream().map(KafkaIngest::status).map(this::state).toList();
  }

  private SourceState state(KafkaIngest.Status status) {
    if (stopping) {
      return new SourceState(status.name(), SourceState.Kind.STOPPING, "");
    }
    return status.connected()
        ? new SourceState(
            status.name(),
            SourceState.Kind.RUNNING,
            "%d partitions, %d records behind"
                .formatted(status.partitions(), status.lag().orElse(0)))
        : new SourceState(status.name(), SourceState.Kind.CONNECTING, status.lastFailure());
  }
}
