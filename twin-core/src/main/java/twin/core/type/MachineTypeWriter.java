package twin.core.type;

import com.typesafe.config.ConfigUtil;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes machine types as {@link MachineTypeReader} reads them. */
public final class MachineTypeWriter {

  private MachineTypeWriter() {}

  /** A type as a block of configuration that a file can be begun with. */
  public static String write(MachineType type) {
    StringBuilder out = new StringBuilder();
    line(out, "twin.types.%s {".formatted(quoted(type.name())));
    line(out, "  channels = [");
    type.channels().forEach(channel -> line(out, "    {%s}".formatted(channel(channel))));
    line(out, "  ]");
    if (!type.attributes().isEmpty()) {
      line(out, "  attributes = [%s]".formatted(quoted(type.attributes())));
    }
    if (!type.operatingModes().isEmpty()) {
      line(out, "  operating-modes = [");
      type.operatingModes().forEach(mode -> line(out, "    {%s}".formatted(mode(mode))));
      line(out, "  ]");
    }
    line(out, "  features = [");
    type.features().forEach(feature -> line(out, "    {%s}".formatted(feature(feature))));
    line(out, "  ]");
    line(out, "  lateness-bound = %s".formatted(duration(type.latenessBound())));
    line(out, "  future-bound = %s".formatted(duration(type.futureBound())));
    line(out, "  silence = %s".formatted(duration(type.silence())));
    line(out, "  commissioning-readings = %d".formatted(type.commissioningReadings()));
    if (type.baselineReadings() > 0) {
      line(out, "  baseline-readings = %d".formatted(type.baselineReadings()));
    }
    line(out, "  gate-threshold = %s".formatted(number(type.gateThreshold())));
    ThresholdRule thresholds = type.thresholds();
    if (thresholds != null) {
      line(
          out,
          ("  thresholds = {from-reading = %d, factor = %s, adapt-readings = %d, lowest = %s,"
                  + " highest = %s, step = %s}")
              .formatted(
                  thresholds.fromReading(),
                  number(thresholds.factor()),
                  thresholds.adaptReadings(),
                  number(thresholds.lowest()),
                  number(thresholds.highest()),
                  number(thresholds.step())));
    }
    if (!type.rulUnit().isEmpty()) {
      String clock = type.rulClock();
      line(
          out,
          "  rul = {unit = %s, horizon = %s%s}"
              .formatted(
                  quoted(type.rulUnit()),
                  number(type.rulHorizon()),
                  clock == null ? "" : ", clock = " + quoted(clock)));
    }
    if (type.learnsChannels()) {
      line(out, "  learns-channels = true");
    }
    line(out, "  alerts = [");
    type.alertRules().forEach(rule -> line(out, "    {%s}".formatted(rule(rule))));
    line(out, "  ]");
    line(out, "}");
    return out.toString();
  }

  private static String channel(Channel channel) {
    StringBuilder out = new StringBuilder("name = " + quoted(channel.name()));
    out.append(", unit = ").append(quoted(channel.unit()));
    if (Double.isFinite(channel.min())) {
      out.append(", min = ").append(number(channel.min()));
    }
    if (Double.isFinite(channel.max())) {
      out.append(", max = ").append(number(channel.max()));
    }
    if (!channel.required()) {
      out.append(", required = false");
    }
    if (channel.stuckAfterReadings() > 0) {
      out.append(", stuck-after-readings = ").append(channel.stuckAfterReadings());
    }
    return out.toString();
  }

  private static String mode(OperatingMode mode) {
    String ranges =
        mode.ranges().stream()
            .map(
                range ->
                    "%s = [%s, %s]"
                        .formatted(
                            quoted(range.channel()), number(range.min()), number(range.max())))
            .collect(Collectors.joining(", "));
    String nominals =
        mode.nominals().stream()
            .map(
                nominal ->
                    "%s = [%s, %s]"
                        .formatted(
                            quoted(nominal.channel()),
                            number(nominal.value()),
                            number(nominal.spread())))
            .collect(Collectors.joining(", "));
    return "name = %s, ranges = {%s}%s"
        .formatted(
            quoted(mode.name()),
            ranges,
            nominals.isEmpty() ? "" : ", nominal = {" + nominals + "}");
  }

  private static String feature(FeatureSpec feature) {
    StringBuilder out = new StringBuilder("name = " + quoted(feature.name()));
    out.append(", kind = ").append(constant(feature.kind()));
    out.append(", of = [").append(quoted(feature.inputs())).append(']');
    if (feature.windowReadings() > 1) {
      out.append(", readings = ").append(feature.windowReadings());
    }
    if (feature.windowSeconds() > 0) {
      out.append(", seconds = ").append(number(feature.windowSeconds()));
    }
    if (feature.factor() != 1) {
      out.append(", factor = ").append(number(feature.factor()));
    }
    if (!feature.value().isEmpty()) {
      out.append(", value = ").append(quoted(feature.value()));
    }
    return out.toString();
  }

  private static String rule(AlertRule rule) {
    StringBuilder out = new StringBuilder("name = " + quoted(rule.name()));
    out.append(", ").append(condition(rule));
    if (rule.kind() != AlertRule.Kind.SILENCE) {
      out.append(", on-readings = ").append(rule.onReadings());
      out.append(", off-readings = ").append(rule.offReadings());
    }
    out.append(", severity = ").append(constant(rule.severity()));
    out.append(optional("escalate-after", rule.escalateAfter()));
    out.append(optional("on-delay", rule.onDelay()));
    out.append(optional("off-delay", rule.offDelay()));
    if (rule.times() > 0) {
      out.append(", times = ").append(rule.times()).append(optional("within", rule.within()));
    }
    if (!rule.modes().isEmpty()) {
      out.append(", modes = [").append(quoted(rule.modes())).append(']');
    }
    if (!rule.conditions().isEmpty()) {
      out.append(", conditions = [")
          .append(
              rule.conditions().stream()
                  .map(part -> "{" + condition(part) + "}")
                  .collect(Collectors.joining(", ")))
          .append(']');
    }
    return out.toString();
  }

  private static String condition(AlertCondition condition) {
    StringBuilder out = new StringBuilder("kind = " + constant(condition.kind()));
    if (!condition.failureMode().isEmpty()) {
      out.append(", failure-mode = ").append(quoted(condition.failureMode()));
    }
    if (!condition.channel().isEmpty()) {
      out.append(", channel = ").append(quoted(condition.channel()));
    }
    if (condition.kind().ofChannel() || condition.kind().ofAssessment()) {
      out.append(", on = ").append(number(condition.on()));
      out.append(", off = ").append(number(condition.off()));
    }
    out.append(optional("window", condition.window()));
    if (condition.windowReadings() > 0) {
      out.append(", window-readings = ").append(condition.windowReadings());
    }
    if (condition.bound() != null) {
      out.append(", bound = ").append(constant(condition.bound()));
    }
    return out.toString();
  }

  private static String optional(String name, @Nullable Duration duration) {
    return duration == null ? "" : ", %s = %s".formatted(name, duration(duration));
  }

  private static String constant(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String duration(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + "s"
        : duration.toMillis() + "ms";
  }

  private static String number(double number) {
    return number == Math.rint(number) && Math.abs(number) < 1L << 53
        ? Long.toString((long) number)
        : Double.toString(number);
  }

  private static String quoted(List<String> texts) {
    return texts.stream().map(MachineTypeWriter::quoted).collect(Collectors.joining(", "));
  }

  private static String quoted(String text) {
    return text.matches("[A-Za-z_][A-Za-z0-9_]*") ? text : ConfigUtil.quoteString(text);
  }

  private static void line(StringBuilder out, String text) {
    out.append(text).append('\n');
  }
}
