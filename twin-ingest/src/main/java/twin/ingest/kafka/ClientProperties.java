package twin.ingest.kafka;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigUtil;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Settings that are handed on to every client of Kafka as they are, such as those of TLS and SASL.
 * Their values may be secrets: the text form shows only their names. Immutable.
 */
public final class ClientProperties {

  /** What a source has settings of its own for, or what it relies on. */
  private static final Set<String> TAKEN =
      Set.of(
          "bootstrap.servers",
          "group.id",
          "client.id",
          "enable.auto.commit",
          "auto.offset.reset",
          "key.deserializer",
          "value.deserializer",
          "key.serializer",
          "value.serializer",
          "max.poll.records",
          "session.timeout.ms",
          "heartbeat.interval.ms",
          "partition.assignment.strategy",
          "group.protocol",
          "acks",
          "enable.idempotence");

  private final Map<String, String> values;

  private ClientProperties(Map<String, String> values) {
    this.values = Map.copyOf(values);
  }

  /** Reads them from a block whose paths are the names. */
  static ClientProperties from(Config config) {
    Map<String, String> values = new TreeMap<>();
    config
        .entrySet()
        .forEach(
            entry -> {
              String name = String.join(".", ConfigUtil.splitPath(entry.getKey()));
              if (TAKEN.contains(name)) {
                throw new IllegalArgumentException(
                    ("twin.ingest.kafka.properties must not set %s: a source has a setting of its"
                            + " own for it, or depends on it")
                        .formatted(name));
              }
              values.put(name, entry.getValue().unwrapped().toString());
            });
    return new ClientProperties(values);
  }

  /** Names and values, for a client. */
  Map<String, String> asMap() {
    return values;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ClientProperties that && values.equals(that.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  /** The names alone. */
  @Override
  public String toString() {
    return new TreeMap<>(values).keySet().toString();
  }
}
