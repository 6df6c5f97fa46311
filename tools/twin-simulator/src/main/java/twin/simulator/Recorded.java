package twin.simulator;

import java.io.IOException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Recorded data, row by row, each row a reading. Ids, {@code seq} and timestamps are the same in
 * every run. Labels never become channels. Not thread-safe.
 */
interface Recorded extends AutoCloseable {
  /** The moment that the time of a recording counts from where it gives no date. */
  Instant EPOCH = Instant.parse("2020-01-01T00:00:00Z");

  /**
   * The next row, or null at the end.
   *
   * @throws RecordedDataException with the line's number where it is no row of such a file
   */
  @Nullable Reading next() throws IOException;

  /** Machines that the rows so far belong to. */
  long machines();

  @Override
  void close() throws IOException;
}
