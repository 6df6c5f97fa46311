package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Iterator;
import twin.core.machine.Cause;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.Stamp;
import twin.core.reading.Identities;
import twin.core.reading.Times;
import twin.core.trace.Trace;
import twin.http.Json;

/** Writes an event of the audit trail. */
final class EventJson {

  private EventJson() {}

  static void write(JsonGenerator out, RecordedEvent recorded) throws IOException {
    JournalEntry entry = recorded.entry();
    Stamp stamp = entry.stamp();
    out.writeStartObject();
    out.writeNumberField("revision", recorded.revision());
    out.writeStringField("event", entry.manifest());
    Json.time(out, "recorded_at", stamp.recordedAt());
    if (stamp.watermarkNanos() != Identities.NO_TIME) {
      Json.time(out, "watermark", Times.ofNanos(stamp.watermarkNanos()));
    }
    out.writeObjectFieldStart("cause");
    cause(out, stamp.cause());
    out.writeEndObject();
    out.writeStringField("hash", entry.hash().toString());
    out.writeStringField("previous_hash", stamp.previous().toString());
    out.writeFieldName("body");
    if (entry.event() instanceof MachineEvent.ReadingsRecorded) {
      out.writeStartObject();
      out.writeArrayFieldStart("readings");
      for (Iterator<RecordedReading> each = recorded.readings().iterator(); each.hasNext(); ) {
        HistoryJson.writeWhole(out, each.next());
      }
      out.writeEndArray();
      out.writeEndObject();
    } else {
      out.writePOJO(entry.event());
    }
    out.writeEndObject();
  }

  private static void cause(JsonGenerator out, Cause cause) throws IOException {
    switch (cause) {
      case Cause.Source source -> {
        out.writeStringField("kind", "source");
        out.writeStringField("source", source.source());
        Json.text(out, "queue", source.queue());
        Long position = source.position();
        if (position != null) {
          out.writeNumberField("position", position);
        }
        String trace = source.trace();
        if (trace != null) {
          out.writeStringField("trace_id", Trace.idOf(trace));
        }
      }
      case Cause.Principal principal -> {
        out.writeStringField("kind", "principal");
        out.writeStringField("principal", principal.principal());
        Json.text(out, "reason", principal.reason());
      }
      case Cause.Program program -> {
        out.writeStringField("kind", "program");
        Json.text(out, "reason", program.reason());
      }
    }
  }
}
