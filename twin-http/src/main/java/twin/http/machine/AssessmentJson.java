package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.type.MachineType;
import twin.http.Json;

/** Writes the members of an assessment, with the names that its model and its type give. */
final class AssessmentJson {

  private AssessmentJson() {}

  /** Members of the anomaly score: that of the modality nearest to its threshold or beyond. */
  static void score(
      JsonGenerator out, Assessment assessment, ModelProfile model, double[] thresholds)
      throws IOException {
    int worst = worstModality(assessment, thresholds);
    if (worst < 0) {
      return;
    }
    Json.number(out, "anomaly_score", assessment.score(worst));
    Json.number(out, "threshold", thresholds[worst]);
    if (assessment.hasScore()) {
      out.writeBooleanField("anomalous", assessment.anomalous());
    }
    if (assessment.modalities() > 1) {
      out.writeObjectFieldStart("modalities");
      for (int i = 0; i < assessment.modalities(); i++) {
        out.writeObjectFieldStart(model.modalities().get(i));
        Json.number(out, "anomaly_score", assessment.score(i));
        Json.number(out, "threshold", thresholds[i]);
        out.writeEndObject();
      }
      out.writeEndObject();
    }
  }

  /**
   * Position of the modality with the greatest score over threshold; -1 without an anomaly gate.
   */
  static int worstModality(Assessment assessment, double[] thresholds) {
    int worst = -1;
    double greatest = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < Math.min(assessment.modalities(), thresholds.length); i++) {
      double ratio = assessment.score(i) / thresholds[i];
      if (worst < 0 || ratio > greatest) {
        worst = i;
        greatest = Double.isNaN(ratio) ? Double.NEGATIVE_INFINITY : ratio;
      }
    }
    return worst;
  }

  /** The member {@code failure_modes}: a probability by name. */
  static void failureModes(JsonGenerator out, Assessment assessment, ModelProfile model)
      throws IOException {
    if (assessment.failureModes() == 0) {
      return;
    }
    out.writeObjectFieldStart("failure_modes");
    for (int i = 0; i < assessment.failureModes(); i++) {
      Json.number(out, model.failureModes().get(i), assessment.failureMode(i));
    }
    out.writeEndObject();
  }

  /** The member {@code rul}: its unit and its quantiles. */
  static void rul(JsonGenerator out, Assessment assessment, ModelProfile model, MachineType type)
      throws IOException {
    if (assessment.rulQuantiles() == 0) {
      return;
    }
    out.writeObjectFieldStart("rul");
    Json.text(out, "unit", type.rulUnit());
    List<Double> quantiles = model.rulQuantiles();
    for (int i = 0; i < assessment.rulQuantiles(); i++) {
      Json.number(out, quantileName(quantiles.get(i)), assessment.rul(i));
    }
    out.writeEndObject();
  }

  /** A quantile as the API calls it: p50 for the median. */
  static String quantileName(double quantile) {
    return "p" + Math.round(quantile * 100);
  }

  /** An object that says why there is no assessment. */
  static void unavailable(JsonGenerator out, @Nullable String reason) throws IOException {
    out.writeStartObject();
    out.writeStringField("unavailable", reason == null ? "it is not known why" : reason);
    out.writeEndObject();
  }
}
