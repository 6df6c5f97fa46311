package twin.core.notify;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import twin.core.store.Delivery;

/** What a message says of why an alert was raised. */
final class LimitWordingTest {

  private static final Instant AT = Happenings.START;

  private static String text(ChannelSettings.Language language, String explanation)
      throws IOException {
    ChannelSettings channel =
        new ChannelSettings(
            "hook",
            "webhook",
            language,
            ZoneId.of("UTC"),
            Duration.ofSeconds(1),
            Duration.ofSeconds(1),
            1,
            Duration.ofSeconds(1),
            new ChannelSettings.Retry(
                1, Duration.ofSeconds(1), Duration.ofSeconds(1), Duration.ofSeconds(1)),
            ConfigFactory.empty());
    Delivery delivery =
        new Delivery(
            new UUID(0, 1),
            "hook",
            "press-7",
            null,
            null,
            null,
            "press-7-18",
            "high",
            null,
            1,
            AT,
            Delivery.State.SENDING,
            AT,
            AT,
            AT,
            1,
            AT,
            null);
    return Wording.of(channel)
        .text(
            delivery,
            1,
            List.of(
                new ObjectMapper()
                    .readTree(
                        """
                        {"alert_id": "press-7-18", "machine_id": "press-7", "failure_type": "starved",
                         "severity": "high", "change": "raised", "timestamp": "2025-11-07T15:00:00Z",
                         "explanation": [%s]}
                        """
                            .formatted(explanation))),
            new Message.Incident("press-7-18", 1, 1, AT),
            "");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "EN | {\"feature\":\"bar\",\"value\":30,\"expected\":{\"low\":40}} | bar = 30 (limit 40)",
        "EN | {\"feature\":\"bar\",\"value\":190,\"expected\":{\"high\":180}} | bar = 190 (limit"
            + " 180)",
        "KO | {\"feature\":\"bar\",\"value\":190,\"expected\":{\"high\":180}} | bar = 190 (한계값"
            + " 180)",
        "EN | {\"feature\":\"bar\",\"value\":9,\"expected\":{\"low\":1,\"high\":2}} | bar = 9"
            + " (expected 1 to 2)",
        "EN | {\"feature\":\"bar\",\"value\":9} | bar = 9",
      })
  void namesTheLimitOrTheBandOfWhatWasCompared(
      ChannelSettings.Language language, String explanation, String expected) throws IOException {
    assertThat(text(language, explanation).lines())
        .anyMatch(line -> line.endsWith(": " + expected));
  }
}
