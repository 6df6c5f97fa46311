package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Locale;
import twin.core.inference.Assessment;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelProfile;
import twin.core.machine.Definition;
import twin.core.machine.Explanation;
import twin.http.Json;

/** Writes why a reading was assessed as it was. */
final class ExplanationJson {

  private ExplanationJson() {}

  static void write(
      JsonGenerator out,
      String machineId,
      long revision,
      int index,
      Explanation.Explained explained)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("machine_id", machineId);
    out.writeNumberField("revision", revision);
    out.writeNumberField("index", index);
    Json.time(out, "timestamp", explained.reading().reading().timestamp());
    out.writeStringField("model", explained.model().ref().label());
    out.writeObjectFieldStart("explained");
    conclusion(out, explained);
    out.writeEndObject();
    out.writeArrayFieldStart("contributions");
    for (Contribution each : explained.contributions()) {
      out.writePOJO(each);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void conclusion(JsonGenerator out, Explanation.Explained explained)
      throws IOException {
    Conclusion conclusion = explained.conclusion();
    Assessment assessment = explained.assessment();
    ModelProfile model = explained.model();
    int index = conclusion.index();
    out.writeStringField("kind", conclusion.kind().name().toLowerCase(Locale.ROOT));
    switch (conclusion.kind()) {
      case ANOMALY -> {
        out.writeStringField("name", model.modalities().get(index));
        Json.number(out, "value", assessment.score(index));
        Json.number(out, "threshold", (Double) explained.state().thresholds()[index]);
      }
      case FAILURE -> Json.number(out, "value", assessment.failureProbability());
      case FAILURE_MODE -> {
        out.writeStringField("name", model.failureModes().get(index));
        Json.number(out, "value", assessment.failureMode(index));
      }
      case RUL -> {
        out.writeStringField("name", AssessmentJson.quantileName(model.rulQuantiles().get(index)));
        Json.number(out, "value", assessment.rul(index));
        Definition definition = explained.state().definition();
        Json.text(out, "unit", definition == null ? null : definition.type().rulUnit());
      }
    }
  }
}
