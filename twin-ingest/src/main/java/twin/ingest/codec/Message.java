package twin.ingest.codec;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as its source has it, whatever the protocol.
 *
 * @param topic topic of MQTT or Kafka
 * @param key key of a Kafka record, where it has one
 * @param headers headers of a Kafka record, user properties of MQTT 5; of several with one name the
 *     last
 * @param receivedAt when this program was given it, which is another time each time
 * @param storedAt the record's own time in Kafka, which stays the same
 * @param again what is known of it from before, where it has been a dead letter
 * @param payload its bytes, which nobody changes
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record Message(
    String topic,
    @Nullable String key,
    Map<String, String> headers,
    Instant receivedAt,
    @Nullable Instant storedAt,
    @Nullable Again again,
    byte[] payload) {

  /**
   * A message, or the piece of it that could not be recorded, is read once more.
   *
   * @param machineId the machine, where that much could be made out
   */
  public record Again(@Nullable String machineId) {}

  public Message {
    headers = Map.copyOf(headers);
  }

  /** A message of which there is nothing to know but its topic. */
  public static Message of(String topic, Instant receivedAt, byte[] payload) {
    return new Message(topic, null, Map.of(), receivedAt, null, null, payload);
  }
}
