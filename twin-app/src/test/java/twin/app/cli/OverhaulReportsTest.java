package twin.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import twin.app.ClientKey;
import twin.http.security.ApiKeys;

final class OverhaulReportsTest {

  private static final ClientKey NO_KEY =
      ClientKey.of(ApiKeys.of(ConfigFactory.parseString("api-keys = []")));

  private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

  @Test
  void anOverhaulIsReportedAsMaintenanceOfThatMachine() throws Exception {
    HttpServer twin =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    twin.createContext("/", this::answer);
    twin.start();
    try (OverhaulReports reports =
        new OverhaulReports(
            URI.create("http://127.0.0.1:%d".formatted(twin.getAddress().getPort())),
            NO_KEY,
            HttpClient.newHttpClient())) {
      reports.accept("engine-007");

      assertThat(received.poll(30, TimeUnit.SECONDS))
          .isEqualTo(
              "POST /api/v1/machines/engine-007/maintenance {\"kind\":\"overhaul\","
                  + "\"note\":\"The simulated engine had failed or was called in.\"}");
    } finally {
      twin.stop(0);
    }
  }

  @Test
  void nobodyThereStopsNothing() {
    try (OverhaulReports reports =
        new OverhaulReports(URI.create("http://127.0.0.1:1"), NO_KEY, HttpClient.newHttpClient())) {
      for (int overhaul = 0; overhaul < 1_000; overhaul++) {
        reports.accept("engine-007");
      }
    }
    assertThat(received).isEmpty();
  }

  @Test
  void anAddressThatIsNoneIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new OverhaulReports(
                    URI.create("localhost:8080"), NO_KEY, HttpClient.newHttpClient()))
        .withMessageContaining("--api");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      received.add(
          "%s %s %s"
              .formatted(
                  exchange.getRequestMethod(),
                  exchange.getRequestURI(),
                  new String(exchange.getRequestBody().readAllBytes(), UTF_8)));
      exchange.sendResponseHeaders(204, -1);
    }
  }
}
