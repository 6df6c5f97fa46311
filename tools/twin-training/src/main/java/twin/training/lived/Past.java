package twin.training.lived;

import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.stream.javadsl.StreamConverters;
import twin.core.history.MachineJournal;
import twin.core.history.MachineJournal.Recorded;
import twin.core.machine.MachineState;

/** The journals of machines, read from one end to the other. A few hundred events are in memory. */
public final class Past {

  /** Which machines there are, and where their journals end. */
  public interface Fleet {

    /** The machines of a type, in the order of their ids. */
    List<String> machines(String type);

    /** Revision of a machine's newest event; 0 when there is none. */
    long lastRevision(String machineId);
  }

  /** Is told of events, one after another. */
  interface Listener {

    /**
     * Takes an event.
     *
     * @param before the state before it
     * @return whether the next one is wanted too
     */
    boolean hear(MachineState before, Recorded event);
  }

  private final ActorSystem<?> system;
  private final MachineJournal journal;
  private final Fleet fleet;

  /** Reads nothing yet. */
  public Past(ActorSystem<?> system, MachineJournal journal, Fleet fleet) {
    this.system = system;
    this.journal = journal;
    this.fleet = fleet;
  }

  List<String> machines(String type) {
    return fleet.machines(type);
  }

  /** Tells the events from the first one on whose watermark has reached a time. */
  void tell(String machineId, Instant from, Listener listener) {
    long last = fleet.lastRevision(machineId);
    if (last == 0) {
      return;
    }
    MachineState now = await(journal.state(machineId, last));
    long first = await(journal.firstReaching(now, from));
    MachineState state = await(journal.stateOrOldest(machineId, first - 1));
    try (Stream<Recorded> events =
        journal
            .events(machineId, state.revision() + 1, last)
            .runWith(StreamConverters.asJavaStream(), system)) {
      for (Iterator<Recorded> each = events.iterator(); each.hasNext(); ) {
        Recorded event = each.next();
        if (event.revision() != state.revision() + 1) {
          throw new IllegalStateException(
              "event %d of machine %s is missing; ./twin audit verify tells more"
                  .formatted(state.revision() + 1, machineId));
        }
        if (!listener.hear(state, event)) {
          return;
        }
        state = state.apply(event.entry());
      }
    }
  }

  private static <T> T await(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
