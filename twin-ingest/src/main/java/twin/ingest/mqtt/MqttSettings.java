package twin.ingest.mqtt;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.stream.RestartSettings;

/**
 * Everything that can be set about MQTT, read once from {@code twin.ingest.mqtt}, where each
 * default stands with its unit.
 */
public record MqttSettings(Broker broker, Subscribe subscribe, Publish publish) {

  /** The part of a backoff that is left to chance, so that nodes do not come back all at once. */
  private static final double BACKOFF_RANDOM_FACTOR = 0.2;

  /** Reads the settings from the root of a configuration. */
  public static MqttSettings from(Config root) {
    return of(root.getConfig("twin.ingest.mqtt"));
  }

  /** Reads the settings from a block such as {@code twin.ingest.mqtt}. */
  public static MqttSettings of(Config config) {
    return new MqttSettings(
        Broker.from(config.getConfig("broker")),
        Subscribe.from(config.getConfig("subscribe")),
        Publish.from(config.getConfig("publish")));
  }

  /** Where the broker is and how to be let in. */
  public record Broker(
      String host,
      int port,
      String user,
      Secret password,
      Tls tls,
      Duration connectTimeout,
      Duration keepAlive,
      Backoff backoff) {

    public Broker {
      require(!host.isBlank(), "broker.host must not be empty");
      require(port > 0 && port <= 65_535, "broker.port must be 1 to 65535");
      require(!user.isEmpty() || password.isEmpty(), "broker.password needs broker.user");
      requirePositive(connectTimeout, "broker.connect-timeout");
      require(
          keepAlive.toSeconds() >= 1 && keepAlive.toSeconds() <= 65_535,
          "broker.keep-alive must be 1 s to 65535 s");
    }

    static Broker from(Config config) {
      return new Broker(
          config.getString("host"),
          config.getInt("port"),
          config.getString("user"),
          new Secret(config.getString("password")),
          Tls.from(config.getConfig("tls")),
          config.getDuration("connect-timeout"),
          config.getDuration("keep-alive"),
          Backoff.from(config.getConfig("backoff")));
    }
  }

  /** Whether and with which certificates the connection is encrypted. Empty means the JDK's own. */
  public record Tls(
      boolean enabled,
      String trustStore,
      Secret trustStorePassword,
      String keyStore,
      Secret keyStorePassword) {

    static Tls from(Config config) {
      return new Tls(
          config.getBoolean("enabled"),
          config.getString("trust-store"),
          new Secret(config.getString("trust-store-password")),
          config.getString("key-store"),
          new Secret(config.getString("key-store-password")));
    }
  }

  /** How long to wait before connecting again. */
  public record Backoff(Duration min, Duration max) {

    public Backoff {
      requirePositive(min, "broker.backoff.min");
      require(max.compareTo(min) >= 0, "broker.backoff.max must not be below broker.backoff.min");
    }

    static Backoff from(Config config) {
      return new Backoff(config.getDuration("min"), config.getDuration("max"));
    }

    RestartSettings toRestartSettings() {
      return RestartSettings.create(min, max, BACKOFF_RANDOM_FACTOR);
    }
  }

  /** What is taken from the broker, and how much of it at a time. */
  public record Subscribe(
      String clientId,
      MqttVersion version,
      List<String> topicFilters,
      int qos,
      Duration sessionExpiry,
      int receiveMaximum,
      int qos0Buffer,
      int oversizedBytes,
      int maximumPacketBytes,
      Duration drainTimeout) {

    /** No broker can have more than this unacknowledged: there are no more packet identifiers. */
    static final int RECEIVE_MAXIMUM_MAX = 65_535;

    /** The largest session expiry that MQTT can express; it stands for a session without end. */
    private static final Duration SESSION_EXPIRY_MAX = Duration.ofSeconds(4_294_967_295L);

    public Subscribe {
      topicFilters = List.copyOf(topicFilters);
      require(!clientId.isBlank(), "subscribe.client-id must not be empty: it names the session");
      require(!topicFilters.isEmpty(), "subscribe.topic-filters must name at least one topic");
      require(qos == 0 || qos == 1, "subscribe.qos must be 0 or 1");
      require(
          sessionExpiry.toSeconds() >= 1 && sessionExpiry.compareTo(SESSION_EXPIRY_MAX) <= 0,
          "subscribe.session-expiry must be 1 s to 4294967295 s");
      require(
          receiveMaximum > 0 && receiveMaximum <= RECEIVE_MAXIMUM_MAX,
          "subscribe.receive-maximum must be 1 to 65535");
      require(qos0Buffer > 0, "subscribe.qos-0-buffer must be 1 or more");
      require(oversizedBytes > 0, "subscribe.oversized must be 1 byte or more");
      require(
          maximumPacketBytes > oversizedBytes,
          "subscribe.maximum-packet-size must be above subscribe.oversized, or what is oversized"
              + " never comes in to become a dead letter");
      requirePositive(drainTimeout, "subscribe.drain-timeout");
    }

    static Subscribe from(Config config) {
      return new Subscribe(
          config.getString("client-id"),
          MqttVersion.of(config.getString("version")),
          config.getStringList("topic-filters"),
          config.getInt("qos"),
          config.getDuration("session-expiry"),
          config.getInt("receive-maximum"),
          config.getInt("qos-0-buffer"),
          Math.toIntExact(config.getBytes("oversized")),
          Math.toIntExact(config.getBytes("maximum-packet-size")),
          config.getDuration("drain-timeout"));
    }
  }

  /** What is given to the broker, and how much of it may wait. */
  public record Publish(
      String clientIdPrefix,
      int alertBuffer,
      int deadLetterBuffer,
      int stateMachinesMax,
      Duration stateInterval,
      int statesPerSecondMax,
      int attemptsMax,
      Duration drainTimeout) {

    public Publish {
      require(!clientIdPrefix.isBlank(), "publish.client-id-prefix must not be empty");
      require(alertBuffer > 0, "publish.alert-buffer must be 1 or more");
      require(deadLetterBuffer > 0, "publish.dead-letter-buffer must be 1 or more");
      require(stateMachinesMax > 0, "publish.state-machines-max must be 1 or more");
      requirePositive(stateInterval, "publish.state-interval");
      require(statesPerSecondMax > 0, "publish.states-per-second-max must be 1 or more");
      require(attemptsMax > 0, "publish.attempts-max must be 1 or more");
      requirePositive(drainTimeout, "publish.drain-timeout");
    }

    static Publish from(Config config) {
      return new Publish(
          config.getString("client-id-prefix"),
          config.getInt("alert-buffer"),
          config.getInt("dead-letter-buffer"),
          config.getInt("state-machines-max"),
          config.getDuration("state-interval"),
          config.getInt("states-per-second-max"),
          config.getInt("attempts-max"),
          config.getDuration("drain-timeout"));
    }
  }

  private static void requirePositive(Duration duration, String name) {
    require(duration.isPositive(), name + " must be longer than 0");
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException("twin.ingest.mqtt." + message);
    }
  }
}
