package twin.http.notification;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import twin.core.notify.ChannelSettings;
import twin.core.notify.Notifications;
import twin.core.notify.Outcome;
import twin.core.store.Delivery;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;

/** Messages to people, their channels, and tests of these. */
public final class NotificationEndpoints {

  private static final int DEFAULT_LIMIT = 50;

  private static final Map<String, Delivery.State> STATES =
      Arrays.stream(Delivery.State.values())
          .collect(Collectors.toMap(NotificationEndpoints::label, Function.identity()));

  private final Deliveries deliveries;

  public NotificationEndpoints(Deliveries deliveries) {
    this.deliveries = deliveries;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/notifications", this::list)
            .taking("channel", "state", "alert", "limit", "cursor"),
        Endpoint.get("/api/v1/notifications/channels", this::channels),
        Endpoint.post("/api/v1/notifications/{channel}/test", this::test).requires(Role.OPERATOR));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    Delivery.Wanted wanted =
        new Delivery.Wanted(
            call.text("channel").orElse(null),
            call.choice("state", STATES).orElse(null),
            call.text("alert").orElse(null),
            call.integer("limit", 1, Integer.MAX_VALUE, DEFAULT_LIMIT),
            call.text("cursor").orElse(null),
            call.caller().sites());
    return Call.checked(() -> deliveries.page().apply(wanted))
        .thenApply(
            page -> Json.list(page.items(), page.nextCursor(), NotificationEndpoints::write));
  }

  private CompletionStage<HttpResponse> channels(Call call) {
    return deliveries
        .channels()
        .get()
        .thenApply(channels -> Json.list(channels, null, NotificationEndpoints::write));
  }

  private CompletionStage<HttpResponse> test(Call call) {
    String channel = call.segment("channel");
    return deliveries
        .test()
        .apply(channel)
        .orElseThrow(
            () ->
                Problem.notFound(
                        "There is no channel of this name that is switched on. GET"
                            + " /api/v1/notifications/channels lists those there are.")
                    .toException())
        .thenApply(NotificationEndpoints::answer);
  }

  private static HttpResponse answer(Notifications.Tested tested) {
    return switch (tested.outcome()) {
      case Outcome.Delivered delivered ->
          Json.ok(
              out -> {
                out.writeStartObject();
                out.writeStringField("delivery_id", tested.id().toString());
                out.writeEndObject();
              });
      case Outcome.Again again -> notTaken(again.why());
      case Outcome.Refused refused -> notTaken(refused.why());
    };
  }

  private static HttpResponse notTaken(String why) {
    return Problem.of(
            StatusCodes.BAD_GATEWAY,
            "The channel did not take the test: %s. Its settings are under twin.notifications."
                .formatted(why))
        .toResponse();
  }

  private static void write(JsonGenerator out, Delivery.Listed listed) throws IOException {
    Delivery delivery = listed.delivery();
    out.writeStartObject();
    out.writeStringField("delivery_id", delivery.id().toString());
    out.writeStringField("channel", delivery.channel());
    out.writeStringField("state", label(delivery.state()));
    out.writeStringField("severity", delivery.severity());
    out.writeNumberField("changes", delivery.alerts());
    out.writeArrayFieldStart("alert_ids");
    for (String alertId : listed.alertIds()) {
      out.writeString(alertId);
    }
    out.writeEndArray();
    out.writeStringField("incident_id", delivery.incident());
    Json.text(out, "site", delivery.site());
    Json.text(out, "area", delivery.area());
    Json.text(out, "line", delivery.line());
    Json.time(out, "created_at", delivery.createdAt());
    out.writeNumberField("attempts", delivery.attempts());
    Json.time(out, "changed_at", delivery.changedAt());
    if (delivery.state() == Delivery.State.WAITING) {
      Json.time(out, "next_attempt_at", delivery.dueAt());
    }
    Json.text(out, "last_error", delivery.lastError());
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Notifications.ChannelState state)
      throws IOException {
    ChannelSettings channel = state.channel();
    Optional<Delivery.Counts> counts = state.counts();
    out.writeStartObject();
    out.writeStringField("name", channel.name());
    out.writeStringField("kind", channel.kind());
    out.writeStringField("language", channel.language().label());
    out.writeNumberField("waiting", counts.map(Delivery.Counts::waiting).orElse(0L));
    out.writeNumberField("delivered", counts.map(Delivery.Counts::delivered).orElse(0L));
    out.writeNumberField("failed", counts.map(Delivery.Counts::failed).orElse(0L));
    if (counts.isPresent()) {
      Json.time(out, "last_delivered_at", counts.get().lastDeliveredAt());
      Json.time(out, "last_failed_at", counts.get().lastFailedAt());
      Json.text(out, "last_error", counts.get().lastError());
    }
    out.writeEndObject();
  }

  private static String label(Delivery.State state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
