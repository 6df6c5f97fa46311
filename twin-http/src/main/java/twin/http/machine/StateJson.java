package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import twin.core.alert.Alert;
import twin.core.feature.Calibration;
import twin.core.feature.FeatureVector;
import twin.core.feature.ScoreHistory;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.machine.Definition;
import twin.core.machine.HealthRule;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.type.MachineType;
import twin.core.type.ThresholdRule;
import twin.http.Json;

/**
 * The state of a machine as everybody outside sees it: over HTTP, in live streams and on MQTT. What
 * is not known is absent; no number stands for it.
 */
public final class StateJson {

  private static final String NO_FAILURE = "none";

  private StateJson() {}

  /**
   * The state as a JSON object.
   *
   * @param now when it is looked at: silence is judged by it, so that a twin that sleeps is stale
   *     too
   */
  public static byte[] bytes(MachineState state, Instant now) {
    return Json.bytes(out -> write(out, state, now));
  }

  static void write(JsonGenerator out, MachineState state, Instant now) throws IOException {
    MachineEvent.HealthChanged health = HealthRule.of(state, silent(state, now));
    out.writeStartObject();
    out.writeStringField("machine_id", state.machineId());
    Json.text(out, "machine_type", state.typeName());
    out.writeNumberField("revision", state.revision());
    Instant watermark = state.watermark();
    Json.time(out, "as_of", watermark == null ? state.recordedAt() : watermark);
    out.writeStringField("status", health.status().label());
    Json.number(out, "health", health.health());
    if (state.retired()) {
      out.writeBooleanField("retired", true);
    }
    conclusions(out, state, health);
    out.writeEndObject();
  }

  private static void conclusions(
      JsonGenerator out, MachineState state, MachineEvent.HealthChanged health) throws IOException {
    Definition definition = state.definition();
    if (definition != null) {
      commissioning(out, state, definition.type());
      thresholds(out, state, definition.type());
      MachineState.Latest latest = state.latest();
      if (latest != null) {
        out.writeObjectFieldStart("reading");
        ReadingJson.members(out, latest.reading().reading(), definition.type(), Set.of());
        out.writeEndObject();
      }
      features(out, state);
      assessment(out, state, health, definition.type());
      shadow(out, state, definition.type());
    }
    alerts(out, state);
  }

  /** What a twin in this state says, without what only a machine that exists has. */
  static void prediction(JsonGenerator out, MachineState state) throws IOException {
    MachineEvent.HealthChanged health = HealthRule.of(state, false);
    out.writeStartObject();
    out.writeStringField("machine_type", state.typeName());
    out.writeStringField("status", health.status().label());
    Json.number(out, "health", health.health());
    conclusions(out, state, health);
    out.writeEndObject();
  }

  /** Whether the machine has said nothing for longer than its type allows. */
  private static boolean silent(MachineState state, Instant now) {
    Definition definition = state.definition();
    Instant last = state.lastReadingAt();
    return definition != null
        && last != null
        && Duration.between(last, now).compareTo(definition.type().silence()) > 0;
  }

  private static void commissioning(JsonGenerator out, MachineState state, MachineType type)
      throws IOException {
    if (!state.commissioning()) {
      return;
    }
    out.writeObjectFieldStart("commissioning");
    out.writeNumberField("readings", state.calibration().readings());
    out.writeNumberField("needed", type.commissioningReadings());
    out.writeEndObject();
  }

  /** Where its own thresholds stand, and how far they may go; for types that have such. */
  private static void thresholds(JsonGenerator out, MachineState state, MachineType type)
      throws IOException {
    ThresholdRule rule = type.thresholds();
    ModelProfile model = state.model();
    Calibration calibration = state.calibration();
    if (rule == null || model == null || calibration.thresholds().isEmpty()) {
      return;
    }
    out.writeObjectFieldStart("thresholds");
    out.writeBooleanField("adapting", rule.adaptReadings() > 0);
    out.writeBooleanField("frozen", state.holdsThresholds());
    out.writeArrayFieldStart("modalities");
    for (int i = 0; i < calibration.thresholds().size(); i++) {
      out.writeStartObject();
      out.writeStringField("modality", model.modalities().get(i));
      Json.number(out, "value", calibration.thresholds().get(i));
      ScoreHistory history =
          i < calibration.histories().size() ? calibration.histories().get(i) : null;
      if (history != null && history.adapts() && rule.adaptReadings() > 0) {
        Json.number(out, "calibrated", (Double) history.calibrated());
        Json.number(out, "lowest", (Double) (rule.lowest() * history.calibrated()));
        Json.number(out, "highest", (Double) (rule.highest() * history.calibrated()));
      }
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void features(JsonGenerator out, MachineState state) throws IOException {
    FeatureVector features = state.features();
    if (features == null) {
      return;
    }
    out.writeObjectFieldStart("features");
    for (int i = 0; i < features.specs().size(); i++) {
      Json.number(out, features.specs().get(i).name(), (Double) features.values().get(i));
    }
    out.writeEndObject();
  }

  private static void assessment(
      JsonGenerator out, MachineState state, MachineEvent.HealthChanged health, MachineType type)
      throws IOException {
    MachineState.Latest latest = state.latest();
    Assessment newest = latest == null ? null : latest.reading().assessment();
    if (newest != null && !newest.isAvailable()) {
      out.writeFieldName("assessment");
      AssessmentJson.unavailable(out, newest.unavailableReason());
      return;
    }
    // Late and early readings have none of their own: what was said last still holds.
    Assessment assessment = state.assessment();
    ModelProfile model = state.model();
    if (assessment == null || model == null) {
      return;
    }
    out.writeObjectFieldStart("assessment");
    out.writeStringField("model", model.ref().label());
    AssessmentJson.score(out, assessment, model, state.thresholds());
    if (assessment.hasFailureProbability()) {
      String mode = health.failureMode();
      out.writeStringField("failure_mode", mode.isEmpty() ? NO_FAILURE : mode);
      Json.number(out, "failure_probability", assessment.failureProbability());
    }
    AssessmentJson.failureModes(out, assessment, model);
    AssessmentJson.rul(out, assessment, model, type);
    out.writeEndObject();
  }

  /** What the bundle in the shadow said of the newest reading, if there is one. */
  private static void shadow(JsonGenerator out, MachineState state, MachineType type)
      throws IOException {
    MachineState.Latest latest = state.latest();
    ModelProfile model = state.shadow();
    Assessment opinion = latest == null ? null : latest.reading().shadow();
    if (opinion == null || model == null) {
      return;
    }
    out.writeFieldName("shadow");
    if (!opinion.isAvailable()) {
      AssessmentJson.unavailable(out, opinion.unavailableReason());
      return;
    }
    out.writeStartObject();
    out.writeStringField("model", model.ref().label());
    AssessmentJson.score(
        out, opinion, model, model.thresholds().stream().mapToDouble(each -> each).toArray());
    if (opinion.hasFailureProbability()) {
      Json.number(out, "failure_probability", opinion.failureProbability());
    }
    AssessmentJson.failureModes(out, opinion, model);
    AssessmentJson.rul(out, opinion, model, type);
    out.writeEndObject();
  }

  private static void alerts(JsonGenerator out, MachineState state) throws IOException {
    out.writeArrayFieldStart("alerts");
    for (Alert alert : state.alerts().open()) {
      out.writeStartObject();
      out.writeStringField("alert_id", alert.id());
      out.writeStringField("failure_type", alert.failureType());
      out.writeStringField("severity", alert.severity().label());
      out.writeStringField("state", alert.state().label());
      Json.time(out, "raised_at", alert.raisedAt());
      out.writeEndObject();
    }
    out.writeEndArray();
  }
}
