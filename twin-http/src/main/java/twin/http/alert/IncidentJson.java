package twin.http.alert;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import twin.core.store.Incident;
import twin.http.Json;

/** Writes an incident. */
final class IncidentJson {

  private IncidentJson() {}

  static void write(JsonGenerator out, Incident incident) throws IOException {
    out.writeStartObject();
    out.writeStringField("incident_id", incident.incidentId());
    out.writeStringField("state", incident.open() > 0 ? "open" : "closed");
    Json.text(out, "site", incident.site());
    Json.text(out, "area", incident.area());
    Json.text(out, "line", incident.line());
    Json.time(out, "started_at", incident.startedAt());
    Json.time(out, "last_raised_at", incident.lastRaisedAt());
    out.writeStringField("severity", incident.severity());
    out.writeNumberField("alerts", incident.alerts());
    out.writeNumberField("open_alerts", incident.open());
    out.writeNumberField("unacknowledged_alerts", incident.unacknowledged());
    out.writeNumberField("machine_count", incident.machines());
    out.writeArrayFieldStart("machines");
    for (String machineId : incident.machineIds()) {
      out.writeString(machineId);
    }
    out.writeEndArray();
    out.writeStringField("first_cause", incident.first().failureType());
    out.writeObjectFieldStart("first_alert");
    out.writeStringField("alert_id", incident.incidentId());
    out.writeStringField("machine_id", incident.first().machineId());
    out.writeStringField("rule", incident.first().rule());
    out.writeStringField("failure_type", incident.first().failureType());
    out.writeStringField("severity", incident.first().severity());
    out.writeEndObject();
    out.writeEndObject();
  }
}
