package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.Done;
import org.junit.jupiter.api.Test;
import twin.core.notify.ChannelSettings;
import twin.core.notify.Message;
import twin.core.notify.NotificationSettings;
import twin.core.notify.Outcome;

final class MqttNotifierTest {

  private final Map<String, String> published = new HashMap<>();

  private static ChannelSettings channel(String text) {
    return NotificationSettings.from(
            ConfigFactory.parseString(
                    "twin.notifications.channels.plant { kind = mqtt, " + text + "}")
                .withFallback(ConfigFactory.defaultReferenceUnresolved())
                .resolve())
        .channels()
        .values()
        .iterator()
        .next();
  }

  private static Message message() {
    return new Message(
        UUID.fromString("00000000-0000-0000-0000-000000000001"),
        "plant",
        false,
        "high",
        new Message.Place("Busan/1", null, "L#1"),
        1,
        1,
        List.of(),
        null,
        "subject",
        "text",
        "");
  }

  private CompletableFuture<Done> publish(String topic, byte[] payload) {
    published.put(topic, new String(payload, java.nio.charset.StandardCharsets.UTF_8));
    return CompletableFuture.completedFuture(Done.getInstance());
  }

  @Test
  void aTopicHasNoMoreLevelsThanItsTemplate() throws Exception {
    MqttNotifier notifier =
        new MqttNotifier(
            channel("topic = \"a/{channel}/{severity}/{site}/{area}/{line}\""), this::publish);
    assertThat(notifier.send(message())).isEqualTo(new Outcome.Delivered());
    assertThat(published).containsOnlyKeys("a/plant/high/Busan_1/-/L_1");
    assertThat(published.values().iterator().next())
        .contains("\"delivery_id\":\"00000000-0000-0000-0000-000000000001\"");
  }

  @Test
  void whatTheBrokerDoesNotAcknowledgeIsGivenUpAndSentAgain() throws Exception {
    CompletableFuture<Done> never = new CompletableFuture<>();
    MqttNotifier notifier = new MqttNotifier(channel("timeout = 20ms"), (topic, payload) -> never);
    assertThat(notifier.send(message()))
        .isEqualTo(new Outcome.Again("the broker did not acknowledge it within 20 ms"));
    assertThat(never).as("nobody publishes it later").isCancelled();
  }

  @Test
  void aTopicThatCannotBeIsRefusedAtTheStart() {
    assertThatThrownBy(() -> new MqttNotifier(channel("topic = \"a/#\""), this::publish))
        .hasMessageContaining("without + and #");
    assertThatThrownBy(() -> new MqttNotifier(channel("topic = \"a/{x}\""), this::publish))
        .hasMessageContaining("{channel}");
  }
}
