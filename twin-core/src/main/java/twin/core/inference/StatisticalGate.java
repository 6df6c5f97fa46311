package twin.core.inference;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import twin.core.feature.Baseline;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

/**
 * The anomaly gate of a machine without a bundle: how many standard deviations its most unusual
 * channel is away from what was normal while it was commissioned.
 *
 * <p>A channel that hardly moved then would make any later change look infinite, so the standard
 * deviation counts as at least {@value #LEAST_RELATIVE_DEVIATION} of the mean's magnitude.
 */
public final class StatisticalGate {

  /** Name of its only modality. */
  public static final String MODALITY = "statistical";

  private StatisticalGate() {}

  /** The profile under which its assessments stand in the journal. */
  public static ModelProfile profile(MachineType type, int featureVersion) {
    return new ModelProfile(
        ModelRef.builtInGate(type.name()),
        List.of(MODALITY),
        List.of(type.gateThreshold()),
        List.of(),
        List.of(),
        featureVersion,
        "java");
  }

  /**
   * The greatest deviation of a reading's channels, in standard deviations; NaN when none of them
   * has a baseline and a trusted value.
   */
  public static float score(Reading reading, MachineType type, List<Baseline> baselines) {
    double greatest = Double.NaN;
    for (Baseline baseline : baselines) {
      int channel = type.indexOf(baseline.channel());
      double value = channel < 0 ? Double.NaN : reading.trusted(channel);
      if (!Double.isNaN(value)) {
        double deviation = Math.abs(value - baseline.mean()) / baseline.scale();
        if (Double.isNaN(greatest) || deviation > greatest) {
          greatest = deviation;
        }
      }
    }
    return (float) greatest;
  }

  /**
   * The channels by how far they are away, in standard deviations, with what is usual: the baseline
   * up to the threshold.
   */
  public static List<Contribution> explain(
      Reading reading, MachineType type, List<Baseline> baselines, double threshold) {
    List<Contribution> contributions = new ArrayList<>();
    for (Baseline baseline : baselines) {
      int channel = type.indexOf(baseline.channel());
      double value = channel < 0 ? Double.NaN : reading.trusted(channel);
      if (!Double.isNaN(value)) {
        double band = threshold * baseline.scale();
        contributions.add(
            new Contribution(
                baseline.channel(),
                value,
                baseline.mean() - band,
                baseline.mean() + band,
                Math.abs(value - baseline.mean()) / baseline.scale()));
      }
    }
    contributions.sort(
        Comparator.comparingDouble(
            (Contribution each) -> each.contribution() == null ? 0 : -each.contribution()));
    return contributions;
  }
}
