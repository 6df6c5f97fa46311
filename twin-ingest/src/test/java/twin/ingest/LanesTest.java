package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.typesafe.config.ConfigFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import twin.core.store.DeadLetter;
import twin.ingest.ScriptedTwins.Command;
import twin.ingest.ScriptedTwins.Fate;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.ReadingCodec;

class LanesTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Instant NOW = Instant.parse("2025-11-07T15:10:01Z");
  private static final IngestSettings SETTINGS = IngestSettings.from(ConfigFactory.load());
  private static final IngestSettings.Retry RETRY =
      new IngestSettings.Retry(3, Duration.ofMillis(1), Duration.ofMillis(2));

  private static final List<Fate> TROUBLES =
      List.of(Fate.REPLY_LOST, Fate.COMMAND_LOST, Fate.ARRIVES_LATE);

  private static ActorTestKit testKit;

  private final ReadingCodec codec = new ReadingCodec(SETTINGS.codec());
  private final IngestMetrics metrics = new IngestMetrics();
  private final List<String> published = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void startSystem() {
    testKit =
        ActorTestKit.create(ConfigFactory.parseString("pekko.scheduler.tick-duration = 1 ms"));
  }

  @AfterAll
  static void stopSystem() {
    testKit.shutdownTestKit();
  }

  @Test
  void givesBackOnlyWhatTheTwinHasAnsweredFor() {
    CompletableFuture<Command> answered = new CompletableFuture<>();
    ScriptedTwins twins =
        new ScriptedTwins(
            new ScriptedTwins.Script() {
              @Override
              public Fate fateOf(Command command) {
                return Fate.ANSWERED;
              }

              @Override
              public CompletionStage<?> whenAnswered(Command command) {
                return command.machineId().equals("slow") ? answered : twinsDo();
              }

              private CompletionStage<?> twinsDo() {
                return CompletableFuture.completedStage("");
              }
            });
    List<String> back = new CopyOnWriteArrayList<>();
    // Not on the lane of the slow machine.
    String quick = "quick";
    assertThat(Math.floorMod(quick.hashCode(), 8))
        .isNotEqualTo(Math.floorMod("slow".hashCode(), 8));
    CompletionStage<Done> run =
        run(
            lanes(twins, ScriptedTable.answering()),
            List.of(reading("slow", 1), reading(quick, 1)),
            back);
    eventually(() -> assertThat(back).containsExactly(reading(quick, 1)));
    assertThat(metrics.snapshot().inFlight()).isEqualTo(1);

    answered.complete(new Command("slow", List.of()));
    join(run);
    assertThat(back).containsExactly(reading(quick, 1), reading("slow", 1));
    assertThat(metrics.snapshot().inFlight()).isZero();
    assertThat(metrics.snapshot().readings()).isEqualTo(Map.of("test", Map.of("recorded", 2L)));
  }

  @Test
  void takesWhatHasArrivedMeanwhileAsOneCommandInOrder() {
    CompletableFuture<String> open = new CompletableFuture<>();
    AtomicInteger decoded = new AtomicInteger();
    ScriptedTwins twins =
        new ScriptedTwins(
            new ScriptedTwins.Script() {
              @Override
              public Fate fateOf(Command command) {
                return Fate.ANSWERED;
              }

              @Override
              public CompletionStage<?> whenAnswered(Command command) {
                return open;
              }
            });
    List<String> messages = LongStream.rangeClosed(1, 30).mapToObj(i -> reading("m", i)).toList();
    List<String> back = new CopyOnWriteArrayList<>();
    CompletionStage<Done> run =
        Source.from(messages)
            .via(
                lanes(twins, ScriptedTable.answering())
                    .flow(
                        (String message) -> {
                          decoded.incrementAndGet();
                          return delivery(message);
                        }))
            .runForeach(back::add, testKit.system());
    eventually(() -> assertThat(decoded).hasValue(30));
    assertThat(twins.commands()).hasSize(1);

    open.complete("");
    join(run);
    assertThat(back).isEqualTo(messages);
    assertThat(twins.commands().size()).isLessThan(10);
    assertThat(twins.commands().stream().flatMap(c -> c.readings().stream()).map(r -> r.seq()))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 30).boxed().toList());
  }

  @Test
  void keepsWhatIsRejectedBeforeGivingBack() {
    CompletableFuture<Integer> kept = new CompletableFuture<>();
    AtomicInteger asked = new AtomicInteger();
    ScriptedTable table =
        new ScriptedTable(
            () -> {
              asked.incrementAndGet();
              return kept;
            });
    List<String> back = new CopyOnWriteArrayList<>();
    String message =
        "[%s,%s,{\"rpm\":1},%s]"
            .formatted(reading("m", 1), with("m", 2, "reject"), reading("m", 3));
    CompletionStage<Done> run =
        run(lanes(ScriptedTwins.answering(), table), List.of(message), back);
    // The member without a machine is on another lane.
    eventually(() -> assertThat(asked).hasValue(2));
    assertThat(back).isEmpty();
    assertThat(published).isEmpty();

    kept.complete(1);
    join(run);
    assertThat(back).containsExactly(message);
    assertThat(table.rows())
        .extracting(DeadLetter.Arrival::reason, letter -> text(letter.payload()))
        .containsExactlyInAnyOrder(
            tuple("no_machine_id", "{\"rpm\":1}"), tuple("too_late", with("m", 2, "reject")));
    assertThat(published)
        .hasSize(2)
        .anySatisfy(
            json ->
                assertThat(json)
                    .isEqualTo(
                        "{\"source\":\"test\",\"topic\":\"a/topic\",\"reason\":\"too_late: it is"
                            + " too late\",\"received_at\":\"2025-11-07T15:10:01.000Z\","
                            + "\"payload_base64\":\"%s\"}",
                        Base64.getEncoder()
                            .encodeToString(
                                with("m", 2, "reject").getBytes(StandardCharsets.UTF_8))));
    assertThat(metrics.snapshot().deadLetters())
        .isEqualTo(Map.of("no_machine_id", 1L, "too_late", 1L));
  }

  @Test
  void ofACommandThatFailsOnlyTheGuiltyReadingBecomesADeadLetter() {
    ScriptedTwins twins = ScriptedTwins.answering();
    ScriptedTable table = ScriptedTable.answering();
    List<String> members = new ArrayList<>();
    for (long seq = 1; seq <= 100; seq++) {
      members.add(seq == 37 || seq == 38 ? with("m", seq, "guilty") : reading("m", seq));
    }
    String message = "[" + String.join(",", members) + "]";
    List<String> back = new CopyOnWriteArrayList<>();
    join(run(lanes(twins, table), List.of(message), back));
    assertThat(back).containsExactly(message);
    assertThat(table.rows())
        .extracting(letter -> text(letter.payload()))
        .containsExactly(members.get(36), members.get(37));
    assertThat(table.reasons()).containsOnly("failed");
    assertThat(twins.journalOf("m"))
        .containsExactlyElementsOf(
            LongStream.rangeClosed(1, 100).filter(seq -> seq != 37 && seq != 38).boxed().toList());
  }

  @Test
  void anUnknownTypeOfOneReadingDoesNotRejectTheOthers() {
    ScriptedTwins twins = ScriptedTwins.answering();
    ScriptedTable table = ScriptedTable.answering();
    String claim = reading("m", 1).replace("\"rpm\"", "\"machine_type\":\"unknown\",\"rpm\"");
    join(
        run(
            lanes(twins, table),
            List.of("[" + claim + "," + reading("m", 2) + "]"),
            new CopyOnWriteArrayList<>()));
    assertThat(twins.journalOf("m")).containsExactly(2L);
    assertThat(table.reasons()).containsExactly("unknown_type");
  }

  @Test
  void failsWhenATwinDoesNotAnswerInAllAttempts() {
    ScriptedTwins twins = new ScriptedTwins(command -> Fate.COMMAND_LOST);
    List<String> back = new CopyOnWriteArrayList<>();
    CompletionStage<Done> run =
        run(lanes(twins, ScriptedTable.answering()), List.of(reading("m", 1)), back);
    assertThatThrownBy(() -> join(run)).hasRootCauseInstanceOf(TimeoutException.class);
    assertThat(twins.commands()).hasSize(RETRY.attemptsMax());
    assertThat(back).isEmpty();
    assertThat(metrics.snapshot().repeatedAsks()).isEqualTo(RETRY.attemptsMax() - 1);
    assertThat(metrics.snapshot().failedLanes()).isEqualTo(1);
  }

  @Test
  void failsWhenDeadLettersCannotBeKept() {
    ScriptedTable table =
        new ScriptedTable(() -> CompletableFuture.failedStage(new IllegalStateException("down")));
    List<String> back = new CopyOnWriteArrayList<>();
    CompletionStage<Done> run =
        run(lanes(ScriptedTwins.answering(), table), List.of("no json"), back);
    assertThatThrownBy(() -> join(run)).hasRootCauseMessage("down");
    assertThat(back).isEmpty();
    assertThat(published).isEmpty();
  }

  @Test
  void givesAMessageOfSeveralMachinesBackOnce() {
    ScriptedTwins twins = ScriptedTwins.answering();
    List<String> members =
        IntStream.range(0, 40).mapToObj(i -> reading("machine-" + i, 1)).toList();
    String message = "[" + String.join(",", members) + "]";
    List<String> back = new CopyOnWriteArrayList<>();
    join(run(lanes(twins, ScriptedTable.answering()), List.of(message), back));
    assertThat(back).containsExactly(message);
    assertThat(twins.commands()).hasSize(40);
  }

  @Test
  void aMistakeOfOursBecomesADeadLetter() {
    ScriptedTable table = ScriptedTable.answering();
    List<String> back = new CopyOnWriteArrayList<>();
    CompletionStage<Done> run =
        Source.single("x")
            .via(
                lanes(ScriptedTwins.answering(), table)
                    .flow(
                        (String message) ->
                            Delivery.decoded(
                                message,
                                "test",
                                "a/topic",
                                NOW,
                                message.getBytes(StandardCharsets.UTF_8),
                                payload -> {
                                  throw new IllegalStateException("a mistake");
                                })))
            .runForeach(back::add, testKit.system());
    join(run);
    assertThat(back).containsExactly("x");
    assertThat(table.reasons()).containsExactly("failed");
  }

  /**
   * A source that delivers again what was not acknowledged, twins that lose commands and answers, a
   * table that fails: whatever happens, an acknowledged reading is in the journal once or with the
   * dead letters, the order of each machine holds, and in the end nothing is left.
   */
  @RepeatedTest(30)
  void losesNothingAndKeepsTheOrderWhateverGoesWrong(RepetitionInfo repetition) {
    long seed = 7_000_003L * repetition.getCurrentRepetition();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    Random fates = new Random(seed + 1);
    double trouble = random.nextDouble() * 0.5;
    ScriptedTwins twins =
        new ScriptedTwins(
            new ScriptedTwins.Script() {
              @Override
              public Fate fateOf(Command command) {
                synchronized (fates) {
                  return fates.nextDouble() < trouble
                      ? TROUBLES.get(fates.nextInt(TROUBLES.size()))
                      : Fate.ANSWERED;
                }
              }

              @Override
              public CompletionStage<?> whenAnswered(Command command) {
                synchronized (fates) {
                  return fates.nextBoolean()
                      ? CompletableFuture.completedStage("")
                      : CompletableFuture.supplyAsync(() -> "");
                }
              }
            });
    ScriptedTable table =
        new ScriptedTable(
            () -> {
              synchronized (fates) {
                return fates.nextDouble() < trouble
                    ? CompletableFuture.failedStage(new IllegalStateException("down"))
                    : CompletableFuture.completedStage(1);
              }
            });
    Map<String, List<Long>> sent = new HashMap<>();
    Map<String, Long> bad = new HashMap<>();
    Map<Integer, String> unacknowledged = Collections.synchronizedMap(messages(random, sent, bad));
    Map<Integer, List<String>> readingsOf = new HashMap<>();
    unacknowledged.forEach((id, message) -> readingsOf.put(id, readingsIn(message)));

    Lanes lanes =
        lanes(
            new IngestSettings.Lanes(1 + random.nextInt(5), 64, 4096, Duration.ofMillis(500)),
            twins,
            table);
    int runs = 0;
    while (!unacknowledged.isEmpty()) {
      assertThat(++runs).as("runs, seed %d", seed).isLessThan(2_000);
      List<Map.Entry<Integer, String>> delivered;
      synchronized (unacknowledged) {
        delivered =
            unacknowledged.entrySet().stream()
                .map(entry -> Map.entry(entry.getKey(), entry.getValue()))
                .toList();
      }
      CompletionStage<Done> run =
          Source.from(delivered)
              .via(
                  lanes.flow(
                      (Map.Entry<Integer, String> entry) ->
                          Delivery.decoded(
                              entry,
                              "test",
                              "a/topic",
                              NOW,
                              entry.getValue().getBytes(StandardCharsets.UTF_8),
                              payload -> codec.decode(payload, null))))
              .runForeach(
                  entry -> {
                    for (String reading : readingsOf.getOrDefault(entry.getKey(), List.of())) {
                      assertThat(isDurable(reading, twins, table))
                          .as("acknowledged though not durable, seed %d: %s", seed, reading)
                          .isTrue();
                    }
                    unacknowledged.remove(entry.getKey());
                  },
                  testKit.system());
      awaitEither(run);
    }
    sent.forEach(
        (machine, seqs) ->
            assertThat(twins.journalOf(machine)).as("seed %d", seed).isEqualTo(seqs));
    bad.forEach(
        (member, times) ->
            assertThat(table.rows())
                .as("seed %d", seed)
                .filteredOn(letter -> text(letter.payload()).equals(member))
                .hasSizeGreaterThanOrEqualTo(times.intValue()));
    assertThat(table.rows())
        .as("seed %d", seed)
        .allMatch(letter -> bad.containsKey(text(letter.payload())));
    assertThat(metrics.snapshot().inFlight()).isZero();
  }

  /** Messages in order, and what should become of their readings. */
  private static Map<Integer, String> messages(
      Random random, Map<String, List<Long>> sent, Map<String, Long> bad) {
    Map<Integer, String> messages = new LinkedHashMap<>();
    Map<String, Long> seqs = new HashMap<>();
    for (int id = 0; id < 60; id++) {
      List<String> members = new ArrayList<>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        String machine = "m-" + random.nextInt(6);
        long seq = seqs.merge(machine, 1L, Long::sum);
        String member =
            switch (random.nextInt(12)) {
              case 0 -> with(machine, seq, "reject");
              case 1 -> with(machine, seq, "guilty");
              case 2 -> "{\"machine_id\":\"%s\",\"rpm\":%d}".formatted(machine, seq);
              default -> reading(machine, seq);
            };
        if (member.equals(reading(machine, seq))) {
          sent.computeIfAbsent(machine, name -> new ArrayList<>()).add(seq);
        } else {
          bad.merge(member, 1L, Long::sum);
        }
        members.add(member);
      }
      messages.put(id, "[" + String.join(",", members) + "]");
    }
    return messages;
  }

  private static List<String> readingsIn(String message) {
    return List.of(message.substring(1, message.length() - 1).split("(?<=}),", -1));
  }

  private boolean isDurable(String member, ScriptedTwins twins, ScriptedTable table) {
    Decoded decoded = codec.decode(member.getBytes(StandardCharsets.UTF_8), null).getFirst();
    boolean inJournal =
        decoded instanceof Decoded.Intact intact
            && twins.journalOf(intact.reading().machineId()).contains(intact.reading().seq());
    return inJournal
        || table.rows().stream().anyMatch(letter -> text(letter.payload()).equals(member));
  }

  private Lanes lanes(ScriptedTwins twins, ScriptedTable table) {
    return lanes(SETTINGS.lanes(), twins, table);
  }

  private Lanes lanes(IngestSettings.Lanes settings, ScriptedTwins twins, ScriptedTable table) {
    Retrying retrying = new Retrying(RETRY, testKit.system());
    return new Lanes(
        settings,
        new Recorder(twins, "test", retrying, metrics),
        new DeadLetters(
            table,
            json -> published.add(text(json)),
            retrying,
            metrics,
            SETTINGS.codec().payloadBytesMax()),
        metrics);
  }

  private Delivery<String> delivery(String message) {
    return Delivery.decoded(
        message,
        "test",
        "a/topic",
        NOW,
        message.getBytes(StandardCharsets.UTF_8),
        payload -> codec.decode(payload, null));
  }

  private CompletionStage<Done> run(Lanes lanes, List<String> messages, List<String> back) {
    return Source.from(messages)
        .via(lanes.flow(this::delivery))
        .runForeach(back::add, testKit.system());
  }

  static String reading(String machine, long seq) {
    return with(machine, seq, "rpm");
  }

  private static String with(String machine, long seq, String channel) {
    return "{\"machine_id\":\"%s\",\"timestamp\":\"2025-11-07T15:10:01Z\",\"seq\":%d,\"%s\":1}"
        .formatted(machine, seq, channel);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void join(CompletionStage<Done> run) {
    try {
      run.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException | TimeoutException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitEither(CompletionStage<Done> run) {
    try {
      join(run);
    } catch (IllegalStateException e) {
      Throwable cause = e.getCause();
      while (cause != null && cause.getCause() != null) {
        cause = cause.getCause();
      }
      if (cause instanceof AssertionError broken) {
        throw broken;
      }
    }
  }

  private static void eventually(Runnable assertion) {
    testKit
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertion.run();
              return Done.getInstance();
            });
  }
}
