package twin.core.feature;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.core.type.MachineType;

/**
 * What a twin has learned of its own machine since it was registered, or since the last
 * maintenance. An immutable value.
 *
 * @param readings readings in order so far
 * @param observed columns of the window that are still being observed
 * @param baselines columns of which enough is known
 * @param thresholds a threshold for each modality; empty: those of the model
 */
public record Calibration(
    long readings, List<Observed> observed, List<Baseline> baselines, List<Double> thresholds) {

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
  }

  /** Nothing is known. */
  public static Calibration none() {
    return new Calibration(0, List.of(), List.of(), List.of());
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
    return new Calibration(readings + 1, next, baselines, thresholds);
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
    return new Calibration(readings, next, baselines, thresholds);
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
    return new Calibration(readings, rest, newBaselines, newThresholds);
  }
}
