package twin.core.type;

import com.fasterxml.jackson.annotation.JsonCreator;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * When an alert of one cause is raised and when its condition has gone. The two limits apart and
 * the two counts are the hysteresis that keeps a noisy signal from chattering.
 *
 * @param name names the cause: a machine has at most one open alert of a rule
 * @param kind what is compared
 * @param failureMode the leading failure mode that is meant, for {@link Kind#FAILURE}; empty: any
 * @param on raised once the quantity has reached this limit
 * @param off gone once the quantity has left this limit again
 * @param onReadings how many assessments in a row must agree before it is raised
 * @param offReadings how many assessments in a row must agree before it has gone
 * @param severity how serious it is
 * @param escalateAfter after how long an alert that nobody has acknowledged becomes more serious by
 *     one step, again and again; null: never
 */
public record AlertRule(
    String name,
    Kind kind,
    String failureMode,
    double on,
    double off,
    int onReadings,
    int offReadings,
    Severity severity,
    @Nullable Duration escalateAfter) {

  /** The quantity that a rule watches. */
  public enum Kind {
    /** Failure probability, 0 to 1, at or over {@code on}; gone under {@code off}. */
    FAILURE,
    /** Anomaly score as a multiple of its threshold, at or over {@code on}; gone under it. */
    ANOMALY,
    /** Median RUL, in the type's unit, at or under {@code on}; gone over {@code off}. */
    RUL_BELOW
  }

  @JsonCreator
  public AlertRule {
    if (onReadings < 1 || offReadings < 1) {
      throw new IllegalArgumentException(
          "alert rule %s: it takes at least one reading to go on or off".formatted(name));
    }
    boolean crossed = kind == Kind.RUL_BELOW ? off < on : off > on;
    if (crossed) {
      throw new IllegalArgumentException(
          "alert rule %s: it would go off at %s before it goes on at %s".formatted(name, off, on));
    }
    if (escalateAfter != null && !escalateAfter.isPositive()) {
      throw new IllegalArgumentException(
          "alert rule %s: escalate-after must be longer than 0".formatted(name));
    }
  }

  /** One whose alerts are not escalated. */
  public AlertRule(
      String name,
      Kind kind,
      String failureMode,
      double on,
      double off,
      int onReadings,
      int offReadings,
      Severity severity) {
    this(name, kind, failureMode, on, off, onReadings, offReadings, severity, null);
  }
}
