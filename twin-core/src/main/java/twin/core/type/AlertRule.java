package twin.core.type;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * When an alert of one cause is raised and when its condition has gone. The two limits apart, the
 * two counts and the two delays are the hysteresis that keeps a noisy signal from chattering.
 *
 * @param name names the cause: a machine has at most one open alert of a rule
 * @param kind what is compared
 * @param failureMode the leading failure mode that is meant, for {@link Kind#FAILURE}; empty: any
 * @param on raised once the quantity has reached this limit
 * @param off gone once the quantity has left this limit again
 * @param onReadings how many readings in a row must agree before it is raised
 * @param offReadings how many readings in a row must agree before it has gone
 * @param severity how serious it is
 * @param escalateAfter after how long an alert that nobody has acknowledged becomes more serious by
 *     one step, again and again; null: never
 * @param channel the channel that is watched; empty where it is none
 * @param window over how long a rate of change is taken; null elsewhere
 * @param windowReadings of how many readings a rate of change is at most taken; 0 elsewhere
 * @param bound which end of the band of remaining life is compared; null: the median
 * @param onDelay for how long its condition must have held, by the times of the readings, before it
 *     is raised; null: it need not
 * @param offDelay for how long its condition must have been gone, likewise; null: it need not
 * @param times how often its condition must have come within {@code within} before it is raised; 0:
 *     once
 * @param within the time that goes with {@code times}; null without
 * @param modes the operating modes in which it holds; in any other its condition is gone; empty:
 *     all
 * @param conditions what is combined, for {@link Kind#ALL} and {@link Kind#ANY}; else empty
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
    @Nullable Duration escalateAfter,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) String channel,
    @Nullable Duration window,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int windowReadings,
    @Nullable RulBound bound,
    @Nullable Duration onDelay,
    @Nullable Duration offDelay,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int times,
    @Nullable Duration within,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<String> modes,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Part> conditions)
    implements AlertCondition {

  /** Most conditions of one rule. */
  public static final int MAX_CONDITIONS = 8;

  /** How often a condition can be asked to come before it is worth an alert. */
  public static final int MAX_TIMES = 10;

  /** The quantity that a rule watches. */
  public enum Kind {
    /** Failure probability, 0 to 1, at or over {@code on}; gone under {@code off}. */
    FAILURE,
    /** Anomaly score as a multiple of its threshold, at or over {@code on}; gone under it. */
    ANOMALY,
    /** RUL, in the type's unit, at or under {@code on}; gone over {@code off}. */
    RUL_BELOW,
    /** The second, more serious upper limit of a channel; compared as {@link #HIGH}. */
    HIGH_HIGH,
    /** A channel's value, in its unit, at or over {@code on}; gone under {@code off}. */
    HIGH,
    /** A channel's value, in its unit, at or under {@code on}; gone over {@code off}. */
    LOW,
    /** The second, more serious lower limit of a channel; compared as {@link #LOW}. */
    LOW_LOW,
    /**
     * How fast a channel's value changes, in its unit a minute: rising at least as fast as an
     * {@code on} over 0, or falling at least as fast as one under 0.
     */
    RATE_OF_CHANGE,
    /** No reading for longer than the type's silence; gone with the next reading. */
    SILENCE,
    /** All of the rule's conditions hold. */
    ALL,
    /** Any of the rule's conditions holds. */
    ANY;

    /** Whether it is a channel's value that is compared. */
    public boolean ofChannel() {
      return switch (this) {
        case HIGH_HIGH, HIGH, LOW, LOW_LOW, RATE_OF_CHANGE -> true;
        case FAILURE, ANOMALY, RUL_BELOW, SILENCE, ALL, ANY -> false;
      };
    }

    /** Whether it is what a model says that is compared. */
    public boolean ofAssessment() {
      return this == FAILURE || this == ANOMALY || this == RUL_BELOW;
    }

    /** Whether it is made of other conditions. */
    public boolean combines() {
      return this == ALL || this == ANY;
    }
  }

  @JsonCreator
  public AlertRule(
      String name,
      Kind kind,
      String failureMode,
      double on,
      double off,
      int onReadings,
      int offReadings,
      Severity severity,
      @Nullable Duration escalateAfter,
      @Nullable String channel,
      @Nullable Duration window,
      int windowReadings,
      @Nullable RulBound bound,
      @Nullable Duration onDelay,
      @Nullable Duration offDelay,
      int times,
      @Nullable Duration within,
      @Nullable List<String> modes,
      @Nullable List<Part> conditions) {
    this.name = name;
    this.kind = kind;
    this.failureMode = failureMode;
    this.on = on;
    this.off = off;
    this.onReadings = onReadings;
    this.offReadings = offReadings;
    this.severity = severity;
    this.escalateAfter = escalateAfter;
    this.channel = Objects.requireNonNullElse(channel, "");
    this.window = window;
    this.windowReadings = windowReadings;
    this.bound = bound;
    this.onDelay = onDelay;
    this.offDelay = offDelay;
    this.times = times;
    this.within = within;
    this.modes = List.copyOf(Objects.requireNonNullElse(modes, List.of()));
    this.conditions = List.copyOf(Objects.requireNonNullElse(conditions, List.of()));
    if (onReadings < 1 || offReadings < 1) {
      throw new IllegalArgumentException(
          "alert rule %s: it takes at least one reading to go on or off".formatted(name));
    }
    AlertCondition.check(this);
    if (escalateAfter != null && !escalateAfter.isPositive()) {
      throw new IllegalArgumentException(
          "alert rule %s: escalate-after must be longer than 0".formatted(name));
    }
    AlertCondition.require(
        (onDelay == null || onDelay.isPositive()) && (offDelay == null || offDelay.isPositive()),
        name,
        "a delay must be longer than 0");
    AlertCondition.require(
        times == 0 ? within == null : times >= 2 && times <= MAX_TIMES,
        name,
        "it counts 2 to %d times, within a time".formatted(MAX_TIMES));
    AlertCondition.require(
        times == 0 || (within != null && within.isPositive()),
        name,
        "times need a time within which they are counted, longer than 0");
    AlertCondition.require(
        kind.combines()
            ? this.conditions.size() >= 2 && this.conditions.size() <= MAX_CONDITIONS
            : this.conditions.isEmpty(),
        name,
        "all and any, and nothing else, have conditions, 2 to " + MAX_CONDITIONS);
    AlertCondition.require(
        kind != Kind.SILENCE
            || (onReadings == 1
                && offReadings == 1
                && onDelay == null
                && offDelay == null
                && times == 0
                && this.modes.isEmpty()),
        name,
        "silence begins after the type's own silence and ends with a reading; nothing more can be"
            + " asked of it");
  }

  /** One on what a model says, without delays. */
  public AlertRule(
      String name,
      Kind kind,
      String failureMode,
      double on,
      double off,
      int onReadings,
      int offReadings,
      Severity severity,
      @Nullable Duration escalateAfter) {
    this(
        name,
        kind,
        failureMode,
        on,
        off,
        onReadings,
        offReadings,
        severity,
        escalateAfter,
        "",
        null,
        0,
        null,
        null,
        null,
        0,
        null,
        List.of(),
        List.of());
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

  /**
   * How many steps it takes until it is raised: each reading that agrees is one; that the delay has
   * passed, and that it has happened often enough, are one more each.
   */
  public int onSteps() {
    return onReadings + (onDelay == null ? 0 : 1) + (times == 0 ? 0 : 1);
  }

  /** How many steps it takes until its condition has gone. */
  public int offSteps() {
    return offReadings + (offDelay == null ? 0 : 1);
  }

  /** Whether it is kept since when its condition has held or been gone. */
  public boolean keepsSince() {
    return kind.ofChannel() || kind.combines() || onDelay != null || offDelay != null || times > 0;
  }

  /** Whether a reading that no model has judged can change anything about it. */
  public boolean watchesReadings() {
    return !kind.ofAssessment() || !modes.isEmpty();
  }

  /** Whether it counts the same as another, however serious the two are. */
  public boolean countsAs(AlertRule other) {
    return ofNoSeverity().equals(other.ofNoSeverity());
  }

  private AlertRule ofNoSeverity() {
    return new AlertRule(
        name,
        kind,
        failureMode,
        on,
        off,
        onReadings,
        offReadings,
        Severity.LOW,
        null,
        channel,
        window,
        windowReadings,
        bound,
        onDelay,
        offDelay,
        times,
        within,
        modes,
        conditions);
  }

  /** Whether it, or one of its conditions, is of a kind. */
  public boolean compares(Kind wanted) {
    boolean does = kind == wanted;
    for (int i = 0; i < conditions.size() && !does; i++) {
      does = conditions.get(i).kind() == wanted;
    }
    return does;
  }

  /** What is compared: its own condition, or those that it combines. */
  public List<? extends AlertCondition> compared() {
    return conditions.isEmpty() ? List.of(this) : conditions;
  }
}
