package twin.app.trace;

import com.typesafe.config.Config;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;

/**
 * Follows readings with OpenTelemetry and sends what it sees to a collector, as OTLP over HTTP.
 * What a collector does not take in time is dropped: nothing waits for it. Thread-safe.
 */
public final class OpenTelemetryTracing implements Tracing, AutoCloseable {

  private static final TextMapGetter<String> HEADER_ITSELF =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(String carrier) {
          return List.of(HEADER);
        }

        @Override
        public @Nullable String get(@Nullable String carrier, String key) {
          return key.equals(HEADER) ? carrier : null;
        }
      };

  private final SdkTracerProvider provider;
  private final Tracer tracer;
  private final Duration drainTimeout;

  /**
   * With a processor of one's own.
   *
   * @param ratio the part of the messages that is followed, of those whose sender does not care
   */
  public OpenTelemetryTracing(
      SpanProcessor processor, double ratio, Duration drainTimeout, Resource resource) {
    this.provider =
        SdkTracerProvider.builder()
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio)))
            .addSpanProcessor(processor)
            .setResource(resource)
            .build();
    this.tracer = provider.get("twin");
    this.drainTimeout = drainTimeout;
  }

  /** As the block {@code twin.tracing} says; none when it names no collector. */
  public static Optional<OpenTelemetryTracing> of(Config root, String version) {
    Config config = root.getConfig("twin.tracing");
    String endpoint = config.getString("endpoint").strip();
    if (endpoint.isEmpty()) {
      return Optional.empty();
    }
    Duration timeout = config.getDuration("timeout");
    BatchSpanProcessor processor =
        BatchSpanProcessor.builder(
                OtlpHttpSpanExporter.builder()
                    .setEndpoint(endpoint.replaceFirst("/$", "") + "/v1/traces")
                    .setTimeout(timeout)
                    .build())
            .setMaxQueueSize(config.getInt("queue-max"))
            .setMaxExportBatchSize(config.getInt("batch-max"))
            .setScheduleDelay(config.getDuration("every"))
            .setExporterTimeout(timeout)
            .build();
    Resource resource =
        Resource.create(
            Attributes.builder()
                .put("service.name", config.getString("service-name"))
                .put("service.version", version)
                .build());
    return Optional.of(
        new OpenTelemetryTracing(
            processor,
            config.getDouble("sample-ratio"),
            config.getDuration("drain-timeout"),
            resource));
  }

  @Override
  public boolean isOn() {
    return true;
  }

  @Override
  public Trace received(String source, @Nullable String parent) {
    Context context = parent == null ? Context.root() : contextOf(parent);
    return begin(Trace.Step.RECEIVE, context).about("source", source);
  }

  @Override
  public Trace continued(Trace.Step step, @Nullable String parent) {
    return parent == null ? Trace.NONE : begin(step, contextOf(parent));
  }

  private static Context contextOf(String parent) {
    return W3CTraceContextPropagator.getInstance().extract(Context.root(), parent, HEADER_ITSELF);
  }

  private Trace begin(Trace.Step step, Context parent) {
    Span span =
        tracer
            .spanBuilder(step.name().toLowerCase(Locale.ROOT))
            .setParent(parent)
            .setSpanKind(kind(step))
            .startSpan();
    return span.getSpanContext().isSampled() ? new Followed(span) : Trace.NONE;
  }

  private static SpanKind kind(Trace.Step step) {
    return switch (step) {
      case RECEIVE -> SpanKind.CONSUMER;
      case RECORD, PROJECT -> SpanKind.INTERNAL;
      case ALERT -> SpanKind.PRODUCER;
    };
  }

  private final class Followed implements Trace {
    private final Span span;

    Followed(Span span) {
      this.span = span;
    }

    @Override
    public String parent() {
      SpanContext context = span.getSpanContext();
      return "00-%s-%s-%s"
          .formatted(context.getTraceId(), context.getSpanId(), context.getTraceFlags().asHex());
    }

    @Override
    public Trace step(Step step) {
      return begin(step, Context.root().with(span));
    }

    @Override
    public Trace about(String name, String value) {
      span.setAttribute("twin." + name, value);
      return this;
    }

    @Override
    public void end() {
      span.end();
    }

    @Override
    public void failed(Throwable failure) {
      span.setStatus(StatusCode.ERROR, failure.toString());
      span.end();
    }
  }

  /** Sends what waits, if the collector takes it in time. */
  @Override
  public void close() {
    provider.shutdown().join(drainTimeout.toMillis(), TimeUnit.MILLISECONDS);
  }
}
