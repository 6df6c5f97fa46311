package twin.core.alert;

import java.util.Locale;

/** Where an alert stands in its life, after ISA-18.2. */
public enum AlertState {
  /** Closed. */
  NORMAL,
  /** Its condition holds and nobody has acknowledged it. */
  UNACKNOWLEDGED,
  /** Its condition holds and somebody has taken note of it. */
  ACKNOWLEDGED,
  /** Its condition has gone before anybody took note of it. */
  RETURNED_UNACKNOWLEDGED,
  /** Hidden by an operator for a time. */
  SHELVED,
  /** Hidden by design, for example during maintenance. */
  SUPPRESSED,
  /** Switched off until somebody switches it on again. */
  OUT_OF_SERVICE;

  /** The name in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The name in a sentence. */
  String inWords() {
    return this == NORMAL ? "closed" : label().replace('_', ' ');
  }

  /** Whether its condition holds and it asks for attention. */
  public boolean isActive() {
    return this == UNACKNOWLEDGED || this == ACKNOWLEDGED;
  }

  /** Whether somebody has seen to it that it asks for no attention, whatever its condition does. */
  public boolean isHidden() {
    return this == SHELVED || this == SUPPRESSED || this == OUT_OF_SERVICE;
  }
}
