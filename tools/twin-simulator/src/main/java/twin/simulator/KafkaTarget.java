package twin.simulator;

import java.time.Duration;
import java.util.Map;

/**
 * The Kafka cluster that readings go to, and every bound of the way there. A record's key is the
 * machine's id, so that a machine's readings stay in one partition and in order.
 *
 * @param servers one or more {@code host:port}, separated by commas
 * @param topic where readings go
 * @param properties more settings of the producer, such as those of TLS and a login; they cannot
 *     change what the order and the acknowledgements rest on
 * @param inFlightMax records handed over and not yet acknowledged
 * @param waitingMax readings kept while the cluster is away or slow; a fleet drops what is beyond
 *     it at the source and counts that, a replay waits
 * @param drainTimeout how long closing waits for the acknowledgements that are still out
 */
public record KafkaTarget(
    String servers,
    String topic,
    Map<String, String> properties,
    int inFlightMax,
    int waitingMax,
    Duration drainTimeout)
    implements ReadingTarget {

  /** The topic of the contract. */
  public static final String TOPIC = "sensor-raw-data";

  private static final int IN_FLIGHT_LIMIT = 100_000;

  public KafkaTarget {
    if (!servers.matches("[^\\s,:/]+:\\d+(,[^\\s,:/]+:\\d+)*")) {
      throw new IllegalArgumentException(
          "Kafka's servers '%s' must be given as host:port, or several with commas."
              .formatted(servers));
    }
    if (topic.isBlank()) {
      throw new IllegalArgumentException("Kafka's topic must not be empty.");
    }
    properties = Map.copyOf(properties);
    Settings.requireBetween("in-flight-max", inFlightMax, 1, IN_FLIGHT_LIMIT);
    Settings.requireBetween("waiting-max", waitingMax, 1, Integer.MAX_VALUE);
    Settings.requirePositive("drain-timeout", drainTimeout);
  }

  /**
   * That cluster with the usual bounds: 10,000 records in flight, 100,000 readings waiting, 10 s to
   * drain.
   */
  public static KafkaTarget of(String servers) {
    return new KafkaTarget(servers, TOPIC, Map.of(), 10_000, 100_000, Duration.ofSeconds(10));
  }

  public KafkaTarget withProperties(Map<String, String> more) {
    return new KafkaTarget(servers, topic, more, inFlightMax, waitingMax, drainTimeout);
  }

  @Override
  public String shown() {
    return "kafka://%s/%s".formatted(servers, topic);
  }

  /** Leaves the properties out, since a password may be among them. */
  @Override
  public String toString() {
    return "KafkaTarget[%s]".formatted(shown());
  }
}
