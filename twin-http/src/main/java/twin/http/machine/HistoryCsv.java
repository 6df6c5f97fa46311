package twin.http.machine;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.store.PeriodRow;
import twin.core.type.Channel;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.http.Csv;

/**
 * Histories as tables. The columns are those of the definitions and the models that are known
 * before the first line: what is in force at the beginning of the history and what is now.
 *
 * @param <T> what a line is of
 */
final class HistoryCsv<T> {

  /** A column: its name and what stands in it. */
  private record Column<T>(String name, Function<T, @Nullable Object> cell) {}

  private final List<Column<T>> columns = new ArrayList<>();

  private HistoryCsv() {}

  private void add(String name, Function<T, @Nullable Object> cell) {
    columns.add(new Column<>(name, cell));
  }

  String header() {
    StringBuilder line = new StringBuilder();
    Csv.line(line, columns.stream().map(Column::name).toList());
    return line.toString();
  }

  String line(T of) {
    StringBuilder line = new StringBuilder();
    List<@Nullable Object> cells = new ArrayList<>(columns.size());
    columns.forEach(column -> cells.add(column.cell.apply(of)));
    Csv.line(line, cells);
    return line.toString();
  }

  /** Readings: values, attributes, and the quality of values that are not good. */
  static HistoryCsv<RecordedReading> ofReadings(List<RecordedEvent.Names> names, Set<String> only) {
    HistoryCsv<RecordedReading> csv = places();
    csv.add("placement", each -> each.assessed().placement().name().toLowerCase(Locale.ROOT));
    for (String channel : wantedChannels(names, only)) {
      csv.add(channel, each -> valueOf(each, channel));
    }
    for (String attribute : namesOf(names, type -> type.attributes().stream())) {
      csv.add(attribute, each -> attributeOf(each, attribute));
    }
    csv.add("quality", each -> qualityOf(each, only));
    return csv;
  }

  /** Readings with features. */
  static HistoryCsv<RecordedReading> ofFeatures(List<RecordedEvent.Names> names, Set<String> only) {
    HistoryCsv<RecordedReading> csv = places();
    for (String feature :
        namesOf(
            names,
            type ->
                type.features().stream()
                    .filter(spec -> RecordedReading.isWanted(spec, only))
                    .map(FeatureSpec::name))) {
      csv.add(feature, each -> featureOf(each, feature));
    }
    return csv;
  }

  /** Assessments, or why there is none. */
  static HistoryCsv<RecordedReading> ofAssessments(List<RecordedEvent.Names> names) {
    HistoryCsv<RecordedReading> csv = places();
    csv.add("model", each -> each.model() == null ? null : each.model().ref().label());
    csv.add("unavailable", each -> assessmentOf(each, Assessment::unavailableReason));
    csv.add("anomaly_score", each -> worstOf(each, Assessment::score));
    csv.add("threshold", each -> worstOf(each, (made, i) -> each.thresholds()[i]));
    csv.add(
        "anomalous", each -> assessmentOf(each, made -> made.hasScore() ? made.anomalous() : null));
    csv.add("failure_probability", each -> assessmentOf(each, Assessment::failureProbability));
    for (String mode : modelNames(names, model -> model.failureModes().stream())) {
      csv.add("failure." + mode, each -> failureModeOf(each, mode));
    }
    for (String quantile :
        modelNames(
            names, model -> model.rulQuantiles().stream().map(AssessmentJson::quantileName))) {
      csv.add("rul_" + quantile, each -> rulOf(each, quantile));
    }
    return csv;
  }

  /** Summaries; assessments alone when no channels are wanted. */
  static HistoryCsv<PeriodRow> ofSummaries(List<String> channels) {
    HistoryCsv<PeriodRow> csv = new HistoryCsv<>();
    csv.add("timestamp", PeriodRow::from);
    csv.add("to", PeriodRow::to);
    csv.add("readings", PeriodRow::readings);
    for (String channel : channels) {
      csv.add(channel, each -> of(each, channel, PeriodRow.ChannelValues::mean));
      csv.add(channel + ".min", each -> of(each, channel, PeriodRow.ChannelValues::min));
      csv.add(channel + ".max", each -> of(each, channel, PeriodRow.ChannelValues::max));
    }
    csv.add("worst_score", PeriodRow::worstScore);
    csv.add("least_rul", PeriodRow::leastRul);
    return csv;
  }

  private static @Nullable Object of(
      PeriodRow row, String channel, Function<PeriodRow.ChannelValues, Double> number) {
    PeriodRow.ChannelValues values = row.channels().get(channel);
    return values == null ? null : number.apply(values);
  }

  private static HistoryCsv<RecordedReading> places() {
    HistoryCsv<RecordedReading> csv = new HistoryCsv<>();
    csv.add("timestamp", RecordedReading::timestamp);
    csv.add("seq", each -> each.assessed().reading().seq());
    csv.add("revision", RecordedReading::revision);
    csv.add("index", RecordedReading::index);
    return csv;
  }

  private static Set<String> wantedChannels(List<RecordedEvent.Names> names, Set<String> only) {
    return namesOf(
        names,
        type ->
            type.channels().stream()
                .map(Channel::name)
                .filter(name -> only.isEmpty() || only.contains(name)));
  }

  private static Set<String> namesOf(
      List<RecordedEvent.Names> names, Function<MachineType, Stream<String>> some) {
    Set<String> found = new LinkedHashSet<>();
    for (RecordedEvent.Names each : names) {
      Stream.ofNullable(each.type()).flatMap(some).forEach(found::add);
    }
    return found;
  }

  private static Set<String> modelNames(
      List<RecordedEvent.Names> names, Function<ModelProfile, Stream<String>> some) {
    Set<String> found = new LinkedHashSet<>();
    for (RecordedEvent.Names each : names) {
      Stream.ofNullable(each.model()).flatMap(some).forEach(found::add);
    }
    return found;
  }

  private static @Nullable Object valueOf(RecordedReading each, String channel) {
    int position = each.type().indexOf(channel);
    return position < 0 ? null : (Object) each.assessed().reading().values().get(position);
  }

  private static @Nullable Object attributeOf(RecordedReading each, String attribute) {
    int position = each.type().attributes().indexOf(attribute);
    return position < 0 ? null : each.assessed().reading().attribute(position);
  }

  private static @Nullable Object featureOf(RecordedReading each, String feature) {
    if (each.features() == null) {
      return null;
    }
    for (int i = 0; i < each.type().features().size(); i++) {
      if (each.type().features().get(i).name().equals(feature)) {
        return each.features().get(i);
      }
    }
    return null;
  }

  /** Such as {@code torque_nm=bad rpm=uncertain}; empty when all are good. */
  private static String qualityOf(RecordedReading each, Set<String> only) {
    Reading reading = each.assessed().reading();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < each.type().channels().size(); i++) {
      String channel = each.type().channels().get(i).name();
      Quality quality = reading.quality(i);
      if (quality != Quality.GOOD && (only.isEmpty() || only.contains(channel))) {
        text.append(text.isEmpty() ? "" : " ");
        text.append(channel).append('=').append(quality.label());
      }
    }
    return text.toString();
  }

  private static @Nullable Object assessmentOf(
      RecordedReading each, Function<Assessment, @Nullable Object> some) {
    Assessment assessment = each.assessed().assessment();
    return assessment == null ? null : some.apply(assessment);
  }

  private interface OfModality {
    Object of(Assessment assessment, int modality);
  }

  /** Of the modality nearest to its threshold or beyond. */
  private static @Nullable Object worstOf(RecordedReading each, OfModality some) {
    Assessment assessment = each.assessed().assessment();
    if (assessment == null) {
      return null;
    }
    int worst = AssessmentJson.worstModality(assessment, each.thresholds());
    return worst < 0 ? null : some.of(assessment, worst);
  }

  private static @Nullable Object failureModeOf(RecordedReading each, String mode) {
    Assessment assessment = each.assessed().assessment();
    int position = each.model() == null ? -1 : each.model().failureModes().indexOf(mode);
    return assessment == null || position < 0 || position >= assessment.failureModes()
        ? null
        : (Object) assessment.failureMode(position);
  }

  private static @Nullable Object rulOf(RecordedReading each, String quantile) {
    Assessment assessment = each.assessed().assessment();
    ModelProfile model = each.model();
    if (assessment == null || model == null) {
      return null;
    }
    for (int i = 0; i < Math.min(assessment.rulQuantiles(), model.rulQuantiles().size()); i++) {
      if (AssessmentJson.quantileName(model.rulQuantiles().get(i)).equals(quantile)) {
        return assessment.rul(i);
      }
    }
    return null;
  }
}
