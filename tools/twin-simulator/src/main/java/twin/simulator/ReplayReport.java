package twin.simulator;

import java.time.Duration;

/**
 * What a whole replay sent; every row of it was acknowledged by the broker.
 *
 * @param rows rows of the file, each of them one reading
 * @param machines machines that the rows belong to
 * @param took from the first row to the last acknowledgement
 */
public record ReplayReport(long rows, long machines, Duration took) {}
