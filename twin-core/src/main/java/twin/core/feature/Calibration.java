package twin.core.feature;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.core.type.MachineType;
import twin.core.type.ThresholdRule;

/**
 * What a twin has learned of its own machine since it was registered, or since the last
 * maintenance. An immutable value.
 *
 * @param readings readings in order so far
 * @param observed columns of the window that are still being observed
 * @param baselines columns of which enough is known
 * @param thresholds a threshold for each modality; empty: those of the model
 * @param histories for each modality what its own threshold follows from; empty where the type has
 *     none such, and before the first score
 */
public record Calibration(
    long readings,
    List<Observed> observed,
    List<Baseline> baselines,
    List<Double> thresholds,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) List<ScoreHistory> histories) {

  /**
   * Running mean and sum of squared deviations of a column, after Welford (Technometrics 4, 1962).
   */
  public record Observed(String channel, long values, double mean, double squares) {

    static Observed nothing(String column) {
      return new Observed(column, 0, 0, 0);
    }

    Observed with(double value) {
      double newMean = mean + (value - mean) / (values + 1);
      return new Observed(
          channel, values + 1, newMean, squares + (value - mean) * (value - newMean));
    }

    Baseline baseline() {
      return new Baseline(
          channel, mean, values < 2 ? 0 : Math.sqrt(squares / (values - 1)), values);
    }
  }

  public Calibration {
    observed = List.copyOf(observed);
    baselines = List.copyOf(baselines);
    thresholds = List.copyOf(thresholds);
    // A snapshot says nothing of them where there are none.
    histories = histories == null ? List.of() : List.copyOf(histories);
  }

  private static final Calibration NONE =
      new Calibration(0, List.of(), List.of(), List.of(), List.of());

  /** Nothing is known. */
  public static Calibration none() {
    return NONE;
  }

  /**
   * After one reading in order more. A baseline is made of the first values that can be trusted, as
   * many as the type says; later ones no longer move it.
   *
   * @param columns the reading as the window keeps it, NaN where a value is absent
   */
  public Calibration with(double[] columns, FeatureExtractor features) {
    int needed = features.type().baselineValues();
    List<Observed> next = observed;
    for (int i = 0; i < observed.size(); i++) {
      Observed each = observed.get(i);
      int column = features.columnOf(each.channel());
      if (each.values() < needed && column >= 0 && !Double.isNaN(columns[column])) {
        if (next == observed) {
          next = new ArrayList<>(observed);
        }
        next.set(i, each.with(columns[column]));
      }
    }
    return new Calibration(readings + 1, next, baselines, thresholds, histories);
  }

  /** Observes the columns of a definition that have no baseline yet, and no others. */
  public Calibration observing(MachineType type) {
    List<Observed> next = new ArrayList<>();
    for (String column : type.baselineColumns()) {
      if (known(column) == null) {
        next.add(
            observed.stream()
                .filter(each -> each.channel().equals(column))
                .findFirst()
                .orElseGet(() -> Observed.nothing(column)));
      }
    }
    return new Calibration(readings, next, baselines, thresholds, histories);
  }

  private @Nullable Baseline known(String column) {
    for (Baseline baseline : baselines) {
      if (baseline.channel().equals(column)) {
        return baseline;
      }
    }
    return null;
  }

  /** A column's baseline, or what there is of it so far; null before the first value. */
  public @Nullable Baseline soFar(String column) {
    for (Observed each : observed) {
      if (each.channel().equals(column)) {
        return each.values() == 0 ? null : each.baseline();
      }
    }
    return known(column);
  }

  /** The baselines that would be known if calibration were completed now. */
  public List<Baseline> completedBaselines(int neededValues) {
    List<Baseline> complete = new ArrayList<>(baselines);
    for (Observed each : observed) {
      if (each.values() >= neededValues) {
        complete.add(each.baseline());
      }
    }
    return complete;
  }

  /** After a calibration was completed. */
  public Calibration completed(List<Baseline> newBaselines, List<Double> newThresholds) {
    List<Observed> rest =
        observed.stream()
            .filter(
                each ->
                    newBaselines.stream()
                        .noneMatch(known -> known.channel().equals(each.channel())))
            .toList();
    List<ScoreHistory> calibrated = new ArrayList<>(histories);
    if (newThresholds.size() == histories.size() && thresholds.isEmpty()) {
      for (int i = 0; i < calibrated.size(); i++) {
        calibrated.set(i, histories.get(i).calibratedTo(newThresholds.get(i)));
      }
    }
    return new Calibration(readings, rest, newBaselines, newThresholds, calibrated);
  }

  /** Another model's scores are another matter: thresholds are those of the model again. */
  public Calibration ofAnotherModel() {
    return new Calibration(readings, observed, baselines, List.of(), List.of());
  }

  /**
   * The thresholds that the scores of commissioning give; empty while there are not enough of them,
   * or when there are thresholds already. A modality that was seldom judged keeps the model's.
   *
   * @param ofModel the model's threshold for each modality
   */
  public List<Double> ownThresholds(MachineType type, List<Double> ofModel) {
    ThresholdRule rule = type.thresholds();
    if (rule == null
        || !thresholds.isEmpty()
        || histories.size() != ofModel.size()
        || readings < type.commissioningReadings()) {
      return List.of();
    }
    int needed = rule.readings(type.commissioningReadings());
    if (histories.stream().noneMatch(history -> history.scores() >= needed)) {
      return List.of();
    }
    List<Double> own = new ArrayList<>();
    for (int i = 0; i < histories.size(); i++) {
      ScoreHistory history = histories.get(i);
      boolean known = history.scores() >= (needed + 1) / 2 && history.greatest() > 0;
      own.add(known ? Double.valueOf(rule.factor() * history.greatest()) : ofModel.get(i));
    }
    return own;
  }

  /**
   * After the scores of one assessment more. Until there are thresholds they count for them, from
   * the reading on that the rule says; then thresholds follow them, while all is normal.
   *
   * @param scores a score for each modality, NaN where one was not judged
   * @param normal whether the reading was normal and no anomaly is being attended to
   */
  public Calibration scored(double[] scores, boolean normal, ThresholdRule rule) {
    boolean counts = thresholds.isEmpty();
    if (!normal || (counts ? readings < rule.fromReading() : rule.adaptReadings() == 0)) {
      return this;
    }
    List<ScoreHistory> next = new ArrayList<>(scores.length);
    for (int i = 0; i < scores.length; i++) {
      ScoreHistory history = i < histories.size() ? histories.get(i) : ScoreHistory.NONE;
      if (!Double.isFinite(scores[i])) {
        next.add(history);
      } else if (counts) {
        next.add(history.counted(scores[i]));
      } else {
        next.add(history.adapts() ? history.followed(scores[i], rule) : history);
      }
    }
    return new Calibration(readings, observed, baselines, thresholds, next);
  }
}
