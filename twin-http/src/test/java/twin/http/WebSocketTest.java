package twin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WebSocketTest {

  private static final int PATIENCE_SECONDS = 30;
  private static final String KEY = "0123456789abcdef0123456789abcdef";

  private @Nullable TestServer server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  private TestServer start(String settings) {
    TestServer started =
        TestServer.start("twin.http { drain-timeout = 100ms, %s }".formatted(settings));
    server = started;
    return started;
  }

  /** Keeps what it hears until it is asked for. */
  private static final class Listener implements WebSocket.Listener {
    private final BlockingQueue<JsonNode> heard = new LinkedBlockingQueue<>();
    private final StringBuilder part = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        try {
          heard.add(Json.MAPPER.readTree(part.toString()));
        } catch (java.io.IOException e) {
          throw new AssertionError(part.toString(), e);
        }
        part.setLength(0);
      }
      socket.request(1);
      return null;
    }

    /** The data of the next message of a kind. */
    JsonNode next(String kind) throws InterruptedException {
      while (true) {
        JsonNode message = heard.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
        assertThat(message).as("a message of kind " + kind).isNotNull();
        if (message.path("kind").asText().equals(kind)) {
          return message.path("data");
        }
      }
    }
  }

  private static WebSocket open(TestServer at, String query, Listener listener, String... headers) {
    WebSocket.Builder builder = at.client().newWebSocketBuilder();
    for (int i = 0; i < headers.length; i += 2) {
      builder.header(headers[i], headers[i + 1]);
    }
    URI uri = URI.create(at.uri("/api/v1/ws" + query).toString().replaceFirst("http", "ws"));
    return builder.buildAsync(uri, listener).join();
  }

  @Test
  void tellsWhatHappensToTheMachineThatIsAskedFor() throws Exception {
    TestServer at = start("stream { interval = 50ms, heartbeat = 100ms }");
    Listener listener = new Listener();
    WebSocket socket = open(at, "?machine=machine-001", listener);
    // The first message says that it is connected.
    assertThat(listener.next("heartbeat").has("at")).isTrue();
    at.milling("machine-002", 1, 40, 5);
    at.milling("machine-001", 1, 40, 5);
    JsonNode state = listener.next("state");
    assertThat(state.path("machine_id").asText()).isEqualTo("machine-001");
    for (int i = 2; i <= 12; i++) {
      at.clock.set(at.clock.instant().plusSeconds(1));
      at.milling("machine-001", i, 77, 205);
    }
    JsonNode alert = listener.next("alert");
    assertThat(alert.path("machine_id").asText()).isEqualTo("machine-001");
    assertThat(alert.path("state").asText()).isEqualTo("unacknowledged");
    assertThat(listener.next("heartbeat").has("at")).isTrue();
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
  }

  @Test
  void saysHowMuchWasLost() throws Exception {
    TestServer at = start("stream { interval = 500ms, machines-max = 1 }");
    Listener listener = new Listener();
    WebSocket socket = open(at, "?kinds=state", listener);
    listener.next("heartbeat");
    for (int i = 1; i <= 20; i++) {
      at.milling("machine-00" + i, 1, 40, 5);
    }
    JsonNode dropped = listener.next("dropped");
    assertThat(dropped.path("states").asLong()).isPositive();
    assertThat(dropped.path("alerts").asLong()).isZero();
    socket.abort();
  }

  @Test
  void isForCallersWithAKeyAndForPagesOfItsOwn() throws Exception {
    TestServer at = start("api-keys = [{name = ops, key = \"%s\"}]".formatted(KEY));
    assertRefused(at, 401);
    Listener listener = new Listener();
    open(at, "", listener, "X-Api-Key", KEY).abort();
    String cookie =
        at.post("/api/v1/auth/login", "{\"api_key\":\"%s\"}".formatted(KEY))
            .header("Set-Cookie")
            .split(";", 2)[0];
    String own = at.uri("/").toString().replaceAll("/$", "");
    open(at, "", listener, "Cookie", cookie, "Origin", own).abort();
    assertRefused(at, 403, "Cookie", cookie, "Origin", "https://evil.example");
  }

  @Test
  void isBoundedInNumberAndIsNoPlainCall() throws Exception {
    TestServer at = start("stream.streams-max = 1");
    assertThat(at.get("/api/v1/ws").status()).isEqualTo(426);
    assertThat(at.get("/api/v1/ws").header("Upgrade")).isEqualTo("websocket");
    Listener listener = new Listener();
    WebSocket first = open(at, "", listener);
    listener.next("heartbeat");
    assertRefused(at, 503);
    first.abort();
  }

  private static void assertRefused(TestServer at, int status, String... headers) {
    assertThatThrownBy(() -> open(at, "", new Listener(), headers))
        .isInstanceOf(CompletionException.class)
        .cause()
        .isInstanceOfSatisfying(
            WebSocketHandshakeException.class,
            refused -> assertThat(refused.getResponse().statusCode()).isEqualTo(status));
  }
}
