package twin.core.machine;

import java.util.ArrayList;
import java.util.List;

/**
 * A decision while it is being made: the events so far, chained, and the state after them.
 *
 * <p>Not thread-safe; lives for one command.
 */
final class Decision {

  private final DecisionContext context;
  private final Cause cause;
  private final List<JournalEntry> entries = new ArrayList<>();
  private MachineState state;

  Decision(MachineState state, DecisionContext context, Cause cause) {
    this.state = state;
    this.context = context;
    this.cause = cause;
  }

  /** The state after the events so far. */
  MachineState state() {
    return state;
  }

  /** The events so far. */
  List<JournalEntry> entries() {
    return List.copyOf(entries);
  }

  /** Revision that the next event will have. */
  long nextRevision() {
    return state.revision() + 1;
  }

  /** Adds an event that does not move the watermark. */
  void emit(MachineEvent event) {
    emit(event, state.identities().watermarkNanos(), cause);
  }

  /** Adds an event. */
  void emit(MachineEvent event, long watermarkNanos, Cause itsCause) {
    Stamp stamp =
        new Stamp(
            context.now().isAfter(state.recordedAt()) ? context.now() : state.recordedAt(),
            watermarkNanos,
            itsCause,
            state.head());
    JournalEntry entry = EventCodec.encode(stamp, event);
    entries.add(entry);
    state = state.apply(entry);
  }
}
