package twin.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Something that could not be read as it is kept.
 *
 * @param payloadBytes how long the kept payload is, of which a list has only the beginning
 * @param truncated the payload was longer than what is kept, so it cannot be retried
 * @param attempts how often it has been retried
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record DeadLetter(
    long id,
    Instant receivedAt,
    String source,
    String topic,
    @Nullable String machineId,
    String reason,
    String detail,
    byte[] payload,
    int payloadBytes,
    boolean truncated,
    int attempts,
    @Nullable Instant retriedAt) {

  /**
   * Something that could not be read as it arrives.
   *
   * @param source the configured source it came by
   * @param topic its topic or path there
   * @param machineId the machine, where that much could be made out
   * @param reason a short code
   * @param detail how to mend it
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  public record Arrival(
      Instant receivedAt,
      String source,
      String topic,
      @Nullable String machineId,
      String reason,
      String detail,
      byte[] payload) {}
}
