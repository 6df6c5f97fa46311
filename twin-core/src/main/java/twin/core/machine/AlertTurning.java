package twin.core.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.alert.Alert;
import twin.core.alert.AlertLife;
import twin.core.alert.AlertState;
import twin.core.type.AlertRule;
import twin.core.type.MachineType;
import twin.core.type.Severity;

/** Changes of alerts that no assessment decides but a person, the clock or another change. */
final class AlertTurning {

  private AlertTurning() {}

  /** Closes the open alerts, whatever they are. */
  static void closeAll(Decision decision, DecisionContext context) {
    for (Alert alert : decision.state().alerts().open()) {
      turn(decision, context, alert.id(), AlertState.NORMAL, null);
    }
  }

  /** Closes the alerts that no rule of a type watches any more: they could never return. */
  static void closeUnwatched(Decision decision, DecisionContext context, MachineType type) {
    for (Alert alert : decision.state().alerts().open()) {
      if (type.alertRules().stream().noneMatch(rule -> rule.name().equals(alert.rule()))) {
        decision.emit(
            changed(context, alert, AlertState.NORMAL, alert.severity(), null, alert.escalation()),
            decision.state().identities().watermarkNanos(),
            new Cause.Program(
                "machine type %s has no rule %s any more".formatted(type.name(), alert.rule())));
      }
    }
  }

  /** Raises what the type says of a machine that is silent, unless that stands already. */
  static void raiseSilence(Decision decision, DecisionContext context) {
    if (!MachineDecisions.silent(decision.state(), context) || decision.state().retired()) {
      return;
    }
    for (AlertRule rule : rulesOf(decision.state())) {
      if (rule.kind() == AlertRule.Kind.SILENCE) {
        raiseSilence(decision, context, rule);
      }
    }
  }

  private static void raiseSilence(Decision decision, DecisionContext context, AlertRule rule) {
    MachineState state = decision.state();
    Alert alert =
        state
            .alerts()
            .ofRule(rule.name())
            .orElseGet(
                () ->
                    new Alert(
                        state.machineId() + "-" + decision.nextRevision(),
                        rule.name(),
                        rule.name(),
                        AlertState.NORMAL,
                        rule.severity(),
                        context.now(),
                        0));
    if (alert.state() == AlertState.NORMAL || alert.state() == AlertState.RETURNED_UNACKNOWLEDGED) {
      decision.emit(
          changed(
              context,
              alert,
              AlertState.UNACKNOWLEDGED,
              alert.severity(),
              escalatesAt(state, rule.name(), context.now()),
              alert.escalation(),
              state.lastReadingAt()));
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
      raiseSilence(decision, context);
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
        decision.emit(
            changed(
                context, alert, AlertState.UNACKNOWLEDGED, severity, next, alert.escalation() + 1));
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
    decision.emit(changed(context, alert, to, alert.severity(), dueAt, alert.escalation()));
  }

  private static MachineEvent changed(
      DecisionContext context,
      Alert alert,
      AlertState to,
      Severity severity,
      @Nullable Instant dueAt,
      int escalation) {
    return changed(context, alert, to, severity, dueAt, escalation, null);
  }

  private static MachineEvent changed(
      DecisionContext context,
      Alert alert,
      AlertState to,
      Severity severity,
      @Nullable Instant dueAt,
      int escalation,
      @Nullable Instant since) {
    return new MachineEvent.AlertChanged(
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
        escalation,
        since);
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

  /** Whether the condition of an alert is met by the newest reading, or by there being none. */
  static boolean isMet(MachineState state, Alert alert, DecisionContext context) {
    boolean ofSilence =
        ruleOf(state, alert.rule())
            .filter(rule -> rule.kind() == AlertRule.Kind.SILENCE)
            .isPresent();
    return ofSilence
        ? MachineDecisions.silent(state, context)
        : state.alerts().isMet(alert.rule(), rulesOf(state));
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
