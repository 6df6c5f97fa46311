package twin.core.store;

import java.time.Instant;

/**
 * Consecutive events of a machine that are in a file instead of the journal.
 *
 * @param file where it is, relative to the archive's folder
 * @param bytes its length
 * @param sha256 of the file, in hexadecimal
 * @param recordedFrom when its first event was recorded
 * @param recordedTo when its last event was
 */
public record Segment(
    String persistenceId,
    long firstRevision,
    long lastRevision,
    String file,
    long bytes,
    String sha256,
    Instant recordedFrom,
    Instant recordedTo) {}
