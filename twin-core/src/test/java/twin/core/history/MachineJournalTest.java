package twin.core.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.TwinChanged;
import twin.core.machine.TwinEnvironment;
import twin.core.machine.TwinSettings;
import twin.core.reading.SubmittedReading;
import twin.core.store.Database;
import twin.core.store.JournalTable;
import twin.core.store.TestDatabase;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** What history says of a machine is what its twin was at that time. */
final class MachineJournalTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));

  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.coordinated-shutdown.exit-jvm = off
              """)
          .withFallback(TestDatabase.create());
  private static final Database DATABASE = TestDatabase.open(CONFIG);
  private static final ActorTestKit KIT = ActorTestKit.create("history", CONFIG);

  private final MachineJournal journal =
      new MachineJournal(KIT.system(), new JournalTable(DATABASE), PATIENCE);

  private final BlockingQueue<TwinChanged> changes = new LinkedBlockingQueue<>();
  private volatile Instant clock = START;

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    DATABASE.close();
  }

  private ActorRef<MachineCommand> twin(String machineId, int snapshotEveryEvents) {
    return KIT.spawn(
        MachineTwin.create(
            machineId,
            new TwinEnvironment(
                () -> clock,
                () -> TYPES,
                Models.none(),
                () -> DecisionContext.Admission.OPEN,
                changes::add,
                new TwinSettings(
                    snapshotEveryEvents, Duration.ofMillis(50), Duration.ofMillis(50), true, 10))));
  }

  private static void record(ActorRef<MachineCommand> twin, List<SubmittedReading> readings) {
    TestProbe<MachineReply.Recorded> probe = KIT.createTestProbe();
    twin.tell(new MachineCommand.RecordReadings(readings, "mqtt:demo", null, probe.ref()));
    assertThat(probe.receiveMessage(PATIENCE).outcomes()).hasSize(readings.size());
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    try {
      return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new AssertionError("no answer in time", e);
    }
  }

  private static SubmittedReading press(String machineId, long seq, Instant time, double bar) {
    return new SubmittedReading(
        machineId, null, time, seq, null, Map.of("pressure_bar", bar), Map.of());
  }

  /** Readings with gaps, repetitions, late ones and new runs, and whole batches of them. */
  private static List<List<SubmittedReading>> life(String machineId, Random random) {
    List<List<SubmittedReading>> batches = new ArrayList<>();
    List<SubmittedReading> sent = new ArrayList<>();
    Instant time = START;
    long seq = 0;
    while (batches.size() < 60) {
      List<SubmittedReading> batch = new ArrayList<>();
      for (int i = random.nextInt(4); i >= 0; i--) {
        time = time.plusMillis(200 + random.nextInt(2000));
        seq = sent.size() > 40 && random.nextInt(40) == 0 ? 0 : seq + 1 + random.nextInt(2);
        batch.add(press(machineId, seq, time, 4 + random.nextDouble()));
      }
      sent.addAll(batch);
      if (random.nextInt(3) == 0) {
        batch.add(sent.get(sent.size() - 1 - random.nextInt(Math.min(8, sent.size()))));
      }
      if (random.nextInt(3) == 0 && batch.size() > 1) {
        batch.add(batch.remove(0));
      }
      batches.add(batch);
    }
    return batches;
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void everyRevisionFromHistoryIsTheStateThatTheTwinHadThere(long seed) throws Exception {
    String machineId = "revision-" + seed;
    Random random = new Random(seed);
    ActorRef<MachineCommand> twin = twin(machineId, 7);
    Map<Long, MachineState> lived = new TreeMap<>();
    for (List<SubmittedReading> batch : life(machineId, random)) {
      clock = clock.plusMillis(500 + random.nextInt(3000));
      record(twin, batch);
      if (random.nextInt(12) == 0) {
        KIT.stop(twin);
        twin = twin(machineId, 7);
      }
      for (TwinChanged changed = changes.poll(); changed != null; changed = changes.poll()) {
        lived.put(changed.state().revision(), changed.state());
      }
    }
    assertThat(lived).hasSizeGreaterThan(40);
    for (Map.Entry<Long, MachineState> at : lived.entrySet()) {
      assertThat(await(journal.state(machineId, at.getKey()))).isEqualTo(at.getValue());
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {11, 12, 13, 14})
  void theStateKnownAtAMomentIsTheLastThatWasRecordedUntilThen(long seed) throws Exception {
    String machineId = "known-" + seed;
    Random random = new Random(seed);
    ActorRef<MachineCommand> twin = twin(machineId, 7);
    TreeMap<Instant, MachineState> lived = new TreeMap<>();
    MachineState now = MachineState.empty(machineId);
    for (List<SubmittedReading> batch : life(machineId, random)) {
      clock = clock.plusMillis(500 + random.nextInt(3000));
      record(twin, batch);
      for (TwinChanged changed = changes.poll(); changed != null; changed = changes.poll()) {
        now = changed.state();
        lived.put(now.recordedAt(), now);
      }
    }
    for (Map.Entry<Instant, MachineState> at : lived.entrySet()) {
      assertThat(await(journal.stateKnownAt(now, at.getKey()))).isEqualTo(at.getValue());
      Map.Entry<Instant, MachineState> before = lived.lowerEntry(at.getKey());
      assertThat(await(journal.stateKnownAt(now, at.getKey().minusMillis(1))))
          .isEqualTo(before == null ? MachineState.empty(machineId) : before.getValue());
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {21, 22, 23, 24})
  void theStateAtAMomentHasNoReadingThatIsNewer(long seed) throws Exception {
    String machineId = "at-" + seed;
    ActorRef<MachineCommand> twin = twin(machineId, 7);
    MachineState now = MachineState.empty(machineId);
    for (List<SubmittedReading> batch : life(machineId, new Random(seed))) {
      clock = batch.getLast().timestamp();
      record(twin, batch);
      for (TwinChanged changed = changes.poll(); changed != null; changed = changes.poll()) {
        now = changed.state();
      }
    }
    Random random = new Random(-seed);
    Instant end = now.watermark();
    assertThat(end).isNotNull();
    for (int i = 0; i < 60; i++) {
      Instant moment =
          START.plusMillis((long) (random.nextDouble() * Duration.between(START, end).toMillis()));
      MachineState then = await(journal.stateAt(now, moment));
      Instant watermark = then.watermark();
      assertThat(watermark == null || !watermark.isAfter(moment)).isTrue();
      // The next reading that the twin took in order is beyond the moment: nothing was left out.
      assertThat(nextInOrder(machineId, then, moment)).isTrue();
    }
    assertThat(await(journal.stateAt(now, end))).isEqualTo(now);
    assertThat(await(journal.stateAt(now, START.minusSeconds(1))).readings()).isZero();
  }

  /** Whether one reading more would have taken the machine beyond a moment. */
  private boolean nextInOrder(String machineId, MachineState then, Instant moment)
      throws Exception {
    long readings = 0;
    for (var each :
        await(
            journal
                .events(machineId, 1, Long.MAX_VALUE)
                .runWith(org.apache.pekko.stream.javadsl.Sink.seq(), KIT.system()))) {
      if (each.entry().event() instanceof MachineEvent.ReadingsRecorded recorded) {
        for (var reading : recorded.readings()) {
          readings++;
          if (readings == then.readings() + 1) {
            return reading.reading().timestamp().isAfter(moment);
          }
        }
      }
    }
    return false;
  }

  @Test
  void aMachineWithoutHistoryHasNoEvents() throws Exception {
    assertThat(await(journal.event("nobody", 1))).isEmpty();
    assertThat(await(journal.state("nobody", 0))).isEqualTo(MachineState.empty("nobody"));
    assertThatThrownBy(() -> await(journal.state("nobody", 5)))
        .hasCauseInstanceOf(MissingEventException.class);
  }
}
