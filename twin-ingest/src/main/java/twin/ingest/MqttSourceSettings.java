package twin.ingest;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.List;
import twin.ingest.mqtt.MqttSettings;

/**
 * One of the sources in {@code twin.ingest.mqtt.sources}. What it does not say is as it stands in
 * {@code twin.ingest.mqtt}, but for what must not be shared.
 *
 * @param name appears in causes, metrics and dead letters
 */
record MqttSourceSettings(String name, MqttSettings mqtt) {

  /** The source that has everything as it stands in {@code twin.ingest.mqtt}. */
  static final String MAIN = "mqtt";

  /** Who asks another broker does not show it the secrets of this one. */
  private static final Config NO_CREDENTIALS =
      ConfigFactory.parseString(
          """
          broker {
            user = "", password = ""
            tls {
              enabled = false, trust-store = "", trust-store-password = ""
              key-store = "", key-store-password = ""
            }
          }
          """);

  /**
   * Reads all of them.
   *
   * @throws IllegalArgumentException when they cannot be, alone or together, with what to do
   */
  static List<MqttSourceSettings> from(Config root, Decoders decoders) {
    Config all = root.getConfig("twin.ingest.mqtt");
    List<MqttSourceSettings> sources = new ArrayList<>();
    for (Config source : all.getConfigList("sources")) {
      MqttSourceSettings read = read(source, all, decoders);
      sources.forEach(other -> read.requireApart(other));
      sources.add(read);
    }
    return List.copyOf(sources);
  }

  private static MqttSourceSettings read(Config source, Config all, Decoders decoders) {
    String name = Decoders.name(source);
    Config whole = source;
    if (source.hasPath("broker.host")) {
      whole = whole.withFallback(NO_CREDENTIALS);
    }
    List<String> byMapping = decoders.topicFilter(name).map(List::of).orElse(List.of());
    if (!byMapping.isEmpty()) {
      whole = whole.withFallback(at("subscribe.topic-filters", byMapping));
    }
    if (!name.equals(MAIN)) {
      if (!whole.hasPath("subscribe.topic-filters")) {
        throw refuse(
            source,
            name,
            "it needs subscribe.topic-filters, or a mapping with a topic: say what to subscribe"
                + " to");
      }
      whole =
          whole.withFallback(
              at("subscribe.client-id", all.getString("subscribe.client-id") + "-" + name));
    }
    try {
      return new MqttSourceSettings(name, MqttSettings.of(whole.withFallback(all)));
    } catch (IllegalArgumentException e) {
      throw refuse(source, name, String.valueOf(e.getMessage()));
    }
  }

  private static Config at(String path, Object value) {
    return ConfigFactory.empty().withValue(path, ConfigValueFactory.fromAnyRef(value));
  }

  private static IllegalArgumentException refuse(Config source, String name, String why) {
    return new IllegalArgumentException(
        "%s: source %s of twin.ingest.mqtt: %s"
            .formatted(source.origin().description(), name, why));
  }

  /** Two sessions of one name throw each other out, and a message is for one source only. */
  private void requireApart(MqttSourceSettings other) {
    MqttSettings.Broker here = mqtt.broker();
    MqttSettings.Broker there = other.mqtt().broker();
    if (!here.host().equals(there.host()) || here.port() != there.port()) {
      return;
    }
    if (mqtt.subscribe().clientId().equals(other.mqtt().subscribe().clientId())) {
      throw new IllegalArgumentException(
          "twin.ingest.mqtt: the sources %s and %s have the same subscribe.client-id '%s': give each"
                  .formatted(other.name(), name, mqtt.subscribe().clientId())
              + " its own");
    }
    for (String filter : mqtt.subscribe().topicFilters()) {
      for (String others : other.mqtt().subscribe().topicFilters()) {
        if (overlap(levels(filter), levels(others))) {
          throw new IllegalArgumentException(
              "twin.ingest.mqtt: the sources %s and %s would both be given what fits '%s' and '%s':"
                      .formatted(other.name(), name, others, filter)
                  + " make their topic-filters disjoint");
        }
      }
    }
  }

  private static List<String> levels(String filter) {
    return List.of(filter.split("/", -1));
  }

  /** Whether some topic fits both filters. */
  static boolean overlap(List<String> one, List<String> other) {
    for (int i = 0; ; i++) {
      boolean oneEnds = i == one.size();
      boolean otherEnds = i == other.size();
      if (oneEnds || otherEnds) {
        // What ends in # also fits what has nothing below.
        return (oneEnds && otherEnds)
            || (oneEnds && other.get(i).equals("#"))
            || (otherEnds && one.get(i).equals("#"));
      }
      if (one.get(i).equals("#") || other.get(i).equals("#")) {
        return true;
      }
      boolean apart =
          !one.get(i).equals("+") && !other.get(i).equals("+") && !one.get(i).equals(other.get(i));
      if (apart) {
        return false;
      }
    }
  }
}
