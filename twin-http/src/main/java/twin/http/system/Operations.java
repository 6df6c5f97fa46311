package twin.http.system;

import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.Supplier;

/**
 * What whoever operates a node looks at and turns.
 *
 * @param meters where the API registers what it measures of itself
 * @param scrape all meters in Prometheus' text format
 * @param logLevels how much is logged
 */
public record Operations(MeterRegistry meters, Supplier<String> scrape, LogLevels logLevels) {}
