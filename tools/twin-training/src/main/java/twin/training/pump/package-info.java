/**
 * The pump of the Skoltech Anomaly Benchmark: reading its recordings, training its anomaly gate,
 * measuring it under the benchmark's protocol. It leans on the replay of recorded readings.
 */
@NullMarked
package twin.training.pump;

import org.jspecify.annotations.NullMarked;
