package twin.app.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Consumer;
import twin.core.alert.AlertState;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.TwinChanged;
import twin.core.type.Severity;

/** Counts what becomes of the alerts of this node's machines. Thread-safe. */
public final class AlertCounters implements Consumer<TwinChanged> {

  private final MeterRegistry registry;

  /** Registers a counter for each severity and state, so that each is there from the beginning. */
  public AlertCounters(MeterRegistry registry) {
    this.registry = registry;
    for (Severity severity : Severity.values()) {
      for (AlertState state : AlertState.values()) {
        counter(severity, state);
      }
    }
  }

  /** Looked up each time: alerts are rare. */
  private Counter counter(Severity severity, AlertState state) {
    return Counter.builder("twin.alert.changes")
        .description("Alerts by the state that they have come to")
        .tag("severity", severity.label())
        .tag("state", state.label())
        .register(registry);
  }

  @Override
  public void accept(TwinChanged changed) {
    for (JournalEntry entry : changed.entries()) {
      if (entry.event() instanceof MachineEvent.AlertChanged alert) {
        counter(alert.severity(), alert.to()).increment();
      }
    }
  }
}
