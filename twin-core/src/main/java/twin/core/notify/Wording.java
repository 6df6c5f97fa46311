package twin.core.notify;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import twin.core.store.Delivery;

/** How a channel says things: its language's sentences, or its own. */
final class Wording {

  private static final Config SENTENCES =
      ConfigFactory.parseResources(Wording.class, "wording.conf").resolve();

  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z_]+)\\}");

  private static final ZoneId UTC = ZoneId.of("UTC");

  /** How many digits of a measured value people want to read. */
  private static final MathContext DIGITS = new MathContext(3);

  private static final int CONTRIBUTIONS = 3;

  private static final Set<String> OF_ONE =
      Set.of(
          "severity",
          "machine",
          "failure",
          "change",
          "time",
          "type",
          "place",
          "score",
          "probability",
          "rul",
          "explanation",
          "by",
          "reason",
          "escalation",
          "incident_alerts",
          "incident_machines",
          "since",
          "alert",
          "link");

  private final Config sentences;
  private final DateTimeFormatter times;
  private final String channel;
  private final String subject;
  private final String text;

  private Wording(String channel, Config sentences, ZoneId zone, String subject, String text) {
    this.channel = channel;
    this.sentences = sentences;
    String offset = zone.equals(UTC) ? "'UTC'" : "xxx";
    this.times =
        DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss " + offset, Locale.ROOT).withZone(zone);
    this.subject = subject;
    this.text = text;
  }

  /**
   * The wording of a channel.
   *
   * @throws ConfigException when its own sentences have a placeholder that there is not
   */
  static Wording of(ChannelSettings channel) {
    Config sentences = SENTENCES.getConfig(channel.language().label());
    return new Wording(
        channel.name(),
        sentences,
        channel.zone(),
        sentence(channel, "subject", sentences.getString("subject-one")),
        sentence(channel, "text", sentences.getString("text-one")));
  }

  private static String sentence(ChannelSettings channel, String member, String otherwise) {
    String own = channel.own().hasPath(member) ? channel.own().getString(member) : "";
    Matcher placeholders = PLACEHOLDER.matcher(own);
    while (placeholders.find()) {
      if (!OF_ONE.contains(placeholders.group(1))) {
        throw new ConfigException.BadValue(
            channel.own().origin(),
            member,
            "has %s, and there is only %s"
                .formatted(
                    placeholders.group(),
                    OF_ONE.stream()
                        .sorted()
                        .map(each -> "{" + each + "}")
                        .collect(Collectors.joining(", "))));
      }
    }
    return own.isEmpty() ? otherwise : own;
  }

  String testSubject() {
    return fill(sentences.getString("subject-test"), Map.of("channel", channel));
  }

  String testText() {
    return fill(sentences.getString("text-test"), Map.of("channel", channel));
  }

  String subject(Delivery delivery, long machines, List<JsonNode> alerts) {
    return oneLine(
        delivery.alerts() == 1
            ? fill(subject, ofAlert(alerts.getFirst()))
            : fill(
                sentences.getString("subject-many"),
                ofMany(delivery, machines, alerts.getFirst())));
  }

  String text(
      Delivery delivery,
      long machines,
      List<JsonNode> alerts,
      Message.Incident incident,
      String link) {
    boolean one = delivery.alerts() == 1;
    Map<String, String> values = new HashMap<>();
    values.putAll(one ? ofAlert(alerts.getFirst()) : ofMany(delivery, machines, alerts.getFirst()));
    values.put("link", link);
    if (incident.alerts() > 1) {
      values.put("incident_alerts", counted("alerts", incident.alerts()));
      values.put("incident_machines", counted("machines", incident.machines()));
      values.put("since", times.format(incident.since()));
    }
    if (one) {
      return fill(text, values);
    }
    String item = sentences.getString("list-item");
    values.put(
        "list",
        alerts.stream().map(each -> fill(item, ofAlert(each))).collect(Collectors.joining("\n")));
    int more = delivery.alerts() - alerts.size();
    if (more > 0) {
      values.put("more", Integer.toString(more));
    }
    return fill(sentences.getString("text-many"), values);
  }

  private Map<String, String> ofMany(Delivery delivery, long machines, JsonNode first) {
    return Map.of(
        "severity", sentences.getString("severity." + delivery.severity()),
        "changes", counted("changes", delivery.alerts()),
        "machines", counted("machines", machines),
        "place", delivery.line() == null ? first.path("machine_id").asText() : place(first));
  }

  private String counted(String what, long count) {
    return fill(
        sentences.getString(what + (count == 1 ? ".one" : ".many")),
        Map.of("count", Long.toString(count)));
  }

  private Map<String, String> ofAlert(JsonNode alert) {
    Map<String, String> values = new HashMap<>();
    values.put("severity", sentences.getString("severity." + alert.path("severity").asText()));
    values.put("change", sentences.getString("change." + alert.path("change").asText()));
    values.put("machine", alert.path("machine_id").asText());
    values.put("failure", alert.path("failure_type").asText());
    values.put("alert", alert.path("alert_id").asText());
    values.put("type", alert.path("machine_type").asText());
    values.put("place", place(alert));
    values.put("by", alert.path("by").asText());
    values.put("reason", alert.path("by").asText().isEmpty() ? "" : alert.path("reason").asText());
    values.put("escalation", alert.path("escalation").asText());
    values.put("time", times.format(Instant.parse(alert.path("timestamp").asText())));
    values.put("score", number(alert.path("score")));
    values.put("probability", number(alert.path("failure_probability")));
    values.put("rul", rul(alert.path("rul")));
    values.put("explanation", explanation(alert.path("explanation")));
    return values;
  }

  private static String place(JsonNode alert) {
    return Stream.of("site", "area", "line")
        .map(each -> alert.path(each).asText())
        .filter(each -> !each.isEmpty())
        .collect(Collectors.joining(" / "));
  }

  private static String rul(JsonNode rul) {
    if (!rul.path("p50").isNumber()) {
      return "";
    }
    String band =
        rul.path("p10").isNumber() && rul.path("p90").isNumber()
            ? " (" + number(rul.path("p10")) + "–" + number(rul.path("p90")) + ")"
            : "";
    return (number(rul.path("p50")) + " " + rul.path("unit").asText()).strip() + band;
  }

  private String explanation(JsonNode contributions) {
    List<String> told = new ArrayList<>();
    for (JsonNode each : contributions) {
      if (told.size() < CONTRIBUTIONS && each.path("value").isNumber()) {
        JsonNode expected = each.path("expected");
        boolean low = expected.path("low").isNumber();
        boolean high = expected.path("high").isNumber();
        String sentence = low && high ? "expected" : low || high ? "limit" : "contribution";
        told.add(
            fill(
                sentences.getString(sentence),
                Map.of(
                    "feature", each.path("feature").asText(),
                    "value", number(each.path("value")),
                    "low", number(expected.path("low")),
                    "high", number(expected.path("high")),
                    "limit", number(expected.path(high ? "high" : "low")))));
      }
    }
    return String.join("; ", told);
  }

  private static String number(JsonNode number) {
    return number.isNumber()
        ? new BigDecimal(number.asText()).round(DIGITS).stripTrailingZeros().toPlainString()
        : "";
  }

  /** Puts values in their places, and leaves out lines of which a value is not known. */
  private static String fill(String template, Map<String, String> values) {
    return template
        .lines()
        .filter(line -> PLACEHOLDER.matcher(line).results().allMatch(each -> isKnown(each, values)))
        .map(
            line ->
                PLACEHOLDER
                    .matcher(line)
                    .replaceAll(each -> Matcher.quoteReplacement(value(each, values))))
        .collect(Collectors.joining("\n"));
  }

  private static boolean isKnown(MatchResult placeholder, Map<String, String> values) {
    return !value(placeholder, values).isEmpty();
  }

  private static String value(MatchResult placeholder, Map<String, String> values) {
    @Nullable String value = values.get(placeholder.group(1));
    return value == null ? "" : value;
  }

  /** A subject becomes a header of a mail. */
  private static String oneLine(String words) {
    return words.replaceAll("\\p{Cntrl}+", " ").strip();
  }
}
