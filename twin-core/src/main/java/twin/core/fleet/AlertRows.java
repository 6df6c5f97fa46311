package twin.core.fleet;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertState;
import twin.core.inference.Contribution;
import twin.core.machine.Cause;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.reading.Times;
import twin.core.store.AlertChange;
import twin.core.store.AlertRow;
import twin.core.store.FleetRow;

/** What the tables of alerts hold of an event. */
final class AlertRows {

  private static final ObjectMapper JSON = new ObjectMapper();

  private AlertRows() {}

  /**
   * The alert after a change.
   *
   * @param machine its machine before the event
   */
  static AlertRow row(
      FleetRow machine, MachineEvent.AlertChanged e, JournalEntry entry, long revision) {
    FleetRow.Place place = machine.place();
    Double rul = finite(e.rulP50());
    return new AlertRow(
        e.alertId(),
        machine.machineId(),
        new AlertRow.Origin(machine.machineType(), place.site(), place.area(), place.line()),
        e.rule(),
        e.failureType(),
        e.severity().label(),
        e.to().label(),
        e.readingAt(),
        entry.stamp().recordedAt(),
        revision,
        new AlertRow.Judged(
            finite(e.score()),
            finite(e.failureProbability()),
            finite(e.rulP10()),
            rul,
            finite(e.rulP90()),
            rul == null ? null : machine.condition().rulUnit()),
        e.dueAt(),
        e.escalation(),
        null);
  }

  /** The change itself, as a part of the alert's life. */
  static AlertChange change(
      FleetRow machine, MachineEvent.AlertChanged e, JournalEntry entry, long revision) {
    boolean raised =
        e.to() == AlertState.UNACKNOWLEDGED
            && (e.from() == AlertState.NORMAL || e.from() == AlertState.RETURNED_UNACKNOWLEDGED);
    return new AlertChange(
        e.alertId(),
        revision,
        entry.stamp().recordedAt(),
        e.from().label(),
        e.to().label(),
        e.severity().label(),
        raised,
        by(entry.stamp().cause()),
        detail(machine, e).toString());
  }

  /** A verdict, as a part of the alert's life. */
  static AlertChange verdict(MachineEvent.VerdictGiven e, JournalEntry entry, long revision) {
    ObjectNode detail = JSON.createObjectNode();
    detail.put("verdict", e.verdict());
    String finding = e.finding();
    if (finding != null) {
      detail.put("finding", finding);
    }
    if (!e.note().isEmpty()) {
      detail.put("note", e.note());
    }
    return new AlertChange(
        e.alertId(),
        revision,
        entry.stamp().recordedAt(),
        null,
        null,
        null,
        false,
        by(entry.stamp().cause()),
        detail.toString());
  }

  private static AlertChange.By by(Cause cause) {
    return switch (cause) {
      case Cause.Source source -> new AlertChange.By("source", source.source(), "");
      case Cause.Principal who -> new AlertChange.By("principal", who.principal(), who.reason());
      case Cause.Program program -> new AlertChange.By("program", "", program.reason());
    };
  }

  private static ObjectNode detail(FleetRow machine, MachineEvent.AlertChanged e) {
    ObjectNode detail = JSON.createObjectNode();
    if (e.readingRevision() > 0) {
      ObjectNode reading = detail.putObject("reading");
      put(reading, "timestamp", e.readingAt());
      reading.put("revision", e.readingRevision());
      reading.put("index", e.readingIndex());
    }
    put(detail, "score", e.score());
    put(detail, "failure_probability", e.failureProbability());
    if (finite(e.rulP50()) != null) {
      ObjectNode rul = detail.putObject("rul");
      String unit = machine.condition().rulUnit();
      if (unit != null) {
        rul.put("unit", unit);
      }
      put(rul, "p10", e.rulP10());
      put(rul, "p50", e.rulP50());
      put(rul, "p90", e.rulP90());
    }
    put(detail, e.to() == AlertState.SHELVED ? "shelved_until" : "escalates_at", e.dueAt());
    if (e.escalation() > 0) {
      detail.put("escalation", e.escalation());
    }
    put(detail, "since", e.since());
    if (!e.explanation().isEmpty()) {
      ArrayNode explanation = detail.putArray("explanation");
      e.explanation().forEach(each -> put(explanation.addObject(), each));
    }
    return detail;
  }

  private static void put(ObjectNode object, Contribution contribution) {
    object.put("feature", contribution.feature());
    put(object, "value", contribution.value());
    if (contribution.expectedLow() != null || contribution.expectedHigh() != null) {
      ObjectNode expected = object.putObject("expected");
      put(expected, "low", contribution.expectedLow());
      put(expected, "high", contribution.expectedHigh());
    }
    put(object, "contribution", contribution.contribution());
  }

  private static void put(ObjectNode object, String name, @Nullable Instant time) {
    if (time != null) {
      object.put(name, Times.text(time));
    }
  }

  /** What is in single precision reads better with its digits. */
  private static void put(ObjectNode object, String name, @Nullable Double number) {
    Double finite = finite(number);
    if (finite != null) {
      float single = finite.floatValue();
      object.put(name, single == finite ? Double.parseDouble(Float.toString(single)) : finite);
    }
  }

  /** A model may say anything; one machine's odd number must not hold up the others. */
  private static @Nullable Double finite(@Nullable Double number) {
    return number != null && Double.isFinite(number) ? number : null;
  }
}
