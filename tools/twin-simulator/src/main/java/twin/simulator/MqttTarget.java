package twin.simulator;

import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The broker that readings go to, over MQTT 5 with QoS 1, and every bound of the way there.
 *
 * @param uri {@code mqtt://host:port}, or {@code mqtts://} with TLS and the certificates that the
 *     JDK trusts; without a port 1883 or 8883
 * @param clientId unique at the broker: two programs with one id keep throwing each other out
 * @param username null for a broker that asks for no name
 * @param password null for none
 * @param inFlightMax readings handed over and not yet acknowledged by the broker
 * @param waitingMax readings kept while the broker is away or slow; a fleet drops what is beyond it
 *     at the source and counts that, a replay waits
 * @param reconnectDelayMin pause before the first attempt to reconnect, doubled by each attempt
 * @param reconnectDelayMax the longest such pause
 * @param drainTimeout how long closing waits for the acknowledgements that are still out
 */
public record MqttTarget(
    URI uri,
    String clientId,
    @Nullable String username,
    @Nullable String password,
    int inFlightMax,
    int waitingMax,
    Duration reconnectDelayMin,
    Duration reconnectDelayMax,
    Duration drainTimeout)
    implements ReadingTarget {

  private static final int PORT = 1883;
  private static final int PORT_TLS = 8883;
  private static final int IN_FLIGHT_LIMIT = 65_535;

  public MqttTarget {
    if (!isPlain(uri) && !isTls(uri)) {
      throw new IllegalArgumentException(
          "The broker '%s' must be given as mqtt://host:port or mqtts://host:port.".formatted(uri));
    }
    if (uri.getHost() == null) {
      throw new IllegalArgumentException("The broker '%s' has no host.".formatted(uri));
    }
    if (uri.getUserInfo() != null) {
      throw new IllegalArgumentException("Give the broker's name and password apart from its URL.");
    }
    if (clientId.isBlank()) {
      throw new IllegalArgumentException("The MQTT client id must not be empty.");
    }
    Settings.requireBetween("in-flight-max", inFlightMax, 1, IN_FLIGHT_LIMIT);
    Settings.requireBetween("waiting-max", waitingMax, 1, Integer.MAX_VALUE);
    Settings.requirePositive("reconnect-delay-min", reconnectDelayMin);
    Settings.requirePositive("drain-timeout", drainTimeout);
    if (reconnectDelayMax.compareTo(reconnectDelayMin) < 0) {
      throw new IllegalArgumentException(
          "reconnect-delay-max (%s) must not be shorter than reconnect-delay-min (%s)."
              .formatted(reconnectDelayMax, reconnectDelayMin));
    }
  }

  /**
   * That broker with the usual bounds: 1,000 readings in flight, 100,000 waiting, reconnecting
   * after 200 ms to 10 s, 10 s to drain; no name, and a client id of its own.
   */
  public static MqttTarget of(URI uri) {
    return new MqttTarget(
        uri,
        "twin-simulator-" + UUID.randomUUID(),
        null,
        null,
        1_000,
        100_000,
        Duration.ofMillis(200),
        Duration.ofSeconds(10),
        Duration.ofSeconds(10));
  }

  public MqttTarget withCredentials(String name, String secret) {
    return new MqttTarget(
        uri,
        clientId,
        name,
        secret,
        inFlightMax,
        waitingMax,
        reconnectDelayMin,
        reconnectDelayMax,
        drainTimeout);
  }

  public MqttTarget withBounds(int readingsInFlightMax, int readingsWaitingMax) {
    return new MqttTarget(
        uri,
        clientId,
        username,
        password,
        readingsInFlightMax,
        readingsWaitingMax,
        reconnectDelayMin,
        reconnectDelayMax,
        drainTimeout);
  }

  String host() {
    return uri.getHost();
  }

  int port() {
    if (uri.getPort() >= 0) {
      return uri.getPort();
    }
    return usesTls() ? PORT_TLS : PORT;
  }

  boolean usesTls() {
    return isTls(uri);
  }

  @Override
  public String shown() {
    return "%s://%s:%d".formatted(uri.getScheme(), host(), port());
  }

  /** Leaves the password out, so that it cannot end up in a log. */
  @Override
  public String toString() {
    return "MqttTarget[%s, clientId=%s, username=%s]".formatted(shown(), clientId, username);
  }

  private static boolean isPlain(URI uri) {
    return scheme(uri).equals("mqtt") || scheme(uri).equals("tcp");
  }

  private static boolean isTls(URI uri) {
    return scheme(uri).equals("mqtts") || scheme(uri).equals("ssl");
  }

  private static String scheme(URI uri) {
    return uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
  }
}
