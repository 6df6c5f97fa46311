package twin.http.live;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.http.Json;
import twin.http.machine.StateJson;

/**
 * Something happened to a machine, as streams tell it.
 *
 * @param state the state after it as JSON, made when it is asked for: of most changes nobody does
 * @param alerts each change of an alert as JSON, in order
 */
record LiveChange(
    String machineId, @Nullable String site, Supplier<byte[]> state, List<byte[]> alerts) {

  LiveChange {
    alerts = List.copyOf(alerts);
  }

  static LiveChange of(TwinChanged changed, InstantSource clock) {
    MachineState state = changed.state();
    return new LiveChange(
        state.machineId(),
        state.description().site(),
        () -> StateJson.bytes(state, clock.instant()),
        alerts(changed));
  }

  private static List<byte[]> alerts(TwinChanged changed) {
    List<byte[]> alerts = new ArrayList<>();
    MachineState state = changed.state();
    long revision = state.revision() - changed.entries().size();
    for (JournalEntry entry : changed.entries()) {
      revision++;
      if (entry.event() instanceof MachineEvent.AlertChanged alert) {
        AlertJson json = new AlertJson(state.machineId(), revision, alert);
        alerts.add(Json.bytes(json::write));
      }
    }
    return alerts;
  }
}
