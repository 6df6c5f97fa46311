package twin.core.machine;

import java.util.List;

/**
 * Something happened to a machine and is durable: told to whoever watches on the same node, best
 * effort.
 *
 * @param state the state after the events
 * @param entries what happened
 */
public record TwinChanged(MachineState state, List<JournalEntry> entries) {
  public TwinChanged {
    entries = List.copyOf(entries);
  }
}
