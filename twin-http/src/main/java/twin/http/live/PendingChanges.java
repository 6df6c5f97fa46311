package twin.http.live;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.http.HttpSettings;

/**
 * What a stream has not sent yet: the newest state of each machine and every change of an alert,
 * both bounded, the oldest dropped. One thread at a time.
 */
final class PendingChanges {

  private final HttpSettings.StreamSettings settings;
  private final Map<String, MachineState> states = new LinkedHashMap<>();
  private final Deque<AlertJson> alerts = new ArrayDeque<>();

  PendingChanges(HttpSettings.StreamSettings settings) {
    this.settings = settings;
  }

  PendingChanges with(TwinChanged changed) {
    MachineState state = changed.state();
    states.put(state.machineId(), state);
    if (states.size() > settings.machinesMax()) {
      states.remove(states.keySet().iterator().next());
    }
    long revision = state.revision() - changed.entries().size();
    for (JournalEntry entry : changed.entries()) {
      revision++;
      if (entry.event() instanceof MachineEvent.AlertChanged alert) {
        alerts.addLast(new AlertJson(state.machineId(), revision, alert));
        if (alerts.size() > settings.alertsMax()) {
          alerts.removeFirst();
        }
      }
    }
    return this;
  }

  Collection<MachineState> states() {
    return List.copyOf(states.values());
  }

  Collection<AlertJson> alerts() {
    return List.copyOf(alerts);
  }
}
