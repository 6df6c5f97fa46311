package twin.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.StreamSupport;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.io.TempDir;
import twin.core.audit.Seal;
import twin.core.trace.Tracing;
import twin.ingest.ScriptedTwins.Fate;
import twin.ingest.kafka.KafkaIngest;
import twin.ingest.kafka.SealTopic;
import twin.ingest.kafka.TestKafka;

/** From a real Kafka through the real consumer and lanes to scripted twins. */
class KafkaToTwinsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2025-11-07T15:10:01Z"));
  private static final int PARTITIONS = 4;

  private static ActorTestKit testKit;
  private static TestKafka kafka;

  private final ScriptedTable table = ScriptedTable.answering();
  private final List<Ingest> started = new ArrayList<>();
  private String topic = "";

  @BeforeAll
  static void start(@TempDir Path directory) throws Exception {
    testKit = ActorTestKit.create();
    kafka = TestKafka.start(directory);
  }

  @AfterAll
  static void stop() {
    testKit.shutdownTestKit();
    kafka.close();
  }

  @BeforeEach
  void createTopic(TestInfo test) {
    topic = test.getTestMethod().orElseThrow().getName();
    kafka.create(topic, PARTITIONS);
  }

  @AfterEach
  void stopAll() throws Exception {
    for (Ingest ingest : started) {
      stop(ingest);
    }
  }

  @Test
  void recordsEveryReadingOnceInOrderAndCommitsIt() {
    ScriptedTwins twins = ScriptedTwins.answering();
    Ingest ingest = start(twins);
    produce(10, 1, 50);
    eventually(() -> assertThat(committed()).isEqualTo(500));
    hasInOrder(twins, 10, 50);
    eventually(() -> assertThat(status(ingest).lag()).hasValue(0));
    assertThat(status(ingest).partitions()).isEqualTo(PARTITIONS);
    assertThat(ingest.metrics().readings().get("kafka")).containsEntry("recorded", 500L);
    assertThat(ingest.ready())
        .extracting(Ingest.SourceState::name, Ingest.SourceState::isReady)
        .containsExactly(tuple("http", true), tuple("mqtt", true), tuple("kafka", true));
    assertThat(twins.queues())
        .isNotEmpty()
        .allMatch(queue -> queue.matches(topic + "/[0-3]/[A-Za-z0-9_-]{8}"));
    assertThat(twins.commands())
        .allSatisfy(
            command ->
                assertThat(command.readings()).allMatch(reading -> reading.position() != null));
  }

  @Test
  void aTwinThatDoesNotAnswerHoldsItsPartitionAlone() {
    AtomicBoolean away = new AtomicBoolean(true);
    ScriptedTwins twins =
        new ScriptedTwins(
            command ->
                command.machineId().equals("slow") && away.get()
                    ? Fate.COMMAND_LOST
                    : Fate.ANSWERED);
    Ingest ingest = start(twins);
    for (int seq = 1; seq <= 100; seq++) {
      kafka.send(topic, 0, "slow", reading(seq));
      kafka.send(topic, 1, "quick", reading(seq));
    }
    kafka.flush();
    eventually(() -> assertThat(kafka.committed(topic, topic, 1)).isEqualTo(100));
    eventually(
        () ->
            assertThat(status(ingest).lagByPartition())
                .containsEntry(topic + "-0", 100L)
                .containsEntry(topic + "-1", 0L));
    // Not even the first attempts of all have made the others wait.
    kafka.send(topic, 1, "quick", reading(101));
    eventually(() -> assertThat(kafka.committed(topic, topic, 1)).isEqualTo(101));
    assertThat(kafka.committed(topic, topic, 0)).isZero();
    assertThat(status(ingest).starts()).isEqualTo(1);

    away.set(false);
    eventually(() -> assertThat(kafka.committed(topic, topic, 0)).isEqualTo(100));
    assertThat(twins.journalOf("slow")).isEqualTo(oneTo(100));
  }

  @Test
  void startsAgainFromWhatIsCommittedWhenATwinNeverAnswers() {
    AtomicInteger lost = new AtomicInteger();
    // The first attempts fail for good, when more has been taken already than they had in hand.
    ScriptedTwins twins =
        new ScriptedTwins(
            command -> lost.incrementAndGet() <= 12 ? Fate.COMMAND_LOST : Fate.ANSWERED);
    for (int seq = 1; seq <= 2000; seq++) {
      kafka.send(topic, 0, "m-0", reading(seq));
    }
    kafka.flush();
    Ingest ingest = start(twins, "ask.attempts-max = 4, records-max = 100");
    eventually(() -> assertThat(committed()).isEqualTo(2000));
    assertThat(twins.journalOf("m-0")).isEqualTo(oneTo(2000));
    assertThat(status(ingest).starts()).isGreaterThanOrEqualTo(4);
    assertThat(ingest.metrics().failedLanes()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void putsWhatCannotBeRecordedIntoTheTableAndTheTopicOfDeadLetters() {
    ScriptedTwins twins = ScriptedTwins.answering();
    start(twins);
    int brokenAt = kafka.send(topic, "press-7", bytes("torque is 42"));
    int emptyAt = kafka.send(topic, "press-8", null);
    kafka.send(
        topic,
        "press-9",
        bytes("[%s,{\"rpm\":1},%s]".formatted(reading(1), reading(2).replace("rpm", "reject"))));
    kafka.send(topic, null, bytes("{\"machine_id\":\"keyless\"," + reading(3).substring(1)));
    byte[] large = new byte[200_000];
    Arrays.fill(large, (byte) ' ');
    kafka.send(topic, "press-10", large);

    List<ConsumerRecord<byte[], byte[]>> dead = kafka.records(topic + ".dlq", 4);
    eventually(() -> assertThat(committed()).isEqualTo(5));
    assertThat(table.reasons())
        .containsExactlyInAnyOrder("not_json", "empty", "no_timestamp", "too_late", "too_large");
    assertThat(twins.journalOf("press-9")).containsExactly(1L);
    assertThat(twins.journalOf("keyless")).containsExactly(3L);

    ConsumerRecord<byte[], byte[]> broken = of(dead, "press-7");
    assertThat(broken.value()).isEqualTo(bytes("torque is 42"));
    assertThat(headers(broken))
        .containsEntry("topic", topic)
        .containsEntry("partition", Integer.toString(brokenAt))
        .containsEntry("offset", "0");
    assertThat(headers(broken).get("reason")).startsWith("not_json: the message is no JSON");
    ConsumerRecord<byte[], byte[]> empty = of(dead, "press-8");
    assertThat(empty.value()).isNull();
    assertThat(headers(empty)).containsEntry("partition", Integer.toString(emptyAt));
    assertThat(headers(of(dead, "press-9")).get("reason"))
        .contains("no_timestamp: ")
        .contains("; too_late: ");
    assertThat(of(dead, "press-10").value()).isEqualTo(large);
  }

  @Test
  void commitsADeadLetterOnlyWhenTheTableHasIt() {
    AtomicBoolean away = new AtomicBoolean(true);
    ScriptedTable failing =
        new ScriptedTable(
            () ->
                away.get()
                    ? CompletableFuture.failedStage(new TimeoutException("scripted"))
                    : CompletableFuture.completedStage(1));
    Ingest ingest = start(ScriptedTwins.answering(), failing, "dead-letters.attempts-max = 3");
    kafka.send(topic, "press-7", bytes("torque is 42"));
    eventually(() -> assertThat(status(ingest).starts()).isGreaterThanOrEqualTo(3));
    assertThat(committed()).isZero();

    away.set(false);
    eventually(() -> assertThat(committed()).isEqualTo(1));
    assertThat(failing.reasons()).containsExactly("not_json");
    assertThat(kafka.records(topic + ".dlq", 1)).hasSize(1);
  }

  @Test
  void goesOnWhereItWasStopped() throws Exception {
    ScriptedTwins twins = ScriptedTwins.answering();
    Ingest first = start(twins);
    produce(4, 1, 50);
    eventually(() -> assertThat(committed()).isEqualTo(200));
    stop(first);
    produce(4, 51, 80);

    ScriptedTwins later = ScriptedTwins.answering();
    start(later);
    eventually(() -> assertThat(committed()).isEqualTo(320));
    for (int machine = 0; machine < 4; machine++) {
      assertThat(later.journalOf("m-" + machine))
          .isEqualTo(LongStream.rangeClosed(51, 80).boxed().toList());
    }
  }

  @Tag("full")
  @Test
  void losesAndDoublesNothingWhenPartitionsChangeHands() throws Exception {
    ScriptedTwins twins = ScriptedTwins.answering();
    Ingest first = start(twins);
    produce(8, 1, 100);
    Ingest second = start(twins);
    produce(8, 101, 200);
    eventually(
        () -> {
          assertThat(status(first).partitions()).isEqualTo(2);
          assertThat(status(second).partitions()).isEqualTo(2);
        });
    produce(8, 201, 300);
    stop(first);
    produce(8, 301, 400);
    eventually(() -> assertThat(committed()).isEqualTo(3200));
    hasInOrder(twins, 8, 400);
    assertThat(status(second).starts()).isEqualTo(1);
  }

  @Test
  void readsTheRecordsOfASourceByItsMapping() {
    ScriptedTwins twins = ScriptedTwins.answering();
    start(
        twins,
        """
        sources = [{
          name = kafka
          mapping { machine-id { key = true, prefix = "kiln-" }, timestamp = "/ts", channels-from = "/v" }
        }]
        """);
    kafka.send(topic, "3", bytes("{\"ts\":1762528201,\"v\":{\"t\":900}}"));
    kafka.send(topic, "3", bytes("{\"ts\":1762528201}"));
    eventually(() -> assertThat(committed()).isEqualTo(2));
    assertThat(twins.journalOf("kiln-3")).containsExactly(1_762_528_201_000L);
    assertThat(table.rows()).extracting(row -> row.machineId()).containsExactly("kiln-3");
  }

  /**
   * A consumer that dies says nothing: its partitions are somebody else's when its session has
   * ended. It is the one test here that looks at a clock, for that is what is promised.
   */
  @Test
  @Tag("full")
  void readingsFlowAgainWithinFifteenSecondsOfAConsumersDeath() {
    ScriptedTwins twins = ScriptedTwins.answering();
    Ingest ingest = start(twins);
    produce(PARTITIONS, 1, 10);
    eventually(() -> assertThat(committed()).isEqualTo(PARTITIONS * 10L));
    kafka.joinAndDie(topic, topic, () -> status(ingest).partitions() == PARTITIONS / 2);
    long diedNanos = System.nanoTime();
    produce(PARTITIONS, 11, 20);
    eventually(() -> hasInOrder(twins, PARTITIONS, 20));
    double seconds = (System.nanoTime() - diedNanos) / 1e9;
    System.err.printf("readings of a dead consumer's partitions: recorded after %.1f s%n", seconds);
    assertThat(seconds).isLessThan(15);
  }

  @Test
  void takesWhatIsInATopicThatWasMadeAnewForNew() {
    ScriptedTwins twins = ScriptedTwins.answering();
    Ingest ingest = start(twins);
    produce(1, 1, 20);
    eventually(() -> assertThat(committed()).isEqualTo(20));
    List<String> before = List.copyOf(twins.queues());
    kafka.delete(topic);
    // It either fails on the missing topic or has its partitions taken away.
    eventually(
        () ->
            assertThat(status(ingest))
                .matches(status -> !status.connected() || status.partitions() == 0));
    kafka.create(topic, PARTITIONS);
    produce(1, 21, 30);
    eventually(() -> assertThat(twins.journalOf("m-0")).isEqualTo(oneTo(30)));
    assertThat(twins.queues()).hasSizeGreaterThan(before.size());
  }

  private Ingest start(ScriptedTwins twins, String... more) {
    return start(twins, table, more);
  }

  private Ingest start(ScriptedTwins twins, ScriptedTable letters, String... more) {
    Config config =
        ConfigFactory.parseString(
                """
                twin.ingest {
                  mqtt.enabled = off
                  kafka {
                    enabled = on
                    bootstrap-servers = "%s"
                    topics = [%s]
                    group-id = %s
                    commit-interval = 20 ms
                    lag-interval = 100 ms
                    drain-timeout = 5 s
                    restart { min = 20 ms, max = 50 ms }
                    # So that a topic that was made anew is noticed soon.
                    properties { metadata.max.age.ms = 500 }
                    ask.backoff { min = 5 ms, max = 20 ms }
                    dead-letters.backoff { min = 5 ms, max = 20 ms }
                    %s
                  }
                }
                """
                    .formatted(kafka.servers(), topic, topic, String.join("\n", more)))
            .withFallback(ConfigFactory.load());
    Ingest ingest =
        new Ingest(
            config,
            twins,
            letters,
            letters,
            CLOCK,
            new SimpleMeterRegistry(),
            Tracing.OFF,
            testKit.system());
    started.add(ingest);
    ingest.startKafka();
    return ingest;
  }

  private static void stop(Ingest ingest) throws Exception {
    ingest.stopKafka().toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static KafkaIngest.Status status(Ingest ingest) {
    return ingest.kafka().getFirst();
  }

  private long committed() {
    return kafka.committed(topic, topic);
  }

  private void produce(int machines, int firstSeq, int lastSeq) {
    for (int seq = firstSeq; seq <= lastSeq; seq++) {
      for (int machine = 0; machine < machines; machine++) {
        kafka.send(topic, machine % PARTITIONS, "m-" + machine, reading(seq));
      }
    }
    kafka.flush();
  }

  private static void hasInOrder(ScriptedTwins twins, int machines, int last) {
    IntStream.range(0, machines)
        .forEach(machine -> assertThat(twins.journalOf("m-" + machine)).isEqualTo(oneTo(last)));
  }

  private static List<Long> oneTo(long last) {
    return LongStream.rangeClosed(1, last).boxed().toList();
  }

  private static String reading(long seq) {
    return "{\"timestamp\":\"2025-11-07T15:10:01Z\",\"seq\":%d,\"rpm\":1}".formatted(seq);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private static ConsumerRecord<byte[], byte[]> of(
      List<ConsumerRecord<byte[], byte[]>> records, String key) {
    return records.stream()
        .filter(record -> new String(record.key(), UTF_8).equals(key))
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> headers(ConsumerRecord<byte[], byte[]> record) {
    return StreamSupport.stream(record.headers().spliterator(), false)
        .collect(
            Collectors.toMap(header -> header.key(), header -> new String(header.value(), UTF_8)));
  }

  private static void eventually(Runnable assertion) {
    testKit
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertion.run();
              return 0;
            });
  }

  @Test
  void sealsGoToATopicThatKeepsThemForEver() throws Exception {
    Config config =
        ConfigFactory.parseMap(
                Map.of(
                    "twin.ingest.kafka.enabled",
                    true,
                    "twin.ingest.kafka.bootstrap-servers",
                    kafka.servers(),
                    "twin.audit.topic",
                    "seals-kept"))
            .withFallback(ConfigFactory.load());
    Seal seal =
        new Seal(
            "log-1",
            1,
            CLOCK.instant(),
            3,
            "ab".repeat(32),
            "00".repeat(32),
            "key-1",
            "cd".repeat(64));
    try (SealTopic out = SealTopic.from(config, Runnable::run).orElseThrow()) {
      out.publish(seal).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
    // The topic is there when the next node begins.
    try (SealTopic out = SealTopic.from(config, Runnable::run).orElseThrow()) {
      out.publish(seal).toCompletableFuture().get(30, TimeUnit.SECONDS);
    }
    assertThat(kafka.records("seals-kept", 2))
        .allSatisfy(
            record -> assertThat(Seal.of(new String(record.value(), UTF_8))).isEqualTo(seal));
    ConfigResource kept = new ConfigResource(ConfigResource.Type.TOPIC, "seals-kept");
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.servers()))) {
      assertThat(admin.describeConfigs(List.of(kept)).all().get(30, TimeUnit.SECONDS))
          .hasEntrySatisfying(
              kept, found -> assertThat(found.get("retention.ms").value()).isEqualTo("-1"));
    }
    assertThat(
            SealTopic.from(
                ConfigFactory.parseString("twin.audit.topic = \"\"").withFallback(config),
                Runnable::run))
        .isEmpty();
  }
}
