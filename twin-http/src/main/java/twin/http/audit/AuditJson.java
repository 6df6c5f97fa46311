package twin.http.audit;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Map;
import twin.core.audit.Finding;
import twin.core.audit.Verification;
import twin.http.Json;

/** What a check found, as the API and the command line tell it. */
public final class AuditJson {

  private AuditJson() {}

  /** Writes a report. */
  public static void write(JsonGenerator out, Verification.Report report) throws IOException {
    out.writeStartObject();
    out.writeStringField("verdict", report.whole() ? "whole" : "differs");
    out.writeNumberField("machines", report.machines());
    out.writeNumberField("broken_machines", report.broken());
    out.writeNumberField("events", report.events());
    out.writeNumberField("snapshots", report.snapshots());
    out.writeNumberField("seals", report.seals());
    out.writeNumberField("sealed_heads", report.sealedHeads());
    out.writeArrayFieldStart("key_ids");
    for (String each : report.keys()) {
      out.writeString(each);
    }
    out.writeEndArray();
    out.writeObjectFieldStart("counts");
    for (Map.Entry<Finding.Kind, Long> each : report.counts().entrySet()) {
      out.writeNumberField(each.getKey().label(), each.getValue());
    }
    out.writeEndObject();
    out.writeArrayFieldStart("findings");
    for (Finding each : report.findings()) {
      out.writeStartObject();
      Json.text(out, "machine_id", each.machineId());
      if (each.revision() > 0) {
        out.writeNumberField("revision", each.revision());
      }
      out.writeStringField("what", each.what().label());
      out.writeStringField("detail", each.detail());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("notes");
    for (String each : report.notes()) {
      out.writeString(each);
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
