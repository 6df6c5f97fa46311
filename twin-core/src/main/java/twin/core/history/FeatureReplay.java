package twin.core.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import twin.core.feature.FeatureVector;
import twin.core.machine.EventCodec;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.reading.Placement;

/**
 * Works out again which features readings had. The journal has only their hash: features follow
 * from the state that the twin was in, which follows from the events before.
 */
public final class FeatureReplay {

  private FeatureReplay() {}

  /**
   * What an event leads to.
   *
   * @param after the state after it
   * @param features of each of its readings; empty for one that was not the newest
   */
  public record Step(MachineState after, List<Optional<FeatureVector>> features) {
    public Step {
      features = List.copyOf(features);
    }
  }

  /** What the event after a state leads to. */
  public static Step step(MachineState before, JournalEntry entry) {
    MachineState after = before.apply(entry);
    if (!(entry.event() instanceof MachineEvent.ReadingsRecorded recorded)) {
      return new Step(after, List.of());
    }
    if (recorded.readings().size() == 1) {
      return new Step(after, List.of(features(after, recorded)));
    }
    // Features are those of the moment: the readings after it in the event have not been yet.
    List<Optional<FeatureVector>> features = new ArrayList<>();
    MachineState moment = before;
    for (int i = 0; i < recorded.readings().size(); i++) {
      MachineEvent.ReadingsRecorded one =
          new MachineEvent.ReadingsRecorded(recorded.readings().subList(i, i + 1));
      moment = moment.apply(EventCodec.encode(entry.stamp(), one));
      features.add(features(moment, one));
    }
    return new Step(after, features);
  }

  private static Optional<FeatureVector> features(
      MachineState state, MachineEvent.ReadingsRecorded one) {
    return one.readings().getFirst().placement() == Placement.IN_ORDER
        ? Optional.ofNullable(state.features())
        : Optional.empty();
  }
}
