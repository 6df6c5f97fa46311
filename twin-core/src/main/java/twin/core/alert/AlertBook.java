package twin.core.alert;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Times;
import twin.core.type.AlertRule;
import twin.core.type.Severity;

/**
 * The open alerts of a machine, and how far each rule is towards changing one. An immutable value.
 *
 * @param open at most one for each rule
 * @param counts one for each rule of the machine's type, by position
 */
public record AlertBook(List<Alert> open, List<Count> counts) {

  /**
   * How many steps a rule has gone towards being raised, or its condition towards having gone. They
   * stop at what the rule asks for ({@link AlertRule#onSteps}).
   *
   * @param on 0 unless the newest reading that could be judged says that the condition holds
   * @param off 0 unless it says that it has gone
   * @param sinceNanos time of the first reading of those in a row; 0 for a rule that does not ask
   * @param held which of the rule's conditions hold, a bit each, for a rule that combines some
   * @param onsets when the condition came, oldest first, for a rule that counts times
   * @param came whether it has come and not gone since, for such a rule
   */
  public record Count(
      int on,
      int off,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) long sinceNanos,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) int held,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Long> onsets,
      @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean came) {
    static final Count ZERO = new Count(0, 0);

    @JsonCreator
    public Count(
        int on, int off, long sinceNanos, int held, @Nullable List<Long> onsets, boolean came) {
      this.on = on;
      this.off = off;
      this.sinceNanos = sinceNanos;
      this.held = held;
      this.onsets = List.copyOf(Objects.requireNonNullElse(onsets, List.of()));
      this.came = came;
    }

    /** That of a rule which asks for no more than readings in a row. */
    public Count(int on, int off) {
      this(on, off, 0, 0, List.of(), false);
    }

    Count withHeld(int nowHeld) {
      return nowHeld == held ? this : new Count(on, off, sinceNanos, nowHeld, onsets, came);
    }
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

  /**
   * The same alerts under other rules. One that counts as the one of its name did before goes on
   * where that one stood; all others begin anew.
   *
   * @param before the rules whose counts there are
   */
  public AlertBook withRules(List<AlertRule> before, List<AlertRule> after) {
    List<Count> kept = new ArrayList<>(after.size());
    for (AlertRule rule : after) {
      Count count = Count.ZERO;
      for (int i = 0; i < before.size(); i++) {
        if (before.get(i).countsAs(rule)) {
          count = counts.get(i);
        }
      }
      kept.add(count);
    }
    return new AlertBook(open, kept);
  }

  AlertBook withCounts(List<Count> newCounts) {
    return new AlertBook(open, newCounts);
  }

  /** The same with what its hidden alerts must know of their conditions when they come back. */
  AlertBook withHiddenFollowing(List<AlertRule> rules) {
    if (!hidesAny()) {
      return this;
    }
    List<Alert> following = new ArrayList<>(open);
    for (int i = 0; i < rules.size(); i++) {
      AlertRule rule = rules.get(i);
      boolean on = counts.get(i).on() >= rule.onSteps();
      boolean off = counts.get(i).off() >= rule.offSteps();
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

  private boolean hidesAny() {
    for (Alert alert : open) {
      if (alert.state().isHidden()) {
        return true;
      }
    }
    return false;
  }

  /** Whether the newest reading meets the condition of a rule. */
  public boolean isMet(String rule, List<AlertRule> rules) {
    for (int i = 0; i < rules.size(); i++) {
      if (rules.get(i).name().equals(rule)) {
        return counts.get(i).on() > 0;
      }
    }
    return false;
  }

  /**
   * When what a rule says now began, by the time of the reading; null for one that does not keep
   * it.
   */
  public @Nullable Instant since(AlertRule rule, List<AlertRule> rules) {
    return rule.keepsSince() ? Times.ofNanos(counts.get(rules.indexOf(rule)).sinceNanos()) : null;
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
