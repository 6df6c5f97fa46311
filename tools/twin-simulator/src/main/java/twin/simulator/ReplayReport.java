package twin.simulator;

import java.time.Duration;

/**
 * What a whole replay sent; all of it was acknowledged by the broker.
 *
 * @param rows rows of the data, each of them one reading
 * @param machines machines that the rows belong to
 * @param faults what the network in between did on purpose
 * @param took from the first row to the last acknowledgement
 */
public record ReplayReport(long rows, long machines, FaultCounts faults, Duration took) {}
