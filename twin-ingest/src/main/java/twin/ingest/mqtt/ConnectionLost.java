package twin.ingest.mqtt;

import com.hivemq.client.mqtt.exceptions.ConnectionClosedException;
import com.hivemq.client.mqtt.exceptions.ConnectionFailedException;
import com.hivemq.client.mqtt.exceptions.MqttDecodeException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5ConnAckException;
import com.hivemq.client.mqtt.mqtt5.exceptions.Mqtt5DisconnectException;
import com.hivemq.client.mqtt.mqtt5.message.connect.connack.Mqtt5ConnAckReasonCode;
import com.hivemq.client.mqtt.mqtt5.message.disconnect.Mqtt5DisconnectReasonCode;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/** What the end of a connection, or of an attempt at one, says about how to go on. */
final class ConnectionLost {

  private ConnectionLost() {}

  /**
   * Whether an attempt with MQTT 5 failed in a way that a broker without MQTT 5 fails it: it says
   * so, or it answers with a CONNACK of 3.1.1, which is malformed in 5, or it hangs up. A broker
   * that cannot be reached, or that refuses the user, is no reason to speak another version.
   */
  static boolean refusesVersion5(Throwable failure) {
    return switch (causeOf(failure)) {
      case Mqtt5ConnAckException refused ->
          refused.getMqttMessage().getReasonCode()
              == Mqtt5ConnAckReasonCode.UNSUPPORTED_PROTOCOL_VERSION;
      case Mqtt5DisconnectException undecodable ->
          undecodable.getCause() instanceof MqttDecodeException;
      case MqttDecodeException undecodable -> true;
      case ConnectionClosedException hungUp -> true;
      case ConnectionFailedException unreachable -> false;
      default -> false;
    };
  }

  /** Whether this side ended the connection because of a packet over the limit it had announced. */
  static boolean byOversizedPacket(Throwable failure) {
    return causeOf(failure) instanceof Mqtt5DisconnectException ended
        && ended.getMqttMessage().getReasonCode() == Mqtt5DisconnectReasonCode.PACKET_TOO_LARGE;
  }

  /** Whether this side ended the connection because of more messages than it had asked for. */
  static boolean byTooManyMessages(Throwable failure) {
    return causeOf(failure) instanceof Mqtt5DisconnectException ended
        && ended.getMqttMessage().getReasonCode()
            == Mqtt5DisconnectReasonCode.RECEIVE_MAXIMUM_EXCEEDED;
  }

  /** What is inside of the wrapping that futures give to a failure. */
  static Throwable causeOf(Throwable failure) {
    @Nullable Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? causeOf(cause) : failure;
  }
}
