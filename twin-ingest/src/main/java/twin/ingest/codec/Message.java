package twin.ingest.codec;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A message as its source has it, whatever the protocol.
 *
 * @param topic topic of MQTT or Kafka
 * @param machineId the machine, where the source knows it beside the payload: by the topic or key
 *     of the contract, by the path, or from a dead letter that is read again
 * @param key key of a Kafka record, where it has one
 * @param headers headers of a Kafka record, user properties of MQTT 5; of several with one name the
 *     last
 * @param receivedAt when this program was given it, which is another time each time
 * @param storedAt the record's own time in Kafka, which stays the same
 * @param again whether it has been a dead letter, and may be but a piece of a message
 * @param payload its bytes, which nobody changes
 */
@SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
public record Message(
    String topic,
    @Nullable String machineId,
    @Nullable String key,
    Map<String, String> headers,
    Instant receivedAt,
    @Nullable Instant storedAt,
    boolean again,
    byte[] payload) {

  public Message {
    headers = Map.copyOf(headers);
  }

  /** A message of which there is nothing to know but its topic. */
  public static Message of(String topic, Instant receivedAt, byte[] payload) {
    return new Message(topic, null, null, Map.of(), receivedAt, null, false, payload);
  }
}
