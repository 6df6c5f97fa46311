package twin.core.notify;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Set;

/**
 * Sends messages to Slack: through an incoming webhook, or as a bot to a person or a channel.
 * Thread-safe.
 */
final class SlackNotifier implements Notifier {

  // Slack's own limits of a header and a section.
  private static final int HEADER_MAX = 150;
  private static final int SECTION_MAX = 3000;

  /** Errors of Slack's that are none of ours. */
  private static final Set<String> PASSING =
      Set.of(
          "ratelimited",
          "rate_limited",
          "internal_error",
          "fatal_error",
          "service_unavailable",
          "request_timeout",
          "team_added_to_org");

  private final Posting posting;
  private final String token;
  private final String to;

  SlackNotifier(ChannelSettings channel, InstantSource clock) {
    String webhook = channel.own().getString("webhook-url");
    this.token = channel.own().getString("token");
    this.to = channel.own().getString("to");
    if (webhook.isEmpty() == token.isEmpty()) {
      throw new IllegalArgumentException(
          "channel %s must have a webhook-url or a token, and not both".formatted(channel.name()));
    }
    if (!token.isEmpty() && to.isEmpty()) {
      throw new IllegalArgumentException(
          "channel %s must say to whom its bot writes: the id of a person (U…) or of a channel (C…)"
              .formatted(channel.name()));
    }
    String api = channel.own().getString("api").replaceFirst("/+$", "");
    this.posting =
        new Posting(
            "the webhook-url or api of channel " + channel.name(),
            token.isEmpty() ? webhook : api + "/chat.postMessage",
            channel.own().getStringList("plain-http-to"),
            channel.timeout(),
            clock);
  }

  @Override
  public Outcome send(Message message) throws InterruptedException {
    ObjectNode json = json(message);
    Map<String, String> headers = Map.of();
    if (!token.isEmpty()) {
      json.put("channel", to);
      headers = Map.of("Authorization", "Bearer " + token);
    }
    return switch (posting.post(headers, json.toString().getBytes(StandardCharsets.UTF_8))) {
      case Posting.Result.Answered answered ->
          token.isEmpty() ? answered.answer().outcome() : ofBot(answered.answer());
      case Posting.Result.Silent silent -> silent.outcome();
    };
  }

  /** A bot's answer is 200 also for what Slack has not done. */
  private static Outcome ofBot(Posting.Answer answer) {
    if (!(answer.outcome() instanceof Outcome.Delivered)) {
      return answer.outcome();
    }
    JsonNode body;
    try {
      body = ChangeJson.JSON.readTree(answer.body());
    } catch (JsonProcessingException e) {
      return new Outcome.Again("Slack answered with something that is no JSON");
    }
    if (body.path("ok").asBoolean()) {
      return new Outcome.Delivered();
    }
    String error = body.path("error").asText("no error told");
    return PASSING.contains(error)
        ? new Outcome.Again("Slack answered: " + error, answer.after())
        : new Outcome.Refused("Slack refused: " + error);
  }

  /** The message in Block Kit, with a text for notifications and old clients. */
  static ObjectNode json(Message message) {
    ObjectNode json = ChangeJson.JSON.createObjectNode();
    json.put("text", escaped(message.subject(), SECTION_MAX));
    ArrayNode blocks = json.putArray("blocks");
    blocks
        .addObject()
        .put("type", "header")
        .putObject("text")
        .put("type", "plain_text")
        .put("text", shortened(message.subject(), HEADER_MAX));
    blocks
        .addObject()
        .put("type", "section")
        .putObject("text")
        .put("type", "mrkdwn")
        .put("text", escaped(message.text(), SECTION_MAX));
    blocks
        .addObject()
        .put("type", "context")
        .putArray("elements")
        .addObject()
        .put("type", "mrkdwn")
        .put("text", "Twin · " + message.id());
    ObjectNode metadata = json.putObject("metadata").put("event_type", "twin_notification");
    metadata.putObject("event_payload").put("delivery_id", message.id().toString());
    return json;
  }

  /** Slack's three control characters as text, and no longer than it may be. */
  private static String escaped(String text, int max) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      String next =
          switch (text.charAt(i)) {
            case '&' -> "&amp;";
            case '<' -> "&lt;";
            case '>' -> "&gt;";
            default -> text.substring(i, i + 1);
          };
      if (escaped.length() + next.length() >= max) {
        return escaped.append('…').toString();
      }
      escaped.append(next);
    }
    return escaped.toString();
  }

  private static String shortened(String text, int max) {
    return text.length() <= max ? text : text.substring(0, max - 1) + "…";
  }

  @Override
  public void close() {
    posting.close();
  }
}
