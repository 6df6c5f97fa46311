package twin.ingest.mqtt;

import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.util.ByteString;

/**
 * One connection of the subscriber to the broker, from CONNECT to its end; it is never reused, and
 * never connects again by itself, so that no acknowledgement can reach another connection than that
 * of its message.
 */
interface BrokerConnection {

  /** What a connection reports, on threads of its own. */
  interface Listener {
    void arrived(Arrival arrival);

    void lost(Throwable cause);
  }

  /** A message as the client library hands it over; 3.1.1 has no user properties. */
  record Arrival(
      String topic,
      Map<String, String> userProperties,
      ByteString payload,
      int qos,
      boolean retained,
      Runnable acknowledgement) {}

  /** Connects to the session and subscribes. Messages may arrive before the stage completes. */
  CompletionStage<Opened> open();

  /** Whether the broker has answered CONNECT with its consent. */
  boolean accepted();

  /** Ends the connection in order and leaves the session at the broker. */
  CompletionStage<Void> close();

  /** How a connection was opened. */
  record Opened(String version, boolean sessionPresent) {}
}
