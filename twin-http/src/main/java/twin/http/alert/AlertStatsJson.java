package twin.http.alert;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import twin.core.alert.AlertState;
import twin.core.store.AlertStats;
import twin.core.type.Severity;
import twin.http.Json;

/** Writes the figures of ISA-18.2. */
final class AlertStatsJson {

  private static final double MILLIS_PER_HOUR = 3_600_000;

  private AlertStatsJson() {}

  static void write(JsonGenerator out, AlertStats.Wanted wanted, AlertStats stats)
      throws IOException {
    double hours = wanted.length().toMillis() / MILLIS_PER_HOUR;
    out.writeStartObject();
    Json.time(out, "from", wanted.from());
    Json.time(out, "to", wanted.to());
    out.writeNumberField("operators", wanted.operators());
    out.writeNumberField("raised", stats.raised());
    Json.number(out, "per_hour", (Double) (stats.raised() / hours));
    Json.number(out, "per_operator_hour", (Double) (stats.raised() / hours / wanted.operators()));
    out.writeObjectFieldStart("by_severity");
    for (Severity severity : Severity.values()) {
      out.writeNumberField(severity.label(), stats.bySeverity().getOrDefault(severity.label(), 0L));
    }
    out.writeEndObject();
    open(out, stats);
    flood(out, stats);
    causes(out, "chattering", stats.chattering(), 0);
    causes(out, "most_frequent", stats.mostFrequent(), stats.raised());
    out.writeEndObject();
  }

  private static void open(JsonGenerator out, AlertStats stats) throws IOException {
    Map<String, Long> open = stats.openByState();
    out.writeNumberField(
        "standing", of(open, AlertState.UNACKNOWLEDGED) + of(open, AlertState.ACKNOWLEDGED));
    out.writeNumberField("stale", stats.stale());
    out.writeObjectFieldStart("open_by_state");
    for (AlertState state : AlertState.values()) {
      if (state != AlertState.NORMAL) {
        out.writeNumberField(state.label(), of(open, state));
      }
    }
    out.writeEndObject();
  }

  private static long of(Map<String, Long> counts, AlertState state) {
    return counts.getOrDefault(state.label(), 0L);
  }

  private static void flood(JsonGenerator out, AlertStats stats) throws IOException {
    out.writeObjectFieldStart("flood");
    out.writeNumberField("intervals", stats.floodIntervals());
    out.writeNumberField("intervals_in_all", stats.intervals());
    out.writeNumberField("seconds", stats.floodIntervals() * AlertStats.FLOOD_INTERVAL.toSeconds());
    Json.number(
        out,
        "share",
        (Double)
            (stats.intervals() == 0 ? 0.0 : (double) stats.floodIntervals() / stats.intervals()));
    out.writeNumberField("most_in_an_interval", stats.mostInAnInterval());
    out.writeEndObject();
  }

  /**
   * Writes causes.
   *
   * @param all of how many their shares are told; 0 for none
   */
  private static void causes(
      JsonGenerator out, String name, List<AlertStats.Cause> causes, long all) throws IOException {
    out.writeArrayFieldStart(name);
    for (AlertStats.Cause cause : causes) {
      out.writeStartObject();
      out.writeStringField("machine_id", cause.machineId());
      out.writeStringField("rule", cause.rule());
      out.writeStringField("failure_type", cause.failureType());
      out.writeNumberField("raised", cause.raised());
      if (all > 0) {
        Json.number(out, "share", (Double) ((double) cause.raised() / all));
      }
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
