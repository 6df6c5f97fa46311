package twin.core.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.assertj.core.groups.Tuple;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.audit.Finding.Kind;
import twin.core.history.Lives;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.machine.AssessedReading;
import twin.core.machine.EventCodec;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.SnapshotCodec;
import twin.core.machine.Stamp;
import twin.core.reading.Reading;
import twin.core.reading.Values;

/** Every kind of tampering, behind the program's back in a real database, and what finds it. */
final class TamperingTest {

  private static final Evidence EVIDENCE = new Evidence();
  private static final Lives MILL = Evidence.milling("mill-1", 1, 180);
  private static final Lives OTHER = Evidence.milling("mill-2", 2, 90);
  private static final Lives PRESS = Evidence.press("press-7", 3, 120);

  @TempDir private Path folder;
  private AuditSettings settings = EVIDENCE.settings(Path.of("."));

  @AfterAll
  static void close() {
    EVIDENCE.close();
  }

  /** A plant of three machines that was sealed twice. */
  @BeforeEach
  void record() throws SQLException {
    settings = EVIDENCE.settings(folder);
    EVIDENCE.clear();
    EVIDENCE.forgets = false;
    EVIDENCE.write("mill-1", MILL.journal().subList(0, 150));
    EVIDENCE.write("mill-2", OTHER.journal());
    EVIDENCE.write("press-7", PRESS.journal());
    EVIDENCE.seal(settings);
    EVIDENCE.append("mill-1", MILL.journal(), 150);
    EVIDENCE.seal(settings);
  }

  private static JournalEntry event(long revision) {
    return MILL.journal().get((int) revision - 1);
  }

  private static long last() {
    return MILL.state().revision();
  }

  /** What is found in one machine, and that nothing is found in any other. */
  private void finds(Finding... expected) {
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.findings())
        .extracting(Finding::machineId, Finding::revision, Finding::what)
        .containsExactlyInAnyOrder(
            Stream.of(expected)
                .map(each -> tuple(each.machineId(), each.revision(), each.what()))
                .toArray(Tuple[]::new));
    assertThat(report.whole()).isFalse();
    assertThat(report.machines()).isEqualTo(3);
    assertThat(report.broken()).isEqualTo(1);
  }

  private static Finding at(long revision, Kind what) {
    return new Finding("mill-1", revision, what, "");
  }

  @Test
  void whatNobodyTouchedIsWhole() {
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.findings()).isEmpty();
    assertThat(report.whole()).isTrue();
    assertThat(report.machines()).isEqualTo(3);
    assertThat(report.events())
        .isEqualTo(MILL.state().revision() + OTHER.state().revision() + PRESS.state().revision());
    assertThat(report.snapshots())
        .isEqualTo(
            last() / Evidence.SNAPSHOT_EVERY
                + OTHER.state().revision() / Evidence.SNAPSHOT_EVERY
                + PRESS.state().revision() / Evidence.SNAPSHOT_EVERY);
    assertThat(report.seals()).isEqualTo(2);
    assertThat(report.sealedHeads()).as("those of mill-1 twice").isEqualTo(4);
    assertThat(report.notes()).isEmpty();
    Verification.Report one =
        EVIDENCE
            .verification(settings, KeptSeals.in(settings.folder(), List.of()))
            .machine("mill-1");
    assertThat(one.whole()).isTrue();
    assertThat(one.events()).isEqualTo(last());
    assertThat(one.sealedHeads()).isEqualTo(2);
  }

  private static long revisionOf(Class<? extends MachineEvent> kind, long from) {
    for (long revision = from; revision < last(); revision++) {
      if (kind.isInstance(event(revision).event())) {
        return revision;
      }
    }
    throw new AssertionError("there is none");
  }

  @Test
  void aChangedValueIsFound() throws SQLException {
    long revision = revisionOf(MachineEvent.ReadingsRecorded.class, 60);
    MachineEvent.ReadingsRecorded recorded =
        (MachineEvent.ReadingsRecorded) event(revision).event();
    List<AssessedReading> forged = new ArrayList<>(recorded.readings());
    AssessedReading then = forged.getFirst();
    Reading reading = then.reading();
    double[] values = new double[reading.values().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = reading.values().get(i);
    }
    values[0] += 0.5;
    forged.set(
        0,
        new AssessedReading(
            new Reading(
                reading.timestamp(),
                reading.seq(),
                Values.of(values),
                reading.qualities(),
                reading.attributes(),
                reading.invalid(),
                reading.ignored()),
            then.placement(),
            then.operatingMode(),
            then.featureHash(),
            then.assessment(),
            then.shadow()));
    EVIDENCE.replace(
        "mill-1",
        revision,
        EventCodec.encode(event(revision).stamp(), new MachineEvent.ReadingsRecorded(forged)));
    finds(at(revision, Kind.BROKEN_LINK));
  }

  @Test
  void anotherModelIsFound() throws SQLException {
    long revision = revisionOf(MachineEvent.ModelAssigned.class, 1);
    ModelProfile champion = ((MachineEvent.ModelAssigned) event(revision).event()).champion();
    EVIDENCE.replace(
        "mill-1",
        revision,
        EventCodec.encode(
            event(revision).stamp(),
            new MachineEvent.ModelAssigned(
                new ModelProfile(
                    new ModelRef("milling", "1.0.1", champion.ref().sha256()),
                    champion.modalities(),
                    champion.thresholds(),
                    champion.failureModes(),
                    champion.rulQuantiles(),
                    champion.featureVersion(),
                    champion.runtime()),
                null)));
    finds(at(revision, Kind.BROKEN_LINK));
  }

  @Test
  void twoEventsInTheWrongOrderAreFound() throws SQLException {
    EVIDENCE.replace("mill-1", 70, event(71));
    EVIDENCE.replace("mill-1", 71, event(70));
    finds(at(70, Kind.BROKEN_LINK), at(71, Kind.BROKEN_LINK));
  }

  @Test
  void aMissingEventIsFound() throws SQLException {
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number in (70, 71)",
        Evidence.id("mill-1"));
    finds(at(70, Kind.MISSING_EVENT));
  }

  @Test
  void aMissingFirstEventIsFound() throws SQLException {
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number = 1",
        Evidence.id("mill-1"));
    finds(at(1, Kind.MISSING_EVENT));
  }

  @Test
  void aMissingEventIsFoundWhenTheOthersHaveMovedUp() throws SQLException {
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number = 70",
        Evidence.id("mill-1"));
    EVIDENCE.move("mill-1", 70, -1);
    EVIDENCE.sql(
        "delete from snapshot where persistence_id = ? and sequence_number > 69",
        Evidence.id("mill-1"));
    finds(at(69, Kind.BROKEN_LINK), at(150, Kind.REWRITTEN), at(last(), Kind.CUT_TAIL));
  }

  @Test
  void anInsertedEventIsFound() throws SQLException {
    EVIDENCE.move("mill-1", 69, 1);
    EVIDENCE.sql(
        "insert into event_journal (persistence_id, sequence_number, writer, event_ser_id,"
            + " event_ser_manifest, event_payload) select persistence_id, 70, writer,"
            + " event_ser_id, event_ser_manifest, event_payload from event_journal where"
            + " persistence_id = ? and sequence_number = 69",
        Evidence.id("mill-1"));
    Stamp stamp = event(69).stamp();
    JournalEntry inserted =
        EventCodec.encode(
            new Stamp(stamp.recordedAt(), stamp.watermarkNanos(), stamp.cause(), event(69).hash()),
            event(69).event());
    EVIDENCE.replace("mill-1", 70, inserted);
    EVIDENCE.sql(
        "delete from snapshot where persistence_id = ? and sequence_number > 69",
        Evidence.id("mill-1"));
    finds(at(70, Kind.BROKEN_LINK), at(150, Kind.REWRITTEN));
  }

  @Test
  void aCutTailIsFound() throws SQLException {
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number > 100",
        Evidence.id("mill-1"));
    EVIDENCE.sql(
        "delete from snapshot where persistence_id = ? and sequence_number > 100",
        Evidence.id("mill-1"));
    finds(at(101, Kind.CUT_TAIL));
  }

  @Test
  void aCutTailIsFoundByASnapshotThatWasForgotten() throws SQLException {
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number > 100",
        Evidence.id("mill-1"));
    Verification.Report report = EVIDENCE.verify(settings, Optional.empty());
    assertThat(report.findings())
        .singleElement()
        .satisfies(found -> assertThat(found.what()).isEqualTo(Kind.CUT_TAIL))
        .satisfies(found -> assertThat(found.revision()).isEqualTo(101));
    assertThat(report.notes()).singleElement().asString().contains("no seals");
  }

  @Test
  void aTailThatWasCutAndGrewAgainIsFound() throws SQLException {
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number > 100",
        Evidence.id("mill-1"));
    EVIDENCE.sql(
        "delete from snapshot where persistence_id = ? and sequence_number > 100",
        Evidence.id("mill-1"));
    Lives again = Evidence.goingOn("mill-1", MILL.journal().subList(0, 100), 300);
    EVIDENCE.append("mill-1", again.journal(), 100);
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.findings())
        .extracting(Finding::revision, Finding::what)
        .containsExactly(tuple(150L, Kind.REWRITTEN));
  }

  @Test
  void aHistoryWrittenAnewWithARightChainIsFound() throws SQLException {
    EVIDENCE.sql("delete from event_journal where persistence_id = ?", Evidence.id("mill-1"));
    EVIDENCE.sql("delete from snapshot where persistence_id = ?", Evidence.id("mill-1"));
    EVIDENCE.append("mill-1", Evidence.milling("mill-1", 99, 200).journal(), 0);
    finds(at(150, Kind.REWRITTEN));
    assertThat(EVIDENCE.verify(settings, Optional.empty()).whole())
        .as("without seals nobody can tell")
        .isTrue();
  }

  @Test
  void aHistoryWrittenAnewBetweenTwoSealsIsLocated() throws SQLException {
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number > 160",
        Evidence.id("mill-1"));
    EVIDENCE.sql(
        "delete from snapshot where persistence_id = ? and sequence_number > 160",
        Evidence.id("mill-1"));
    EVIDENCE.append(
        "mill-1", Evidence.goingOn("mill-1", MILL.journal().subList(0, 160), 150).journal(), 160);
    finds(at(last(), Kind.REWRITTEN));
    assertThat(EVIDENCE.verify(settings).findings().getFirst().detail())
        .contains("seal 2 of", "up to revision 150", "seal 1 of");
  }

  @Test
  void aMachineThatIsGoneIsFound() throws SQLException {
    EVIDENCE.sql("delete from machines where machine_id = 'mill-1'");
    EVIDENCE.sql("delete from event_journal where persistence_id = ?", Evidence.id("mill-1"));
    EVIDENCE.sql("delete from snapshot where persistence_id = ?", Evidence.id("mill-1"));
    finds(at(1, Kind.CUT_TAIL));
  }

  @Test
  void aJournalOfAMachineThatTheFleetDoesNotHaveIsCheckedToo() throws SQLException {
    EVIDENCE.append("zz-9", Evidence.press("zz-9", 5, 60).journal(), 0);
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number = 9",
        Evidence.id("zz-9"));
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.machines()).isEqualTo(4);
    assertThat(report.findings())
        .extracting(Finding::machineId, Finding::revision, Finding::what)
        .containsExactly(tuple("zz-9", 9L, Kind.MISSING_EVENT));
  }

  @Test
  void anEventPassedOffAsAnotherKindIsFound() throws SQLException {
    EVIDENCE.replace("mill-1", 70, "health", event(70).encoded());
    finds(at(70, Kind.UNREADABLE_EVENT), at(70, Kind.BROKEN_LINK));
  }

  @Test
  void bytesThatAreNoEventAreFound() throws SQLException {
    EVIDENCE.replace("mill-1", 70, event(70).manifest(), new byte[] {1, 2, 3});
    finds(at(70, Kind.UNREADABLE_EVENT), at(70, Kind.BROKEN_LINK));
  }

  @Test
  void anEventHiddenFromItsTwinIsFound() throws SQLException {
    EVIDENCE.sql(
        "update event_journal set deleted = true where persistence_id = ? and sequence_number = 70",
        Evidence.id("mill-1"));
    finds(at(70, Kind.FOREIGN_ROW), at(70, Kind.MISSING_EVENT));
  }

  @Test
  void aTimeThatGoesBackIsFoundThoughTheChainIsRight() throws SQLException {
    List<JournalEntry> forged = new ArrayList<>();
    for (JournalEntry each : MILL.journal()) {
      Stamp stamp = each.stamp();
      Instant recordedAt =
          forged.size() == 69 ? stamp.recordedAt().minusSeconds(3600) : stamp.recordedAt();
      forged.add(
          EventCodec.encode(
              new Stamp(
                  recordedAt,
                  stamp.watermarkNanos(),
                  stamp.cause(),
                  forged.isEmpty() ? stamp.previous() : forged.getLast().hash()),
              each.event()));
    }
    EVIDENCE.sql("delete from event_journal where persistence_id = ?", Evidence.id("mill-1"));
    EVIDENCE.sql("delete from snapshot where persistence_id = ?", Evidence.id("mill-1"));
    EVIDENCE.append("mill-1", forged, 0);
    assertThat(EVIDENCE.verify(settings, Optional.empty()).findings())
        .extracting(Finding::revision, Finding::what)
        .containsExactly(tuple(70L, Kind.TIME_BACKWARDS));
  }

  @Test
  void aForgedSnapshotIsFound() throws SQLException {
    MachineState state = MachineState.empty("mill-1");
    for (JournalEntry entry : MILL.journal().subList(0, 99)) {
      state = state.apply(entry);
    }
    MachineState true99 = state;
    MachineState true100 = state.apply(event(100));
    // Everything of the state before, but for what names the event.
    MachineState forged =
        new MachineState(
            true100.machineId(),
            true100.revision(),
            true100.head(),
            true100.recordedAt(),
            true100.lastReadingAt(),
            true100.description(),
            true100.registered(),
            true100.retired(),
            true100.definition(),
            true100.model(),
            true100.shadow(),
            true100.identities(),
            true99.window(),
            true100.latest(),
            true100.assessment(),
            true100.calibration(),
            true100.alerts(),
            true100.health(),
            true100.readings() + 1,
            true100.period());
    EVIDENCE.sql(
        "update snapshot set snapshot_payload = ? where persistence_id = ? and sequence_number ="
            + " 100",
        SnapshotCodec.encode(forged),
        Evidence.id("mill-1"));
    finds(at(100, Kind.WRONG_SNAPSHOT));
    assertThat(EVIDENCE.verify(settings).findings().getFirst().detail()).contains("readings");
  }

  @Test
  void aBrokenSnapshotIsFound() throws SQLException {
    EVIDENCE.sql(
        "update snapshot set snapshot_payload = '\\x00' where persistence_id = ? and"
            + " sequence_number = 100",
        Evidence.id("mill-1"));
    finds(at(100, Kind.WRONG_SNAPSHOT));
  }

  private Path seals() {
    return folder.resolve("data/audit/seals/seals.ndjson");
  }

  private void findsInSeals(Kind what, String detail) {
    assertThat(EVIDENCE.verify(settings).findings())
        .anySatisfy(
            found -> {
              assertThat(found.machineId()).isEmpty();
              assertThat(found.what()).isEqualTo(what);
              assertThat(found.detail()).contains(detail);
            });
  }

  @Test
  void aForgedSealIsFound() throws IOException {
    List<String> lines = Files.readAllLines(seals());
    Seal seal = Seal.of(lines.getLast());
    String root = seal.root().startsWith("0") ? "1" : "0";
    Files.writeString(
        seals(),
        lines.getFirst()
            + "\n"
            + lines.getLast().replace(seal.root(), root + seal.root().substring(1))
            + "\n");
    findsInSeals(Kind.FORGED_SEAL, "has not signed this");
  }

  @Test
  void sealsOfAnotherKeyAreFound() throws IOException {
    KeptSeals trusting =
        KeptSeals.at(seals(), List.of(SealKey.openOrMake(folder.resolve("a.pem")).verifying()));
    assertThat(EVIDENCE.verify(settings, Optional.of(trusting)).findings())
        .hasSize(2)
        .allSatisfy(found -> assertThat(found.what()).isEqualTo(Kind.FORGED_SEAL))
        .allSatisfy(found -> assertThat(found.detail()).contains("not among those"));
  }

  @Test
  void aSealFileThatWasCutIsFound() throws IOException {
    String text = Files.readString(seals());
    Files.writeString(seals(), text.substring(0, text.length() - 40));
    findsInSeals(Kind.FORGED_SEAL, "line 2 is no seal");
    findsInSeals(Kind.BROKEN_SEALS, "ends in the middle of a line");
    Files.writeString(seals(), text.lines().findFirst().orElseThrow() + "\n");
    findsInSeals(Kind.BROKEN_SEALS, "not the seal that is over them");
  }

  @Test
  void aSealThatWasTakenAwayIsFound() throws IOException {
    EVIDENCE.seal(settings);
    List<String> lines = Files.readAllLines(seals());
    Files.writeString(seals(), lines.get(0) + "\n" + lines.get(2) + "\n");
    findsInSeals(Kind.BROKEN_SEALS, "seal 3 follows seal 1");
    Files.writeString(seals(), lines.get(1) + "\n" + lines.get(2) + "\n");
    findsInSeals(Kind.BROKEN_SEALS, "begin with number 2");
  }

  @Test
  void headsThatWereTakenAwayAreMissed() throws IOException {
    Path heads = folder.resolve("data/audit/seals/heads");
    try (Stream<Path> files = Files.list(heads)) {
      for (Path each : files.toList()) {
        Files.delete(each);
      }
    }
    findsInSeals(Kind.WRONG_HEADS, "the newest of its log, are not in");
  }

  @Test
  void otherHeadsThanWereSealedAreFound() throws IOException {
    Path heads = folder.resolve("data/audit/seals/heads");
    try (Stream<Path> files = Files.list(heads)) {
      List<Path> both = files.sorted().toList();
      Files.copy(both.get(0), both.get(1), StandardCopyOption.REPLACE_EXISTING);
    }
    findsInSeals(Kind.WRONG_HEADS, "other heads than those that seal 2 is over");
    try (Stream<Path> files = Files.list(heads)) {
      Files.write(files.sorted().toList().get(1), new byte[] {1, 2, 3});
    }
    findsInSeals(Kind.WRONG_HEADS, "cannot be read");
  }

  /** An attacker who rewrites everything here, seals included, is found by a copy elsewhere. */
  @Test
  void copiesKeptElsewhereFindWhatTheFolderNoLongerTells() throws IOException, SQLException {
    Path copies = folder.resolve("auditor");
    Files.createDirectories(copies);
    Path topic = copies.resolve("consumed.ndjson");
    List<String> lines = Files.readAllLines(seals());
    // A topic may have a seal twice.
    Files.write(topic, List.of(lines.get(0), lines.get(0), lines.get(1)));
    Path key = copies.resolve("key.pem");
    Files.writeString(key, SealKey.openOrMake(settings.privateKey()).verifying().pem());
    copy(folder.resolve("data/audit/seals/heads"), copies.resolve("heads"));

    EVIDENCE.sql("delete from event_journal where persistence_id = ?", Evidence.id("mill-1"));
    EVIDENCE.sql("delete from snapshot where persistence_id = ?", Evidence.id("mill-1"));
    EVIDENCE.append("mill-1", Evidence.milling("mill-1", 99, 200).journal(), 0);
    AuditSettings forged =
        AuditSettings.from(
            ConfigFactory.parseString("twin.audit.folder = forged").withFallback(EVIDENCE.config()),
            folder::resolve);
    EVIDENCE.seal(forged);
    assertThat(EVIDENCE.verify(forged).whole()).isTrue();
    assertThat(
            EVIDENCE
                .verify(settings, Optional.of(KeptSeals.at(topic, List.of(VerifyingKey.read(key)))))
                .findings())
        .extracting(Finding::machineId, Finding::revision, Finding::what)
        .containsExactly(tuple("mill-1", 150L, Kind.REWRITTEN));
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path each : files.toList()) {
        Files.copy(each, to.resolve(from.relativize(each)));
      }
    }
  }

  @Test
  void oneBrokenMachineHidesNoOther() throws SQLException {
    EVIDENCE.replace("mill-1", 2, "readings", new byte[0]);
    EVIDENCE.sql(
        "delete from event_journal where persistence_id = ? and sequence_number = 30",
        Evidence.id("press-7"));
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.broken()).isEqualTo(2);
    assertThat(report.findings())
        .extracting(Finding::machineId, Finding::revision)
        .contains(tuple("mill-1", 2L), tuple("press-7", 30L));
  }

  private List<Path> archiveFiles(String machineId) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("archive"))) {
      return files
          .filter(file -> file.toString().endsWith(".twa") && file.toString().contains(machineId))
          .sorted()
          .toList();
    }
  }

  @Test
  void archivedEventsAreCheckedLikeOthers() throws IOException {
    EVIDENCE.archive(folder.resolve("archive"), 0);
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.findings()).isEmpty();
    assertThat(report.sealedHeads()).isEqualTo(4);
    assertThat(report.notes()).isEmpty();
    Path second = archiveFiles("mill-1").get(1);
    byte[] bytes = Files.readAllBytes(second);
    bytes[100] ^= 1;
    Files.write(second, bytes);
    Verification.Report changed = EVIDENCE.verify(settings);
    assertThat(changed.findings().getFirst())
        .satisfies(found -> assertThat(found.machineId()).isEqualTo("mill-1"))
        .satisfies(found -> assertThat(found.revision()).isEqualTo(51))
        .satisfies(found -> assertThat(found.what()).isEqualTo(Kind.WRONG_ARCHIVE))
        .satisfies(found -> assertThat(found.detail()).contains("revisions 51 to 100"));
    Files.delete(second);
    Verification.Report gone = EVIDENCE.verify(settings);
    assertThat(gone.findings())
        .extracting(Finding::machineId, Finding::revision, Finding::what)
        .containsExactly(tuple("mill-1", 51L, Kind.WRONG_ARCHIVE));
    assertThat(gone.broken()).isEqualTo(1);
  }

  @Test
  void whatWasForgottenInOrderIsNoTampering() throws SQLException {
    EVIDENCE.archive(folder.resolve("archive"), 1);
    Verification.Report report = EVIDENCE.verify(settings);
    assertThat(report.findings()).isEmpty();
    assertThat(report.notes()).anySatisfy(note -> assertThat(note).contains("were forgotten"));
    EVIDENCE.forgets = false;
    assertThat(EVIDENCE.verify(settings).whole()).as("nothing is to be forgotten").isFalse();
    EVIDENCE.forgets = true;
    EVIDENCE.sql(
        "delete from event_journal where (persistence_id, sequence_number) in (select"
            + " persistence_id, min(sequence_number) from event_journal where persistence_id = ?"
            + " group by persistence_id)",
        Evidence.id("mill-1"));
    assertThat(EVIDENCE.verify(settings).findings())
        .extracting(Finding::machineId, Finding::revision, Finding::what)
        .containsExactly(tuple("mill-1", 1L, Kind.MISSING_EVENT));
  }
}
