package twin.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A Chromium without a window, steered over its DevTools protocol. Its own way of printing a page
 * ends with the page's last request, and a live page always has one open.
 */
final class Browser implements AutoCloseable, WebSocket.Listener {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long CONNECT_WITHIN_SECONDS = 30;

  private final Process process;
  private final AtomicInteger calls = new AtomicInteger();
  private final Map<Integer, JsonNode> answers = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<String> errors = new ConcurrentLinkedQueue<>();
  private final StringBuilder message = new StringBuilder();
  private @Nullable WebSocket page;

  private Browser(Process process) {
    this.process = process;
  }

  /** Opens a browser with an empty page. */
  static Browser open(ForeignProgram chromium, Path directory) throws Exception {
    Path profile = directory.resolve("profile");
    Process process =
        chromium.start(
            directory.resolve("browser.log"),
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            // Nothing but the page: no updates, no reports, no guesses about the network.
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-domain-reliability",
            "--disable-extensions",
            "--disable-sync",
            "--metrics-recording-only",
            "--no-first-run",
            "--no-pings",
            "--user-data-dir=" + profile,
            "--remote-debugging-port=0",
            "about:blank");
    Browser browser = new Browser(process);
    boolean connected = false;
    try {
      browser.connect(profile.resolve("DevToolsActivePort"));
      connected = true;
      return browser;
    } finally {
      if (!connected) {
        browser.close();
      }
    }
  }

  private void connect(Path portFile) throws Exception {
    String port =
        Eventually.get("the browser's port", () -> firstLine(portFile), line -> !line.isEmpty());
    Api devTools = new Api(URI.create("http://127.0.0.1:" + port));
    String address =
        Eventually.get(
            "the browser's page",
            () -> devTools.ok("/json/list").path(0).path("webSocketDebuggerUrl").asText(),
            url -> !url.isEmpty());
    page =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(address), this)
            .get(CONNECT_WITHIN_SECONDS, TimeUnit.SECONDS);
    call("Runtime.enable", "{}");
    call("Log.enable", "{}");
  }

  private static String firstLine(Path file) throws IOException {
    return Files.exists(file) ? Files.readString(file).lines().findFirst().orElse("") : "";
  }

  /** Goes to an address; a new page each time. */
  void go(URI address) throws Exception {
    call("Page.navigate", "{\"url\":\"about:blank\"}");
    call("Page.navigate", "{\"url\":\"%s\"}".formatted(address));
  }

  /** What can be read on the page now. */
  String text() throws Exception {
    return evaluate("document.body ? document.body.innerText : ''");
  }

  /** Where the page is, with what it has written into its address. */
  URI address() throws Exception {
    return URI.create(evaluate("location.href"));
  }

  /** Presses the button with that label. */
  void press(String label) throws Exception {
    String pressed =
        evaluate(
            "(() => { const b = [...document.querySelectorAll('button')].find(each =>"
                + " each.textContent === '%s' && !each.disabled); if (b) b.click(); return !!b; })()"
                    .formatted(label));
    assertThat(pressed).as("there is a button '%s' to press", label).isEqualTo("true");
  }

  /** Writes into a field, as if by hand. */
  void type(String selector, String text) throws Exception {
    evaluate("document.querySelector('%s').value = '%s'".formatted(selector, text));
  }

  private String evaluate(String expression) throws Exception {
    JsonNode parameters = JSON.createObjectNode().put("expression", expression);
    return call("Runtime.evaluate", parameters.toString())
        .path("result")
        .path("result")
        .path("value")
        .asText();
  }

  /** What the page complained of so far. */
  List<String> errors() {
    return List.copyOf(errors);
  }

  private JsonNode call(String method, String parameters) throws Exception {
    WebSocket socket = page;
    assertThat(socket).isNotNull();
    int id = calls.incrementAndGet();
    socket
        .sendText(
            "{\"id\":%d,\"method\":\"%s\",\"params\":%s}".formatted(id, method, parameters), true)
        .get(CONNECT_WITHIN_SECONDS, TimeUnit.SECONDS);
    Eventually.get(method, () -> answers.containsKey(id), Boolean.TRUE::equals);
    JsonNode answer = answers.remove(id);
    assertThat(answer).isNotNull();
    return answer;
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
    message.append(part);
    if (last) {
      take(message.toString());
      message.setLength(0);
    }
    socket.request(1);
    return null;
  }

  private void take(String text) {
    try {
      JsonNode read = JSON.readTree(text);
      if (read.has("id")) {
        answers.put(read.get("id").asInt(), read);
      } else if (complains(read)) {
        errors.add(text);
      }
    } catch (IOException e) {
      errors.add("not JSON: " + text);
    }
  }

  private static boolean complains(JsonNode event) {
    JsonNode parameters = event.path("params");
    return switch (event.path("method").asText()) {
      case "Runtime.exceptionThrown" -> true;
      case "Runtime.consoleAPICalled" -> parameters.path("type").asText().equals("error");
      case "Log.entryAdded" -> parameters.path("entry").path("level").asText().equals("error");
      default -> false;
    };
  }

  @Override
  public void close() {
    WebSocket socket = page;
    if (socket != null) {
      socket.abort();
    }
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
    try {
      process.waitFor(CONNECT_WITHIN_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
