package twin.http.live;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import twin.http.HttpSettings;

/**
 * What has not been sent yet: the newest change of each machine and every change of an alert, both
 * bounded, the oldest dropped. One thread at a time.
 */
final class PendingChanges {

  private final HttpSettings.StreamSettings settings;
  private final Map<String, LiveChange> newest = new LinkedHashMap<>();
  private final Deque<byte[]> alerts = new ArrayDeque<>();

  PendingChanges(HttpSettings.StreamSettings settings) {
    this.settings = settings;
  }

  PendingChanges with(LiveChange changed) {
    newest.put(changed.machineId(), changed);
    if (newest.size() > settings.machinesMax()) {
      Iterator<String> oldest = newest.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
    for (byte[] alert : changed.alerts()) {
      alerts.addLast(alert);
      if (alerts.size() > settings.alertsMax()) {
        alerts.removeFirst();
      }
    }
    return this;
  }

  /** The newest change of each machine. */
  List<LiveChange> newest() {
    return List.copyOf(newest.values());
  }

  List<byte[]> alerts() {
    return new ArrayList<>(alerts);
  }
}
