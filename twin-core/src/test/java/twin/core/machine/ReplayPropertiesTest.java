package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.machine.Fixtures.Twin;
import twin.core.reading.Placement;
import twin.core.reading.SubmittedReading;

/**
 * Properties of whole histories, over seeded random ones. A failing seed is in the name of the test
 * and is its report.
 */
final class ReplayPropertiesTest {

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 60);
  }

  /**
   * A device's life: it counts and measures in order, now and then starts to count anew, loses
   * readings, and has its clock far ahead for a while. Each reading has a value that no other has.
   * It restarts less often than messages overtake one another; {@link twin.core.reading.Identities}
   * says why.
   */
  private static List<SubmittedReading> life(Random random, int readings, boolean withSeq) {
    List<SubmittedReading> life = new ArrayList<>();
    long seq = random.nextInt(1000);
    Instant time = Fixtures.START;
    int restartedAt = 0;
    for (int i = 0; i < readings; i++) {
      time = time.plusMillis(500 + random.nextInt(1500));
      seq += random.nextInt(20) == 0 ? 2 + random.nextInt(3) : 1;
      if (i - restartedAt > 30 && random.nextInt(30) == 0) {
        seq = random.nextInt(3);
        restartedAt = i;
      }
      boolean ahead = random.nextInt(40) == 0;
      life.add(
          Fixtures.milling(
              withSeq ? seq : null,
              ahead ? time.plusSeconds(3600 + random.nextInt(1000)) : time,
              20 + i * 0.01,
              random.nextInt(250)));
    }
    return life;
  }

  /** The order in which a network delivers it: delayed, repeated, in batches. */
  private static List<List<SubmittedReading>> delivered(
      Random random, List<SubmittedReading> life, int delay) {
    List<Map.Entry<Double, SubmittedReading>> keyed = new ArrayList<>();
    for (int i = 0; i < life.size(); i++) {
      int copies = random.nextInt(5) == 0 ? 2 + random.nextInt(2) : 1;
      for (int copy = 0; copy < copies; copy++) {
        keyed.add(Map.entry(i + random.nextDouble() * delay, life.get(i)));
      }
    }
    keyed.sort(Map.Entry.comparingByKey());
    List<List<SubmittedReading>> batches = new ArrayList<>();
    for (int i = 0; i < keyed.size(); ) {
      int size = Math.min(keyed.size() - i, 1 + random.nextInt(8));
      batches.add(keyed.subList(i, i + size).stream().map(Map.Entry::getValue).toList());
      i += size;
    }
    return batches;
  }

  private static Twin livedThrough(List<List<SubmittedReading>> batches) {
    Twin twin = new Twin("machine-001");
    for (List<SubmittedReading> batch : batches) {
      follow(twin, batch);
      twin.record(null, batch);
    }
    return twin;
  }

  /** Moves the receiver's clock to the newest reading that is not far ahead of it. */
  private static void follow(Twin twin, List<SubmittedReading> batch) {
    for (SubmittedReading reading : batch) {
      boolean near = reading.timestamp().isBefore(twin.now.plusSeconds(1800));
      if (near && reading.timestamp().isAfter(twin.now)) {
        twin.now = reading.timestamp();
      }
    }
  }

  /** What tells a reading from all others: its torque. */
  private static double mark(SubmittedReading reading) {
    Double mark = reading.numbers().get("torque_nm");
    return mark == null ? Double.NaN : mark;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void whatIsAcknowledgedIsInTheJournalOnce(long seed) {
    Random random = new Random(seed);
    List<SubmittedReading> life = life(random, 300, seed % 3 != 0);
    Twin twin = new Twin("machine-001");
    Map<Double, Integer> acknowledged = new HashMap<>();
    for (List<SubmittedReading> batch : delivered(random, life, 12)) {
      follow(twin, batch);
      List<MachineReply.Outcome> outcomes = twin.record(null, batch);
      for (int i = 0; i < batch.size(); i++) {
        if (outcomes.get(i).result() != MachineReply.Result.REJECTED) {
          acknowledged.merge(mark(batch.get(i)), 1, Integer::sum);
        }
      }
    }
    Map<Double, Integer> recorded = new HashMap<>();
    for (AssessedReading each : twin.recorded()) {
      recorded.merge(each.reading().values().get(3), 1, Integer::sum);
    }
    assertThat(recorded.values()).allMatch(times -> times == 1);
    assertThat(recorded.keySet()).isEqualTo(acknowledged.keySet());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theEventsGiveTheStateFromEverySnapshot(long seed) {
    Random random = new Random(seed);
    Twin twin = livedThrough(delivered(random, life(random, 120, seed % 3 != 0), 12));
    EventHash before = EventHash.NONE;
    for (JournalEntry entry : twin.journal) {
      assertThat(entry.stamp().previous()).isEqualTo(before);
      before = entry.hash();
    }
    List<JournalEntry> reread =
        twin.journal.stream()
            .map(entry -> EventCodec.decode(entry.manifest(), entry.encoded()))
            .toList();
    for (int from = 0; from <= reread.size(); from += 7) {
      MachineState state = SnapshotCodec.decode(SnapshotCodec.encode(twin.states.get(from)));
      assertThat(state).isEqualTo(twin.states.get(from));
      for (JournalEntry entry : reread.subList(from, reread.size())) {
        state = state.apply(entry);
      }
      assertThat(state).isEqualTo(twin.state);
      assertThat(SnapshotCodec.encode(state)).isEqualTo(SnapshotCodec.encode(twin.state));
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void repeatingEverythingChangesNothing(long seed) {
    Random random = new Random(seed);
    List<List<SubmittedReading>> batches = delivered(random, life(random, 55, true), 6);
    Twin twin = livedThrough(batches);
    int events = twin.journal.size();
    long readings = twin.state.readings();
    for (List<SubmittedReading> batch : batches) {
      twin.record(null, batch);
    }
    assertThat(twin.journal).hasSize(events);
    assertThat(twin.state.readings()).isEqualTo(readings);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void windowsDoNotDependOnTheOrderOfArrival(long seed) {
    Random random = new Random(seed);
    List<SubmittedReading> life = new ArrayList<>();
    for (int i = 0; i < 90; i++) {
      // Twenty readings at a time lie inside the lateness bound, some at the very same moment.
      life.add(
          Fixtures.milling(
              (long) i, Fixtures.START.plusSeconds(i / 2 * 2L), random.nextInt(80), i));
    }
    List<SubmittedReading> shuffled = new ArrayList<>(life);
    for (int from = 1; from + 20 <= shuffled.size(); from += 20) {
      Collections.shuffle(shuffled.subList(from, from + 20), random);
    }
    Twin inOrder = livedThrough(life.stream().map(List::of).toList());
    Twin outOfOrder = livedThrough(shuffled.stream().map(List::of).toList());
    assertThat(outOfOrder.state.window()).isEqualTo(inOrder.state.window());
    SubmittedReading probe = Fixtures.milling(90L, Fixtures.START.plusSeconds(100), 33, 99);
    inOrder.now = outOfOrder.now = probe.timestamp();
    inOrder.record(probe);
    outOfOrder.record(probe);
    AssessedReading expected = inOrder.recorded().getLast();
    assertThat(outOfOrder.recorded().getLast()).isEqualTo(expected);
    assertThat(expected.featureHash()).isNotZero();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aBatchGivesWhatItsReadingsGiveOneByOne(long seed) {
    Random random = new Random(seed);
    List<List<SubmittedReading>> batches = delivered(random, life(random, 140, true), 5);
    Twin batched = livedThrough(batches);
    Twin single = new Twin("machine-001");
    for (List<SubmittedReading> batch : batches) {
      follow(single, batch);
      batch.forEach(reading -> single.record(reading));
    }
    assertThat(batched.recorded()).isEqualTo(single.recorded());
    assertThat(batched.state.identities()).isEqualTo(single.state.identities());
    assertThat(batched.state.alerts().counts()).isEqualTo(single.state.alerts().counts());
    assertThat(alerts(batched)).isEqualTo(alerts(single));
    assertThat(batched.state.period().span()).isEqualTo(single.state.period().span());
  }

  private static List<List<Object>> alerts(Twin twin) {
    return twin.events(MachineEvent.AlertChanged.class).stream()
        .map(e -> List.<Object>of(e.rule(), e.from(), e.to(), e.readingAt()))
        .toList();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aReadingFromTheFutureHarmsNothingAfterIt(long seed) {
    Random random = new Random(seed);
    Twin undisturbed = new Twin("machine-001");
    Twin disturbed = new Twin("machine-001");
    for (long i = 0; i < 100; i++) {
      SubmittedReading reading =
          Fixtures.milling(2 * i, Fixtures.START.plusSeconds(i), random.nextInt(80), (double) i);
      undisturbed.now = disturbed.now = reading.timestamp();
      undisturbed.record(reading);
      disturbed.record(reading);
      if (random.nextInt(5) == 0) {
        List<MachineReply.Outcome> outcome =
            disturbed.record(
                Fixtures.milling(
                    2 * i + 1,
                    Fixtures.START.plusSeconds(i + 61 + random.nextInt(100_000)),
                    random.nextInt(80),
                    (double) i));
        assertThat(outcome.getFirst().result()).isEqualTo(MachineReply.Result.RECORDED);
      }
    }
    assertThat(
            disturbed.recorded().stream()
                .filter(each -> each.placement() != Placement.AHEAD)
                .toList())
        .isEqualTo(undisturbed.recorded());
    assertThat(disturbed.state.window()).isEqualTo(undisturbed.state.window());
    assertThat(disturbed.state.watermark()).isEqualTo(undisturbed.state.watermark());
  }
}
