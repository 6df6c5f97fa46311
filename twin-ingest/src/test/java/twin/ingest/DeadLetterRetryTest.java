package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.store.DeadLetter;
import twin.core.store.Retried;
import twin.ingest.ScriptedTwins.Fate;

class DeadLetterRetryTest {

  private static final Instant RECEIVED = Instant.parse("2025-11-07T15:10:02Z");
  private static final String READING =
      "{\"timestamp\":\"2025-11-07T15:10:01Z\",\"seq\":1,\"rpm\":1}";
  private static final String KILNS =
      """
      {
        name = kilns
        mapping {
          topic = "kilns/{kiln}"
          machine-id { topic-level = kiln }
          timestamp = "/ts"
          channels-from = "/values"
          samples = "/list"
        }
      }
      {
        name = pumps
        mapping {
          topic = "pumps/{pump}"
          machine-id { topic-level = pump }
          timestamp { receive-time = true }
          channels { bar = "/bar" }
        }
      }
      """;

  private static ActorTestKit testKit;

  private final ScriptedTable table = ScriptedTable.answering();
  private final ScriptedTwins twins = ScriptedTwins.answering();

  @BeforeAll
  static void startSystem() {
    testKit = ActorTestKit.create();
  }

  @AfterAll
  static void stopSystem() {
    testKit.shutdownTestKit();
  }

  @Test
  void recordsWhatCanBeReadNowAndTakesTheLetterAway() throws Exception {
    keep("mqtt", "twin/v1/machines/press-7/readings", "press-7", READING);
    assertThat(retry(0)).isEqualTo(new Retried.Taken(1, 0));
    assertThat(twins.journalOf("press-7")).containsExactly(1L);
    assertThat(retry(0)).isEqualTo(new Retried.Gone());
  }

  @Test
  void recognisesWhatHasBeenRecordedMeanwhile() throws Exception {
    keep("http", "/api/v1/machines/press-7/readings", "press-7", READING);
    keep("http", "/api/v1/machines/press-7/readings", "press-7", "[%s]".formatted(READING));
    assertThat(retry(0)).isEqualTo(new Retried.Taken(1, 0));
    assertThat(retry(1)).isEqualTo(new Retried.Taken(0, 1));
  }

  @Test
  void keepsWhatStillCannotBeReadWithThePresentReason() throws Exception {
    keep("mqtt", "t", "press-7", "{\"rpm\":1}");
    assertThat(retry(0))
        .isInstanceOfSatisfying(
            Retried.StillDead.class, dead -> assertThat(dead.reason()).isEqualTo("no_timestamp"));
    assertThat(table.retried())
        .singleElement()
        .asString()
        .startsWith("no_timestamp: the timestamp");
    keep("mqtt", "t", "press-7", READING.replace("rpm", "reject"));
    assertThat(retry(1)).isEqualTo(new Retried.StillDead("too_late", "it is too late"));
  }

  @Test
  void readsByTheMappingOfItsSourceBothMessagesAndSingleSamples() throws Exception {
    keep("kilns", "kilns/k-1", null, "{\"list\":[{\"ts\":1762528201,\"values\":{\"t\":9}}]}");
    keep("kilns", "kilns/k-2", null, "{\"ts\":1762528201,\"values\":{\"t\":9}}");
    keep("kilns", "elsewhere/k-2", null, "{\"ts\":1762528201,\"values\":{\"t\":9}}");
    assertThat(retry(0)).isEqualTo(new Retried.Taken(1, 0));
    assertThat(retry(1)).isEqualTo(new Retried.Taken(1, 0));
    assertThat(retry(2)).isInstanceOf(Retried.StillDead.class);
  }

  @Test
  void takesTheTimeOfReceiptOfTheLetter() throws Exception {
    keep("pumps", "pumps/p-1", null, "{\"bar\":3.5}");
    keep("pumps", "pumps/p-1", null, "{\"bar\":3.5}");
    assertThat(retry(0)).isEqualTo(new Retried.Taken(1, 0));
    assertThat(retry(1)).isEqualTo(new Retried.Taken(0, 1));
    assertThat(twins.journalOf("p-1")).containsExactly(RECEIVED.toEpochMilli());
  }

  @Test
  void saysWhatCanNeverBeReadAgain() throws Exception {
    keep("gone", "t", null, READING);
    keep("mqtt", "t", null, "x".repeat(70_000));
    assertThat(retry(0))
        .isEqualTo(
            new Retried.Impossible(
                "it came by the source 'gone', which is not configured any more"));
    assertThat(retry(1)).isInstanceOf(Retried.Impossible.class);
    assertThat(retry(9)).isEqualTo(new Retried.Gone());
  }

  @Test
  void failsWhenTheTwinDoesNotAnswer() {
    keep("mqtt", "t", "press-7", READING);
    DeadLetterRetry away = retrying(new ScriptedTwins(command -> Fate.COMMAND_LOST));
    assertThatThrownBy(() -> away.retry(0).toCompletableFuture().get(30, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(java.util.concurrent.TimeoutException.class);
    assertThat(table.retried()).isEmpty();
  }

  private Retried retry(long id) throws Exception {
    return retrying(twins).retry(id).toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private DeadLetterRetry retrying(ScriptedTwins asked) {
    Config root =
        ConfigFactory.parseString("twin.ingest.mqtt.sources = [{name = mqtt}, %s]".formatted(KILNS))
            .withFallback(ConfigFactory.load());
    return new DeadLetterRetry(
        table,
        Decoders.from(root, IngestSettings.from(root).codec()),
        asked,
        new Retrying(
            new IngestSettings.Retry(2, Duration.ofMillis(1), Duration.ofMillis(2)),
            testKit.system()),
        new IngestMetrics());
  }

  private void keep(String source, String topic, @Nullable String machineId, String payload) {
    table
        .insert(
            List.of(
                new DeadLetter.Arrival(
                    RECEIVED,
                    source,
                    topic,
                    machineId,
                    "test",
                    "test",
                    payload.getBytes(StandardCharsets.UTF_8))))
        .toCompletableFuture()
        .join();
  }
}
