package twin.core.notify;

import java.time.Instant;
import twin.core.store.AlertChange;
import twin.core.store.AlertRow;

/** Alerts and their changes as the projection has them. */
final class Samples {

  private Samples() {}

  static AlertRow alert(String machineId) {
    return alert(machineId, "high", "milling", "Busan", 0);
  }

  static AlertRow alert(
      String machineId, String severity, String type, String site, int escalation) {
    return new AlertRow(
        machineId + "-1",
        machineId,
        new AlertRow.Origin(type, site, "A", "L1"),
        "overstrain",
        "overstrain",
        severity,
        "unacknowledged",
        Happenings.START,
        Happenings.START,
        1,
        AlertRow.Judged.NOTHING,
        null,
        escalation,
        null);
  }

  static AlertChange raised(String machineId, Instant at) {
    return new AlertChange(
        machineId + "-1",
        1,
        at,
        "normal",
        "unacknowledged",
        "high",
        true,
        new AlertChange.By("source", "mqtt", ""),
        "{}");
  }
}
