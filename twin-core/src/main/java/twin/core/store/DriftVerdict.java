package twin.core.store;

import java.time.Instant;

/**
 * What is thought of how something is spread.
 *
 * @param since when that was found
 * @param revision grows with every change; 0 before the first
 */
public record DriftVerdict(Counted what, String verdict, Instant since, long revision) {}
