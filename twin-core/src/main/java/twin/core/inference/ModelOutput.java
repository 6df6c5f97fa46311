package twin.core.inference;

/**
 * What a bundle computed for one reading, before thresholds.
 *
 * @param scores anomaly score of each modality; NaN where it could not be judged
 * @param failureProbability 0 to 1; NaN without a classifier
 * @param failureModes probability of each failure mode
 * @param rul quantiles of remaining useful life, ascending
 */
@SuppressWarnings("ArrayRecordComponent") // Passed on once and never compared.
public record ModelOutput(
    float[] scores, float failureProbability, float[] failureModes, float[] rul) {}
