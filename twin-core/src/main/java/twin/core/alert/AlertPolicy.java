package twin.core.alert;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.type.AlertRule;

/** Applies a machine type's alert rules to its assessments, one after the other. Pure. */
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

  /** The book after one assessment more; which alerts are open does not change. */
  public static AlertBook counted(
      AlertBook book,
      List<AlertRule> rules,
      Assessment assessment,
      ModelProfile profile,
      double[] thresholds) {
    if (!assessment.isAvailable()) {
      return book;
    }
    List<AlertBook.Count> counts = new ArrayList<>(rules.size());
    boolean changed = false;
    for (int i = 0; i < rules.size(); i++) {
      AlertRule rule = rules.get(i);
      AlertBook.Count before = book.counts().get(i);
      AlertBook.Count after = counted(before, rule, assessment, profile, thresholds);
      changed |= !after.equals(before);
      counts.add(after);
    }
    return (changed ? book.withCounts(counts) : book).withHiddenFollowing(rules);
  }

  private static AlertBook.Count counted(
      AlertBook.Count before,
      AlertRule rule,
      Assessment assessment,
      ModelProfile profile,
      double[] thresholds) {
    double quantity =
        switch (rule.kind()) {
          case FAILURE -> failureProbability(rule, assessment, profile);
          case ANOMALY -> assessment.hasScore() ? assessment.scoreRatio(thresholds) : Double.NaN;
          case RUL_BELOW -> assessment.medianRul();
        };
    if (Double.isNaN(quantity)) {
      // What could not be judged neither confirms a condition nor ends it.
      return before;
    }
    boolean below = rule.kind() == AlertRule.Kind.RUL_BELOW;
    boolean on = below ? quantity <= rule.on() : quantity >= rule.on();
    boolean off = below ? quantity > rule.off() : quantity < rule.off();
    int onCount = on ? Math.min(before.on() + 1, rule.onReadings()) : 0;
    int offCount = off ? Math.min(before.off() + 1, rule.offReadings()) : 0;
    return onCount == before.on() && offCount == before.off()
        ? before
        : new AlertBook.Count(onCount, offCount);
  }

  /**
   * Probability of a failure in the rule's mode: 0 when another mode is more probable, NaN when it
   * was not judged.
   */
  private static double failureProbability(
      AlertRule rule, Assessment assessment, ModelProfile profile) {
    if (!assessment.hasFailureProbability()) {
      return Double.NaN;
    }
    if (!rule.failureMode().isEmpty()) {
      int leading = assessment.leadingFailureMode();
      if (leading < 0 || !profile.failureModes().get(leading).equals(rule.failureMode())) {
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
      boolean on = count.on() >= rule.onReadings();
      boolean off = count.off() >= rule.offReadings();
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
}
