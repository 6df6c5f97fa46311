package twin.ingest;

import com.typesafe.config.Config;
import java.time.Duration;
import twin.core.machine.MachineCommand;
import twin.ingest.codec.CodecSettings;

/**
 * Everything that can be set about taking readings in, but for what concerns one protocol alone;
 * read once from {@code twin.ingest}, where each default stands with its unit.
 */
public record IngestSettings(
    CodecSettings codec, Lanes lanes, Ask ask, Retry deadLetters, Http http, boolean mqttEnabled) {

  /** Reads the settings from the root of a configuration. */
  public static IngestSettings from(Config root) {
    Config config = root.getConfig("twin.ingest");
    IngestSettings settings =
        new IngestSettings(
            CodecSettings.from(config.getConfig("codec")),
            Lanes.from(config.getConfig("lanes")),
            Ask.from(config.getConfig("ask")),
            Retry.from(config.getConfig("dead-letters"), "dead-letters"),
            Http.from(config.getConfig("http")),
            config.getBoolean("mqtt.enabled"));
    require(
        settings.codec().readingsMax() <= settings.lanes().readingsMax(),
        "lanes.readings-max must not be below codec.readings-max, so that a lane takes any"
            + " message");
    return settings;
  }

  /** How many lanes a source has, and what one takes at a time. */
  public record Lanes(int count, int readingsMax, int bytesMax, Duration round) {

    public Lanes {
      positive(count, "lanes.count");
      positive(bytesMax, "lanes.bytes-max");
      positive(round, "lanes.round");
      require(
          readingsMax > 0 && readingsMax <= MachineCommand.RecordReadings.MAX_READINGS,
          "lanes.readings-max must be 1 to " + MachineCommand.RecordReadings.MAX_READINGS);
    }

    static Lanes from(Config config) {
      return new Lanes(
          config.getInt("count"),
          config.getInt("readings-max"),
          Math.toIntExact(config.getBytes("bytes-max")),
          config.getDuration("round"));
    }

    /** The same for a source that has one lane of its own. */
    Lanes one() {
      return new Lanes(1, readingsMax, bytesMax, round);
    }
  }

  /** How a twin is asked to record. */
  public record Ask(Duration timeout, Retry retry) {

    public Ask {
      positive(timeout, "ask.timeout");
    }

    static Ask from(Config config) {
      return new Ask(config.getDuration("timeout"), Retry.from(config, "ask"));
    }
  }

  /** How often something is tried and how long it pauses: from min, doubling up to max. */
  public record Retry(int attemptsMax, Duration backoffMin, Duration backoffMax) {

    public Retry {
      positive(attemptsMax, "attempts-max");
      positive(backoffMin, "backoff.min");
      require(backoffMax.compareTo(backoffMin) >= 0, "backoff.max must not be below backoff.min");
    }

    static Retry from(Config config, String path) {
      try {
        return new Retry(
            config.getInt("attempts-max"),
            config.getDuration("backoff.min"),
            config.getDuration("backoff.max"));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException("In %s: %s".formatted(path, e.getMessage()), e);
      }
    }

    /** The pause behind an attempt that failed, the first being 1. */
    Duration pauseAfter(int attempt) {
      // Thirty doublings of any pause are beyond any sensible maximum.
      Duration doubled = backoffMin.multipliedBy(1L << Math.min(attempt - 1, 30));
      return doubled.compareTo(backoffMax) < 0 ? doubled : backoffMax;
    }
  }

  /** What callers over HTTP may ask for at a time. */
  public record Http(
      int requestsInFlightMax,
      Duration bodyTimeout,
      int ndjsonBatchReadingsMax,
      int ndjsonBatchBytesMax,
      int ndjsonResultsBytesMax,
      Duration retryAfter,
      Retry retry) {

    public Http {
      positive(requestsInFlightMax, "http.requests-in-flight-max");
      positive(bodyTimeout, "http.body-timeout");
      positive(ndjsonBatchBytesMax, "http.ndjson.batch-bytes-max");
      require(
          ndjsonBatchReadingsMax > 0
              && ndjsonBatchReadingsMax <= MachineCommand.RecordReadings.MAX_READINGS,
          "http.ndjson.batch-readings-max must be 1 to "
              + MachineCommand.RecordReadings.MAX_READINGS);
      positive(ndjsonResultsBytesMax, "http.ndjson.results-bytes-max");
      positive(retryAfter, "http.retry-after");
    }

    static Http from(Config config) {
      return new Http(
          config.getInt("requests-in-flight-max"),
          config.getDuration("body-timeout"),
          config.getInt("ndjson.batch-readings-max"),
          Math.toIntExact(config.getBytes("ndjson.batch-bytes-max")),
          Math.toIntExact(config.getBytes("ndjson.results-bytes-max")),
          config.getDuration("retry-after"),
          Retry.from(config, "http"));
    }
  }

  private static void positive(int value, String name) {
    require(value > 0, name + " must be 1 or more");
  }

  private static void positive(Duration duration, String name) {
    require(duration.isPositive(), name + " must be longer than 0");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException("twin.ingest." + message);
    }
  }
}
