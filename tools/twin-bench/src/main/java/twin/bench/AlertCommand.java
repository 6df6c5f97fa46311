package twin.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import com.typesafe.config.Config;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import twin.app.Node;
import twin.app.embedded.DataDirectory;
import twin.app.embedded.LocalPostgres;

/** Measures how long it takes from a reading to the message that a person gets. */
@Command(
    name = "alert",
    mixinStandardHelpOptions = true,
    description = {
      "Measures the time from sending the reading that raises an alert, over HTTP, to the webhook",
      "that tells of it, on a node with a real PostgreSQL while other machines send readings. Each",
      "alert is of another machine, and one at a time."
    })
final class AlertCommand implements Callable<Integer> {

  private static final double MESSAGE_MS_MAX = 250;
  private static final int WARM_UPS = 20;
  private static final int PAUSE_MS_MAX = 400;
  private static final Duration MESSAGE_WITHIN = Duration.ofSeconds(30);
  private static final Pattern MACHINE = Pattern.compile("\"(alert-[0-9]+)\"");
  private static final ObjectMapper MAPPER = new ObjectMapper();

  @Spec private CommandSpec spec;

  @Option(
      names = "--alerts",
      paramLabel = "N",
      defaultValue = "100",
      description = "How many alerts are measured; default ${DEFAULT-VALUE}.")
  private int alerts;

  @Option(
      names = "--machines",
      paramLabel = "N",
      defaultValue = "12",
      description =
          "How many other machines send a reading a second meanwhile; default ${DEFAULT-VALUE}, as"
              + " in the demo.")
  private int machines;

  @Option(
      names = "--models",
      paramLabel = "DIR",
      description = "Where the bundles are; without it, those of this program.")
  private @Nullable Path models;

  @Option(names = "--json", description = "One JSON document.")
  private boolean json;

  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, Long> arrivedNanos = new ConcurrentHashMap<>();

  @Override
  public Integer call() throws Exception {
    if (alerts < 1 || machines < 0) {
      throw new ParameterException(
          spec.commandLine(), "--alerts must be 1 or more, --machines 0 or more");
    }
    Path folder = Files.createTempDirectory("twin-bench-alert");
    HttpServer receiver = receiver();
    try (LocalPostgres postgres =
            LocalPostgres.start(
                folder.resolve("postgres"), LocalPostgres.Settings.defaults().withPort(0));
        Node node = Node.start(config(postgres, receiver, folder), Optional.empty());
        ScheduledExecutorService others = Executors.newSingleThreadScheduledExecutor()) {
      String url = "http://127.0.0.1:" + node.address().getPort();
      long[] seq = {0};
      var unused =
          others.scheduleAtFixedRate(() -> sendOthers(url, ++seq[0]), 0, 1, TimeUnit.SECONDS);
      measure(url);
      others.shutdownNow();
    } finally {
      receiver.stop(0);
      DataDirectory.deleteTree(folder);
    }
    return 0;
  }

  private HttpServer receiver() throws IOException {
    HttpServer receiver =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext(
        "/",
        exchange -> {
          long now = System.nanoTime();
          String body =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          Matcher named = MACHINE.matcher(body);
          while (named.find()) {
            arrivedNanos.putIfAbsent(named.group(1), now);
          }
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    receiver.start();
    return receiver;
  }

  private Config config(LocalPostgres postgres, HttpServer receiver, Path folder) {
    Path bundles = models == null ? Bundles.home() : models;
    String channel = "twin.notifications.channels.webhook.";
    String hook = "http://127.0.0.1:" + receiver.getAddress().getPort() + "/hook";
    return BenchedNode.config(
        postgres,
        folder,
        bundles,
        Map.of(
            channel + "enabled",
            true,
            channel + "url",
            hook,
            channel + "plain-http-to",
            List.of("127.0.0.1")));
  }

  private void sendOthers(String url, long seq) {
    for (int i = 0; i < machines; i++) {
      var unused =
          client.sendAsync(
              readings(url, "other-" + i, List.of(reading(Instant.now(), seq, 40.0 + seq % 5, 20))),
              HttpResponse.BodyHandlers.discarding());
    }
  }

  private void measure(String url) throws Exception {
    Random random = new Random(1);
    List<Double> durable = new ArrayList<>();
    List<Double> told = new ArrayList<>();
    for (int i = 0; i < WARM_UPS + alerts; i++) {
      // The read side and the couriers look now and then: not always at the same moment of that.
      Thread.sleep(random.nextInt(PAUSE_MS_MAX));
      String machine = "alert-" + i;
      Instant at = Instant.now();
      send(readings(url, machine, List.of(reading(at.minusSeconds(1), 1, 79, 215))));
      HttpRequest deciding = readings(url, machine, List.of(reading(at, 2, 79, 215)));
      long sentNanos = System.nanoTime();
      send(deciding);
      double recorded = millis(System.nanoTime() - sentNanos);
      double message = millis(arrival(machine) - sentNanos);
      if (i >= WARM_UPS) {
        durable.add(recorded);
        told.add(message);
      }
    }
    print(durable, told);
  }

  private long arrival(String machine) throws InterruptedException {
    long deadlineNanos = System.nanoTime() + MESSAGE_WITHIN.toNanos();
    while (true) {
      Long arrived = arrivedNanos.get(machine);
      if (arrived != null) {
        return arrived;
      }
      if (System.nanoTime() > deadlineNanos) {
        throw new IllegalStateException(
            "no message has told of %s within %s".formatted(machine, MESSAGE_WITHIN));
      }
      Thread.sleep(1);
    }
  }

  private static double millis(long nanos) {
    return nanos / 1e6;
  }

  private static String reading(Instant at, long seq, double torque, double wear) {
    return String.format(
        Locale.ROOT,
        """
        {"timestamp":"%s","seq":%d,"machine_type":"milling","variant":"L","air_temp_k":298.1,\
        "process_temp_k":308.6,"rpm":1400,"torque_nm":%.1f,"tool_wear_min":%.0f}\
        """,
        at,
        seq,
        torque,
        wear);
  }

  private static HttpRequest readings(String url, String machine, List<String> readings) {
    return HttpRequest.newBuilder(URI.create(url + "/api/v1/machines/" + machine + "/readings"))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(readings.toString()))
        .build();
  }

  private void send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200 || !answer.body().contains("recorded")) {
      throw new IllegalStateException("a reading was answered: " + answer.body());
    }
  }

  private void print(List<Double> durable, List<Double> told) throws IOException {
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      ObjectNode document = MAPPER.createObjectNode();
      document.put("alerts", alerts).put("other_readings_per_second", machines);
      document.set("durable_ms", figures(durable));
      document.set("message_ms", figures(told).put("p50_limit", MESSAGE_MS_MAX));
      out.println(MAPPER.writeValueAsString(document));
    } else {
      out.printf(
          "%-30s %8s %8s %8s %8s%n", "ms after sending the reading", "p50", "p95", "max", "limit");
      line(out, "the reading is durable", durable, "");
      line(out, "the webhook is called", told, String.format(Locale.ROOT, "%.0f", MESSAGE_MS_MAX));
    }
    out.flush();
  }

  private static void line(PrintWriter out, String name, List<Double> values, String limit) {
    out.printf(
        Locale.ROOT,
        "%-30s %8.1f %8.1f %8.1f %8s%n",
        name,
        Quantiles.of(values, 0.5),
        Quantiles.of(values, 0.95),
        Quantiles.of(values, 1),
        limit);
  }

  private static ObjectNode figures(List<Double> values) {
    return MAPPER
        .createObjectNode()
        .put("p50", Quantiles.of(values, 0.5))
        .put("p95", Quantiles.of(values, 0.95))
        .put("max", Quantiles.of(values, 1));
  }
}
