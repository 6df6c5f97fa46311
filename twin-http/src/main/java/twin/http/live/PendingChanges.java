package twin.http.live;

import java.time.Duration;
import java.time.Instant;
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
 * bounded, the oldest dropped and counted. One thread at a time.
 */
final class PendingChanges {

  private final HttpSettings.StreamSettings settings;
  private final Map<String, LiveChange> newest = new LinkedHashMap<>();
  private final Deque<byte[]> alerts = new ArrayDeque<>();
  private final Instant since;
  private long replaced;
  private long droppedMachines;
  private long droppedAlerts;

  PendingChanges(HttpSettings.StreamSettings settings, Instant since) {
    this.settings = settings;
    this.since = since;
  }

  PendingChanges with(LiveChange changed) {
    if (newest.put(changed.machineId(), changed) != null) {
      replaced++;
    }
    if (newest.size() > settings.machinesMax()) {
      Iterator<String> oldest = newest.keySet().iterator();
      oldest.next();
      oldest.remove();
      droppedMachines++;
    }
    for (byte[] alert : changed.alerts()) {
      alerts.addLast(alert);
      if (alerts.size() > settings.alertsMax()) {
        alerts.removeFirst();
        droppedAlerts++;
      }
    }
    return this;
  }

  /** The newest change of each machine. */
  List<LiveChange> newest() {
    return List.copyOf(newest.values());
  }

  /**
   * How many states the listener will never see. That a newer one takes the place of an older
   * within the interval is how a stream is meant to be; what came to wait longer than that, because
   * the listener reads too slowly, has been lost.
   */
  long droppedStates(Instant now) {
    boolean slow = Duration.between(since, now).compareTo(settings.interval().multipliedBy(2)) > 0;
    return droppedMachines + (slow ? replaced : 0);
  }

  long droppedAlerts() {
    return droppedAlerts;
  }

  List<byte[]> alerts() {
    return new ArrayList<>(alerts);
  }
}
