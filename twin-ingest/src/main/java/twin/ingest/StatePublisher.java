package twin.ingest;

import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent.AlertChanged;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;
import twin.ingest.codec.AlertMessage;

/**
 * Tells the broker what happens to the machines on this node: each changed state, of which the
 * outlet lets through what its bounds allow, and every change of an alert. A state is encoded only
 * when its turn has come. Thread-safe.
 */
final class StatePublisher implements Consumer<TwinChanged> {

  /** Where states and alerts go; must neither block nor throw. */
  interface Outlet {
    void publishState(String machineId, Supplier<byte[]> json);

    void publishAlert(String machineId, byte[] json);
  }

  private final Outlet outlet;
  private final Tracing tracing;
  private final Function<MachineState, byte[]> stateJson;

  StatePublisher(Outlet outlet, Function<MachineState, byte[]> stateJson, Tracing tracing) {
    this.tracing = tracing;
    this.outlet = outlet;
    this.stateJson = stateJson;
  }

  @Override
  public void accept(TwinChanged changed) {
    MachineState state = changed.state();
    outlet.publishState(state.machineId(), () -> stateJson.apply(state));
    List<JournalEntry> entries = changed.entries();
    for (int i = 0; i < entries.size(); i++) {
      if (entries.get(i).event() instanceof AlertChanged alert) {
        // The state's revision is that of the last entry.
        long revision = state.revision() - (entries.size() - 1 - i);
        Trace trace = tracing.continued(Trace.Step.ALERT, entries.get(i).stamp().cause().trace());
        outlet.publishAlert(
            state.machineId(), AlertMessage.encode(state.machineId(), alert, revision));
        trace.about("machine_id", state.machineId()).about("alert_id", alert.alertId()).end();
      }
    }
  }
}
