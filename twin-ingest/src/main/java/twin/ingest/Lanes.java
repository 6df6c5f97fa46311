package twin.ingest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Flow;
import twin.ingest.codec.Decoded;

/**
 * Lanes from a source to the twins. A machine is always on the same lane, by hash of its id. Each
 * lane is a loop: take what has arrived, within bounds and its {@link Pace}; make it durable, as a
 * {@link Lane} does; give the messages back, so that they are acknowledged; again. So the order
 * within a machine holds through every retry, and what is taken at once grows by itself under load.
 *
 * <p>When a twin does not answer, or the dead letters cannot be kept, in all the attempts there
 * are, the lane fails and with it the flow: whoever runs it starts its source anew, which delivers
 * again what has not been given back.
 */
final class Lanes {

  private final List<String> names;
  private final IngestSettings.Lanes settings;
  private final Recorder recorder;
  private final DeadLetters deadLetters;
  private final IngestMetrics metrics;
  private final List<Pace> paces;

  /** Lanes that are told apart by their numbers. */
  Lanes(
      IngestSettings.Lanes settings,
      Recorder recorder,
      DeadLetters deadLetters,
      IngestMetrics metrics) {
    this(
        IntStream.range(0, settings.count()).mapToObj(Integer::toString).toList(),
        settings,
        recorder,
        deadLetters,
        metrics);
  }

  /**
   * Lanes.
   *
   * @param names of each lane, by which it is known in metrics
   */
  Lanes(
      List<String> names,
      IngestSettings.Lanes settings,
      Recorder recorder,
      DeadLetters deadLetters,
      IngestMetrics metrics) {
    this.names = List.copyOf(names);
    recorder.expect(names);
    this.settings = settings;
    this.recorder = recorder;
    this.deadLetters = deadLetters;
    this.metrics = metrics;
    this.paces =
        names.stream().map(name -> new Pace(settings.round(), settings.readingsMax())).toList();
  }

  /**
   * A flow that gives back every message it was given, in any order, once its readings are durable
   * or with the dead letters.
   *
   * @param decode must not throw, as {@link Delivery#decoded} does not
   */
  <M> Flow<M, M, ?> flow(Function<M, Delivery<M>> decode) {
    return flow(decode, () -> true, Lane.Rejections.toNobodyElse());
  }

  /**
   * The same for a source that may lose what it has given; with a single lane the messages come
   * back in their order.
   *
   * @param held whether what was given is still the source's; when not, the flow fails as soon as
   *     it would have to try something again or take something more
   * @param others who is to have what was rejected, before the message is given back
   */
  <M> Flow<M, M, ?> flow(
      Function<M, Delivery<M>> decode, BooleanSupplier held, Lane.Rejections<M> others) {
    Lane<M> lane = new Lane<>(names, recorder, deadLetters, others, metrics);
    return Flow.fromMaterializer(
        (materializer, attributes) -> {
          AtomicBoolean ended = new AtomicBoolean();
          return flow(decode, lane, () -> !ended.get() && held.getAsBoolean())
              .watchTermination(
                  (notUsed, termination) -> {
                    // What a flow that has ended still has in hand is not its business any more:
                    // the next one is given the same messages, and no attempt of this one may come
                    // in between.
                    termination.whenComplete((done, failure) -> ended.set(true));
                    return notUsed;
                  });
        });
  }

  private <M> Flow<M, M, NotUsed> flow(
      Function<M, Delivery<M>> decode, Lane<M> lane, BooleanSupplier wanted) {
    return Flow.<M>create()
        .mapConcat(message -> split(decode.apply(message)))
        .groupBy(settings.count(), Lane.Part::lane)
        .batchWeighted(settings.bytesMax(), this::weight, Lanes::listOf, Lanes::with)
        .mapAsync(1, parts -> timed(parts, lane.makeDurable(parts, wanted)))
        .mergeSubstreams()
        .mapConcat(messages -> messages);
  }

  private <M, T> CompletionStage<T> timed(List<Lane.Part<M>> parts, CompletionStage<T> round) {
    long beganNanos = System.nanoTime();
    return round.whenComplete(
        (done, failure) ->
            paces
                .get(parts.getFirst().lane())
                .took(
                    parts.stream().mapToInt(part -> part.members().size()).sum(),
                    System.nanoTime() - beganNanos));
  }

  private static <M> List<Lane.Part<M>> listOf(Lane.Part<M> part) {
    return with(new ArrayList<>(), part);
  }

  private static <M> List<Lane.Part<M>> with(List<Lane.Part<M>> parts, Lane.Part<M> part) {
    parts.add(part);
    return parts;
  }

  private <M> List<Lane.Part<M>> split(Delivery<M> delivery) {
    Map<Integer, List<Decoded>> byLane = new LinkedHashMap<>();
    for (Decoded member : delivery.members()) {
      byLane.computeIfAbsent(laneOf(member, delivery), lane -> new ArrayList<>()).add(member);
    }
    delivery.partsAre(byLane.size());
    List<Lane.Part<M>> parts = new ArrayList<>(byLane.size());
    byLane.forEach((lane, members) -> parts.add(new Lane.Part<>(delivery, lane, members)));
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

  /** In bytes, a reading counting for at least its share of them, so that all bounds hold. */
  private <M> long weight(Lane.Part<M> part) {
    long bytesForReading = Math.ceilDiv(settings.bytesMax(), paces.get(part.lane()).readings());
    return Math.max(part.delivery().payloadBytes(), bytesForReading * part.members().size());
  }
}
