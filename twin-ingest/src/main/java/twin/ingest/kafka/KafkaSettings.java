package twin.ingest.kafka;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.pekko.stream.RestartSettings;

/**
 * Everything that can be set about Kafka, read once from {@code twin.ingest.kafka}, where each
 * default stands with its unit.
 *
 * @param sources none where Kafka is switched off
 */
public record KafkaSettings(List<Source> sources) {

  /** The part of a backoff that is left to chance, so that nodes do not come back all at once. */
  private static final double BACKOFF_RANDOM_FACTOR = 0.2;

  private static final Pattern SOURCE_NAME = Pattern.compile("[a-z][a-z0-9_-]{0,31}");
  private static final Config NO_PROPERTIES = ConfigFactory.parseString("properties {}");

  /** Copies the sources. */
  public KafkaSettings {
    sources = List.copyOf(sources);
    Set<String> names = new HashSet<>();
    for (Source source : sources) {
      require(names.add(source.name()), "sources has the name %s twice".formatted(source.name()));
    }
  }

  /** Reads the settings from the root of a configuration. */
  public static KafkaSettings from(Config root) {
    Config config = root.getConfig("twin.ingest.kafka");
    if (!config.getBoolean("enabled")) {
      return new KafkaSettings(List.of());
    }
    Config forAll = config.withoutPath("sources").withoutPath("enabled");
    return new KafkaSettings(
        config.getConfigList("sources").stream()
            .map(source -> Source.from(source.withFallback(without(source, forAll))))
            .toList());
  }

  /** Who asks another Kafka does not show it the secrets of this one. */
  private static Config without(Config source, Config forAll) {
    return source.hasPath("bootstrap-servers")
        ? NO_PROPERTIES.withFallback(forAll.withoutPath("properties"))
        : forAll;
  }

  /**
   * One consumer group and what it reads.
   *
   * @param name in causes, metrics and dead letters
   * @param deadLetterSuffix appended to a topic it names where what cannot be recorded goes
   * @param partitionsMax more than one node can ever be given
   * @param ask how long a partition waits for a twin; see {@link Retry}
   */
  public record Source(
      String name,
      String bootstrapServers,
      List<String> topics,
      String groupId,
      String deadLetterSuffix,
      ClientProperties properties,
      Duration sessionTimeout,
      int recordsMax,
      int fetchBytesMax,
      int partitionsMax,
      Duration commitInterval,
      Duration commitTimeout,
      Duration lagInterval,
      Duration requestTimeout,
      Duration drainTimeout,
      Backoff restart,
      Retry ask,
      Retry deadLetters) {

    public Source {
      topics = List.copyOf(topics);
      require(
          SOURCE_NAME.matcher(name).matches(),
          "sources: the name '%s' must match %s".formatted(name, SOURCE_NAME.pattern()));
      require(
          !name.equals("mqtt") && !name.equals("http"),
          "sources: the name %s is that of another source".formatted(name));
      require(!bootstrapServers.isBlank(), "bootstrap-servers must not be empty");
      require(!topics.isEmpty(), "topics must name at least one topic");
      require(!groupId.isBlank(), "group-id must not be empty: it names whose offsets are kept");
      require(!deadLetterSuffix.isBlank(), "dead-letter-suffix must not be empty");
      for (String topic : topics) {
        require(
            !topics.contains(topic + deadLetterSuffix),
            "topics must not hold the dead letters of %s".formatted(topic));
      }
      requirePositive(sessionTimeout, "session-timeout");
      require(recordsMax > 0, "records-max must be 1 or more");
      require(fetchBytesMax > 0, "fetch-max must be 1 byte or more");
      require(partitionsMax > 0, "partitions-max must be 1 or more");
      requirePositive(commitInterval, "commit-interval");
      requirePositive(commitTimeout, "commit-timeout");
      requirePositive(lagInterval, "lag-interval");
      requirePositive(requestTimeout, "request-timeout");
      requirePositive(drainTimeout, "drain-timeout");
    }

    static Source from(Config config) {
      return new Source(
          config.getString("name"),
          config.getString("bootstrap-servers"),
          config.getStringList("topics"),
          config.getString("group-id"),
          config.getString("dead-letter-suffix"),
          ClientProperties.from(config.getConfig("properties")),
          config.getDuration("session-timeout"),
          config.getInt("records-max"),
          Math.toIntExact(config.getBytes("fetch-max")),
          config.getInt("partitions-max"),
          config.getDuration("commit-interval"),
          config.getDuration("commit-timeout"),
          config.getDuration("lag-interval"),
          config.getDuration("request-timeout"),
          config.getDuration("drain-timeout"),
          Backoff.from(config.getConfig("restart"), "restart"),
          Retry.from(config.getConfig("ask"), "ask"),
          Retry.from(config.getConfig("dead-letters"), "dead-letters"));
    }

    /** The topic for what cannot be recorded of a topic. */
    public String deadLetterTopic(String topic) {
      return topic + deadLetterSuffix;
    }
  }

  /** A pause: from min, doubling up to max. */
  public record Backoff(Duration min, Duration max) {

    static Backoff from(Config config, String path) {
      Backoff backoff = new Backoff(config.getDuration("min"), config.getDuration("max"));
      requirePositive(backoff.min, path + ".min");
      require(
          backoff.max.compareTo(backoff.min) >= 0,
          "%s.max must not be below %s.min".formatted(path, path));
      return backoff;
    }

    RestartSettings toRestartSettings() {
      return RestartSettings.create(min, max, BACKOFF_RANDOM_FACTOR);
    }
  }

  /** How often something is tried before the consumer starts again, and the pauses in between. */
  public record Retry(int attemptsMax, Backoff backoff) {

    static Retry from(Config config, String path) {
      Retry retry =
          new Retry(
              config.getInt("attempts-max"),
              Backoff.from(config.getConfig("backoff"), path + ".backoff"));
      require(retry.attemptsMax > 0, path + ".attempts-max must be 1 or more");
      return retry;
    }
  }

  private static void requirePositive(Duration duration, String name) {
    require(duration.isPositive(), name + " must be longer than 0");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException("twin.ingest.kafka." + message);
    }
  }
}
