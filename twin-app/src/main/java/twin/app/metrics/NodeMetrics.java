package twin.app.metrics;

import com.typesafe.config.Config;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmHeapPressureMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;

/**
 * The meters of one node. Each timer of the program's own is a histogram over the same bounds, so
 * that one can be laid over the other, and over those of other nodes. Thread-safe; closed after
 * everything that it measures.
 */
public final class NodeMetrics implements AutoCloseable {

  /** From what a model takes for a reading to what somebody would call an outage. */
  private static final List<Duration> BOUNDS =
      List.of(
          Duration.ofNanos(10_000),
          Duration.ofNanos(25_000),
          Duration.ofNanos(50_000),
          Duration.ofNanos(100_000),
          Duration.ofNanos(250_000),
          Duration.ofNanos(500_000),
          Duration.ofMillis(1),
          Duration.ofNanos(2_500_000),
          Duration.ofMillis(5),
          Duration.ofMillis(10),
          Duration.ofMillis(25),
          Duration.ofMillis(50),
          Duration.ofMillis(100),
          Duration.ofMillis(250),
          Duration.ofMillis(500),
          Duration.ofSeconds(1),
          Duration.ofMillis(2_500),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30));

  private final PrometheusMeterRegistry registry;
  private final JvmGcMetrics garbageCollection = new JvmGcMetrics();
  private final JvmHeapPressureMetrics heapPressure = new JvmHeapPressureMetrics();

  private NodeMetrics(PrometheusMeterRegistry registry) {
    this.registry = registry;
  }

  /**
   * A registry with what the JVM says of itself.
   *
   * @param config {@code twin.metrics}
   * @param version of the program
   */
  public static NodeMetrics start(Config config, String version) {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    registry
        .config()
        .meterFilter(MeterFilter.maximumAllowableMetrics(config.getInt("meters-max")))
        .meterFilter(new Histograms());
    NodeMetrics metrics = new NodeMetrics(registry);
    metrics.bindJvm();
    Gauge.builder("twin.info", () -> 1)
        .description("What runs here")
        .tag("version", version)
        .strongReference(true)
        .register(registry);
    return metrics;
  }

  private void bindJvm() {
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    garbageCollection.bindTo(registry);
    heapPressure.bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
  }

  /** Where everything that measures registers its meters. */
  public MeterRegistry registry() {
    return registry;
  }

  /** All of them in Prometheus' text format, version 0.0.4. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    heapPressure.close();
    garbageCollection.close();
    registry.close();
  }

  /** Gives the program's own timers their bounds. */
  private static final class Histograms implements MeterFilter {

    private static final DistributionStatisticConfig BUCKETS =
        DistributionStatisticConfig.builder()
            .serviceLevelObjectives(BOUNDS.stream().mapToDouble(Duration::toNanos).toArray())
            .build();

    @Override
    public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
      boolean ours = id.getType() == Meter.Type.TIMER && id.getName().startsWith("twin.");
      return ours ? BUCKETS.merge(config) : config;
    }
  }
}
