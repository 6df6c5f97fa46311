package twin.http.live;

import java.nio.charset.StandardCharsets;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.TextMessage;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;

/**
 * Something that listeners are told, in whatever way they listen. It is put together once, however
 * many they are.
 *
 * @param kind state, alert, heartbeat, dropped or reset
 * @param id where a listener that has heard this goes on when it comes back; empty: where it was
 * @param json what there is to say
 * @param event as a server-sent event
 */
record LiveMessage(String kind, String id, ByteString json, ByteString event) {

  static LiveMessage of(String kind, byte[] json) {
    return of(kind, "", json);
  }

  static LiveMessage of(String kind, String id, byte[] json) {
    ByteString data = ByteString.fromArrayUnsafe(json);
    ByteStringBuilder event = ByteString.createBuilder();
    if (!id.isEmpty()) {
      event.append(ascii("id: " + id + "\n"));
    }
    event.append(ascii("event: " + kind + "\ndata: ")).append(data).append(ascii("\n\n"));
    return new LiveMessage(kind, id, data, event.result().compact());
  }

  private static ByteString ascii(String text) {
    return ByteString.fromArrayUnsafe(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** As a message over a WebSocket. */
  Message frame() {
    String place = id.isEmpty() ? "" : "\"id\":\"%s\",".formatted(id);
    return TextMessage.create(
        "{\"kind\":\"%s\",%s\"data\":%s}".formatted(kind, place, json.utf8String()));
  }
}
