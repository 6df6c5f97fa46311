package twin.core.machine;

import java.util.Locale;

/** How a machine is, in a word. The first that holds, in the order of this list but the last. */
public enum Status {
  /** An alert of high or critical severity is active. */
  ALARM,
  /** It has said nothing for too long. */
  STALE,
  /** An alert is open, or its health is low. */
  WATCH,
  /** It is being commissioned, or nothing has judged it yet. */
  UNKNOWN,
  /** None of these. */
  NORMAL;

  /** The name in JSON. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
