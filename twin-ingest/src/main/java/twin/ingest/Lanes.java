package twin.ingest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Flow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineReply;
import twin.core.store.DeadLetter;
import twin.ingest.codec.Decoded;

/**
 * Lanes from a source to the twins. A machine is always on the same lane, by hash of its id. Each
 * lane is a loop: take what has arrived, within bounds; one command a machine; wait for all the
 * replies; keep what was rejected with the dead letters; give the messages back, so that they are
 * acknowledged; again. So the order within a machine holds through every retry, and what is taken
 * at once grows by itself under load.
 *
 * <p>When a twin does not answer, or the dead letters cannot be kept, in all the attempts there
 * are, the lane fails and with it the flow: whoever runs it starts its source anew, which delivers
 * again what has not been given back.
 */
final class Lanes {

  private static final Logger log = LoggerFactory.getLogger(Lanes.class);

  private final IngestSettings.Lanes settings;
  private final Recorder recorder;
  private final DeadLetters deadLetters;
  private final IngestMetrics metrics;
  private final int bytesForReading;

  Lanes(
      IngestSettings.Lanes settings,
      Recorder recorder,
      DeadLetters deadLetters,
      IngestMetrics metrics) {
    this.settings = settings;
    this.recorder = recorder;
    this.deadLetters = deadLetters;
    this.metrics = metrics;
    this.bytesForReading = Math.ceilDiv(settings.bytesMax(), settings.readingsMax());
  }

  /** The part of a message that is on one lane. */
  private record Part<M>(Delivery<M> delivery, int lane, List<Decoded> members) {}

  /** A reading and the message that it came with. */
  private record Slot(Delivery<?> delivery, Decoded.Intact intact) {}

  /**
   * A flow that gives back every message it was given, in any order, once its readings are durable
   * or with the dead letters.
   *
   * @param decode must not throw, as {@link Delivery#decoded} does not
   */
  <M> Flow<M, M, ?> flow(Function<M, Delivery<M>> decode) {
    return Flow.fromMaterializer(
        (materializer, attributes) -> {
          AtomicBoolean ended = new AtomicBoolean();
          return flow(decode, () -> !ended.get())
              .watchTermination(
                  (notUsed, termination) -> {
                    // What a flow that has ended still has in hand is not its business any more:
                    // the
                    // next one is given the same messages, and no attempt of this one may come in
                    // between.
                    termination.whenComplete((done, failure) -> ended.set(true));
                    return notUsed;
                  });
        });
  }

  private <M> Flow<M, M, NotUsed> flow(Function<M, Delivery<M>> decode, BooleanSupplier wanted) {
    return Flow.<M>create()
        .mapConcat(message -> split(decode.apply(message)))
        .groupBy(settings.count(), Part::lane)
        .batchWeighted(settings.bytesMax(), this::weight, Lanes::listOf, Lanes::with)
        .mapAsync(1, parts -> makeDurable(parts, wanted))
        .mergeSubstreams()
        .mapConcat(messages -> messages);
  }

  private static <M> List<Part<M>> listOf(Part<M> part) {
    return with(new ArrayList<>(), part);
  }

  private static <M> List<Part<M>> with(List<Part<M>> parts, Part<M> part) {
    parts.add(part);
    return parts;
  }

  private <M> List<Part<M>> split(Delivery<M> delivery) {
    Map<Integer, List<Decoded>> byLane = new LinkedHashMap<>();
    for (Decoded member : delivery.members()) {
      byLane.computeIfAbsent(laneOf(member, delivery), lane -> new ArrayList<>()).add(member);
    }
    delivery.partsAre(byLane.size());
    List<Part<M>> parts = new ArrayList<>(byLane.size());
    byLane.forEach((lane, members) -> parts.add(new Part<>(delivery, lane, members)));
    return parts;
  }

  private int laneOf(Decoded member, Delivery<?> delivery) {
    String key =
        switch (member) {
          case Decoded.Intact intact -> intact.reading().machineId();
          case Decoded.Broken broken ->
              broken.machineId() == null ? delivery.topic() : broken.machineId();
        };
    return Math.floorMod(key.hashCode(), settings.count());
  }

  /** In bytes, a reading counting for at least its share of them, so that both bounds hold. */
  private <M> long weight(Part<M> part) {
    return Math.max(part.delivery().payloadBytes(), (long) bytesForReading * part.members().size());
  }

  private <M> CompletionStage<List<M>> makeDurable(List<Part<M>> parts, BooleanSupplier wanted) {
    Map<String, List<Slot>> byMachine = new LinkedHashMap<>();
    List<DeadLetter.Arrival> broken = new ArrayList<>(0);
    for (Part<M> part : parts) {
      for (Decoded member : part.members()) {
        switch (member) {
          case Decoded.Intact intact ->
              byMachine
                  .computeIfAbsent(intact.reading().machineId(), id -> new ArrayList<>())
                  .add(new Slot(part.delivery(), intact));
          case Decoded.Broken unreadable -> {
            broken.add(part.delivery().letter(unreadable));
            metrics.countBroken(part.delivery().source(), 1);
          }
        }
      }
    }
    return recordAll(byMachine, wanted)
        .thenCompose(
            rejected -> {
              rejected.addAll(0, broken);
              return deadLetters.keep(rejected, wanted);
            })
        .thenApply(done -> durable(parts))
        .whenComplete(
            (messages, failure) -> {
              if (failure != null && wanted.getAsBoolean()) {
                metrics.failedLanes.increment();
                log.error(
                    "A lane gives up {} messages; its source starts again: {}",
                    parts.size(),
                    failure.toString());
              }
            });
  }

  private static <M> List<M> durable(List<Part<M>> parts) {
    List<M> messages = new ArrayList<>(parts.size());
    for (Part<M> part : parts) {
      if (part.delivery().partIsDurable()) {
        messages.add(part.delivery().message());
      }
    }
    return messages;
  }

  /** Asks all machines at once; what was rejected, when the last has answered. */
  private CompletionStage<List<DeadLetter.Arrival>> recordAll(
      Map<String, List<Slot>> byMachine, BooleanSupplier wanted) {
    List<CompletableFuture<List<DeadLetter.Arrival>>> asked = new ArrayList<>(byMachine.size());
    byMachine.forEach(
        (machineId, slots) ->
            asked.add(
                recorder
                    .record(
                        machineId,
                        slots.stream().map(slot -> slot.intact().reading()).toList(),
                        wanted)
                    .thenApply(outcomes -> rejected(slots, outcomes))
                    .toCompletableFuture()));
    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              List<DeadLetter.Arrival> all = new ArrayList<>();
              asked.forEach(rejected -> all.addAll(rejected.join()));
              return all;
            });
  }

  private static List<DeadLetter.Arrival> rejected(
      List<Slot> slots, List<MachineReply.Outcome> outcomes) {
    List<DeadLetter.Arrival> letters = new ArrayList<>(0);
    for (int i = 0; i < slots.size(); i++) {
      if (outcomes.get(i).result() == MachineReply.Result.REJECTED) {
        letters.add(slots.get(i).delivery().letter(slots.get(i).intact(), outcomes.get(i)));
      }
    }
    return letters;
  }
}
