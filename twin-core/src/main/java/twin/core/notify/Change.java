package twin.core.notify;

import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertState;
import twin.core.store.AlertChange;

/** What a change of an alert is to those who are told of it. */
public enum Change {
  /** It calls for somebody: it is new, its condition has come back, or it is no longer hidden. */
  RAISED,
  /** Nobody has acknowledged it in time. */
  ESCALATED,
  /** Somebody has taken note of it. */
  ACKNOWLEDGED,
  /** Its condition has gone before anybody took note of it. */
  RETURNED,
  /** It was shelved, suppressed or taken out of service. */
  HIDDEN,
  /** It is over. */
  CLOSED;

  /** The name in JSON and in settings. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** What a change is; a verdict is none. */
  static Optional<Change> of(AlertChange change) {
    String to = change.to();
    return to == null ? Optional.empty() : Optional.of(of(change.from(), state(to)));
  }

  private static Change of(@Nullable String from, AlertState to) {
    return switch (to) {
      case UNACKNOWLEDGED -> to.label().equals(from) ? ESCALATED : RAISED;
      case ACKNOWLEDGED -> ACKNOWLEDGED;
      case RETURNED_UNACKNOWLEDGED -> RETURNED;
      case SHELVED, SUPPRESSED, OUT_OF_SERVICE -> HIDDEN;
      case NORMAL -> CLOSED;
    };
  }

  private static AlertState state(String label) {
    return AlertState.valueOf(label.toUpperCase(Locale.ROOT));
  }
}
