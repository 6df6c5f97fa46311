package twin.http.live;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Changes that wait to be told: the newest of each machine. Closed it keeps nothing. Thread-safe.
 */
final class Outbox {

  private final int machinesMax;
  private final Map<String, LiveChange> newest = new LinkedHashMap<>();
  private volatile boolean open;
  private long lost;

  Outbox(int machinesMax) {
    this.machinesMax = machinesMax;
  }

  /** Opens or closes it. */
  synchronized void open(boolean wanted) {
    open = wanted;
    if (!wanted) {
      newest.clear();
    }
  }

  /** Keeps a change, if there is room for its machine. */
  void offer(Supplier<LiveChange> change) {
    if (open) {
      keep(change.get());
    }
  }

  private synchronized void keep(LiveChange changed) {
    if (!open) {
      return;
    }
    if (newest.size() >= machinesMax && !newest.containsKey(changed.machineId())) {
      lost++;
      return;
    }
    newest.put(changed.machineId(), changed);
  }

  /** Takes all that waits. */
  synchronized List<LiveChange> take() {
    List<LiveChange> taken = List.copyOf(newest.values());
    newest.clear();
    return taken;
  }

  /** For how many changes there was no room, in all its life. */
  synchronized long lost() {
    return lost;
  }
}
