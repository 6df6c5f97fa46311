package twin.ingest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineReply;
import twin.core.store.DeadLetter;
import twin.core.trace.Trace;
import twin.ingest.codec.Decoded;

/**
 * One step of a lane: makes what it took durable. One command a machine, all machines at once; then
 * what was rejected goes to the dead letters, and to whoever else is to have it; then the messages
 * are given back. It knows no streams and no clock. Thread-safe.
 *
 * @param <M> the message as its source knows it
 */
final class Lane<M> {

  private static final Logger log = LoggerFactory.getLogger(Lane.class);

  /** What of a message is on one lane. */
  record Part<M>(Delivery<M> delivery, int lane, List<Decoded> members) {}

  /**
   * Something of a message could not be recorded.
   *
   * @param code why, in a word
   * @param reason why, in a sentence
   */
  record Rejection<M>(Delivery<M> delivery, String code, String reason) {}

  /** Who is to have what could not be recorded, beside the table of dead letters. */
  interface Rejections<M> {
    /** Completes when nothing can be lost any more; fails when no attempt succeeded. */
    CompletionStage<Done> keep(List<Rejection<M>> rejections, BooleanSupplier wanted);

    /** Nobody. */
    static <M> Rejections<M> toNobodyElse() {
      return (rejections, wanted) -> CompletableFuture.completedStage(Done.getInstance());
    }
  }

  private final List<String> names;
  private final Recorder recorder;
  private final DeadLetters deadLetters;
  private final Rejections<M> others;
  private final IngestMetrics metrics;

  /**
   * What all lanes of a source do.
   *
   * @param names of each lane, by its number
   */
  Lane(
      List<String> names,
      Recorder recorder,
      DeadLetters deadLetters,
      Rejections<M> others,
      IngestMetrics metrics) {
    this.names = List.copyOf(names);
    this.recorder = recorder;
    this.deadLetters = deadLetters;
    this.others = others;
    this.metrics = metrics;
  }

  /** A reading and the message that it came with. */
  private record Slot<M>(Delivery<M> delivery, Decoded.Intact intact) {}

  /** A dead letter, and what it is to those who do not read the table. */
  private record Rejected<M>(DeadLetter.Arrival letter, Rejection<M> rejection) {}

  /**
   * Makes parts of messages durable, in their order.
   *
   * @param wanted whether anybody still waits; when not, no further attempt is made
   * @return the messages of which this was the last part
   */
  CompletionStage<List<M>> makeDurable(List<Part<M>> parts, BooleanSupplier wanted) {
    Map<String, List<Slot<M>>> byMachine = new LinkedHashMap<>();
    List<Rejected<M>> broken = new ArrayList<>(0);
    for (Part<M> part : parts) {
      for (Decoded member : part.members()) {
        switch (member) {
          case Decoded.Intact intact ->
              byMachine
                  .computeIfAbsent(intact.reading().machineId(), id -> new ArrayList<>())
                  .add(new Slot<>(part.delivery(), intact));
          case Decoded.Broken unreadable -> {
            broken.add(
                new Rejected<>(
                    part.delivery().letter(unreadable),
                    new Rejection<>(part.delivery(), unreadable.code(), unreadable.reason())));
            metrics.of(part.delivery().source()).countBroken(1);
          }
        }
      }
    }
    return recordAll(names.get(parts.getFirst().lane()), byMachine, wanted)
        .thenCompose(
            rejected -> {
              rejected.addAll(0, broken);
              return keep(rejected, wanted);
            })
        .thenApply(done -> durable(parts))
        .whenComplete(
            (messages, failure) -> {
              if (failure != null) {
                parts.forEach(part -> part.delivery().trace().failed(failure));
              }
              if (failure != null && wanted.getAsBoolean()) {
                metrics.failedLanes.increment();
                log.error(
                    "A lane gives up {} messages; its source starts again: {}",
                    parts.size(),
                    failure.toString());
              }
            });
  }

  private CompletionStage<Done> keep(List<Rejected<M>> rejected, BooleanSupplier wanted) {
    if (rejected.isEmpty()) {
      return CompletableFuture.completedStage(Done.getInstance());
    }
    return deadLetters
        .keep(rejected.stream().map(Rejected::letter).toList(), wanted)
        .thenCompose(
            kept -> others.keep(rejected.stream().map(Rejected::rejection).toList(), wanted));
  }

  private static <M> List<M> durable(List<Part<M>> parts) {
    List<M> messages = new ArrayList<>(parts.size());
    for (Part<M> part : parts) {
      if (part.delivery().partIsDurable()) {
        part.delivery().trace().end();
        messages.add(part.delivery().message());
      }
    }
    return messages;
  }

  /** Asks all machines at once; what was rejected, when the last has answered. */
  private CompletionStage<List<Rejected<M>>> recordAll(
      String name, Map<String, List<Slot<M>>> byMachine, BooleanSupplier wanted) {
    List<CompletableFuture<List<Rejected<M>>>> asked = new ArrayList<>(byMachine.size());
    byMachine.forEach(
        (machineId, slots) -> {
          List<Trace> steps = steps(machineId, slots);
          asked.add(
              recorder
                  .record(
                      name,
                      machineId,
                      slots.stream().map(slot -> slot.intact().reading()).toList(),
                      steps.isEmpty() ? null : steps.getFirst().parent(),
                      wanted)
                  .whenComplete((outcomes, failure) -> end(steps, failure))
                  .thenApply(outcomes -> rejected(slots, outcomes))
                  .toCompletableFuture());
        });
    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done -> {
              List<Rejected<M>> all = new ArrayList<>();
              asked.forEach(rejected -> all.addAll(rejected.join()));
              return all;
            });
  }

  /** A step of each message that is followed; the twin is told of the first. */
  private static <M> List<Trace> steps(String machineId, List<Slot<M>> slots) {
    List<Trace> steps = List.of();
    Delivery<M> before = null;
    for (Slot<M> slot : slots) {
      Delivery<M> delivery = slot.delivery();
      if (delivery != before && delivery.trace().parent() != null) {
        steps = steps.isEmpty() ? new ArrayList<>() : steps;
        steps.add(delivery.trace().step(Trace.Step.RECORD).about("machine_id", machineId));
      }
      before = delivery;
    }
    return steps;
  }

  private static void end(List<Trace> steps, @Nullable Throwable failure) {
    for (Trace step : steps) {
      if (failure == null) {
        step.end();
      } else {
        step.failed(failure);
      }
    }
  }

  private static <M> List<Rejected<M>> rejected(
      List<Slot<M>> slots, List<MachineReply.Outcome> outcomes) {
    List<Rejected<M>> all = new ArrayList<>(0);
    for (int i = 0; i < slots.size(); i++) {
      MachineReply.Outcome outcome = outcomes.get(i);
      if (outcome.result() == MachineReply.Result.REJECTED) {
        Delivery<M> delivery = slots.get(i).delivery();
        all.add(
            new Rejected<>(
                delivery.letter(slots.get(i).intact(), outcome),
                new Rejection<>(delivery, outcome.code(), outcome.reason())));
      }
    }
    return all;
  }
}
