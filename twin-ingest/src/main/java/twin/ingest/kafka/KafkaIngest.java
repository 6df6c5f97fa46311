package twin.ingest.kafka;

import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.kafka.CommitterSettings;
import org.apache.pekko.kafka.ConsumerMessage.CommittableMessage;
import org.apache.pekko.kafka.ConsumerSettings;
import org.apache.pekko.kafka.Subscriptions;
import org.apache.pekko.kafka.javadsl.Committer;
import org.apache.pekko.kafka.javadsl.Consumer;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.UniqueKillSwitch;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.RestartSource;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A running member of a consumer group: the records of each partition that it is given go through a
 * flow of their own, in their order, and the offset is committed behind what the flow emits.
 *
 * <p>A partition that is taken away commits nothing from then on: whoever has it next is given
 * again what had not been committed. When a flow fails the whole consumer starts anew, with
 * backoff, from what is committed. Thread-safe.
 */
public final class KafkaIngest {

  private static final Logger log = LoggerFactory.getLogger(KafkaIngest.class);

  /** Makes what carries the records of a partition to where they are durable. */
  public interface UntilDurable {
    /**
     * A flow that emits every record it was given, the same object and in the same order, once it
     * is durable or with the dead letters. It is made anew whenever a partition is given to this
     * member.
     *
     * @param held whether the partition is still this member's; when not, the flow may fail
     * @param deadLetters where records go that cannot be recorded
     */
    Flow<KafkaRecord, KafkaRecord, ?> of(
        KafkaPartition partition, BooleanSupplier held, DeadLetterSink deadLetters);
  }

  /** Writes records to the topic of dead letters. */
  public interface DeadLetterSink {
    /** Completes when the record is there for good; an attempt that fails may be repeated. */
    CompletionStage<Done> send(KafkaRecord record, String reason);
  }

  private final KafkaSettings.Source settings;
  private final UntilDurable untilDurable;
  private final InstantSource clock;
  private final ActorSystem<?> system;
  private final GroupWatch watch;
  private final DeadLetterTopic deadLetters;
  private final CommitterSettings committer;
  private final Set<KafkaPartition> partitions = ConcurrentHashMap.newKeySet();
  private final LongAdder received = new LongAdder();
  private final LongAdder durable = new LongAdder();
  private final LongAdder starts = new LongAdder();
  private final AtomicReference<Consumer.@Nullable Control> current = new AtomicReference<>();
  private final AtomicReference<@Nullable Map<String, Long>> lag = new AtomicReference<>();
  private final AtomicBoolean asking = new AtomicBoolean();
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final AtomicBoolean left = new AtomicBoolean();
  private volatile String lastFailure = "";
  private final Cancellable lagTimer;
  private final UniqueKillSwitch killSwitch;
  private final CompletionStage<Done> stopped;

  private KafkaIngest(
      KafkaSettings.Source settings,
      UntilDurable untilDurable,
      InstantSource clock,
      ActorSystem<?> system) {
    this.settings = settings;
    this.untilDurable = untilDurable;
    this.clock = clock;
    this.system = system;
    this.watch = new GroupWatch(settings);
    this.deadLetters =
        new DeadLetterTopic(
            settings,
            system
                .dispatchers()
                .lookup(DispatcherSelector.fromConfig("pekko.kafka.default-dispatcher")));
    this.committer =
        CommitterSettings.create(system)
            .withMaxInterval(settings.commitInterval())
            // One commit of a partition after the other, so that they keep their order.
            .withParallelism(1);
    var running =
        RestartSource.onFailuresWithBackoff(
                settings.restart().toRestartSettings(), this::fromTopicsToCommit)
            .viaMat(KillSwitches.single(), Keep.right())
            .toMat(Sink.ignore(), Keep.both())
            .run(system);
    this.killSwitch = running.first();
    this.stopped = running.second();
    this.lagTimer =
        system
            .scheduler()
            .scheduleWithFixedDelay(
                Duration.ZERO, settings.lagInterval(), this::askForLag, system.executionContext());
  }

  /** Starts a member of the group. */
  public static KafkaIngest start(
      KafkaSettings.Source settings,
      UntilDurable untilDurable,
      InstantSource clock,
      ActorSystem<?> system) {
    return new KafkaIngest(settings, untilDurable, clock, system);
  }

  private Source<Done, NotUsed> fromTopicsToCommit() {
    if (stopping.get()) {
      return Source.empty();
    }
    starts.increment();
    return Source.completionStage(
            watch.topicIds().thenCompose(there -> watch.createDeadLetterTopics()))
        .flatMapConcat(created -> fromConsumerToCommit())
        .mapError(
            Throwable.class,
            failure -> {
              failed(failure);
              return failure;
            });
  }

  private void failed(Throwable failure) {
    Throwable cause = GroupWatch.causeOf(failure);
    lastFailure = cause.toString();
    if (!stopping.get()) {
      log.warn("The consumer of {} starts again: {}", settings.topics(), lastFailure);
    }
  }

  private Source<Done, ?> fromConsumerToCommit() {
    // What is known of each partition's flow, as long as this consumer lives. A partition that is
    // given anew waits for the flow before. Where that one has failed, nothing may follow: the
    // connector would go on behind what the failed flow had in hand, and commit past it.
    Map<TopicPartition, CompletionStage<Done>> flows = new HashMap<>();
    return Consumer.committablePartitionedSource(
            consumerSettings(), Subscriptions.topics(Set.copyOf(settings.topics())))
        .mapMaterializedValue(this::remember)
        .mapAsyncUnordered(
            settings.partitionsMax(),
            given -> {
              TopicPartition of = given.first();
              CompletionStage<Done> before =
                  flows.getOrDefault(of, CompletableFuture.completedStage(Done.getInstance()));
              CompletionStage<Done> flow =
                  before
                      .thenCompose(ended -> watch.topicIds())
                      .thenCompose(ids -> carry(partition(of, ids), given.second()));
              flows.put(of, flow);
              return flow;
            });
  }

  /** Its topic may have been made anew since the partition was had last. */
  private static KafkaPartition partition(TopicPartition of, Map<String, String> topicIds) {
    String id = topicIds.get(of.topic());
    if (id == null) {
      throw new IllegalStateException("Kafka did not say which topic " + of.topic() + " is");
    }
    return new KafkaPartition(of.topic(), of.partition(), id);
  }

  private Consumer.Control remember(Consumer.Control control) {
    current.set(control);
    if (stopping.get()) {
      drain(control);
    }
    return control;
  }

  /** Carries the records of a partition until it is taken away, or the source stops. */
  private CompletionStage<Done> carry(
      KafkaPartition partition, Source<CommittableMessage<byte[], byte[]>, NotUsed> records) {
    AtomicBoolean takenAway = new AtomicBoolean();
    // At an orderly stop it is ours until this member leaves the group.
    BooleanSupplier held = () -> !takenAway.get() || (stopping.get() && !left.get());
    partitions.add(partition);
    log.debug("Partition {} begins", partition);
    return records
        .map(new Taking(partition)::take)
        .watchTermination(
            (notUsed, termination) -> {
              termination.thenAccept(done -> takenAway.set(true));
              return notUsed;
            })
        .via(untilDurable.of(partition, held, deadLetters::send))
        .filter(record -> held.getAsBoolean())
        .map(
            record -> {
              durable.increment();
              return record.committable();
            })
        .runWith(Committer.sink(committer), system)
        .handle(
            (done, failure) -> {
              partitions.remove(partition);
              log.debug("Partition {} has ended", partition, failure);
              // What was in hand when it was taken away is somebody else's to record.
              return failure == null || takenAway.get()
                  ? CompletableFuture.completedStage(Done.getInstance())
                  : CompletableFuture.<Done>failedStage(GroupWatch.causeOf(failure));
            })
        .thenCompose(ended -> ended);
  }

  /** Takes records of one partition, in order; one stream's alone. */
  private final class Taking {

    private final KafkaPartition partition;
    private long lastOffset = -1;

    Taking(KafkaPartition partition) {
      this.partition = partition;
    }

    KafkaRecord take(CommittableMessage<byte[], byte[]> message) {
      long offset = message.record().offset();
      if (offset <= lastOffset) {
        // The topic may have been deleted and made anew; then what comes now is not what a twin
        // knows by these offsets. Only a new look at the topic tells.
        throw new IllegalStateException(
            "the offsets of %s went back from %d to %d".formatted(partition, lastOffset, offset));
      }
      lastOffset = offset;
      received.increment();
      return new KafkaRecord(
          partition, message.record(), message.committableOffset(), clock.instant());
    }
  }

  private ConsumerSettings<byte[], byte[]> consumerSettings() {
    long sessionMillis = settings.sessionTimeout().toMillis();
    Map<String, String> properties = new HashMap<>(settings.properties().asMap());
    properties.put("enable.auto.commit", "false");
    properties.put("auto.offset.reset", "earliest");
    properties.put("allow.auto.create.topics", "false");
    properties.put("isolation.level", "read_committed");
    properties.put("session.timeout.ms", Long.toString(sessionMillis));
    properties.put("heartbeat.interval.ms", Long.toString(Math.max(1, sessionMillis / 3)));
    properties.put("max.poll.records", Integer.toString(settings.recordsMax()));
    properties.put("fetch.max.bytes", Integer.toString(settings.fetchBytesMax()));
    // A rebalance touches only the partitions that change hands.
    properties.put("partition.assignment.strategy", CooperativeStickyAssignor.class.getName());
    return ConsumerSettings.create(system, new ByteArrayDeserializer(), new ByteArrayDeserializer())
        .withBootstrapServers(settings.bootstrapServers())
        .withGroupId(settings.groupId())
        .withProperties(properties)
        .withCommitTimeout(settings.commitTimeout())
        .withCloseTimeout(settings.requestTimeout())
        // It is stopped once the flows have ended, or when they are not waited for any more.
        .withStopTimeout(Duration.ZERO);
  }

  /** Asks how far the group is behind, which also tells whether Kafka can be reached. */
  private void askForLag() {
    if (stopping.get() || !asking.compareAndSet(false, true)) {
      return;
    }
    Set<TopicPartition> mine = ConcurrentHashMap.newKeySet();
    partitions.forEach(each -> mine.add(new TopicPartition(each.topic(), each.partition())));
    watch
        .lag(mine)
        .whenComplete(
            (answer, failure) -> {
              if (failure == null) {
                lag.set(answer);
              } else {
                lag.set(null);
                lastFailure = GroupWatch.causeOf(failure).toString();
              }
              asking.set(false);
            });
  }

  /**
   * Stops in order: takes nothing more, lets what is with the twins be committed, within the
   * configured time, and leaves the group.
   *
   * @return completes when the consumer has stopped
   */
  public CompletionStage<Done> stop() {
    if (stopping.compareAndSet(false, true)) {
      lagTimer.cancel();
      Consumer.Control control = current.get();
      if (control == null) {
        killSwitch.shutdown();
      } else {
        drain(control);
      }
      Cancellable deadline =
          system
              .scheduler()
              .scheduleOnce(
                  settings.drainTimeout(), killSwitch::shutdown, system.executionContext());
      stopped.whenComplete(
          (done, failure) -> {
            deadline.cancel();
            deadLetters.close();
            watch.close();
          });
    }
    return stopped;
  }

  private void drain(Consumer.Control control) {
    control
        .stop()
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                killSwitch.shutdown();
              }
            });
    // Only then does it leave the group.
    stopped.whenComplete(
        (done, failure) -> {
          left.set(true);
          control.shutdown();
        });
  }

  /** Completes when the consumer has stopped. */
  public CompletionStage<Done> stopped() {
    return stopped;
  }

  /** How it goes, for health checks and metrics. */
  public Status status() {
    Map<String, Long> known = lag.get();
    return new Status(
        settings.name(),
        known != null && current.get() != null,
        lastFailure,
        partitions.size(),
        known == null
            ? OptionalLong.empty()
            : OptionalLong.of(known.values().stream().mapToLong(each -> each).sum()),
        known == null ? Map.of() : new TreeMap<>(known),
        starts.sum(),
        received.sum(),
        durable.sum());
  }

  /**
   * The state of a member of a group; the numbers count from its start.
   *
   * @param connected Kafka answered when it was last asked
   * @param lastFailure why the consumer, or a question, failed last; empty if none has
   * @param partitions how many this member has
   * @param lag records of its partitions that are not committed; unknown while Kafka does not
   *     answer
   * @param lagByPartition the same by partition, as {@code topic-number}
   * @param starts of the consumer, the first among them
   * @param received records taken, again after each start
   * @param durable records that were found durable and given to be committed
   */
  public record Status(
      String name,
      boolean connected,
      String lastFailure,
      int partitions,
      OptionalLong lag,
      Map<String, Long> lagByPartition,
      long starts,
      long received,
      long durable) {}
}
