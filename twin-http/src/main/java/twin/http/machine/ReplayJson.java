package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import twin.core.history.AuditReplay;
import twin.core.history.WhatIf;
import twin.http.Json;

/** What replays found, as the API tells it. */
final class ReplayJson {

  private ReplayJson() {}

  static void write(JsonGenerator out, AuditReplay.Report report) throws IOException {
    out.writeStartObject();
    out.writeStringField("machine_id", report.machineId());
    out.writeNumberField("first_revision", report.firstRevision());
    out.writeNumberField("last_revision", report.lastRevision());
    out.writeStringField("verdict", verdict(report));
    out.writeNumberField("readings", report.readings());
    out.writeNumberField("compared", report.compared());
    out.writeNumberField("equal", report.equal());
    out.writeNumberField("broken_links", report.brokenLinks());
    out.writeNumberField("missing_events", report.missing());
    out.writeNumberField("snapshots", report.snapshots());
    out.writeNumberField("periods", report.periods());
    out.writeNumberField("wrong_snapshots_and_periods", report.wrong());
    out.writeStringField("exactness", report.bitEqual() ? "bits" : "tolerance");
    if (!report.bitEqual()) {
      Json.number(out, "tolerance", (Double) report.tolerance());
    }
    names(out, "models", report.models());
    out.writeArrayFieldStart("unchecked");
    for (Map.Entry<String, Long> each : new TreeMap<>(report.unchecked()).entrySet()) {
      out.writeStartObject();
      out.writeStringField("reason", each.getKey());
      out.writeNumberField("count", each.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("differences");
    for (AuditReplay.Difference each : report.differences()) {
      out.writeStartObject();
      out.writeNumberField("revision", each.revision());
      if (each.index() >= 0) {
        out.writeNumberField("index", each.index());
      }
      Json.time(out, "timestamp", each.at());
      out.writeStringField("what", each.what());
      out.writeStringField("recorded", each.recorded());
      out.writeStringField("computed", each.computed());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static String verdict(AuditReplay.Report report) {
    if (!report.whole()) {
      return "differs";
    }
    return report.unchecked().isEmpty() ? "equal" : "equal_as_far_as_checked";
  }

  private static void names(JsonGenerator out, String name, List<String> names) throws IOException {
    out.writeArrayFieldStart(name);
    for (String each : names) {
      out.writeString(each);
    }
    out.writeEndArray();
  }

  static void write(JsonGenerator out, WhatIf.Report report) throws IOException {
    out.writeStartObject();
    out.writeStringField("machine_id", report.machineId());
    out.writeNumberField("first_revision", report.firstRevision());
    out.writeNumberField("last_revision", report.lastRevision());
    names(out, "recorded_models", report.recordedModels());
    out.writeStringField("model", report.candidate());
    out.writeNumberField("readings", report.readings());
    out.writeNumberField("compared", report.compared());
    out.writeObjectFieldStart("anomalous");
    out.writeNumberField("recorded", report.anomalousRecorded());
    out.writeNumberField("model", report.anomalousCandidate());
    out.writeNumberField("both", report.anomalousBoth());
    out.writeEndObject();
    Json.number(out, "same_failure_mode", (Double) report.sameFailureMode());
    alerts(out, report.alerts());
    rul(out, report.rul());
    out.writeArrayFieldStart("assessments");
    for (WhatIf.Opinion each : report.opinions()) {
      out.writeStartObject();
      Json.time(out, "timestamp", each.at());
      out.writeNumberField("revision", each.revision());
      out.writeNumberField("index", each.index());
      judgement(out, "recorded", each.recorded());
      judgement(out, "model", each.candidate());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void judgement(JsonGenerator out, String name, WhatIf.Judgement judgement)
      throws IOException {
    out.writeObjectFieldStart(name);
    Json.number(out, "score_ratio", (float) judgement.scoreRatio());
    Json.number(out, "failure_probability", (float) judgement.failureProbability());
    Json.text(out, "failure_mode", judgement.failureMode());
    Json.number(out, "rul_p50", (float) judgement.rul());
    Json.number(out, "rul_low", (float) judgement.rulLow());
    Json.number(out, "rul_high", (float) judgement.rulHigh());
    out.writeEndObject();
  }

  private static void alerts(JsonGenerator out, WhatIf.Alerts alerts) throws IOException {
    out.writeObjectFieldStart("alerts");
    out.writeNumberField("same", alerts.unmoved().size());
    activations(out, "gained", alerts.gained());
    activations(out, "lost", alerts.lost());
    matched(out, "moved", alerts.moved());
    matched(out, "unmoved", alerts.unmoved());
    out.writeEndObject();
  }

  private static void matched(JsonGenerator out, String name, List<WhatIf.Matched> matched)
      throws IOException {
    out.writeArrayFieldStart(name);
    for (WhatIf.Matched each : matched) {
      out.writeStartObject();
      out.writeFieldName("recorded");
      activation(out, each.recorded());
      out.writeFieldName("model");
      activation(out, each.candidate());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void activations(
      JsonGenerator out, String name, List<WhatIf.Activation> activations) throws IOException {
    out.writeArrayFieldStart(name);
    for (WhatIf.Activation each : activations) {
      activation(out, each);
    }
    out.writeEndArray();
  }

  private static void activation(JsonGenerator out, WhatIf.Activation activation)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("rule", activation.rule());
    out.writeStringField("failure_type", activation.failureType());
    out.writeStringField("severity", activation.severity());
    out.writeNumberField("revision", activation.revision());
    Json.time(out, "from", activation.from());
    Json.time(out, "to", activation.to());
    out.writeEndObject();
  }

  private static void rul(JsonGenerator out, WhatIf.@Nullable RulError error) throws IOException {
    if (error == null) {
      return;
    }
    out.writeObjectFieldStart("rul_error");
    out.writeStringField("unit", error.unit());
    out.writeNumberField("lives", error.ends());
    out.writeNumberField("readings", error.readings());
    Json.number(out, "rmse_recorded", (Double) error.recordedRmse());
    Json.number(out, "rmse_model", (Double) error.candidateRmse());
    out.writeArrayFieldStart("ends");
    for (WhatIf.Life each : error.lives()) {
      out.writeStartObject();
      Json.time(out, "at", each.end());
      out.writeNumberField("readings", each.readings());
      Json.number(out, "rmse_recorded", (Double) each.recordedRmse());
      Json.number(out, "rmse_model", (Double) each.candidateRmse());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
