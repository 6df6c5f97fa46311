package twin.core.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import twin.core.alert.Alert;
import twin.core.alert.AlertLife;
import twin.core.alert.AlertState;
import twin.core.type.AlertRule;
import twin.core.type.Severity;

/** Changes of alerts that no assessment decides but a person, the clock or another change. */
final class AlertTurning {

  private AlertTurning() {}

  /** Closes the open alerts that are meant, whatever they are. */
  static void closeAll(Decision decision, DecisionContext context, Predicate<Alert> meant) {
    for (Alert alert : decision.state().alerts().open()) {
      if (meant.test(alert)) {
        turn(decision, context, alert.id(), AlertState.NORMAL, null);
      }
    }
  }

  /** Brings back the shelved alerts whose time is over. */
  static void unshelveDue(Decision decision, DecisionContext context) {
    boolean any = false;
    for (Alert alert : decision.state().alerts().open()) {
      if (alert.isDue(AlertState.SHELVED, context.now())) {
        turn(decision, context, alert.id(), AlertLife.returning(alert), null);
        any = true;
      }
    }
    if (any) {
      HealthRule.follow(decision, context);
    }
  }

  /**
   * Raises the severity of alerts that nobody has acknowledged in time, by one step each time. One
   * that is critical already is escalated once.
   */
  static void escalateDue(Decision decision, DecisionContext context) {
    boolean any = false;
    for (Alert alert : decision.state().alerts().open()) {
      if (alert.isDue(AlertState.UNACKNOWLEDGED, context.now())) {
        Severity severity = alert.severity().raised();
        Instant next =
            severity == Severity.CRITICAL
                ? null
                : escalatesAt(decision.state(), alert.rule(), context.now());
        emit(
            decision,
            context,
            alert,
            AlertState.UNACKNOWLEDGED,
            severity,
            next,
            alert.escalation() + 1);
        any = true;
      }
    }
    if (any) {
      HealthRule.follow(decision, context);
    }
  }

  /**
   * Turns an alert to another state.
   *
   * @param until when it comes back, for one that is shelved
   */
  static void turn(
      Decision decision,
      DecisionContext context,
      String alertId,
      AlertState to,
      @Nullable Instant until) {
    Alert alert = decision.state().alerts().withId(alertId).orElseThrow();
    Instant dueAt =
        to == AlertState.UNACKNOWLEDGED
            ? escalatesAt(decision.state(), alert.rule(), context.now())
            : until;
    emit(decision, context, alert, to, alert.severity(), dueAt, alert.escalation());
  }

  private static void emit(
      Decision decision,
      DecisionContext context,
      Alert alert,
      AlertState to,
      Severity severity,
      @Nullable Instant dueAt,
      int escalation) {
    decision.emit(
        new MachineEvent.AlertChanged(
            alert.id(),
            alert.rule(),
            alert.failureType(),
            alert.state(),
            to,
            severity,
            0,
            0,
            context.now(),
            null,
            null,
            null,
            List.of(),
            null,
            null,
            dueAt,
            escalation));
  }

  /**
   * When an alert of a rule that turns unacknowledged now is escalated; null where its rule does
   * not say so.
   */
  static @Nullable Instant escalatesAt(MachineState state, String rule, Instant now) {
    Duration after = ruleOf(state, rule).map(AlertRule::escalateAfter).orElse(null);
    return after == null ? null : now.plus(after);
  }

  private static Optional<AlertRule> ruleOf(MachineState state, String name) {
    return rulesOf(state).stream().filter(rule -> rule.name().equals(name)).findFirst();
  }

  private static List<AlertRule> rulesOf(MachineState state) {
    Definition definition = state.definition();
    return definition == null ? List.of() : definition.type().alertRules();
  }

  /** Whether the newest assessment meets the condition of an alert. */
  static boolean isMet(MachineState state, Alert alert) {
    return state.alerts().isMet(alert.rule(), rulesOf(state));
  }

  /** Whether a machine may have raised an alert with this id, as far as the id says. */
  static boolean mayHaveBeen(MachineState state, String alertId) {
    String prefix = state.machineId() + "-";
    if (!alertId.startsWith(prefix)) {
      return false;
    }
    try {
      long revision = Long.parseLong(alertId.substring(prefix.length()));
      return revision > 0 && revision <= state.revision();
    } catch (NumberFormatException e) {
      return false;
    }
  }
}
