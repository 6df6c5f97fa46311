package twin.app.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import twin.app.NodeConfig;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;

final class OpenTelemetryTracingTest {

  private static final String ID = "0af7651916cd43dd8448eb211c80319c";
  private static final String SAMPLED = "00-" + ID + "-b7ad6b7169203331-01";
  private static final String UNSAMPLED = "00-" + ID + "-b7ad6b7169203331-00";

  private final InMemorySpanExporter spans = InMemorySpanExporter.create();

  private OpenTelemetryTracing tracing(double ratio) {
    return new OpenTelemetryTracing(
        SimpleSpanProcessor.create(spans), ratio, Duration.ofSeconds(1), Resource.empty());
  }

  @Test
  void goesOnWithTheSendersTrace() {
    try (OpenTelemetryTracing tracing = tracing(0)) {
      Trace receive = tracing.received("kafka", SAMPLED);
      Trace record = receive.step(Trace.Step.RECORD).about("machine_id", "mill-1");
      String parent = record.parent();
      assertThat(parent).matches("00-" + ID + "-[0-9a-f]{16}-01");
      tracing.continued(Trace.Step.ALERT, parent).end();
      record.end();
      receive.failed(new IllegalStateException("gone"));
      receive.end();

      assertThat(spans.getFinishedSpanItems())
          .extracting(SpanData::getName)
          .containsExactly("alert", "record", "receive");
      assertThat(spans.getFinishedSpanItems()).allMatch(span -> span.getTraceId().equals(ID));
      assertThat(spans.getFinishedSpanItems().getLast().getParentSpanId())
          .isEqualTo("b7ad6b7169203331");
      assertThat(spans.getFinishedSpanItems().getLast().getStatus().getDescription())
          .contains("gone");
      assertThat(Trace.idOf(String.valueOf(parent))).isEqualTo(ID);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {UNSAMPLED, "", "nonsense", "00-0-0-01", "01", "00-" + ID + "-zz-01"})
  void followsNothingThatNobodyAskedFor(String parent) {
    try (OpenTelemetryTracing tracing = tracing(0)) {
      Trace receive = tracing.received("mqtt", parent);
      assertThat(receive).isSameAs(Trace.NONE);
      assertThat(receive.step(Trace.Step.RECORD).parent()).isNull();
      assertThat(tracing.received("mqtt", null)).isSameAs(Trace.NONE);
      assertThat(tracing.continued(Trace.Step.PROJECT, null)).isSameAs(Trace.NONE);
    }
    assertThat(spans.getFinishedSpanItems()).isEmpty();
  }

  @Test
  void followsThePartThatIsConfiguredButNotAgainstTheSender() {
    try (OpenTelemetryTracing tracing = tracing(1)) {
      assertThat(tracing.received("mqtt", null).parent()).isNotNull();
      assertThat(tracing.received("mqtt", "nonsense").parent()).isNotNull();
      assertThat(tracing.received("mqtt", UNSAMPLED)).isSameAs(Trace.NONE);
    }
  }

  private static Config config(String endpoint) {
    return NodeConfig.with(
        ConfigFactory.parseMap(
            Map.of(
                "twin.tracing.endpoint", endpoint,
                "twin.database.url", "none",
                "twin.database.user", "none",
                "twin.database.password", "none")));
  }

  @Test
  void isOffWithoutACollector() {
    assertThat(OpenTelemetryTracing.of(config(""), "1")).isEmpty();
    assertThat(Tracing.OFF.isOn()).isFalse();
    assertThat(Tracing.OFF.received("mqtt", SAMPLED)).isSameAs(Trace.NONE);
  }

  @Test
  void sendsSpansToACollectorBeforeItCloses() throws Exception {
    BlockingQueue<byte[]> received = new LinkedBlockingQueue<>();
    HttpServer collector =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    collector.createContext(
        "/v1/traces",
        exchange -> {
          received.add(exchange.getRequestBody().readAllBytes());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    collector.start();
    try {
      OpenTelemetryTracing tracing =
          OpenTelemetryTracing.of(
                  config("http://127.0.0.1:%d/".formatted(collector.getAddress().getPort())), "1")
              .orElseThrow();
      tracing.received("kafka", SAMPLED).end();
      tracing.close();

      byte[] body = received.poll(30, TimeUnit.SECONDS);
      assertThat(body).isNotNull();
      assertThat(HexFormat.of().formatHex(body)).contains(ID);
      assertThat(new String(body, StandardCharsets.ISO_8859_1))
          .contains("service.name", "twin", "receive");
    } finally {
      collector.stop(0);
    }
  }
}
