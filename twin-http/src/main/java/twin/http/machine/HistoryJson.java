package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.reading.Placement;
import twin.core.reading.Reading;
import twin.core.reading.Values;
import twin.core.store.PeriodRow;
import twin.core.type.FeatureSpec;
import twin.http.Json;

/** Writes recorded readings and assessments. */
final class HistoryJson {

  private HistoryJson() {}

  /** A reading with the numbers of its assessment that a chart needs. */
  static void writeReading(JsonGenerator out, RecordedReading recorded, Set<String> only)
      throws IOException {
    out.writeStartObject();
    ReadingJson.members(out, recorded.assessed().reading(), recorded.type(), only);
    place(out, recorded);
    Assessment assessment = recorded.assessed().assessment();
    if (assessment != null) {
      out.writeFieldName("assessment");
      writeAssessment(out, recorded, assessment, false);
    }
    out.writeEndObject();
  }

  /** A reading with all that was concluded from it. */
  static void writeWhole(JsonGenerator out, RecordedReading recorded) throws IOException {
    out.writeStartObject();
    Reading reading = recorded.assessed().reading();
    ReadingJson.members(out, reading, recorded.type(), Set.of());
    place(out, recorded);
    if (!reading.invalid().isEmpty()) {
      out.writePOJOField("invalid", reading.invalid());
    }
    if (reading.ignored() > 0) {
      out.writeNumberField("ignored", reading.ignored());
    }
    int mode = recorded.assessed().operatingMode();
    if (mode > 0) {
      out.writeStringField("operating_mode", recorded.type().operatingModes().get(mode - 1).name());
    }
    if (recorded.assessed().featureHash() != 0) {
      out.writeStringField(
          "feature_hash", String.format(Locale.ROOT, "%016x", recorded.assessed().featureHash()));
    }
    Assessment assessment = recorded.assessed().assessment();
    if (assessment != null) {
      out.writeFieldName("assessment");
      writeAssessment(out, recorded, assessment, true);
    }
    out.writeEndObject();
  }

  /** The assessment of a reading as an item of its own; the reading must have one. */
  static void writeAssessed(JsonGenerator out, RecordedReading recorded) throws IOException {
    Assessment assessment = recorded.assessed().assessment();
    if (assessment == null) {
      return;
    }
    out.writeStartObject();
    Json.time(out, "timestamp", recorded.timestamp());
    Long seq = recorded.assessed().reading().seq();
    if (seq != null) {
      out.writeNumberField("seq", seq);
    }
    place(out, recorded);
    out.writeFieldName("assessment");
    writeAssessment(out, recorded, assessment, true);
    out.writeEndObject();
  }

  /** The features of a reading; it must have some. */
  static void writeFeatures(JsonGenerator out, RecordedReading recorded, Set<String> only)
      throws IOException {
    out.writeStartObject();
    Json.time(out, "timestamp", recorded.timestamp());
    Long seq = recorded.assessed().reading().seq();
    if (seq != null) {
      out.writeNumberField("seq", seq);
    }
    out.writeObjectFieldStart("features");
    Values features = recorded.features();
    for (int i = 0; features != null && i < recorded.type().features().size(); i++) {
      FeatureSpec spec = recorded.type().features().get(i);
      if (RecordedReading.isWanted(spec, only)) {
        Json.number(out, spec.name(), (Double) features.get(i));
      }
    }
    out.writeEndObject();
    place(out, recorded);
    out.writeEndObject();
  }

  /**
   * A stretch of readings in short.
   *
   * @param channels whose values are wanted
   */
  static void writeSummary(JsonGenerator out, PeriodRow row, List<String> channels)
      throws IOException {
    out.writeStartObject();
    Json.time(out, "timestamp", row.from());
    Json.time(out, "to", row.to());
    out.writeNumberField("readings", row.readings());
    if (!channels.isEmpty()) {
      numbers(out, "values", row, channels, PeriodRow.ChannelValues::mean);
      numbers(out, "min", row, channels, PeriodRow.ChannelValues::min);
      numbers(out, "max", row, channels, PeriodRow.ChannelValues::max);
    }
    Json.number(out, "worst_score", row.worstScore());
    Json.number(out, "least_rul", row.leastRul());
    out.writeEndObject();
  }

  private static void numbers(
      JsonGenerator out,
      String name,
      PeriodRow row,
      List<String> channels,
      ToDoubleFunction<PeriodRow.ChannelValues> number)
      throws IOException {
    out.writeObjectFieldStart(name);
    for (String channel : channels) {
      PeriodRow.ChannelValues values = row.channels().get(channel);
      if (values != null) {
        Json.number(out, channel, (Double) number.applyAsDouble(values));
      }
    }
    out.writeEndObject();
  }

  private static void place(JsonGenerator out, RecordedReading recorded) throws IOException {
    Placement placement = recorded.assessed().placement();
    if (placement != Placement.IN_ORDER) {
      out.writeStringField("placement", placement.name().toLowerCase(Locale.ROOT));
    }
    out.writeNumberField("revision", recorded.revision());
    out.writeNumberField("index", recorded.index());
  }

  private static void writeAssessment(
      JsonGenerator out, RecordedReading recorded, Assessment assessment, boolean whole)
      throws IOException {
    ModelProfile model = recorded.model();
    if (!assessment.isAvailable() || model == null) {
      AssessmentJson.unavailable(out, assessment.unavailableReason());
      return;
    }
    out.writeStartObject();
    if (whole) {
      out.writeStringField("model", model.ref().label());
    }
    score(out, assessment, recorded.thresholds());
    if (assessment.hasFailureProbability()) {
      Json.number(out, "failure_probability", assessment.failureProbability());
    }
    if (whole) {
      AssessmentJson.failureModes(out, assessment, model);
    }
    AssessmentJson.rul(out, assessment, model, recorded.type());
    out.writeEndObject();
  }

  /** The score of the modality that is nearest to its threshold, or beyond. */
  private static void score(JsonGenerator out, Assessment assessment, double[] thresholds)
      throws IOException {
    int worst = AssessmentJson.worstModality(assessment, thresholds);
    if (worst >= 0) {
      Json.number(out, "anomaly_score", assessment.score(worst));
      Json.number(out, "threshold", thresholds[worst]);
      if (assessment.hasScore()) {
        out.writeBooleanField("anomalous", assessment.anomalous());
      }
    }
  }
}
