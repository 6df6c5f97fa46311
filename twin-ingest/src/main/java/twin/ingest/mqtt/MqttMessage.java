package twin.ingest.mqtt;

import java.time.Instant;
import java.util.Map;
import org.apache.pekko.util.ByteString;

/**
 * A message as it came from the broker. Immutable.
 *
 * @param userProperties of several with one name the last
 * @param qos the quality of service it was delivered with, 0 or 1 (2 where a former session had it)
 * @param retained whether the broker had kept it for new subscribers, so that it may be old
 * @param oversized whether the payload is larger than the configured limit: a dead letter
 * @param receivedAt when it reached this program
 * @param ack to be used once the message is durable, whatever its quality of service
 */
public record MqttMessage(
    String topic,
    Map<String, String> userProperties,
    ByteString payload,
    int qos,
    boolean retained,
    boolean oversized,
    Instant receivedAt,
    MqttAck ack) {

  public MqttMessage {
    userProperties = Map.copyOf(userProperties);
  }
}
