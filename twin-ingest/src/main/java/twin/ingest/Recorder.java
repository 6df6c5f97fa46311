package twin.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import twin.core.machine.MachineReply;
import twin.core.reading.SubmittedReading;
import twin.core.trace.Trace;

/**
 * Has the readings of one machine recorded, in order, whatever it takes: an ask without an answer
 * is repeated with the same readings, and what a twin failed on as a whole is taken apart until
 * only the guilty reading is left. One step follows the other, so that the order holds.
 * Thread-safe.
 */
final class Recorder {

  private static final Logger log = LoggerFactory.getLogger(Recorder.class);

  private final Twins twins;
  private final String source;
  private final @Nullable String queue;
  private final Retrying retrying;
  private final IngestMetrics metrics;
  private final IngestMetrics.OfSource ofSource;

  /** For a source whose readings have no positions. */
  Recorder(Twins twins, String source, Retrying retrying, IngestMetrics metrics) {
    this(twins, source, null, retrying, metrics);
  }

  /**
   * For one queue of a source.
   *
   * @param queue what the positions of its readings refer to
   */
  Recorder(
      Twins twins,
      String source,
      @Nullable String queue,
      Retrying retrying,
      IngestMetrics metrics) {
    this.twins = twins;
    this.source = source;
    this.queue = queue;
    this.retrying = retrying;
    this.metrics = metrics;
    this.ofSource = metrics.of(source);
  }

  /**
   * What all the asks for some readings have in common.
   *
   * @param trace of one of the readings that is followed, if there is one
   * @param wanted whether anybody still waits
   */
  private record Goal(String machineId, @Nullable String trace, BooleanSupplier wanted) {}

  /** Has lanes counted from the beginning, also as long as nothing has come on them. */
  void expect(List<String> lanes) {
    lanes.forEach(ofSource::inFlight);
  }

  /**
   * Records readings of one machine.
   *
   * @param lane whose they are, for whoever counts what is in flight
   * @param trace of one of the readings that is followed, if there is one
   * @param wanted whether anybody still waits; when not, no further attempt is made
   * @return an outcome for each; it fails when the twin did not answer in all attempts
   */
  CompletionStage<List<MachineReply.Outcome>> record(
      String lane,
      String machineId,
      List<SubmittedReading> readings,
      @Nullable String trace,
      BooleanSupplier wanted) {
    LongAdder inFlight = ofSource.inFlight(lane);
    inFlight.add(readings.size());
    long beganNanos = System.nanoTime();
    return inRuns(new Goal(machineId, trace, wanted), readings)
        .whenComplete(
            (outcomes, failure) -> {
              inFlight.add(-readings.size());
              if (failure == null) {
                ofSource.recorded(beganNanos, outcomes);
              }
            });
  }

  /**
   * A twin looks for the type of a new machine in the first reading of a command and refuses the
   * whole command when it does not know it. So readings that claim different types go in different
   * commands.
   */
  private CompletionStage<List<MachineReply.Outcome>> inRuns(
      Goal goal, List<SubmittedReading> readings) {
    int end = endOfRun(readings);
    if (end == readings.size()) {
      return settle(goal, readings);
    }
    return settle(goal, withoutPositions(readings.subList(0, end)))
        .thenCompose(
            outcomes ->
                inRuns(goal, withoutPositions(readings.subList(end, readings.size())))
                    .thenApply(more -> joined(outcomes, more)));
  }

  /**
   * A twin takes everything up to the highest position of a command for recorded. Of readings that
   * go apart that is not so: the members of one message have the same position, and what is settled
   * last may not be settled at all. They are told from duplicates without it.
   */
  private static List<SubmittedReading> withoutPositions(List<SubmittedReading> readings) {
    return readings.stream().map(reading -> reading.at(null)).toList();
  }

  private static int endOfRun(List<SubmittedReading> readings) {
    String type = readings.getFirst().machineType();
    int end = 1;
    while (end < readings.size() && Objects.equals(type, readings.get(end).machineType())) {
      end++;
    }
    return end;
  }

  /** Records readings, and again in halves those that the twin failed on together. */
  private CompletionStage<List<MachineReply.Outcome>> settle(
      Goal goal, List<SubmittedReading> readings) {
    return ask(goal, readings)
        .thenCompose(
            outcomes -> {
              List<Integer> failed = positionsOfFailed(outcomes);
              if (failed.isEmpty() || readings.size() == 1) {
                return CompletableFuture.completedStage(outcomes);
              }
              List<SubmittedReading> again = failed.stream().map(readings::get).toList();
              return settleInHalves(goal, withoutPositions(again))
                  .thenApply(settled -> replaced(outcomes, failed, settled));
            });
  }

  private CompletionStage<List<MachineReply.Outcome>> settleInHalves(
      Goal goal, List<SubmittedReading> failed) {
    if (failed.size() == 1) {
      return settle(goal, failed);
    }
    int half = failed.size() / 2;
    return settle(goal, failed.subList(0, half))
        .thenCompose(
            first ->
                settle(goal, failed.subList(half, failed.size()))
                    .thenApply(second -> joined(first, second)));
  }

  private CompletionStage<List<MachineReply.Outcome>> ask(
      Goal goal, List<SubmittedReading> readings) {
    return retrying.run(
        () ->
            twins
                .record(goal.machineId(), readings, source, queue, goal.trace())
                .thenApply(recorded -> outcomesOf(recorded, readings)),
        goal.wanted(),
        failure -> {
          metrics.repeatedAsks.increment();
          LoggingEventBuilder line = log.atDebug().addKeyValue("machine_id", goal.machineId());
          if (goal.trace() != null) {
            line = line.addKeyValue("trace_id", Trace.idOf(goal.trace()));
          }
          line.log(
              "Machine {} did not answer for {} readings of {}; asking again: {}",
              goal.machineId(),
              readings.size(),
              source,
              failure.toString());
        });
  }

  private static List<MachineReply.Outcome> outcomesOf(
      MachineReply.Recorded recorded, List<SubmittedReading> readings) {
    if (recorded.outcomes().size() != readings.size()) {
      throw new IllegalStateException(
          "a twin answered with %d outcomes for %d readings"
              .formatted(recorded.outcomes().size(), readings.size()));
    }
    return recorded.outcomes();
  }

  private static List<Integer> positionsOfFailed(List<MachineReply.Outcome> outcomes) {
    List<Integer> failed = new ArrayList<>(0);
    for (int i = 0; i < outcomes.size(); i++) {
      if (outcomes.get(i).code().equals(MachineReply.Outcome.FAILED)) {
        failed.add(i);
      }
    }
    return failed;
  }

  private static List<MachineReply.Outcome> replaced(
      List<MachineReply.Outcome> outcomes,
      List<Integer> positions,
      List<MachineReply.Outcome> replacements) {
    List<MachineReply.Outcome> all = new ArrayList<>(outcomes);
    for (int i = 0; i < positions.size(); i++) {
      all.set(positions.get(i), replacements.get(i));
    }
    return all;
  }

  private static List<MachineReply.Outcome> joined(
      List<MachineReply.Outcome> first, List<MachineReply.Outcome> second) {
    List<MachineReply.Outcome> all = new ArrayList<>(first.size() + second.size());
    all.addAll(first);
    all.addAll(second);
    return all;
  }
}
