package twin.http.live;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import twin.http.HttpSettings;

/**
 * Changes that wait to be told to other nodes: the newest of each machine, with the changes of
 * alerts that came before it. Closed it keeps nothing. Thread-safe.
 */
final class Outbox {

  private final HttpSettings.StreamSettings settings;
  private final Map<String, LiveChange> newest = new LinkedHashMap<>();
  private volatile boolean open;
  private int alerts;

  Outbox(HttpSettings.StreamSettings settings) {
    this.settings = settings;
  }

  /** Opens or closes it. */
  synchronized void open(boolean wanted) {
    open = wanted;
    if (!wanted) {
      newest.clear();
      alerts = 0;
    }
  }

  /** Keeps a change, if there is room for its machine. */
  void offer(Supplier<LiveChange> change) {
    if (!open) {
      return;
    }
    keep(change.get());
  }

  private synchronized void keep(LiveChange changed) {
    LiveChange before = newest.get(changed.machineId());
    if (!open || (before == null && newest.size() >= settings.machinesMax())) {
      return;
    }
    newest.put(changed.machineId(), before == null ? changed : joined(before, changed));
    alerts += changed.alerts().size();
  }

  private LiveChange joined(LiveChange before, LiveChange changed) {
    if (before.alerts().isEmpty() || alerts > settings.alertsMax()) {
      return changed;
    }
    List<byte[]> all = new ArrayList<>(before.alerts());
    all.addAll(changed.alerts());
    return new LiveChange(changed.machineId(), changed.site(), changed.state(), all);
  }

  /** Takes all that waits. */
  synchronized List<LiveChange> take() {
    List<LiveChange> taken = List.copyOf(newest.values());
    newest.clear();
    alerts = 0;
    return taken;
  }
}
