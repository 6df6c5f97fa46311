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

  /** The next more serious one, or this when there is none. */
  public Severity raised() {
    return switch (this) {
      case LOW -> MEDIUM;
      case MEDIUM -> HIGH;
      case HIGH, CRITICAL -> CRITICAL;
    };
  }

  /** Whether a machine with an active alert of this severity is in alarm. */
  public boolean alarms() {
    return compareTo(HIGH) >= 0;
  }
}
