package twin.core.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.history.MachineJournal;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.TwinEnvironment;
import twin.core.machine.TwinSettings;
import twin.core.reading.SubmittedReading;
import twin.core.store.ArchiveTable;
import twin.core.store.Database;
import twin.core.store.JournalTable;
import twin.core.store.ReadSideSettings;
import twin.core.store.TestDatabase;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** What has gone into files is read as if it were still in the journal. */
final class ArchiveTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration AGE = Duration.ofDays(30);
  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final int SNAPSHOT_EVERY = 8;
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
  private static final ActorTestKit KIT = ActorTestKit.create("archive", CONFIG);

  @TempDir private Path folder = Path.of("");

  private final JournalTable journal = new JournalTable(DATABASE);
  private final ArchiveTable table =
      new ArchiveTable(DATABASE, ReadSideSettings.from(CONFIG), List.of());
  private Instant clock = START;

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    DATABASE.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    TestDatabase.empty(CONFIG, "event_journal", "snapshot", "archived_events");
  }

  private MachineJournal past() {
    return new MachineJournal(
        KIT.system(), new Archive(journal, table, folder, ForkJoinPool.commonPool()), PATIENCE);
  }

  private Archiver archiver(long keepBytes) {
    return new Archiver(
        journal,
        table,
        new ArchiveSettings(true, folder, AGE, Duration.ofHours(1), 30, keepBytes),
        // The journal's rows and snapshots have the time at which they are really written.
        () -> Instant.now().plus(AGE).plusSeconds(60),
        ForkJoinPool.commonPool());
  }

  private Archiver.Moved archive() throws Exception {
    return await(archiver(0).pass());
  }

  private ActorRef<MachineCommand> twin(String machineId) {
    return KIT.spawn(
        MachineTwin.create(
            machineId,
            new TwinEnvironment(
                () -> clock,
                () -> TYPES,
                Models.none(),
                () -> DecisionContext.Admission.OPEN,
                changed -> {},
                new TwinSettings(
                    SNAPSHOT_EVERY, Duration.ofMillis(50), Duration.ofMillis(50), true, 10))));
  }

  /** Lets a machine live on, an event for each reading, and tells all its states. */
  private void live(
      ActorRef<MachineCommand> twin,
      String machineId,
      int readings,
      Map<Long, MachineState> lived) {
    TestProbe<MachineReply.Recorded> recorded = KIT.createTestProbe();
    TestProbe<MachineReply.State> state = KIT.createTestProbe();
    for (int i = 0; i < readings; i++) {
      clock = clock.plusSeconds(1);
      long seq = Duration.between(START, clock).toSeconds();
      twin.tell(
          new MachineCommand.RecordReadings(
              List.of(
                  new SubmittedReading(
                      machineId,
                      null,
                      clock,
                      seq,
                      null,
                      Map.of("bar", 4 + seq % 7 * 0.1),
                      Map.of())),
              "mqtt:demo",
              null,
              recorded.ref()));
      recorded.receiveMessage(PATIENCE);
      twin.tell(new MachineCommand.GetState(state.ref()));
      MachineState now = state.receiveMessage(PATIENCE).state();
      lived.put(now.revision(), now);
    }
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
  }

  private List<MachineJournal.Recorded> events(String machineId) throws Exception {
    return await(past().events(machineId, 1, Long.MAX_VALUE).runWith(Sink.seq(), KIT.system()));
  }

  private long firstInJournal(String machineId) throws Exception {
    return await(journal.events(id(machineId), 1, Long.MAX_VALUE, 1)).getFirst().revision();
  }

  private static String id(String machineId) {
    return MachineTwin.persistenceId(machineId).id();
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths.filter(Files::isRegularFile).sorted().toList();
    }
  }

  @Test
  void readsWhatIsInFilesAsIfItWereInTheJournal() throws Exception {
    ActorRef<MachineCommand> twin = twin("one");
    Map<Long, MachineState> lived = new TreeMap<>();
    live(twin, "one", 90, lived);
    List<MachineJournal.Recorded> before = events("one");
    TreeMap<Instant, MachineState> known = new TreeMap<>();
    lived.values().forEach(state -> known.put(state.recordedAt(), state));
    MachineState now = known.lastEntry().getValue();

    Archiver.Moved moved = archive();

    assertThat(moved.machines()).isEqualTo(1);
    assertThat(moved.failed()).isZero();
    assertThat(moved.events()).isGreaterThan(80);
    assertThat(firstInJournal("one")).isEqualTo(moved.events() + 1);
    assertThat(files()).hasSizeGreaterThan(2).allMatch(file -> file.toString().endsWith(".twa"));
    assertThat(events("one")).isEqualTo(before);
    for (Map.Entry<Long, MachineState> at : lived.entrySet()) {
      assertThat(await(past().state("one", at.getKey()))).isEqualTo(at.getValue());
    }
    for (Map.Entry<Instant, MachineState> at : known.entrySet()) {
      assertThat(await(past().stateKnownAt(now, at.getKey()))).isEqualTo(at.getValue());
      assertThat(await(past().stateAt(now, at.getKey())).readings())
          .isEqualTo(at.getValue().readings());
    }
  }

  @Test
  void aTwinWakesWithoutWhatIsInFilesAndGoesOn() throws Exception {
    ActorRef<MachineCommand> twin = twin("two");
    Map<Long, MachineState> lived = new TreeMap<>();
    live(twin, "two", 50, lived);
    KIT.stop(twin);
    archive();
    twin = twin("two");
    live(twin, "two", 50, lived);
    long firstBefore = firstInJournal("two");
    archive();

    assertThat(firstInJournal("two")).isGreaterThan(firstBefore);
    List<MachineJournal.Recorded> all = events("two");
    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).revision()).isEqualTo(i + 1);
      if (i > 0) {
        assertThat(all.get(i).entry().stamp().previous()).isEqualTo(all.get(i - 1).entry().hash());
      }
    }
    for (Map.Entry<Long, MachineState> at : lived.entrySet()) {
      assertThat(await(past().state("two", at.getKey()))).isEqualTo(at.getValue());
    }
  }

  @Test
  void takesNothingThatIsYoung() throws Exception {
    live(twin("three"), "three", 50, new TreeMap<>());
    Archiver.Moved moved =
        await(
            new Archiver(
                    journal,
                    table,
                    new ArchiveSettings(true, folder, AGE, Duration.ofHours(1), 30, 0),
                    Instant::now,
                    ForkJoinPool.commonPool())
                .pass());
    assertThat(moved.events()).isZero();
    assertThat(firstInJournal("three")).isEqualTo(1);
  }

  @Test
  void leavesInTheJournalWhatAProjectionHasNotHandled() throws Exception {
    live(twin("four"), "four", 50, new TreeMap<>());
    ArchiveTable strict =
        new ArchiveTable(DATABASE, ReadSideSettings.from(CONFIG), List.of("behind"));
    Archiver.Moved moved =
        await(
            new Archiver(
                    journal,
                    strict,
                    new ArchiveSettings(true, folder, AGE, Duration.ofHours(1), 30, 0),
                    () -> Instant.now().plus(AGE).plusSeconds(60),
                    ForkJoinPool.commonPool())
                .pass());
    assertThat(moved.events()).isZero();
    assertThat(firstInJournal("four")).isEqualTo(1);
  }

  @Test
  void leavesABrokenChainWhereItIs() throws Exception {
    live(twin("five"), "five", 50, new TreeMap<>());
    live(twin("six"), "six", 50, new TreeMap<>());
    TestDatabase.execute(
        CONFIG,
        "delete from event_journal where persistence_id = '%s' and sequence_number = 9"
            .formatted(id("five")));
    Archiver.Moved moved = archive();
    assertThat(moved.failed()).isEqualTo(1);
    assertThat(moved.machines()).isEqualTo(1);
    assertThat(firstInJournal("five")).isEqualTo(1);
    assertThat(firstInJournal("six")).isGreaterThan(1);
    assertThat(files()).noneMatch(file -> file.toString().contains("five"));
  }

  @Test
  void writesAnewWhatAKilledPassLeftBehind() throws Exception {
    live(twin("seven"), "seven", 50, new TreeMap<>());
    List<MachineJournal.Recorded> before = events("seven");
    archive();
    List<Path> written = files();
    // As if the pass had been killed before it entered its files, the last one not being whole.
    Files.writeString(written.getLast(), "half a file");
    Path partial = Path.of(written.getLast() + ".part");
    Files.writeString(partial, "a part of one");
    restore(before, "seven");

    archive();

    assertThat(files()).isEqualTo(written);
    assertThat(events("seven")).isEqualTo(before);
  }

  /** Puts events back into the journal, and forgets their files. */
  private void restore(List<MachineJournal.Recorded> events, String machineId) throws SQLException {
    TestDatabase.execute(
        CONFIG, "delete from archived_events where persistence_id = '%s'".formatted(id(machineId)));
    List<String> statements = new ArrayList<>();
    for (MachineJournal.Recorded each : events) {
      statements.add(
          """
          insert into event_journal (persistence_id, sequence_number, writer, write_timestamp,
            event_ser_id, event_ser_manifest, event_payload)
          values ('%s', %d, '', 0, 8101, '%s', '\\x%s') on conflict do nothing
          """
              .formatted(
                  id(machineId),
                  each.revision(),
                  each.entry().manifest(),
                  HexFormat.of().formatHex(each.entry().encoded())));
    }
    TestDatabase.execute(CONFIG, String.join(";", statements));
  }

  @Test
  void saysWhichFileIsMissingOrDamaged() throws Exception {
    live(twin("eight"), "eight", 50, new TreeMap<>());
    archive();
    Path file = files().getFirst();
    byte[] whole = Files.readAllBytes(file);
    byte[] damaged = whole.clone();
    damaged[20] ^= 1;
    Files.write(file, damaged);
    assertThatThrownBy(() -> events("eight")).rootCause().isNotNull();
    assertThatThrownBy(() -> events("eight")).hasMessageContaining(file.toString());
    Files.write(file, Arrays.copyOf(whole, whole.length - 5));
    assertThatThrownBy(() -> events("eight")).hasMessageContaining("cut off");
    Files.delete(file);
    assertThatThrownBy(() -> events("eight")).hasMessageContaining("twin.archive.folder");
    Files.write(file, whole);
    assertThat(events("eight")).isNotEmpty();
  }

  @Test
  void keepsNoMoreThanItMay() throws Exception {
    Map<Long, MachineState> lived = new TreeMap<>();
    live(twin("nine"), "nine", 90, lived);
    archive();
    int before = files().size();
    long newest = Files.size(files().getLast());
    await(archiver(newest + 10).pass());
    assertThat(files()).hasSizeLessThan(before).hasSize(1);
    // What is left can still be worked out, and what is not says so.
    long first = events("nine").getFirst().revision();
    assertThat(await(past().state("nine", first + 3))).isEqualTo(lived.get(first + 3));
    assertThatThrownBy(() -> await(past().state("nine", 3)))
        .hasMessageContaining("lacks revision 1");
  }
}
