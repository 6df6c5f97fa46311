package twin.core.type;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Something that holds of a machine or does not: a quantity that has reached a limit and has not
 * left another one again. A rule with one condition is that condition itself.
 */
public sealed interface AlertCondition permits AlertRule, AlertCondition.Part {

  /** Of how many readings a rate of change is at most taken, unless the rule says otherwise. */
  int DEFAULT_WINDOW_READINGS = 60;

  /** The longest window of a rate of change. */
  Duration MAX_WINDOW = Duration.ofDays(1);

  /** Which end of a band of remaining life is compared. */
  enum RulBound {
    /** The least quantile: an alert comes early and is more often wrong. */
    LOWER,
    /** The middle quantile. */
    MEDIAN,
    /** The greatest quantile: an alert comes late and is less often wrong. */
    UPPER
  }

  /** What is compared. */
  AlertRule.Kind kind();

  /** The leading failure mode that is meant, for {@link AlertRule.Kind#FAILURE}; empty: any. */
  String failureMode();

  /** It holds once the quantity has reached this limit. */
  double on();

  /** It has gone once the quantity has left this limit; what is in between is the deadband. */
  double off();

  /** The channel that is compared; empty where it is none. */
  String channel();

  /** Over how long a rate of change is taken; null elsewhere. */
  @Nullable Duration window();

  /** Of how many of the newest readings a rate of change is at most taken; 0 elsewhere. */
  int windowReadings();

  /** Which end of the band of remaining life is compared; null: the median. */
  @Nullable RulBound bound();

  /** Whether it holds under its limit rather than over it. */
  default boolean comparesBelow() {
    return switch (kind()) {
      case RUL_BELOW, LOW, LOW_LOW -> true;
      case RATE_OF_CHANGE -> on() < 0;
      case FAILURE, ANOMALY, HIGH_HIGH, HIGH, SILENCE, ALL, ANY -> false;
    };
  }

  /** Refuses what makes no sense for its kind. */
  private static void check(String rule, AlertCondition c) {
    boolean crossed = c.comparesBelow() ? c.off() < c.on() : c.off() > c.on();
    if (crossed) {
      throw new IllegalArgumentException(
          "alert rule %s: it would go off at %s before it goes on at %s"
              .formatted(rule, c.off(), c.on()));
    }
    boolean ofChannel = c.kind().ofChannel();
    boolean ofRate = c.kind() == AlertRule.Kind.RATE_OF_CHANGE;
    Duration window = c.window();
    require(
        ofChannel != c.channel().isEmpty(),
        rule,
        ofChannel
            ? "it must say which channel it watches"
            : "only limits and rates have a channel");
    require(
        !ofChannel || (Double.isFinite(c.on()) && Double.isFinite(c.off())),
        rule,
        "its limits must be finite");
    require(!ofRate || c.on() != 0, rule, "a rate of change needs a limit other than 0");
    require(
        ofRate
            ? window != null && window.isPositive() && window.compareTo(MAX_WINDOW) <= 0
            : window == null,
        rule,
        ofRate
            ? "a rate of change needs a window of more than 0 and at most a day"
            : "only a rate of change has a window");
    require(
        ofRate
            ? c.windowReadings() >= 2 && c.windowReadings() <= FeatureSpec.MAX_WINDOW_READINGS
            : c.windowReadings() == 0,
        rule,
        "a rate of change, and nothing else, has window readings, 2 to "
            + FeatureSpec.MAX_WINDOW_READINGS);
    require(
        c.kind() == AlertRule.Kind.RUL_BELOW || c.bound() == null,
        rule,
        "only remaining life has a bound");
  }

  /** Refuses a rule for a reason. */
  static void require(boolean holds, String rule, String reason) {
    if (!holds) {
      throw new IllegalArgumentException("alert rule %s: %s".formatted(rule, reason));
    }
  }

  /** Refuses a rule whose own condition makes no sense. */
  static void check(AlertRule rule) {
    check(rule.name(), rule);
  }

  /** One of several conditions of a rule, by the same names as in the rule. */
  record Part(
      AlertRule.Kind kind,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) String failureMode,
      double on,
      double off,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) String channel,
      @Nullable Duration window,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int windowReadings,
      @Nullable RulBound bound)
      implements AlertCondition {

    public Part(
        AlertRule.Kind kind,
        @Nullable String failureMode,
        double on,
        double off,
        @Nullable String channel,
        @Nullable Duration window,
        int windowReadings,
        @Nullable RulBound bound) {
      this.kind = kind;
      this.failureMode = Objects.requireNonNullElse(failureMode, "");
      this.on = on;
      this.off = off;
      this.channel = Objects.requireNonNullElse(channel, "");
      this.window = window;
      this.windowReadings = windowReadings;
      this.bound = bound;
      String named = kind.name().toLowerCase(Locale.ROOT);
      require(kind.ofChannel() || kind.ofAssessment(), named, "it cannot be combined with others");
      check(named, this);
    }
  }
}
