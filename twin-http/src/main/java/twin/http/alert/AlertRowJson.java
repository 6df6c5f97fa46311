package twin.http.alert;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertState;
import twin.core.store.AlertChange;
import twin.core.store.AlertRow;
import twin.http.Json;

/** Writes alerts as lists show them, and one with its whole life. */
final class AlertRowJson {

  /** How much of the readings around an alert its link shows, before and after it. */
  private static final Duration AROUND = Duration.ofMinutes(10);

  private AlertRowJson() {}

  static void write(JsonGenerator out, AlertRow row) throws IOException {
    out.writeStartObject();
    members(out, row);
    out.writeEndObject();
  }

  private static void members(JsonGenerator out, AlertRow row) throws IOException {
    out.writeStringField("alert_id", row.alertId());
    out.writeStringField("machine_id", row.machineId());
    Json.text(out, "machine_type", row.origin().machineType());
    Json.text(out, "site", row.origin().site());
    Json.text(out, "area", row.origin().area());
    Json.text(out, "line", row.origin().line());
    out.writeStringField("rule", row.rule());
    out.writeStringField("failure_type", row.failureType());
    out.writeStringField("severity", row.severity());
    out.writeStringField("state", row.state());
    Json.time(out, "raised_at", row.raisedAt());
    Json.time(out, "changed_at", row.changedAt());
    out.writeNumberField("revision", row.revision());
    AlertRow.Judged judged = row.judged();
    Json.number(out, "score", judged.score());
    Json.number(out, "failure_probability", judged.failureProbability());
    if (judged.rulP50() != null) {
      out.writeObjectFieldStart("rul");
      Json.text(out, "unit", judged.rulUnit());
      Json.number(out, "p10", judged.rulP10());
      Json.number(out, "p50", judged.rulP50());
      Json.number(out, "p90", judged.rulP90());
      out.writeEndObject();
    }
    boolean shelved = row.state().equals(AlertState.SHELVED.label());
    Json.time(out, shelved ? "shelved_until" : "escalates_at", row.dueAt());
    if (row.escalation() > 0) {
      out.writeNumberField("escalation", row.escalation());
    }
    Json.text(out, "verdict", row.verdict());
  }

  /** An alert with its explanation, where to look further, and what has happened to it. */
  static void whole(JsonGenerator out, AlertRow row, List<AlertChange> life) throws IOException {
    out.writeStartObject();
    members(out, row);
    JsonNode explanation = null;
    JsonNode reading = null;
    JsonNode since = null;
    for (AlertChange change : life) {
      // Why it was raised, the last time; how it returned is in its life.
      if (change.raised() || explanation == null) {
        JsonNode detail = Json.MAPPER.readTree(change.detail());
        explanation = detail.has("explanation") ? detail.get("explanation") : explanation;
        reading = detail.has("reading") ? detail.get("reading") : reading;
        since = detail.has("since") ? detail.get("since") : since;
      }
    }
    if (since != null) {
      out.writeFieldName("since");
      out.writeTree(since);
    }
    if (explanation != null) {
      out.writeFieldName("explanation");
      out.writeTree(explanation);
    }
    links(out, row, reading);
    out.writeArrayFieldStart("life");
    for (AlertChange change : life) {
      write(out, change);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void links(JsonGenerator out, AlertRow row, @Nullable JsonNode reading)
      throws IOException {
    String machine = "/api/v1/machines/" + row.machineId();
    out.writeObjectFieldStart("links");
    if (reading != null) {
      long revision = reading.path("revision").asLong();
      out.writeStringField("state", machine + "/state?revision=" + revision);
      out.writeStringField(
          "explanation",
          "%s/explanation?revision=%d&index=%d"
              .formatted(machine, revision, reading.path("index").asInt()));
    }
    out.writeStringField(
        "readings",
        "%s/readings?from=%s&to=%s"
            .formatted(
                machine,
                Json.time(row.raisedAt().minus(AROUND)),
                Json.time(row.raisedAt().plus(AROUND))));
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, AlertChange change) throws IOException {
    out.writeStartObject();
    out.writeNumberField("revision", change.revision());
    Json.time(out, "recorded_at", change.recordedAt());
    out.writeStringField("event", change.to() == null ? "verdict" : "alert");
    Json.text(out, "from", change.from());
    Json.text(out, "to", change.to());
    Json.text(out, "severity", change.severity());
    out.writeObjectFieldStart("cause");
    AlertChange.By cause = change.cause();
    out.writeStringField("kind", cause.kind());
    // The name of the member is that of the kind, as in the audit trail.
    Json.text(out, cause.kind(), cause.name());
    Json.text(out, "reason", cause.reason());
    out.writeEndObject();
    for (Map.Entry<String, JsonNode> each : Json.MAPPER.readTree(change.detail()).properties()) {
      out.writeFieldName(each.getKey());
      out.writeTree(each.getValue());
    }
    out.writeEndObject();
  }
}
