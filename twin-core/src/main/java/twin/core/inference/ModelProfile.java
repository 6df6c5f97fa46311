package twin.core.inference;

import java.util.List;

/**
 * What has to be known of a model to read its assessments: the names behind the positions. The
 * journal holds it beside the assessments.
 *
 * @param ref which bundle
 * @param modalities names of the anomaly scores; empty without an anomaly gate
 * @param thresholds a threshold for each modality
 * @param failureModes names of the failure modes; empty without a classifier
 * @param rulQuantiles which quantiles of RUL it gives, ascending; empty without a RUL model
 * @param featureVersion version of the feature code
 * @param runtime fingerprint of what computes: engine, version and CPU level
 */
public record ModelProfile(
    ModelRef ref,
    List<String> modalities,
    List<Double> thresholds,
    List<String> failureModes,
    List<Double> rulQuantiles,
    int featureVersion,
    String runtime) {

  public ModelProfile {
    modalities = List.copyOf(modalities);
    thresholds = List.copyOf(thresholds);
    failureModes = List.copyOf(failureModes);
    rulQuantiles = List.copyOf(rulQuantiles);
    if (thresholds.size() != modalities.size()) {
      throw new IllegalArgumentException(
          "%s has %d thresholds for %d modalities"
              .formatted(ref.label(), thresholds.size(), modalities.size()));
    }
  }
}
