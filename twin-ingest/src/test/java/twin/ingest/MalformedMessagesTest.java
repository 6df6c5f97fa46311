package twin.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.machine.AssessedReading;
import twin.core.reading.Quality;
import twin.core.store.DeadLetter;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.ingest.codec.ReadingCodec;

/**
 * Ten thousand messages of every kind that is not as it should be, through decoder, lanes and the
 * decisions of real twins: each becomes a dead letter whose reason fits, or is recorded with
 * quality bad, and nothing else happens.
 */
class MalformedMessagesTest {

  private static final int MESSAGES = 10_000;
  private static final Instant NOW = Instant.parse("2025-11-07T15:10:02Z");
  private static final IngestSettings SETTINGS = IngestSettings.from(ConfigFactory.load());
  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));

  /** What only a programmer would understand. */
  private static final Pattern INSIDES =
      Pattern.compile(
          "Exception|twin\\.|com\\.fasterxml|java\\.|\\bnull pointer", Pattern.CASE_INSENSITIVE);

  private static ActorTestKit testKit;

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Sent(Malformed kind, String machineId, String topic, byte[] payload) {}

  @BeforeAll
  static void startSystem() {
    testKit = ActorTestKit.create();
  }

  @AfterAll
  static void stopSystem() {
    testKit.shutdownTestKit();
  }

  @Test
  void eachIsADeadLetterWithAReasonOrRecordedWithQualityBad() throws Exception {
    long seed = 20_251_107;
    System.out.println("seed " + seed);
    List<Malformed> kinds = Malformed.kinds();
    assertThat(kinds).hasSizeGreaterThanOrEqualTo(30);
    List<Sent> messages = messages(kinds, new Random(seed));
    DecidingTwins twins = new DecidingTwins(TYPES, NOW, testKit.system().ignoreRef());
    ScriptedTable table = ScriptedTable.answering();
    IngestMetrics metrics = new IngestMetrics();

    ConcurrentLinkedQueue<Sent> back = new ConcurrentLinkedQueue<>();
    ReadingCodec codec = new ReadingCodec(SETTINGS.codec());
    MachineTopics topics = new MachineTopics(List.of("twin/v1/machines/+/readings"));
    Source.from(messages)
        .via(
            lanes(twins, table, metrics)
                .flow(
                    (Sent sent) ->
                        Delivery.decoded(
                            sent,
                            "test",
                            sent.topic(),
                            NOW,
                            sent.payload(),
                            payload -> codec.decode(payload, topics.machineIn(sent.topic())))))
        .runForeach(back::add, testKit.system())
        .toCompletableFuture()
        .get(120, TimeUnit.SECONDS);

    assertThat(back).as("each is acknowledged once").hasSize(MESSAGES);
    assertThat(back.stream().map(Sent::machineId).distinct()).hasSize(MESSAGES);
    Map<String, List<DeadLetter.Arrival>> letters = new HashMap<>();
    table
        .rows()
        .forEach(row -> letters.computeIfAbsent(row.topic(), t -> new ArrayList<>()).add(row));
    for (Sent sent : messages) {
      check(sent, letters.getOrDefault(sent.topic(), List.of()), twins.recorded(sent.machineId()));
    }
    long recorded = messages.stream().filter(sent -> sent.kind().isRecorded()).count();
    assertThat(table.rows()).hasSize((int) (MESSAGES - recorded));
    assertThat(metrics.snapshot().failedLanes()).isZero();
    assertThat(metrics.snapshot().readings().get("test")).containsEntry("recorded", recorded);
    System.out.printf(
        "%d messages of %d kinds: %d dead letters, %d recorded with quality bad%n",
        messages.size(), kinds.size(), table.rows().size(), recorded);
  }

  private static List<Sent> messages(List<Malformed> kinds, Random random) {
    List<Sent> messages = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      Malformed kind = kinds.get(i % kinds.size());
      String machineId = "machine-" + i;
      messages.add(
          new Sent(
              kind,
              machineId,
              kind.topic().apply(machineId),
              kind.payload().apply(random, machineId)));
    }
    Collections.shuffle(messages, random);
    return messages;
  }

  private static void check(
      Sent sent, List<DeadLetter.Arrival> letters, List<AssessedReading> recorded) {
    String about =
        "%s: %s"
            .formatted(
                sent.kind(),
                new String(sent.payload(), 0, Math.min(200, sent.payload().length), UTF_8));
    if (sent.kind().isRecorded()) {
      assertThat(letters).as(about).isEmpty();
      assertThat(recorded).as(about).hasSize(1);
      MachineType milling = TYPES.find("milling").orElseThrow();
      assertThat(recorded.getFirst().reading().quality(milling.indexOf("rpm")))
          .as(about)
          .isEqualTo(Quality.BAD);
      return;
    }
    assertThat(recorded).as(about).isEmpty();
    assertThat(letters).as(about).hasSize(1);
    DeadLetter.Arrival letter = letters.getFirst();
    assertThat(sent.kind().codes()).as(about + " is " + letter.detail()).contains(letter.reason());
    assertThat(letter.detail()).as(about).hasSizeBetween(20, 400).doesNotContainPattern(INSIDES);
  }

  private static Lanes lanes(Twins twins, ScriptedTable table, IngestMetrics metrics) {
    Retrying retrying =
        new Retrying(
            new IngestSettings.Retry(1, Duration.ofMillis(1), Duration.ofMillis(1)),
            testKit.system());
    return new Lanes(
        SETTINGS.lanes(),
        new Recorder(twins, "test", retrying, metrics),
        new DeadLetters(table, json -> {}, retrying, metrics, 65_536),
        metrics);
  }
}
