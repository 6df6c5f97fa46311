package twin.core.type;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads machine types from HOCON, one block a type under {@code twin.types}. */
public final class MachineTypeReader {

  private MachineTypeReader() {}

  /**
   * Reads all types.
   *
   * @param types the block whose keys are the names of the types
   * @throws IllegalArgumentException when a type is not well formed, saying which and why
   */
  public static MachineTypes readAll(Config types) {
    return new MachineTypes(
        types.root().keySet().stream()
            .map(name -> read(name, types.getConfig("\"" + name + "\"")))
            .toList());
  }

  /**
   * Reads one type.
   *
   * @throws IllegalArgumentException when it is not well formed, saying why
   */
  public static MachineType read(String name, Config c) {
    try {
      return new MachineType(
          name,
          list(c, "channels").stream().map(MachineTypeReader::channel).toList(),
          c.hasPath("attributes") ? c.getStringList("attributes") : List.of(),
          list(c, "operating-modes").stream().map(MachineTypeReader::operatingMode).toList(),
          list(c, "features").stream().flatMap(MachineTypeReader::features).toList(),
          c.getDuration("lateness-bound"),
          c.getDuration("future-bound"),
          c.getDuration("silence"),
          c.getInt("commissioning-readings"),
          c.getDouble("gate-threshold"),
          text(c, "rul.unit"),
          number(c, "rul.horizon", 0),
          list(c, "alerts").stream().map(MachineTypeReader::alertRule).toList(),
          flag(c, "learns-channels"),
          (int) number(c, "baseline-readings", 0),
          c.hasPath("thresholds") ? thresholdRule(c.getConfig("thresholds")) : null,
          c.hasPath("rul.clock") ? c.getString("rul.clock") : null);
    } catch (ConfigException | IllegalArgumentException e) {
      throw new IllegalArgumentException("machine type " + name + ": " + e.getMessage(), e);
    }
  }

  private static Channel channel(Config c) {
    return new Channel(
        c.getString("name"),
        text(c, "unit"),
        number(c, "min", Double.NEGATIVE_INFINITY),
        number(c, "max", Double.POSITIVE_INFINITY),
        !c.hasPath("required") || c.getBoolean("required"),
        (int) number(c, "stuck-after-readings", 0));
  }

  private static OperatingMode operatingMode(Config c) {
    ConfigObject ranges = c.getObject("ranges");
    return new OperatingMode(
        c.getString("name"),
        ranges.keySet().stream()
            .sorted()
            .map(
                channel -> {
                  List<Double> bounds = ranges.toConfig().getDoubleList("\"" + channel + "\"");
                  if (bounds.size() != 2 || bounds.getFirst() > bounds.getLast()) {
                    throw new IllegalArgumentException(
                        "the range of %s must be [least, greatest]".formatted(channel));
                  }
                  return new OperatingMode.Range(channel, bounds.getFirst(), bounds.getLast());
                })
            .toList(),
        nominals(c));
  }

  private static List<OperatingMode.Nominal> nominals(Config c) {
    if (!c.hasPath("nominal")) {
      return List.of();
    }
    ConfigObject nominals = c.getObject("nominal");
    return nominals.keySet().stream()
        .sorted()
        .map(
            channel -> {
              List<Double> numbers = nominals.toConfig().getDoubleList("\"" + channel + "\"");
              if (numbers.size() != 2) {
                throw new IllegalArgumentException(
                    "what is nominal for %s must be [value, spread]".formatted(channel));
              }
              return new OperatingMode.Nominal(channel, numbers.getFirst(), numbers.getLast());
            })
        .toList();
  }

  /** One feature, or one for {@code each} name, which stands where there is a {@code *}. */
  private static Stream<FeatureSpec> features(Config c) {
    return c.hasPath("each")
        ? c.getStringList("each").stream().map(each -> feature(c, each))
        : Stream.of(feature(c, "*"));
  }

  private static FeatureSpec feature(Config c, String each) {
    double seconds = number(c, "seconds", 0);
    return new FeatureSpec(
        c.getString("name").replace("*", each),
        constant(FeatureSpec.Kind.class, c.getString("kind")),
        c.hasPath("of")
            ? c.getStringList("of").stream().map(input -> input.replace("*", each)).toList()
            : List.of(),
        (int) number(c, "readings", seconds > 0 ? FeatureSpec.MAX_WINDOW_READINGS : 1),
        number(c, "factor", 1),
        text(c, "value"),
        seconds);
  }

  private static ThresholdRule thresholdRule(Config c) {
    return new ThresholdRule(
        c.getInt("from-reading"),
        c.getDouble("factor"),
        c.getInt("adapt-readings"),
        c.getDouble("lowest"),
        c.getDouble("highest"),
        c.getDouble("step"));
  }

  private static AlertRule alertRule(Config c) {
    // A short form: all = […] is kind = all, conditions = […].
    String shortened = c.hasPath("all") ? "all" : c.hasPath("any") ? "any" : "";
    boolean isShort = !shortened.isEmpty() && !c.hasPath("kind");
    AlertRule.Kind kind = constant(AlertRule.Kind.class, isShort ? shortened : c.getString("kind"));
    double on = limit(c, kind);
    return new AlertRule(
        c.getString("name"),
        kind,
        text(c, "failure-mode"),
        on,
        number(c, "off", on),
        (int) number(c, "on-readings", 1),
        (int) number(c, "off-readings", 1),
        constant(Severity.class, c.getString("severity")),
        duration(c, "escalate-after"),
        text(c, "channel"),
        duration(c, "window"),
        windowReadings(c, kind),
        bound(c),
        duration(c, "on-delay"),
        duration(c, "off-delay"),
        (int) number(c, "times", 0),
        duration(c, "within"),
        c.hasPath("modes") ? c.getStringList("modes") : List.of(),
        list(c, isShort ? shortened : "conditions").stream()
            .map(MachineTypeReader::condition)
            .toList());
  }

  private static AlertCondition.Part condition(Config c) {
    AlertRule.Kind kind = constant(AlertRule.Kind.class, c.getString("kind"));
    double on = limit(c, kind);
    return new AlertCondition.Part(
        kind,
        text(c, "failure-mode"),
        on,
        number(c, "off", on),
        text(c, "channel"),
        duration(c, "window"),
        windowReadings(c, kind),
        bound(c));
  }

  private static double limit(Config c, AlertRule.Kind kind) {
    return kind == AlertRule.Kind.SILENCE || kind.combines()
        ? number(c, "on", 0)
        : c.getDouble("on");
  }

  private static int windowReadings(Config c, AlertRule.Kind kind) {
    return (int)
        number(
            c,
            "window-readings",
            kind == AlertRule.Kind.RATE_OF_CHANGE ? AlertCondition.DEFAULT_WINDOW_READINGS : 0);
  }

  private static AlertCondition.@Nullable RulBound bound(Config c) {
    return c.hasPath("bound")
        ? constant(AlertCondition.RulBound.class, c.getString("bound"))
        : null;
  }

  private static @Nullable Duration duration(Config c, String path) {
    return c.hasPath(path) ? c.getDuration(path) : null;
  }

  private static <E extends Enum<E>> E constant(Class<E> type, String label) {
    String wanted = label.toUpperCase(Locale.ROOT).replace('-', '_');
    return Arrays.stream(type.getEnumConstants())
        .filter(constant -> constant.name().equals(wanted))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' is none of %s"
                        .formatted(
                            label,
                            Arrays.stream(type.getEnumConstants())
                                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", ")))));
  }

  private static List<? extends Config> list(Config c, String path) {
    return c.hasPath(path) ? c.getConfigList(path) : List.of();
  }

  private static String text(Config c, String path) {
    return c.hasPath(path) ? c.getString(path) : "";
  }

  private static double number(Config c, String path, double otherwise) {
    return c.hasPath(path) ? c.getDouble(path) : otherwise;
  }

  private static boolean flag(Config c, String path) {
    return c.hasPath(path) && c.getBoolean(path);
  }
}
