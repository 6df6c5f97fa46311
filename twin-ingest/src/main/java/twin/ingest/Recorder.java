package twin.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineReply;
import twin.core.reading.SubmittedReading;

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
  private final Retrying retrying;
  private final IngestMetrics metrics;

  Recorder(Twins twins, String source, Retrying retrying, IngestMetrics metrics) {
    this.twins = twins;
    this.source = source;
    this.retrying = retrying;
    this.metrics = metrics;
  }

  /**
   * Records readings of one machine.
   *
   * @param wanted whether anybody still waits; when not, no further attempt is made
   * @return an outcome for each; it fails when the twin did not answer in all attempts
   */
  CompletionStage<List<MachineReply.Outcome>> record(
      String machineId, List<SubmittedReading> readings, BooleanSupplier wanted) {
    metrics.began(readings.size());
    return inRuns(machineId, readings, wanted)
        .whenComplete(
            (outcomes, failure) -> {
              metrics.ended(readings.size());
              if (failure == null) {
                metrics.count(source, outcomes);
              }
            });
  }

  /**
   * A twin looks for the type of a new machine in the first reading of a command and refuses the
   * whole command when it does not know it. So readings that claim different types go in different
   * commands.
   */
  private CompletionStage<List<MachineReply.Outcome>> inRuns(
      String machineId, List<SubmittedReading> readings, BooleanSupplier wanted) {
    int end = endOfRun(readings);
    CompletionStage<List<MachineReply.Outcome>> first =
        settle(machineId, readings.subList(0, end), wanted);
    return end == readings.size()
        ? first
        : first.thenCompose(
            outcomes ->
                inRuns(machineId, readings.subList(end, readings.size()), wanted)
                    .thenApply(more -> joined(outcomes, more)));
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
      String machineId, List<SubmittedReading> readings, BooleanSupplier wanted) {
    return ask(machineId, readings, wanted)
        .thenCompose(
            outcomes -> {
              List<Integer> failed = positionsOfFailed(outcomes);
              if (failed.isEmpty() || readings.size() == 1) {
                return CompletableFuture.completedStage(outcomes);
              }
              return settleInHalves(machineId, failed.stream().map(readings::get).toList(), wanted)
                  .thenApply(settled -> replaced(outcomes, failed, settled));
            });
  }

  private CompletionStage<List<MachineReply.Outcome>> settleInHalves(
      String machineId, List<SubmittedReading> failed, BooleanSupplier wanted) {
    if (failed.size() == 1) {
      return settle(machineId, failed, wanted);
    }
    int half = failed.size() / 2;
    return settle(machineId, failed.subList(0, half), wanted)
        .thenCompose(
            first ->
                settle(machineId, failed.subList(half, failed.size()), wanted)
                    .thenApply(second -> joined(first, second)));
  }

  private CompletionStage<List<MachineReply.Outcome>> ask(
      String machineId, List<SubmittedReading> readings, BooleanSupplier wanted) {
    return retrying.run(
        () ->
            twins
                .record(machineId, readings, source, null)
                .thenApply(recorded -> outcomesOf(recorded, readings)),
        wanted,
        failure -> {
          metrics.repeatedAsks.increment();
          log.debug(
              "Machine {} did not answer for {} readings of {}; asking again: {}",
              machineId,
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
