package twin.core.notify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Times;
import twin.core.store.AlertChange;
import twin.core.store.AlertRow;

/** A change of an alert as channels and the table outbox have it. */
final class ChangeJson {

  static final ObjectMapper JSON = new ObjectMapper();

  private ChangeJson() {}

  static ObjectNode of(AlertRow alert, AlertChange change, Change what) {
    ObjectNode json = JSON.createObjectNode();
    json.put("alert_id", alert.alertId());
    json.put("revision", change.revision());
    json.put("change", what.label());
    json.put("machine_id", alert.machineId());
    AlertRow.Origin origin = alert.origin();
    put(json, "machine_type", origin.machineType());
    put(json, "site", origin.site());
    put(json, "area", origin.area());
    put(json, "line", origin.line());
    json.put("rule", alert.rule());
    json.put("failure_type", alert.failureType());
    json.put("severity", alert.severity());
    json.put("state", alert.state());
    // An alert keeps when it was raised; the row of a change has the time of the change.
    json.put("timestamp", Times.text(alert.raisedAt()));
    json.put("recorded_at", Times.text(change.recordedAt()));
    put(json, "by", change.cause().kind().equals("principal") ? change.cause().name() : "");
    put(json, "reason", change.cause().reason());
    parse(change.detail()).properties().forEach(each -> json.set(each.getKey(), each.getValue()));
    return json;
  }

  static JsonNode parse(String json) {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("what was written as JSON cannot be read", e);
    }
  }

  private static void put(ObjectNode json, String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      json.put(name, value);
    }
  }
}
