package twin.core.type;

import java.util.Locale;

/** How serious an alert is, least first. */
public enum Severity {
  LOW,
  MEDIUM,
  HIGH,
  CRITICAL;

  /** The name in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether a machine with an active alert of this severity is in alarm. */
  public boolean alarms() {
    return compareTo(HIGH) >= 0;
  }
}
