package twin.core.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import twin.core.inference.Assessment;
import twin.core.inference.Models;
import twin.core.machine.AssessedReading;
import twin.core.machine.EventCodec;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.SnapshotCodec;
import twin.core.machine.Stamp;
import twin.core.reading.SubmittedReading;

/** What an audit finds, in journals that are as they were recorded and in others. */
final class AuditReplayTest {

  private static final Instant START = Lives.START;

  private static AuditReplay.Report audited(List<JournalEntry> journal, Models models) {
    AuditReplay audit = new AuditReplay(MachineState.empty("mill-1"), models);
    journal.forEach(audit::add);
    return audit.report();
  }

  private static Lives lived(Models models, long seed) {
    Lives lives = new Lives("mill-1", models);
    Random random = new Random(seed);
    long seq = 0;
    Instant time = START;
    for (int batch = 0; batch < 120; batch++) {
      List<SubmittedReading> readings = new ArrayList<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        time = time.plusMillis(500 + random.nextInt(1500));
        seq = random.nextInt(60) == 0 && seq > 30 ? 0 : seq + 1 + random.nextInt(2);
        readings.add(Lives.milling("mill-1", seq, time, 30 + 40 * random.nextDouble(), batch));
      }
      if (random.nextInt(4) == 0 && readings.size() > 1) {
        readings.add(readings.removeFirst());
      }
      lives.record(readings);
      if (random.nextInt(40) == 0) {
        lives.maintain();
      }
    }
    return lives;
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void everyConclusionComesOutAgainToTheBit(long seed) {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    Lives lives = lived(model, seed);
    AuditReplay.Report report = audited(lives.journal(), model);
    assertThat(report.differences()).isEmpty();
    assertThat(report.whole()).isTrue();
    assertThat(report.bitEqual()).isTrue();
    assertThat(report.compared()).isGreaterThan(150).isEqualTo(report.equal());
    assertThat(report.unchecked()).isEmpty();
    assertThat(report.models()).containsExactly("milling:1.0.0");
    assertThat(report.lastRevision()).isEqualTo(lives.state().revision());
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {21, 22, 23})
  void theBuiltInGateIsComputedAgainToo(long seed) {
    Lives lives = new Lives("press-7", Models.none());
    Random random = new Random(seed);
    for (int i = 1; i <= 300; i++) {
      lives.record(
          List.of(Lives.press("press-7", i, START.plusSeconds(i), 4 + random.nextGaussian())));
    }
    AuditReplay audit = new AuditReplay(MachineState.empty("press-7"), Models.none());
    lives.journal().forEach(audit::add);
    AuditReplay.Report report = audit.report();
    assertThat(report.whole()).isTrue();
    assertThat(report.compared()).isEqualTo(300);
  }

  /** The journal with one event in the place of another, its bytes made anew. */
  private static List<JournalEntry> with(
      List<JournalEntry> journal, int position, MachineEvent event) {
    List<JournalEntry> changed = new ArrayList<>(journal);
    changed.set(position, EventCodec.encode(journal.get(position).stamp(), event));
    return changed;
  }

  private static int positionOfReadings(List<JournalEntry> journal, int after) {
    for (int i = after; i < journal.size(); i++) {
      if (journal.get(i).event() instanceof MachineEvent.ReadingsRecorded) {
        return i;
      }
    }
    throw new AssertionError("no readings");
  }

  @Test
  void aForgedAssessmentIsFoundAndLocated() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    List<JournalEntry> journal = lived(model, 3).journal();
    int position = positionOfReadings(journal, 40);
    MachineEvent.ReadingsRecorded recorded =
        (MachineEvent.ReadingsRecorded) journal.get(position).event();
    List<AssessedReading> forged = new ArrayList<>(recorded.readings());
    AssessedReading last = forged.getLast();
    forged.set(
        forged.size() - 1,
        new AssessedReading(
            last.reading(),
            last.placement(),
            last.operatingMode(),
            last.featureHash(),
            Assessment.of(new float[] {0.01f}, false, 0, new float[0], new float[0]),
            null));
    AuditReplay.Report report =
        audited(with(journal, position, new MachineEvent.ReadingsRecorded(forged)), model);
    assertThat(report.whole()).isFalse();
    assertThat(report.differences())
        .anySatisfy(
            found -> {
              assertThat(found.revision()).isEqualTo(position + 1);
              assertThat(found.index()).isEqualTo(forged.size() - 1);
            })
        .anySatisfy(
            found -> {
              assertThat(found.what()).isEqualTo("chain");
              assertThat(found.revision()).isEqualTo(position + 2);
            });
  }

  @Test
  void anotherValueGivesOtherFeatures() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    List<JournalEntry> journal = lived(model, 4).journal();
    int position = positionOfReadings(journal, 60);
    Lives other = new Lives("mill-1", model);
    other.record(List.of(Lives.milling("mill-1", 1, START, 66.6, 1)));
    MachineEvent.ReadingsRecorded recorded =
        (MachineEvent.ReadingsRecorded) journal.get(position).event();
    AssessedReading then = recorded.readings().getFirst();
    List<AssessedReading> forged = new ArrayList<>(recorded.readings());
    forged.set(
        0,
        new AssessedReading(
            new twin.core.reading.Reading(
                then.reading().timestamp(),
                then.reading().seq(),
                twin.core.reading.Values.of(new double[] {1, 2, 3, 4, 5}),
                List.of(),
                then.reading().attributes(),
                java.util.Map.of(),
                0),
            then.placement(),
            then.operatingMode(),
            then.featureHash(),
            then.assessment(),
            null));
    AuditReplay.Report report =
        audited(with(journal, position, new MachineEvent.ReadingsRecorded(forged)), model);
    assertThat(report.differences().getFirst())
        .satisfies(
            found -> {
              assertThat(found.revision()).isEqualTo(position + 1);
              assertThat(found.what()).isEqualTo("features");
            });
  }

  @Test
  void aMissingAnInsertedAndASwappedEventBreakTheChainThere() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    List<JournalEntry> journal = lived(model, 5).journal();
    List<JournalEntry> missing = new ArrayList<>(journal);
    missing.remove(50);
    assertThat(audited(missing, model).differences().getFirst().revision()).isEqualTo(51);
    AuditReplay gap = new AuditReplay(MachineState.empty("mill-1"), model);
    for (int i = 0; i < journal.size(); i++) {
      if (i != 50 && i != 51) {
        gap.add(i + 1, journal.get(i), null);
      }
    }
    AuditReplay.Report told = gap.report();
    assertThat(told.whole()).isFalse();
    assertThat(told.missing()).isEqualTo(2);
    assertThat(told.firstRevision()).isEqualTo(1);
    assertThat(told.lastRevision()).isEqualTo(journal.size());
    assertThat(told.differences())
        .singleElement()
        .satisfies(found -> assertThat(found.what()).isEqualTo("missing"))
        .satisfies(found -> assertThat(found.revision()).isEqualTo(51));
    List<JournalEntry> inserted = new ArrayList<>(journal);
    Stamp stamp = journal.get(50).stamp();
    inserted.add(50, EventCodec.encode(stamp, new MachineEvent.MachineRetired()));
    assertThat(audited(inserted, model).differences().getFirst().revision()).isEqualTo(52);
    List<JournalEntry> swapped = new ArrayList<>(journal);
    swapped.set(50, journal.get(51));
    swapped.set(51, journal.get(50));
    assertThat(audited(swapped, model).differences().getFirst().revision()).isEqualTo(51);
  }

  @Test
  void saysWhatCouldNotBeCheckedAndWhy() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    List<JournalEntry> journal = lived(model, 6).journal();
    AuditReplay.Report gone = audited(journal, Models.none());
    assertThat(gone.compared()).isZero();
    assertThat(gone.unchecked().keySet().iterator().next()).contains("milling:1.0.0", "not there");
    assertThat(gone.brokenLinks()).isZero();
    // Another runtime may give other last bits, as far as the bundle says.
    Lives.Model elsewhere = new Lives.Model("1.0.0", 100).onRuntime("elsewhere", 1e-6f, 1e-4);
    AuditReplay.Report near = audited(journal, elsewhere);
    assertThat(near.whole()).isTrue();
    assertThat(near.bitEqual()).isFalse();
    assertThat(near.tolerance()).isEqualTo(1e-4);
    AuditReplay.Report far =
        audited(journal, new Lives.Model("1.0.0", 100).onRuntime("elsewhere", 1e-2f, 1e-4));
    assertThat(far.whole()).isFalse();
    assertThat(far.differences()).hasSize(AuditReplay.TOLD_MAX);
    assertThat(Optional.of(far.differences().getFirst().what())).hasValue("anomaly_score.process");
  }

  /** The states after each event, as snapshots. */
  private static List<byte[]> snapshots(List<JournalEntry> journal) {
    List<byte[]> snapshots = new ArrayList<>();
    MachineState state = MachineState.empty("mill-1");
    for (JournalEntry entry : journal) {
      state = state.apply(entry);
      snapshots.add(SnapshotCodec.encode(state));
    }
    return snapshots;
  }

  @Test
  void goesOnBehindAMissingEventFromTheNextSnapshot() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    List<JournalEntry> journal = lived(model, 7).journal();
    List<byte[]> snapshots = snapshots(journal);
    AuditReplay audit = new AuditReplay(MachineState.empty("mill-1"), model);
    for (int i = 0; i < journal.size(); i++) {
      if (i != 50) {
        audit.add(i + 1, journal.get(i), i % 20 == 0 ? snapshots.get(i) : null);
      }
    }
    AuditReplay.Report report = audit.report();
    assertThat(report.missing()).isEqualTo(1);
    assertThat(report.differences()).hasSize(1);
    assertThat(report.compared()).isGreaterThan(100).isEqualTo(report.equal());
    assertThat(report.snapshots()).isEqualTo((journal.size() - 1) / 20);
    assertThat(report.wrong()).isZero();
  }

  @Test
  void aSnapshotThatIsNotTheStateIsFound() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    List<JournalEntry> journal = lived(model, 8).journal();
    List<byte[]> snapshots = snapshots(journal);
    AuditReplay audit = new AuditReplay(MachineState.empty("mill-1"), model);
    for (int i = 0; i < journal.size(); i++) {
      audit.add(i + 1, journal.get(i), i == 30 ? snapshots.get(29) : snapshots.get(i));
    }
    AuditReplay.Report report = audit.report();
    assertThat(report.wrong()).isEqualTo(1);
    assertThat(report.snapshots()).isEqualTo(journal.size());
    assertThat(report.differences())
        .singleElement()
        .satisfies(found -> assertThat(found.what()).isEqualTo("snapshot"))
        .satisfies(found -> assertThat(found.revision()).isEqualTo(31))
        .satisfies(found -> assertThat(found.recorded()).contains("head", "revision"));
  }

  @Test
  void aSummaryThatIsNotWhatTheReadingsGiveIsFound() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    List<JournalEntry> journal = new ArrayList<>(lived(model, 9).journal());
    int position = -1;
    for (int i = 0; i < journal.size(); i++) {
      if (journal.get(i).event() instanceof MachineEvent.PeriodSummarized) {
        position = i;
      }
    }
    assertThat(audited(journal, model).periods()).isPositive();
    MachineEvent.PeriodSummarized then =
        (MachineEvent.PeriodSummarized) journal.get(position).event();
    AuditReplay.Report report =
        audited(
            with(
                journal,
                position,
                new MachineEvent.PeriodSummarized(
                    then.from(),
                    then.to(),
                    then.firstRevision(),
                    then.lastRevision(),
                    then.readings() + 1,
                    then.channels(),
                    then.worstScore(),
                    then.leastRul())),
            model);
    assertThat(report.wrong()).isEqualTo(1);
    int revision = position + 1;
    assertThat(report.differences())
        .anySatisfy(
            found -> {
              assertThat(found.what()).isEqualTo("period");
              assertThat(found.revision()).isEqualTo(revision);
            });
  }
}
