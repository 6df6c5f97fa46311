package twin.http.live;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import twin.core.machine.MachineEvent;
import twin.http.Json;

/** A change of an alert, in the same shape in which it goes to Kafka. */
record AlertJson(String machineId, long revision, MachineEvent.AlertChanged changed) {

  void write(JsonGenerator out) throws IOException {
    out.writeStartObject();
    out.writeStringField("alert_id", changed.alertId());
    out.writeStringField("machine_id", machineId);
    out.writeStringField("failure_type", changed.failureType());
    out.writeStringField("severity", changed.severity().label());
    out.writeStringField("state", changed.to().label());
    Json.time(out, "timestamp", changed.readingAt());
    out.writeNumberField("revision", revision);
    Json.number(out, "score", changed.score());
    Json.number(out, "rul", changed.rulP50());
    out.writeEndObject();
  }
}
