package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.notify.Outcome;
import twin.core.store.Delivery;
import twin.core.store.SiteScope;
import twin.http.TestServer.Answer;

final class NotificationsTest {

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void listsWhatWasToldAndWhatCameOfIt() {
    server.notifications.listed.add(TestNotifications.waiting());
    Answer answer =
        server.get("/api/v1/notifications?channel=webhook&state=waiting&alert=m-1-5&limit=7");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(server.notifications.queries)
        .contains(
            new Delivery.Wanted(
                "webhook", Delivery.State.WAITING, "m-1-5", 7, null, SiteScope.ALL));
    JsonNode item = answer.body().path("items").get(0);
    assertThat(item.path("state").asText()).isEqualTo("waiting");
    assertThat(item.path("alert_ids").get(0).asText()).isEqualTo("m-1-5");
    assertThat(item.path("next_attempt_at").asText()).isEqualTo("2025-11-07T15:00:04.000Z");
    assertThat(item.path("last_error").asText()).isEqualTo("the receiver answered 502");
    assertThat(server.get("/api/v1/notifications?state=lost").status()).isEqualTo(400);
    assertThat(server.get("/api/v1/notifications?cursor=broken").status()).isEqualTo(400);
  }

  @Test
  void listsTheChannels() {
    JsonNode items = server.get("/api/v1/notifications/channels").body().path("items");
    assertThat(items).hasSize(2);
    assertThat(items.findValuesAsText("name")).containsExactlyInAnyOrder("webhook", "mail");
    assertThat(items.findValuesAsText("failed")).containsExactlyInAnyOrder("3", "0");
  }

  @Test
  void aTestTellsWhatCameOfIt() {
    Answer sent = server.post("/api/v1/notifications/mail/test", "");
    assertThat(sent.status()).isEqualTo(200);
    assertThat(sent.body().path("delivery_id").asText()).isEqualTo(TestNotifications.ID.toString());
    server.notifications.outcome = new Outcome.Refused("the receiver answered 410");
    Answer refused = server.post("/api/v1/notifications/mail/test", "");
    server.notifications.outcome = new Outcome.Delivered();
    assertThat(refused.status()).isEqualTo(502);
    assertThat(refused.body().path("detail").asText()).contains("answered 410");
    assertThat(server.post("/api/v1/notifications/nobody/test", "").status()).isEqualTo(404);
  }
}
