package twin.app.embedded;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Keeps warnings out of the log that libraries and the embedded services give in good health.
 * Single messages rather than whole loggers, whose other warnings matter. Logback makes it, from
 * {@code logback-embedded.xml}.
 */
public final class KnownNoise extends TurboFilter {

  private static final List<String> PARTS =
      List.of(
          // No dead letter and no expiry address for a subscription: neither is wanted, see
          // LocalMqttBroker.
          "AMQ222165",
          "AMQ222166",
          // At every orderly stop of Kafka.
          "Attempting to close NetworkClient that has already been closed");

  /** Readings as NDJSON are answered while they come in; of any other answer this would be news. */
  private static final String EARLY_START = "Sending an 2xx 'early' response";

  private static final String EARLY_PATH = "/readings received";

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] parameters,
      @Nullable Throwable failure) {
    if (level != Level.WARN || format == null) {
      return FilterReply.NEUTRAL;
    }
    for (String part : PARTS) {
      if (format.contains(part)) {
        return FilterReply.DENY;
      }
    }
    return format.startsWith(EARLY_START) && format.contains(EARLY_PATH)
        ? FilterReply.DENY
        : FilterReply.NEUTRAL;
  }
}
