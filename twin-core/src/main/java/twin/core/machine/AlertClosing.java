package twin.core.machine;

import java.util.List;
import java.util.function.Predicate;
import twin.core.alert.Alert;
import twin.core.alert.AlertState;

/** Changes of alerts that no assessment decides but a person or another change. */
final class AlertClosing {

  private AlertClosing() {}

  /** Closes the open alerts that are meant. */
  static void closeAll(Decision decision, DecisionContext context, Predicate<Alert> meant) {
    for (Alert alert : decision.state().alerts().open()) {
      if (meant.test(alert)) {
        turn(decision, context, alert, AlertState.NORMAL);
      }
    }
  }

  /** Turns an alert to another state. */
  static void turn(Decision decision, DecisionContext context, Alert alert, AlertState to) {
    decision.emit(
        new MachineEvent.AlertChanged(
            alert.id(),
            alert.rule(),
            alert.failureType(),
            alert.state(),
            to,
            alert.severity(),
            0,
            0,
            context.now(),
            null,
            null,
            null,
            List.of()));
  }
}
