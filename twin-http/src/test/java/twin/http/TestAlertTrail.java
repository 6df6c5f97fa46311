package twin.http;

import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.TwinChanged;
import twin.core.store.AlertStep;
import twin.core.store.AlertSteps;
import twin.core.store.CoarseOffset;
import twin.http.live.AlertTrail;

/**
 * Changes of alerts in memory, the n-th written by transaction n. The real table has tests of its
 * own.
 */
final class TestAlertTrail {

  private final List<AlertStep> steps = new CopyOnWriteArrayList<>();

  AlertTrail asked() {
    return new AlertTrail(
        () -> CompletableFuture.completedFuture(end()), this::after, this::countAfter);
  }

  synchronized void tell(TwinChanged changed) {
    long revision = changed.state().revision() - changed.entries().size();
    for (JournalEntry entry : changed.entries()) {
      revision++;
      if (entry.event() instanceof MachineEvent.AlertChanged alert) {
        steps.add(
            new AlertStep(
                new CoarseOffset(steps.size() + 1, 1),
                changed.state().machineId(),
                changed.state().description().site(),
                alert.alertId(),
                alert.failureType(),
                alert.severity().label(),
                alert.to().label(),
                alert.readingAt(),
                revision,
                alert.score(),
                alert.rulP50()));
      }
    }
  }

  /** All that has happened. */
  List<AlertStep> steps() {
    return List.copyOf(steps);
  }

  private synchronized CoarseOffset end() {
    return new CoarseOffset(steps.size() + 1, 0);
  }

  private synchronized CompletionStage<AlertSteps> after(CoarseOffset place, int limit) {
    List<AlertStep> found = behind(place).stream().limit(limit).toList();
    boolean more = found.size() == limit;
    return CompletableFuture.completedFuture(
        new AlertSteps(found, more ? found.getLast().place() : end(), more));
  }

  private List<AlertStep> behind(CoarseOffset place) {
    return steps.stream().filter(step -> step.place().compareTo(place) > 0).toList();
  }

  private synchronized CompletionStage<OptionalLong> countAfter(CoarseOffset place, int most) {
    return CompletableFuture.completedFuture(
        place.compareTo(end()) > 0
            ? OptionalLong.empty()
            : OptionalLong.of(Math.min(most, behind(place).size())));
  }
}
