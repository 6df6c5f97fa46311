package twin.core.machine;

import java.util.ArrayList;
import java.util.List;
import twin.core.inference.Baseline;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

/**
 * What a twin has learned of its machine while commissioning. An immutable value.
 *
 * @param readings readings in order so far, counted up to what the type asks for
 * @param observed channels that are still being observed
 * @param baselines channels of which enough is known
 * @param thresholds a threshold for each modality; empty: those of the model
 */
public record Calibration(
    int readings, List<Observed> observed, List<Baseline> baselines, List<Double> thresholds) {

  /**
   * Running mean and sum of squared deviations of a channel, after Welford (Technometrics 4, 1962).
   */
  public record Observed(String channel, long values, double mean, double squares) {

    static Observed nothing(String channel) {
      return new Observed(channel, 0, 0, 0);
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

  /** After one reading in order more. */
  Calibration with(Reading reading, MachineType type) {
    if (readings >= type.commissioningReadings() && observed.isEmpty()) {
      return this;
    }
    List<Observed> more = new ArrayList<>(observed.size());
    for (Observed each : observed) {
      int channel = type.indexOf(each.channel());
      boolean seen =
          channel >= 0 && reading.values().has(channel) && reading.quality(channel) == Quality.GOOD;
      more.add(seen ? each.with(reading.values().get(channel)) : each);
    }
    return new Calibration(
        Math.min(readings + 1, type.commissioningReadings()), more, baselines, thresholds);
  }

  /** Observes the channels of a definition that have no baseline yet. */
  Calibration observing(MachineType type) {
    if (!type.learnsChannels()) {
      return this;
    }
    List<Observed> more = new ArrayList<>(observed);
    type.channels().stream()
        .map(channel -> channel.name())
        .filter(name -> baselines.stream().noneMatch(known -> known.channel().equals(name)))
        .filter(name -> observed.stream().noneMatch(known -> known.channel().equals(name)))
        .map(Observed::nothing)
        .forEach(more::add);
    return new Calibration(readings, more, baselines, thresholds);
  }

  /** The baselines that would be known if calibration were completed now. */
  List<Baseline> completedBaselines(int neededValues) {
    List<Baseline> complete = new ArrayList<>(baselines);
    for (Observed each : observed) {
      if (each.values() >= neededValues) {
        complete.add(each.baseline());
      }
    }
    return complete;
  }

  /** After a calibration was completed. */
  Calibration completed(List<Baseline> newBaselines, List<Double> newThresholds) {
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
