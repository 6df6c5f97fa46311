package twin.core.alert;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import twin.core.type.AlertRule;
import twin.core.type.Severity;

/**
 * The open alerts of a machine, and how many assessments in a row agree with each rule. An
 * immutable value.
 *
 * @param open at most one for each rule
 * @param counts one for each rule of the machine's type, by position
 */
public record AlertBook(List<Alert> open, List<Count> counts) {

  /**
   * How many assessments in a row said that a rule's condition holds, and that it has gone. They
   * stop at what the rule asks for.
   */
  public record Count(int on, int off) {
    static final Count ZERO = new Count(0, 0);
  }

  public AlertBook {
    open = List.copyOf(open);
    counts = List.copyOf(counts);
  }

  /** No alerts and no rules. */
  public static AlertBook empty() {
    return new AlertBook(List.of(), List.of());
  }

  /** The same alerts under other rules, which begin to count anew. */
  public AlertBook withRules(int rules) {
    return new AlertBook(open, Collections.nCopies(rules, Count.ZERO));
  }

  AlertBook withCounts(List<Count> newCounts) {
    return new AlertBook(open, newCounts);
  }

  /** The same with what its hidden alerts must know of their conditions when they come back. */
  AlertBook withHiddenFollowing(List<AlertRule> rules) {
    if (open.stream().noneMatch(alert -> alert.state().isHidden())) {
      return this;
    }
    List<Alert> following = new ArrayList<>(open);
    for (int i = 0; i < rules.size(); i++) {
      AlertRule rule = rules.get(i);
      boolean on = counts.get(i).on() >= rule.onReadings();
      boolean off = counts.get(i).off() >= rule.offReadings();
      if (on || off) {
        following.replaceAll(
            alert ->
                alert.state().isHidden() && alert.rule().equals(rule.name())
                    ? alert.withGone(off)
                    : alert);
      }
    }
    return new AlertBook(following, counts);
  }

  /** Whether the newest assessment meets the condition of a rule. */
  public boolean isMet(String rule, List<AlertRule> rules) {
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).name().equals(rule)) {
        return counts.get(i).on() > 0;
      }
    }
    return false;
  }

  /** The open alert of a rule. */
  public Optional<Alert> ofRule(String rule) {
    return open.stream().filter(alert -> alert.rule().equals(rule)).findFirst();
  }

  /** The open alert with an id. */
  public Optional<Alert> withId(String id) {
    return open.stream().filter(alert -> alert.id().equals(id)).findFirst();
  }

  /**
   * After an alert was raised or changed; one that is {@link AlertState#NORMAL} leaves the book.
   */
  public AlertBook with(Alert changed) {
    List<Alert> others = new ArrayList<>(open.size() + 1);
    for (Alert alert : open) {
      if (!alert.id().equals(changed.id())) {
        others.add(alert);
      }
    }
    if (changed.state() != AlertState.NORMAL) {
      others.add(changed);
    }
    return new AlertBook(others, counts);
  }

  /** Whether an alert is active whose severity means alarm. */
  public boolean alarms() {
    return open.stream().anyMatch(alert -> alert.state().isActive() && alert.severity().alarms());
  }

  /** Severity of the most serious open alert. */
  public Optional<Severity> highestSeverity() {
    return open.stream().map(Alert::severity).max(Severity::compareTo);
  }
}
