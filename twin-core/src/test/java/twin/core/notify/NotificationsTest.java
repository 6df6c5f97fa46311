package twin.core.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.icegreen.greenmail.util.GreenMail;
import com.icegreen.greenmail.util.ServerSetup;
import com.slack.api.model.block.ContextBlock;
import com.slack.api.model.block.HeaderBlock;
import com.slack.api.model.block.LayoutBlock;
import com.slack.api.model.block.SectionBlock;
import com.slack.api.util.json.GsonFactory;
import com.slack.api.webhook.Payload;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.store.Database;
import twin.core.store.Delivery;
import twin.core.store.NotificationTable;
import twin.core.store.SiteScope;
import twin.core.store.TestDatabase;
import twin.core.type.Severity;

/** From the projection's transaction to receivers that are real, in a real database. */
final class NotificationsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final Config DATABASE = TestDatabase.create();
  private static final Database OPEN = TestDatabase.open(DATABASE);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final NotificationTable table = new NotificationTable(OPEN);
  private NotificationSettings settings;
  private Receiver receiver;
  private Happenings machines;
  private Notifications notifications;

  @BeforeEach
  void open() throws SQLException {
    TestDatabase.empty(DATABASE, "machines", "alerts", "alert_changes", "notices", "deliveries");
    receiver = receiver();
    configured("");
  }

  @AfterEach
  void close() {
    notifications.stop(Runnable::run).toCompletableFuture().join();
    receiver.close();
  }

  @AfterAll
  static void closeDatabase() {
    OPEN.close();
  }

  private void configured(String text) {
    Config config =
        ConfigFactory.parseString(text.replace("RECEIVER", receiver.url("")))
            .withFallback(DATABASE)
            .withFallback(ConfigFactory.defaultReferenceUnresolved())
            .resolve();
    settings = NotificationSettings.from(config);
    machines =
        new Happenings(config, OPEN, (c, clock) -> List.of(new Notifying(table, settings, clock)));
    notifications = Notifications.open(settings, table, Map.of(), machines, new Random(7), meters);
  }

  private static String webhook(String more) {
    return """
    twin.notifications.channels.webhook {
      enabled = on, url = "RECEIVER/hook", secret = "s3cret", plain-http-to = ["127.0.0.1"]
    }
    """
        + more;
  }

  /** Has the channels look, and waits for what they send to end. */
  private void look() {
    notifications.lookNow().toCompletableFuture().join();
    awaitIdle();
  }

  private void awaitIdle() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!notifications.isIdle()) {
      assertThat(System.nanoTime()).as("still sending").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private List<Delivery.Listed> deliveries(String channel) {
    return table
        .page(
            new Delivery.Wanted(
                channel.isEmpty() ? null : channel, null, null, 1000, null, SiteScope.ALL),
            5)
        .toCompletableFuture()
        .join()
        .items();
  }

  private Delivery only(String channel) {
    assertThat(deliveries(channel)).hasSize(1);
    return deliveries(channel).getFirst().delivery();
  }

  private static JsonNode json(Receiver.Request request) {
    return ChangeJson.parse(request.body());
  }

  private static String hmac(String secret, String text) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aWebhookIsSignedAndTellsTheAlertAndWhere() throws Exception {
    configured(webhook("twin.notifications.public-url = \"https://twin.example.org/\""));
    machines.standsAt("m-1", "Busan", "L1");
    machines.isMilling("m-1");
    String alert = machines.raises("m-1", Severity.CRITICAL);
    look();
    Receiver.Request request = receiver.requests.getFirst();
    String timestamp = request.header("Twin-Timestamp");
    assertThat(timestamp).isEqualTo(Long.toString(Happenings.START.getEpochSecond()));
    assertThat(request.header("Twin-Signature"))
        .isEqualTo("v1=" + hmac("s3cret", timestamp + "." + request.body()));
    Delivery delivery = only("webhook");
    assertThat(delivery.state()).isEqualTo(Delivery.State.DELIVERED);
    assertThat(request.header("Twin-Delivery")).isEqualTo(delivery.id().toString());
    JsonNode body = json(request);
    assertThat(body.path("delivery_id").asText()).isEqualTo(delivery.id().toString());
    assertThat(body.path("subject").asText()).isEqualTo("[CRITICAL] m-1: overstrain, raised");
    assertThat(body.path("site").asText()).isEqualTo("Busan");
    assertThat(body.path("incident").path("incident_id").asText()).isEqualTo(alert);
    assertThat(body.path("alerts").size()).isOne();
    JsonNode told = body.path("alerts").get(0);
    assertThat(told.path("alert_id").asText()).isEqualTo(alert);
    assertThat(told.path("change").asText()).isEqualTo("raised");
    assertThat(told.path("rul").path("p10").asDouble()).isEqualTo(8.0);
    assertThat(body.path("text").asText())
        .isEqualTo(
            """
            CRITICAL: overstrain on machine m-1, raised
            Time: 2025-11-07 15:00:00 UTC
            Machine type: milling
            Place: Busan / A / L1
            Anomaly score: 1.5 times the threshold
            Failure probability: 0.75
            Remaining useful life: 12.5 min (8–20)
            Alert: %s
            https://twin.example.org/#/alerts/%s\
            """
                .formatted(alert, alert));
  }

  @Test
  void aFailureOfTheReceiverIsTriedAgainUnderTheSameIdAndARefusalIsNot() {
    configured(webhook(""));
    receiver.answers(new Receiver.Answer(500));
    machines.raises("m-1", Severity.HIGH);
    look();
    Delivery waiting = only("webhook");
    assertThat(waiting.state()).isEqualTo(Delivery.State.WAITING);
    assertThat(waiting.lastError()).isEqualTo("the receiver answered 500");
    look();
    assertThat(receiver.requests).as("not before its time").hasSize(1);
    machines.pass(Duration.ofSeconds(2));
    look();
    assertThat(only("webhook").state()).isEqualTo(Delivery.State.DELIVERED);
    assertThat(only("webhook").attempts()).isEqualTo(2);
    assertThat(receiver.requests).hasSize(2);
    assertThat(receiver.requests.get(1).header("Twin-Delivery"))
        .isEqualTo(receiver.requests.get(0).header("Twin-Delivery"));

    receiver.answers(new Receiver.Answer(400, Map.of(), "no\nsuch hook"));
    machines.raises("m-2", Severity.HIGH);
    look();
    Delivery refused = deliveries("webhook").getFirst().delivery();
    assertThat(refused.state()).isEqualTo(Delivery.State.FAILED);
    assertThat(refused.lastError()).isEqualTo("the receiver answered 400: no such hook");
    machines.pass(Duration.ofHours(1));
    look();
    assertThat(receiver.requests).hasSize(3);
    assertThat(count("delivered")).isEqualTo(1);
    assertThat(count("retried")).isEqualTo(1);
    assertThat(count("failed")).isEqualTo(1);
  }

  private double count(String outcome) {
    return meters.get("twin.notifications").tag("outcome", outcome).counter().count();
  }

  @Test
  void aReceiverThatAsksToBeLeftAloneIs() {
    configured(webhook(""));
    receiver.answers(new Receiver.Answer(429, Map.of("Retry-After", "120"), ""));
    machines.raises("m-1", Severity.HIGH);
    look();
    assertThat(only("webhook").dueAt()).isEqualTo(Happenings.START.plusSeconds(120));
    receiver.answers(
        new Receiver.Answer(503, Map.of("Retry-After", "Fri, 07 Nov 2025 15:10:00 GMT"), ""));
    machines.pass(Duration.ofMinutes(2));
    look();
    assertThat(only("webhook").dueAt()).isEqualTo(Happenings.START.plusSeconds(600));
  }

  @Test
  void attemptsEndAndTheFailureStaysVisible() {
    configured(webhook("twin.notifications.channels.webhook.attempts-max = 3"));
    for (int i = 0; i < 5; i++) {
      receiver.answers(new Receiver.Answer(502));
    }
    machines.raises("m-1", Severity.HIGH);
    for (int i = 0; i < 6; i++) {
      look();
      machines.pass(Duration.ofMinutes(11));
    }
    assertThat(receiver.requests).hasSize(3);
    assertThat(only("webhook").state()).isEqualTo(Delivery.State.FAILED);
    Notifications.ChannelState state =
        notifications.channels().toCompletableFuture().join().getFirst();
    assertThat(state.counts().orElseThrow().failed()).isOne();
    assertThat(state.counts().orElseThrow().lastError()).isEqualTo("the receiver answered 502");
  }

  @Test
  void aDeadChannelHoldsUpNoOther() {
    configured(
        webhook(
            """
            twin.notifications.channels.alive {
              kind = webhook, url = "RECEIVER/alive", plain-http-to = ["127.0.0.1"]
            }
            twin.notifications.channels.webhook { concurrency = 2, timeout = 15s }
            """));
    try (Receiver dead = deadInPlaceOfTheFirst()) {
      for (int i = 0; i < 5; i++) {
        machines.raises("m-" + i, Severity.HIGH);
      }
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (delivered("alive") < 5 || dead.requests.size() < 2) {
        assertThat(System.nanoTime()).isLessThan(end);
        notifications.lookNow().toCompletableFuture().join();
      }
      assertThat(deliveries("webhook"))
          .filteredOn(each -> each.delivery().state() == Delivery.State.SENDING)
          .as("two at a time, the others wait")
          .hasSize(2);
      assertThat(dead.requests).hasSize(2);
      assertThat(notifications.isIdle()).isFalse();
      var testing = notifications.test("webhook").orElseThrow().toCompletableFuture();
      assertThat(notifications.test("webhook").orElseThrow().toCompletableFuture().join().outcome())
          .isEqualTo(new Outcome.Again("another test of this channel is under way"));
      assertThat(testing).as("it waits like the others").isNotDone();
    }
    awaitIdle();
  }

  private long delivered(String channel) {
    return deliveries(channel).stream()
        .filter(each -> each.delivery().state() == Delivery.State.DELIVERED)
        .count();
  }

  /** The first channel's receiver takes its requests and is silent from now on. */
  private Receiver deadInPlaceOfTheFirst() {
    notifications.stop(Runnable::run).toCompletableFuture().join();
    Receiver dead = receiver();
    dead.isSilent();
    configured(
        """
        twin.notifications.channels {
          webhook {
            enabled = on, url = "%s", plain-http-to = ["127.0.0.1"], concurrency = 2, timeout = 15s
          }
          alive { kind = webhook, url = "RECEIVER/alive", concurrency = 4 }
        }
        """
            .formatted(dead.url("/dead")));
    return dead;
  }

  private static Receiver receiver() {
    try {
      return new Receiver();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void fiveHundredMachinesOfALineAreOneMessageAndOneMoreAWindow() {
    configured(webhook(""));
    for (int i = 0; i < 500; i++) {
      machines.standsAt("m-" + i, "Busan", "L7");
    }
    for (int i = 0; i < 500; i++) {
      machines.raises("m-" + i, Severity.HIGH);
      machines.pass(Duration.ofMillis(100));
      if (i % 50 == 0) {
        look();
      }
    }
    look();
    assertThat(receiver.requests).as("50 s later").hasSize(1);
    machines.pass(Duration.ofSeconds(15));
    look();
    machines.pass(Duration.ofMinutes(20));
    look();
    assertThat(receiver.requests).hasSize(2);
    JsonNode second = json(receiver.requests.get(1));
    assertThat(second.path("changes").asInt()).isEqualTo(499);
    assertThat(second.path("machines").asInt()).isEqualTo(499);
    assertThat(second.path("incident").path("alerts").asInt()).isEqualTo(500);
    assertThat(second.path("incident").path("machines").asInt()).isEqualTo(500);
    assertThat(second.path("incident").path("incident_id").asText()).isEqualTo("m-0-2");
    assertThat(second.path("alerts").size()).isEqualTo(20);
    assertThat(second.path("subject").asText())
        .isEqualTo("[HIGH] Busan / A / L7: 499 changes of alerts on 499 machines");
    assertThat(second.path("text").asText())
        .startsWith("499 changes of alerts on 499 machines. The most serious is HIGH.")
        .contains("\nThis incident: 500 alerts on 500 machines since 2025-11-07 15:00:00 UTC\n")
        .endsWith("\nand 479 more");
  }

  @Test
  void whatIsMoreSeriousThanWhatWasToldDoesNotWait() {
    configured(webhook(""));
    machines.standsAt("m-1", "Busan", "L7");
    machines.standsAt("m-2", "Busan", "L7");
    machines.raises("m-1", Severity.LOW);
    look();
    machines.pass(Duration.ofSeconds(5));
    machines.raises("m-2", Severity.LOW);
    look();
    assertThat(receiver.requests).hasSize(1);
    machines.raises("m-2", Severity.CRITICAL);
    look();
    assertThat(receiver.requests).hasSize(2);
    assertThat(json(receiver.requests.get(1)).path("changes").asInt()).isEqualTo(2);
  }

  @Test
  void whatNobodyAcknowledgesGoesToTheNextOnes() {
    configured(
        """
        twin.notifications {
          channels {
            webhook { url = "RECEIVER/operators", plain-http-to = ["127.0.0.1"], enabled = on }
            lead { kind = webhook, url = "RECEIVER/lead" }
            manager { kind = webhook, url = "RECEIVER/manager" }
          }
          routes = [{
            channels = [webhook], changes = [raised, acknowledged],
            escalation = [[lead], [lead, manager]]
          }]
        }
        """);
    String alert = machines.raises("m-1", Severity.MEDIUM);
    look();
    assertThat(receiver.requests).extracting(Receiver.Request::path).containsExactly("/operators");
    machines.pass(Duration.ofMinutes(15));
    machines.escalates("m-1", alert, Severity.HIGH, 1);
    look();
    assertThat(receiver.requests.getLast().path()).isEqualTo("/lead");
    assertThat(json(receiver.requests.getLast()).path("subject").asText())
        .isEqualTo("[HIGH] m-1: overstrain, not acknowledged in time");
    machines.pass(Duration.ofMinutes(15));
    machines.escalates("m-1", alert, Severity.CRITICAL, 2);
    look();
    assertThat(receiver.requests)
        .extracting(Receiver.Request::path)
        .hasSize(4)
        .contains("/manager")
        .endsWith(receiver.requests.get(3).path());
    machines.acknowledged("m-1", alert, Severity.CRITICAL);
    look();
    assertThat(receiver.requests.getLast().path()).isEqualTo("/operators");
  }

  @Test
  void aNodeThatDiesWhileItSendsIsFollowedByAnother() {
    configured(webhook(""));
    machines.raises("m-1", Severity.HIGH);
    table
        .gather(
            "webhook",
            10,
            new Gathering(
                Duration.ofMinutes(1),
                Duration.ZERO,
                Duration.ofMinutes(10),
                machines.instant(),
                UUID::randomUUID))
        .toCompletableFuture()
        .join();
    Delivery lost =
        table
            .take("webhook", machines.instant(), machines.instant().plusSeconds(120), 1, 1)
            .toCompletableFuture()
            .join()
            .getFirst()
            .delivery();
    look();
    assertThat(receiver.requests).as("another node has it").isEmpty();
    machines.pass(Duration.ofSeconds(121));
    look();
    assertThat(receiver.requests).hasSize(1);
    assertThat(receiver.requests.getFirst().header("Twin-Delivery"))
        .isEqualTo(lost.id().toString());
    assertThat(table.failed(lost, machines.instant(), "too late").toCompletableFuture().join())
        .as("the first node wakes up")
        .isFalse();
    assertThat(only("webhook").state()).isEqualTo(Delivery.State.DELIVERED);
  }

  @Test
  void whatIsLongOverIsToldToNobody() {
    configured(webhook(""));
    Notifying late = new Notifying(table, settings, machines);
    Instant now = machines.instant();
    TestDatabase.follow(
        OPEN, late, Samples.alert("m-2"), Samples.raised("m-2", now.minusSeconds(3599)));
    TestDatabase.follow(
        OPEN, late, Samples.alert("m-3"), Samples.raised("m-3", now.minusSeconds(3601)));
    look();
    assertThat(deliveries("")).flatExtracting(Delivery.Listed::alertIds).containsExactly("m-2-1");
  }

  @Test
  void whatIsOldIsRemoved() {
    configured(webhook(""));
    machines.raises("m-1", Severity.HIGH);
    look();
    int removed =
        table.removeBefore(machines.instant().plusSeconds(1), 100).toCompletableFuture().join();
    assertThat(removed).isEqualTo(2);
    assertThat(deliveries("")).isEmpty();
  }

  @Test
  void aMailGoesThroughARealServerInKorean() throws Exception {
    GreenMail mail = new GreenMail(new ServerSetup(0, "127.0.0.1", ServerSetup.PROTOCOL_SMTP));
    mail.start();
    try {
      mail.setUser("twin@example.org", "twin", "secret");
      configured(
          """
          twin.notifications.channels.email {
            enabled = on, host = "127.0.0.1", port = %d, tls = none, user = twin, password = secret
            from = "Twin <twin@example.org>", to = ["ops@example.org", "lead@example.org"]
            language = ko, zone = "Asia/Seoul"
          }
          """
              .formatted(mail.getSmtp().getPort()));
      machines.standsAt("m-1", "부산", "L1");
      machines.raises("m-1", Severity.CRITICAL);
      look();
      assertThat(only("email").state()).isEqualTo(Delivery.State.DELIVERED);
      MimeMessage[] received = mail.getReceivedMessages();
      assertThat(received).hasSize(2);
      assertThat(received[0].getSubject()).isEqualTo("[심각] m-1: overstrain, 발생");
      assertThat(received[0].getMessageID()).isEqualTo("<" + only("email").id() + "@twin>");
      assertThat(received[0].getContent().toString())
          .contains("시각: 2025-11-08 00:00:00 +09:00")
          .contains("위치: 부산 / A / L1");
    } finally {
      mail.stop();
    }
    machines.pass(Duration.ofSeconds(1));
    machines.raises("m-9", Severity.HIGH);
    look();
    Delivery waiting = deliveries("email").getFirst().delivery();
    assertThat(waiting.state()).as("the server is gone").isEqualTo(Delivery.State.WAITING);
    assertThat(waiting.lastError()).startsWith("the mail server did not take it: ");
  }

  @Test
  void slackGetsWhatItsOwnClientUnderstands() {
    configured(
        """
        twin.notifications.channels.slack {
          enabled = on, webhook-url = "RECEIVER/services/T/B/x", plain-http-to = ["127.0.0.1"]
        }
        """);
    machines.standsAt("m-1", "A & <B>", "L1");
    machines.raises("m-1", Severity.HIGH);
    look();
    Payload payload =
        GsonFactory.createSnakeCase().fromJson(receiver.requests.getFirst().body(), Payload.class);
    assertThat(payload.getText()).isEqualTo("[HIGH] m-1: overstrain, raised");
    List<LayoutBlock> blocks = payload.getBlocks();
    assertThat(((HeaderBlock) blocks.get(0)).getText().getText()).isEqualTo(payload.getText());
    assertThat(((SectionBlock) blocks.get(1)).getText().getText())
        .contains("Place: A &amp; &lt;B&gt; / A / L1");
    assertThat(((ContextBlock) blocks.get(2)).getElements()).hasSize(1);
  }

  @Test
  void aBotsMessageIsTakenOnlyWhenSlackSaysSo() {
    configured(
        """
        twin.notifications.channels.slack {
          enabled = on, token = "xoxb-1", to = "U123", api = "RECEIVER/api",
          plain-http-to = ["127.0.0.1"]
        }
        """);
    receiver.answers(
        new Receiver.Answer(200, Map.of(), "{\"ok\":false,\"error\":\"ratelimited\"}"));
    machines.raises("m-1", Severity.HIGH);
    look();
    assertThat(only("slack").state()).isEqualTo(Delivery.State.WAITING);
    receiver.answers(new Receiver.Answer(200, Map.of(), "{\"ok\":true}"));
    machines.pass(Duration.ofSeconds(2));
    look();
    assertThat(only("slack").state()).isEqualTo(Delivery.State.DELIVERED);
    Receiver.Request request = receiver.requests.getFirst();
    assertThat(request.path()).isEqualTo("/api/chat.postMessage");
    assertThat(request.header("Authorization")).isEqualTo("Bearer xoxb-1");
    assertThat(json(request).path("channel").asText()).isEqualTo("U123");
    receiver.answers(
        new Receiver.Answer(200, Map.of(), "{\"ok\":false,\"error\":\"channel_not_found\"}"));
    machines.raises("m-2", Severity.HIGH);
    look();
    Delivery refused = deliveries("slack").getFirst().delivery();
    assertThat(refused.state()).isEqualTo(Delivery.State.FAILED);
    assertThat(refused.lastError()).isEqualTo("Slack refused: channel_not_found");
  }

  @Test
  void aTestIsSentAtOnceAndSaysSo() {
    configured(webhook(""));
    Notifications.Tested tested =
        notifications.test("webhook").orElseThrow().toCompletableFuture().join();
    assertThat(tested.outcome()).isEqualTo(new Outcome.Delivered());
    JsonNode body = json(receiver.requests.getFirst());
    assertThat(body.path("test").asBoolean()).isTrue();
    assertThat(body.path("delivery_id").asText()).isEqualTo(tested.id().toString());
    assertThat(notifications.test("nobody")).isEmpty();
  }
}
