package twin.core.notify;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Times;
import twin.core.store.AlertRow;
import twin.core.store.Delivery;

/**
 * What a channel sends.
 *
 * @param id the same with each attempt, so that who gets it twice can tell
 * @param test whether somebody only wants to see whether the channel works
 * @param severity the most serious that it tells of
 * @param changes how many changes of alerts it tells of
 * @param machines on how many machines
 * @param alerts the first of them, the most serious first, each as a JSON object
 * @param incident what they belong to; null in a test
 * @param text the whole message for people
 */
public record Message(
    UUID id,
    String channel,
    boolean test,
    String severity,
    Place place,
    long changes,
    long machines,
    List<JsonNode> alerts,
    @Nullable Incident incident,
    String subject,
    String text,
    String link) {

  /** Where the machines stand. */
  public record Place(@Nullable String site, @Nullable String area, @Nullable String line) {
    static final Place NOWHERE = new Place(null, null, null);
  }

  /**
   * Alerts that came close upon one another at a place, as far as the channel knows.
   *
   * @param id the first alert
   */
  public record Incident(String id, long alerts, long machines, Instant since) {}

  public Message {
    alerts = List.copyOf(alerts);
  }

  /** What a delivery says, in the channel's language. */
  static Message of(Delivery.Taken taken, ChannelSettings channel, String publicUrl) {
    Delivery delivery = taken.delivery();
    List<JsonNode> alerts = taken.named().stream().map(ChangeJson::parse).toList();
    Place place = new Place(delivery.site(), delivery.area(), delivery.line());
    Incident incident =
        new Incident(
            delivery.incident(),
            taken.incidentAlerts(),
            taken.incidentMachines(),
            taken.incidentSince());
    String link = publicUrl.isEmpty() ? "" : publicUrl + page(delivery, alerts);
    Wording wording = Wording.of(channel);
    return new Message(
        delivery.id(),
        channel.name(),
        false,
        delivery.severity(),
        place,
        delivery.alerts(),
        taken.machines(),
        alerts,
        incident,
        wording.subject(delivery, taken.machines(), alerts),
        wording.text(delivery, taken.machines(), alerts, incident, link),
        link);
  }

  /** One that only shows that the channel works. */
  static Message test(UUID id, ChannelSettings channel, String publicUrl) {
    Wording wording = Wording.of(channel);
    return new Message(
        id,
        channel.name(),
        true,
        "low",
        Place.NOWHERE,
        0,
        0,
        List.of(),
        null,
        wording.testSubject(),
        wording.testText(),
        publicUrl);
  }

  /** Drift is of a bundle; there is no alert of a machine to be shown. */
  private static String page(Delivery delivery, List<JsonNode> alerts) {
    if (alerts.stream().allMatch(alert -> alert.path("rule").asText().equals(AlertRow.DRIFT))) {
      return "/#/models";
    }
    return "/#/alerts"
        + (delivery.alerts() == 1 ? "/" + alerts.getFirst().path("alert_id").asText() : "");
  }

  /** The message as JSON. */
  public ObjectNode json() {
    ObjectNode json = ChangeJson.JSON.createObjectNode();
    json.put("delivery_id", id.toString());
    json.put("channel", channel);
    if (test) {
      json.put("test", true);
    }
    json.put("severity", severity);
    json.put("subject", subject);
    json.put("text", text);
    put(json, "link", link);
    put(json, "site", place.site());
    put(json, "area", place.area());
    put(json, "line", place.line());
    json.put("changes", changes);
    json.put("machines", machines);
    Incident known = incident;
    if (known != null) {
      ObjectNode inside = json.putObject("incident");
      inside.put("incident_id", known.id());
      inside.put("alerts", known.alerts());
      inside.put("machines", known.machines());
      inside.put("since", Times.text(known.since()));
    }
    json.putArray("alerts").addAll(alerts);
    return json;
  }

  private static void put(ObjectNode json, String name, @Nullable String value) {
    if (value != null && !value.isEmpty()) {
      json.put(name, value);
    }
  }
}
