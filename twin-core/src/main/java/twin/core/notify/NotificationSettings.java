package twin.core.notify;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import twin.core.type.Severity;

/**
 * Who is told of alerts, and how. Read once from {@code twin.notifications}.
 *
 * @param channels those that are switched on, by name
 * @param routes which alerts go to which of them
 * @param publicUrl where people reach the dashboard, without a slash at its end; may be empty
 * @param ageMax a change that is older when it is read from the journal is told to nobody
 * @param incidentWithin an alert belongs to the incident of the one before it at its place when it
 *     came no longer after it
 * @param keep how long deliveries are kept
 * @param lookEvery the pause between two looks for something to do
 * @param gatherMax notices that become deliveries at a time
 * @param named how many alerts a message names; the others it counts
 * @param aloneFor for how long a node has a delivery for itself
 * @param stopWithin how long an orderly stop waits for what is being sent
 * @param measureEvery the pause between two counts of what waits
 */
public record NotificationSettings(
    Map<String, ChannelSettings> channels,
    List<Route> routes,
    String publicUrl,
    Duration ageMax,
    Duration incidentWithin,
    Duration keep,
    Duration lookEvery,
    int gatherMax,
    int named,
    Duration aloneFor,
    Duration stopWithin,
    Duration measureEvery) {

  private static final String PATH = "twin.notifications";
  private static final String ENABLED = "enabled";

  public NotificationSettings {
    channels = Map.copyOf(channels);
    routes = List.copyOf(routes);
    if (keep.compareTo(ageMax) < 0) {
      throw new IllegalArgumentException(PATH + ".keep must not be below age-max");
    }
    if (gatherMax < 1 || named < 1 || lookEvery.isZero() || measureEvery.isZero()) {
      throw new IllegalArgumentException(
          PATH + ".gather-max, named, look-every and measure-every must be above 0");
    }
    for (ChannelSettings channel : channels.values()) {
      if (channel.timeout().compareTo(aloneFor) >= 0) {
        throw new IllegalArgumentException(
            "the timeout of channel %s must be below %s.alone-for".formatted(channel.name(), PATH));
      }
      if (channel.window().compareTo(incidentWithin) > 0) {
        throw new IllegalArgumentException(
            "the window of channel %s must not be above %s.incident-within"
                .formatted(channel.name(), PATH));
      }
    }
  }

  /**
   * Reads {@code twin.notifications} of a whole configuration.
   *
   * @throws ConfigException for what cannot be, with the place
   */
  public static NotificationSettings from(Config root) {
    Config config = root.getConfig(PATH);
    Map<String, ChannelSettings> channels = channels(config.getConfig("channels"));
    List<Route> routes = new ArrayList<>();
    for (Config route : config.getConfigList("routes")) {
      routes.add(route(route.withFallback(config.getConfig("route")), channels.keySet()));
    }
    return new NotificationSettings(
        channels,
        routes,
        config.getString("public-url").replaceFirst("/+$", ""),
        config.getDuration("age-max"),
        config.getDuration("incident-within"),
        config.getDuration("keep"),
        config.getDuration("look-every"),
        config.getInt("gather-max"),
        config.getInt("named"),
        config.getDuration("alone-for"),
        config.getDuration("stop-within"),
        config.getDuration("measure-every"));
  }

  /** A channel has what it does not say itself from the one that is called as its kind. */
  private static Map<String, ChannelSettings> channels(Config config) {
    Map<String, ChannelSettings> channels = new TreeMap<>();
    for (String name : config.root().keySet()) {
      Config own = config.getConfig("\"" + name + "\"");
      String kind = own.getString("kind");
      if (!own.hasPath(ENABLED) || own.getBoolean(ENABLED)) {
        Config ofKind = config.hasPath(kind) ? config.getConfig(kind) : ConfigFactory.empty();
        channels.put(name, ChannelSettings.of(name, own.withFallback(ofKind)));
      }
    }
    return channels;
  }

  private static Route route(Config config, Set<String> channels) {
    Set<String> chosen = Set.copyOf(config.getStringList("channels"));
    List<Set<String>> escalation = new ArrayList<>();
    for (Object step : config.getList("escalation").unwrapped()) {
      if (!(step instanceof List<?> names)) {
        throw wrong(config, "escalation", "must be a list of lists of channels");
      }
      Set<String> recipients = new HashSet<>();
      names.forEach(name -> recipients.add(String.valueOf(name)));
      escalation.add(recipients);
    }
    requireKnown(config, "channels", chosen, channels);
    escalation.forEach(step -> requireKnown(config, "escalation", step, channels));
    return new Route(
        severities(config),
        Set.copyOf(config.getStringList("site")),
        Set.copyOf(config.getStringList("area")),
        Set.copyOf(config.getStringList("line")),
        Set.copyOf(config.getStringList("type")),
        choices(Change.class, config, "changes"),
        chosen.isEmpty() ? channels : chosen,
        escalation);
  }

  private static Set<String> severities(Config config) {
    Set<String> labels = new HashSet<>();
    choices(Severity.class, config, "severity").forEach(each -> labels.add(each.label()));
    return labels;
  }

  private static <E extends Enum<E>> Set<E> choices(Class<E> type, Config config, String member) {
    Set<E> chosen = EnumSet.noneOf(type);
    for (String word : config.getStringList(member)) {
      chosen.add(ChannelSettings.choice(type, config, member, word));
    }
    return chosen;
  }

  private static void requireKnown(
      Config config, String member, Set<String> names, Set<String> channels) {
    for (String name : names) {
      if (!channels.contains(name)) {
        throw wrong(config, member, "names " + name + ", and no such channel is switched on");
      }
    }
  }

  private static ConfigException wrong(Config config, String member, String what) {
    return new ConfigException.BadValue(config.origin(), PATH + ".routes." + member, what);
  }
}
