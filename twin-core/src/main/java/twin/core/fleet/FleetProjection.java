package twin.core.fleet;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertState;
import twin.core.machine.Description;
import twin.core.machine.EventCodec;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineTwin;
import twin.core.reading.Identities;
import twin.core.reading.Times;
import twin.core.store.AlertChange;
import twin.core.store.AlertFollower;
import twin.core.store.AlertRow;
import twin.core.store.AlertTable;
import twin.core.store.CoarseEvent;
import twin.core.store.CoarseEventHandler;
import twin.core.store.FleetRow;
import twin.core.store.FleetTable;
import twin.core.store.Transaction;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;
import twin.core.type.MachineType;

/**
 * Keeps the tables of machines and alerts, and the deadlines of alerts, and lets others follow the
 * changes of alerts. Each event counts exactly once, since the tables and the projection's offset
 * change in one transaction.
 */
public final class FleetProjection implements CoarseEventHandler {

  /** Names its offsets, for ever. */
  public static final String NAME = "fleet";

  private final FleetTable fleet;
  private final AlertTable alerts;
  private final List<AlertFollower> followers;
  private final Tracing tracing;

  /**
   * Handles nothing yet.
   *
   * @param followers hear of each change of an alert in the same transaction
   */
  public FleetProjection(
      FleetTable fleet, AlertTable alerts, List<AlertFollower> followers, Tracing tracing) {
    this.fleet = fleet;
    this.alerts = alerts;
    this.followers = List.copyOf(followers);
    this.tracing = tracing;
  }

  @Override
  public void handle(Transaction transaction, CoarseEvent event) {
    String machineId = MachineTwin.machineId(event.persistenceId());
    JournalEntry entry = EventCodec.decode(event.manifest(), event.payload());
    Trace trace = tracing.continued(Trace.Step.PROJECT, entry.stamp().cause().trace());
    try {
      project(transaction, event, machineId, entry);
      trace.about("machine_id", machineId).about("event", event.manifest()).end();
    } catch (RuntimeException e) {
      trace.failed(e);
      throw e;
    }
  }

  private void project(
      Transaction transaction, CoarseEvent event, String machineId, JournalEntry entry) {
    FleetRow row = fleet.find(transaction, machineId).orElseGet(() -> unknown(machineId));
    Change change = new Change(row);
    switch (entry.event()) {
      case MachineEvent.MachineRegistered e -> move(transaction, change, e.description());
      case MachineEvent.MachineDescribed e -> move(transaction, change, e.description());
      case MachineEvent.MachineRetired e -> change.retired = true;
      case MachineEvent.DefinitionAssigned e -> {
        MachineType type = e.definition();
        change.type = type.name();
        change.rulUnit = type.rulUnit().isEmpty() ? null : type.rulUnit();
      }
      case MachineEvent.ModelAssigned e -> change.model = e.champion().ref().label();
      case MachineEvent.HealthChanged e -> change.health = e;
      case MachineEvent.AlertChanged e -> {
        long revision = event.sequenceNumber();
        AlertRow after = AlertRows.row(row, e, entry, revision);
        AlertChange alertChange = AlertRows.change(row, e, entry, revision);
        alerts.upsert(transaction, after);
        String model = row.condition().model();
        if (model != null && e.from() == AlertState.NORMAL) {
          alerts.raisedBy(transaction, e.alertId(), model);
        }
        alerts.add(transaction, alertChange);
        alerts.setDeadlines(transaction, machineId);
        followers.forEach(each -> each.changed(transaction, after, alertChange));
        change.alerts = alerts.open(transaction, machineId);
      }
      case MachineEvent.ReadingsRecorded e -> {
        // Not a coarse event: it never comes here.
      }
      case MachineEvent.SequenceRestarted e -> {
        // Nothing that a list shows.
      }
      case MachineEvent.CalibrationCompleted e -> {
        // Nothing that a list shows.
      }
      case MachineEvent.ThresholdAdapted e -> {
        // Nothing that a list shows.
      }
      case MachineEvent.PeriodSummarized e -> {
        // For histories, which have a table of their own.
      }
      case MachineEvent.MaintenanceRecorded e -> {
        String repaired = e.failureMode();
        long watermarkNanos = entry.stamp().watermarkNanos();
        if (repaired != null && watermarkNanos != Identities.NO_TIME) {
          Instant at = Times.ofNanos(watermarkNanos);
          alerts.addFailure(transaction, event.sequenceNumber(), row, at, repaired);
        }
      }
      case MachineEvent.VerdictGiven e -> {
        alerts.add(transaction, AlertRows.verdict(e, entry, event.sequenceNumber()));
        alerts.judge(transaction, e.alertId(), e.verdict(), event.sequenceNumber());
      }
    }
    fleet.upsert(transaction, change.row(entry, event.sequenceNumber()));
  }

  private static FleetRow unknown(String machineId) {
    return new FleetRow(
        machineId,
        "",
        FleetRow.Place.UNKNOWN,
        FleetRow.Condition.UNKNOWN,
        FleetRow.OpenAlerts.NONE,
        0,
        null,
        null,
        false);
  }

  /** Who sees a site sees the alerts of the machines that stand there now. */
  private void move(Transaction transaction, Change change, Description description) {
    change.place = place(description);
    alerts.place(transaction, change.before.machineId(), change.place);
  }

  private static FleetRow.Place place(Description description) {
    return new FleetRow.Place(
        description.site(), description.area(), description.line(), description.attributes());
  }

  /** A row while an event is applied to it. */
  private static final class Change {
    private final FleetRow before;
    private String type;
    private FleetRow.Place place;
    private FleetRow.OpenAlerts alerts;
    private boolean retired;
    private @Nullable String rulUnit;
    private @Nullable String model;
    private MachineEvent.@Nullable HealthChanged health;

    Change(FleetRow before) {
      this.before = before;
      type = before.machineType();
      place = before.place();
      alerts = before.alerts();
      retired = before.retired();
      rulUnit = before.condition().rulUnit();
      model = before.condition().model();
    }

    FleetRow row(JournalEntry entry, long revision) {
      long watermarkNanos = entry.stamp().watermarkNanos();
      Instant watermark =
          watermarkNanos == Identities.NO_TIME ? null : Times.ofNanos(watermarkNanos);
      return new FleetRow(
          before.machineId(),
          type,
          place,
          condition(),
          alerts,
          revision,
          watermark,
          entry.stamp().recordedAt(),
          retired);
    }

    /** A model may say anything; one machine's odd number must not hold up the others. */
    private static @Nullable Double finite(@Nullable Double number) {
      return number != null && Double.isFinite(number) ? number : null;
    }

    private FleetRow.Condition condition() {
      FleetRow.Condition c = before.condition();
      return health == null
          ? new FleetRow.Condition(
              c.status(), c.health(), c.anomalyScore(), c.rulP50(), rulUnit, c.failureMode(), model)
          : new FleetRow.Condition(
              health.status().label(),
              finite(health.health()),
              finite(health.score()),
              finite(health.rulP50()),
              rulUnit,
              health.failureMode().isEmpty() ? null : health.failureMode(),
              model);
    }
  }
}
