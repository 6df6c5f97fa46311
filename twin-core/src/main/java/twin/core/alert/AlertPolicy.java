package twin.core.alert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.feature.RateOfChange;
import twin.core.inference.Assessment;
import twin.core.inference.Contribution;
import twin.core.inference.ModelProfile;
import twin.core.reading.Times;
import twin.core.type.AlertCondition;
import twin.core.type.AlertRule;

/**
 * Applies a machine type's alert rules to its readings and what models say of them, one after the
 * other. The times that it goes by are those of the readings. Pure.
 */
public final class AlertPolicy {

  private AlertPolicy() {}

  /**
   * A change that the rules ask for.
   *
   * @param rule the rule
   * @param from the state of its open alert, {@link AlertState#NORMAL} when there is none
   * @param to the state it turns to
   */
  public record Change(AlertRule rule, AlertState from, AlertState to) {}

  /** What a reading says of a condition. */
  private enum Verdict {
    HOLDS,
    /** In the deadband: it neither confirms the condition nor ends it, and interrupts both. */
    BETWEEN,
    GONE,
    /** What could not be judged neither confirms a condition nor ends it, nor interrupts. */
    UNKNOWN
  }

  /** The book after one reading more; which alerts are open does not change. */
  public static AlertBook counted(AlertBook book, List<AlertRule> rules, Observation seen) {
    List<AlertBook.Count> counts = book.counts();
    for (int i = 0; i < rules.size(); i++) {
      AlertBook.Count before = book.counts().get(i);
      AlertBook.Count after = counted(before, rules.get(i), seen);
      if (after != before) {
        counts = counts == book.counts() ? new ArrayList<>(counts) : counts;
        counts.set(i, after);
      }
    }
    return (counts == book.counts() ? book : book.withCounts(counts)).withHiddenFollowing(rules);
  }

  private static AlertBook.Count counted(AlertBook.Count before, AlertRule rule, Observation seen) {
    if (rule.kind() == AlertRule.Kind.SILENCE) {
      return before.off() > 0 ? before : new AlertBook.Count(0, 1);
    }
    if (!seen.inOrder()) {
      return before;
    }
    int held = before.held();
    Verdict verdict;
    if (rule.kind().combines()) {
      boolean judged = false;
      for (int i = 0; i < rule.conditions().size(); i++) {
        switch (verdict(rule.conditions().get(i), seen)) {
          case HOLDS -> {
            held |= 1 << i;
            judged = true;
          }
          case GONE -> {
            held &= ~(1 << i);
            judged = true;
          }
          case BETWEEN -> judged = true;
          case UNKNOWN -> {}
        }
      }
      int all = (1 << rule.conditions().size()) - 1;
      boolean holds = rule.kind() == AlertRule.Kind.ALL ? held == all : held != 0;
      verdict = !judged ? Verdict.UNKNOWN : holds ? Verdict.HOLDS : Verdict.GONE;
    } else {
      verdict = verdict(rule, seen);
    }
    if (!holdsIn(rule, seen)) {
      verdict = Verdict.GONE;
    }
    long timeNanos = rule.keepsSince() ? Times.toNanos(seen.reading().timestamp()) : 0;
    return switch (verdict) {
      case UNKNOWN -> before.withHeld(held);
      case BETWEEN ->
          before.on() == 0 && before.off() == 0
              ? before.withHeld(held)
              : new AlertBook.Count(0, 0, 0, held, before.onsets(), before.came());
      case HOLDS -> on(before, rule, held, timeNanos);
      case GONE -> off(before, rule, held, timeNanos);
    };
  }

  /** Whether a rule is one of the operating mode of a reading. */
  private static boolean holdsIn(AlertRule rule, Observation seen) {
    if (rule.modes().isEmpty()) {
      return true;
    }
    int mode = seen.operatingMode();
    return mode > 0 && rule.modes().contains(seen.type().operatingModes().get(mode - 1).name());
  }

  private static AlertBook.Count on(
      AlertBook.Count before, AlertRule rule, int held, long timeNanos) {
    long since = before.on() > 0 ? before.sinceNanos() : timeNanos;
    List<Long> onsets = before.onsets();
    boolean came = before.came();
    int steps = Math.min(before.on() + 1, rule.onReadings());
    boolean holds = steps == rule.onReadings();
    if (holds && rule.onDelay() != null) {
      holds = timeNanos - since >= rule.onDelay().toNanos();
      steps += holds ? 1 : 0;
    }
    if (holds && rule.within() != null) {
      if (!came) {
        onsets = withOnset(onsets, timeNanos, rule.times());
        came = true;
      }
      boolean often =
          onsets.size() == rule.times()
              && onsets.getLast() - onsets.getFirst() <= rule.within().toNanos();
      steps += often ? 1 : 0;
    }
    boolean same =
        steps == before.on() && before.off() == 0 && held == before.held() && came == before.came();
    return same ? before : new AlertBook.Count(steps, 0, since, held, onsets, came);
  }

  private static List<Long> withOnset(List<Long> onsets, long timeNanos, int kept) {
    List<Long> more = new ArrayList<>(onsets);
    more.add(timeNanos);
    return more.size() > kept ? more.subList(1, more.size()) : more;
  }

  private static AlertBook.Count off(
      AlertBook.Count before, AlertRule rule, int held, long timeNanos) {
    long since = before.off() > 0 ? before.sinceNanos() : timeNanos;
    int steps = Math.min(before.off() + 1, rule.offReadings());
    boolean gone = steps == rule.offReadings();
    if (gone && rule.offDelay() != null) {
      gone = timeNanos - since >= rule.offDelay().toNanos();
      steps += gone ? 1 : 0;
    }
    boolean came = before.came() && !gone;
    boolean same =
        steps == before.off() && before.on() == 0 && held == before.held() && came == before.came();
    return same ? before : new AlertBook.Count(0, steps, since, held, before.onsets(), came);
  }

  private static Verdict verdict(AlertCondition condition, Observation seen) {
    double quantity = quantity(condition, seen);
    if (Double.isNaN(quantity)) {
      return Verdict.UNKNOWN;
    }
    boolean below = condition.comparesBelow();
    if (below ? quantity <= condition.on() : quantity >= condition.on()) {
      return Verdict.HOLDS;
    }
    return (below ? quantity > condition.off() : quantity < condition.off())
        ? Verdict.GONE
        : Verdict.BETWEEN;
  }

  /** What a condition compares; NaN where it was not judged. */
  private static double quantity(AlertCondition condition, Observation seen) {
    Assessment assessment = seen.assessment();
    return switch (condition.kind()) {
      case FAILURE, ANOMALY, RUL_BELOW ->
          assessment == null ? Double.NaN : judged(condition, assessment, seen);
      case HIGH_HIGH, HIGH, LOW, LOW_LOW -> {
        int channel = seen.type().indexOf(condition.channel());
        yield channel < 0 ? Double.NaN : seen.reading().trusted(channel);
      }
      case RATE_OF_CHANGE -> rate(condition, seen);
      case SILENCE, ALL, ANY ->
          throw new IllegalArgumentException(condition.kind() + " compares no quantity");
    };
  }

  private static double judged(AlertCondition condition, Assessment assessment, Observation seen) {
    return switch (condition.kind()) {
      case ANOMALY -> assessment.hasScore() ? assessment.scoreRatio(seen.thresholds()) : Double.NaN;
      case RUL_BELOW ->
          assessment.rulQuantiles() == 0
              ? Double.NaN
              : assessment.rul(rulQuantile(condition, assessment));
      default -> failureProbability(condition, assessment, seen.profile());
    };
  }

  /** Position of the quantile of remaining life that a condition compares. */
  public static int rulQuantile(AlertCondition condition, Assessment assessment) {
    AlertCondition.RulBound bound = condition.bound();
    return switch (bound == null ? AlertCondition.RulBound.MEDIAN : bound) {
      case LOWER -> 0;
      case MEDIAN -> assessment.rulQuantiles() / 2;
      case UPPER -> assessment.rulQuantiles() - 1;
    };
  }

  private static double rate(AlertCondition condition, Observation seen) {
    int channel = seen.type().indexOf(condition.channel());
    return channel < 0 || condition.window() == null
        ? Double.NaN
        : RateOfChange.perMinute(
            seen.window(), channel, condition.window(), condition.windowReadings());
  }

  /**
   * Probability of a failure in the condition's mode: 0 when another mode is more probable, NaN
   * when it was not judged.
   */
  private static double failureProbability(
      AlertCondition condition, Assessment assessment, @Nullable ModelProfile profile) {
    if (!assessment.hasFailureProbability() || profile == null) {
      return Double.NaN;
    }
    if (!condition.failureMode().isEmpty()) {
      int leading = assessment.leadingFailureMode();
      if (leading < 0 || !profile.failureModes().get(leading).equals(condition.failureMode())) {
        return 0;
      }
    }
    return assessment.failureProbability();
  }

  /** The changes that the counts ask for now. */
  public static List<Change> changes(AlertBook book, List<AlertRule> rules) {
    List<Change> changes = List.of();
    for (int i = 0; i < rules.size(); i++) {
      AlertRule rule = rules.get(i);
      AlertBook.Count count = book.counts().get(i);
      boolean on = count.on() >= rule.onSteps();
      boolean off = count.off() >= rule.offSteps();
      if (on || (off && !book.open().isEmpty())) {
        Optional<Alert> alert = book.ofRule(rule.name());
        AlertState from = alert.map(Alert::state).orElse(AlertState.NORMAL);
        AlertState to = next(from, on, off);
        if (to != from) {
          changes = changes.isEmpty() ? new ArrayList<>() : changes;
          changes.add(new Change(rule, from, to));
        }
      }
    }
    return changes;
  }

  private static AlertState next(AlertState state, boolean on, boolean off) {
    return switch (state) {
      case NORMAL -> on ? AlertState.UNACKNOWLEDGED : state;
      case RETURNED_UNACKNOWLEDGED -> on ? AlertState.UNACKNOWLEDGED : state;
      case UNACKNOWLEDGED -> off ? AlertState.RETURNED_UNACKNOWLEDGED : state;
      case ACKNOWLEDGED -> off ? AlertState.NORMAL : state;
      case SHELVED, SUPPRESSED, OUT_OF_SERVICE -> state;
    };
  }

  /** The values of a reading that a rule compares with its limits, each with its limit. */
  public static List<Contribution> measured(AlertRule rule, Observation seen) {
    List<Contribution> measured = List.of();
    for (AlertCondition condition : rule.compared()) {
      if (condition.kind().ofChannel()) {
        double value = quantity(condition, seen);
        boolean below = condition.comparesBelow();
        boolean rate = condition.kind() == AlertRule.Kind.RATE_OF_CHANGE;
        measured = measured.isEmpty() ? new ArrayList<>() : measured;
        measured.add(
            new Contribution(
                rate ? condition.channel() + ".rate_per_min" : condition.channel(),
                Double.isNaN(value) ? null : (Double) value,
                below ? (Double) condition.on() : null,
                below ? null : (Double) condition.on(),
                null));
      }
    }
    return measured;
  }
}
