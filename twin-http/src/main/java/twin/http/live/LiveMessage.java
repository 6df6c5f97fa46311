package twin.http.live;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.TextMessage;
import org.apache.pekko.util.ByteString;

/**
 * Something that a listener is told, in whatever way it listens.
 *
 * @param kind state, alert, heartbeat or dropped
 * @param json what there is to say
 */
record LiveMessage(String kind, String json) {

  static LiveMessage of(String kind, byte[] json) {
    return new LiveMessage(kind, new String(json, StandardCharsets.UTF_8));
  }

  /** As a server-sent event. */
  ByteString event() {
    return ByteString.fromString("event: %s\ndata: %s\n\n".formatted(kind, json));
  }

  /** As a message over a WebSocket. */
  Message frame() {
    return TextMessage.create("{\"kind\":\"%s\",\"data\":%s}".formatted(kind, json));
  }
}
