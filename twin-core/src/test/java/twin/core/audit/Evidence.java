package twin.core.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import org.jspecify.annotations.Nullable;
import twin.core.archive.Archive;
import twin.core.archive.ArchiveSettings;
import twin.core.archive.Archiver;
import twin.core.history.Lives;
import twin.core.inference.Models;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineSerializer;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.SnapshotCodec;
import twin.core.reading.SubmittedReading;
import twin.core.store.ArchiveTable;
import twin.core.store.Database;
import twin.core.store.JournalCensus;
import twin.core.store.JournalTable;
import twin.core.store.ReadSideSettings;
import twin.core.store.TestDatabase;

/**
 * Journals in a real database as twins write them, a hand that changes them behind the program's
 * back, and the audit.
 */
final class Evidence implements AutoCloseable {

  static final int SNAPSHOT_EVERY = 50;

  private final Config config = TestDatabase.create();
  private final Database database = TestDatabase.open(config);
  private final JournalTable store = new JournalTable(database);
  final JournalCensus census = new JournalCensus(database);
  private final ArchiveTable archive =
      new ArchiveTable(database, ReadSideSettings.from(config), List.of());
  Path archiveFolder = Path.of("nowhere");
  boolean forgets;
  Instant now = Instant.parse("2025-11-08T00:00:00Z");

  Config config() {
    return config;
  }

  AuditSettings settings(Path folder) {
    return AuditSettings.from(config, folder::resolve);
  }

  /** A life of some hundred events with readings late and doubled, and with maintenance. */
  static Lives milling(String machineId, long seed, int batches) {
    Lives lives = new Lives(machineId, new Lives.Model("1.0.0", 100));
    Random random = new Random(seed);
    Instant time = Lives.START;
    for (int batch = 1; batch <= batches; batch++) {
      List<SubmittedReading> readings = new ArrayList<>();
      for (int i = random.nextInt(2); i >= 0; i--) {
        time = time.plusMillis(500 + random.nextInt(1500));
        readings.add(
            Lives.milling(
                machineId, 10L * batch - i, time, 30 + 30 * random.nextDouble(), batch / 2.0));
      }
      lives.record(readings);
      if (batch % 60 == 0) {
        lives.maintain();
      }
    }
    return lives;
  }

  /** Another life from some moment on. */
  static Lives goingOn(String machineId, List<JournalEntry> lived, int readings) {
    Lives lives = new Lives(lived, machineId, new Lives.Model("1.0.0", 100));
    for (int i = 1; i <= readings; i++) {
      lives.record(
          List.of(
              Lives.milling(
                  machineId, 100_000L + i, Lives.START.plusSeconds(3600 + i), 44 + i % 3, 5)));
    }
    return lives;
  }

  static Lives press(String machineId, long seed, int readings) {
    Lives lives = new Lives(machineId, Models.none());
    Random random = new Random(seed);
    for (int i = 1; i <= readings; i++) {
      lives.record(
          List.of(
              Lives.press(
                  machineId, i, Lives.START.plusSeconds(2L * i), 4 + random.nextGaussian())));
    }
    return lives;
  }

  void clear() throws SQLException {
    sql("truncate event_journal, snapshot, machines, archived_events");
  }

  /** Writes a life as twins write, with its row in the fleet. */
  void write(String machineId, List<JournalEntry> journal) throws SQLException {
    sql(
        "insert into machines (machine_id, machine_type, status, revision) values (?, 'any',"
            + " 'normal', 1) on conflict do nothing",
        machineId);
    append(machineId, journal, 0);
  }

  /** Goes on with a life of which so many events have been written. */
  void append(String machineId, List<JournalEntry> journal, int written) throws SQLException {
    MachineState state = MachineState.empty(machineId);
    try (Connection connection = connect();
        PreparedStatement events =
            connection.prepareStatement(
                "insert into event_journal (persistence_id, sequence_number, writer,"
                    + " write_timestamp, adapter_manifest, event_ser_id, event_ser_manifest,"
                    + " event_payload) values (?, ?, 'w', 0, '', ?, ?, ?)");
        PreparedStatement snapshots =
            connection.prepareStatement(
                "insert into snapshot (persistence_id, sequence_number, created, snapshot_ser_id,"
                    + " snapshot_ser_manifest, snapshot_payload) values (?, ?, 0, ?, ?, ?)")) {
      for (JournalEntry entry : journal) {
        state = state.apply(entry);
        if (state.revision() <= written) {
          continue;
        }
        events.setString(1, id(machineId));
        events.setLong(2, state.revision());
        events.setInt(3, MachineSerializer.IDENTIFIER);
        events.setString(4, entry.manifest());
        events.setBytes(5, entry.encoded());
        events.addBatch();
        if (state.revision() % SNAPSHOT_EVERY == 0) {
          snapshots.setString(1, id(machineId));
          snapshots.setLong(2, state.revision());
          snapshots.setInt(3, MachineSerializer.IDENTIFIER);
          snapshots.setString(4, SnapshotCodec.MANIFEST);
          snapshots.setBytes(5, SnapshotCodec.encode(state));
          snapshots.addBatch();
        }
      }
      events.executeBatch();
      snapshots.executeBatch();
    }
  }

  /**
   * Moves what is older than the newest snapshot but one into files.
   *
   * @param keepBytes how much of it is kept; 0 for all
   */
  void archive(Path folder, long keepBytes) {
    archiveFolder = folder;
    forgets = keepBytes > 0;
    Archiver.Moved moved =
        Sealing.join(
            new Archiver(
                    store,
                    archive,
                    new ArchiveSettings(
                        true, folder, Duration.ofDays(1), Duration.ofDays(1), 60, keepBytes),
                    () -> now,
                    ForkJoinPool.commonPool())
                .pass());
    assertThat(moved.failed()).isZero();
    assertThat(moved.events()).isPositive();
  }

  static String id(String machineId) {
    return MachineTwin.persistenceId(machineId).id();
  }

  /** Puts other bytes in the place of an event's. */
  void replace(String machineId, long revision, JournalEntry by) throws SQLException {
    replace(machineId, revision, by.manifest(), by.encoded());
  }

  void replace(String machineId, long revision, String manifest, byte[] payload)
      throws SQLException {
    sql(
        "update event_journal set event_ser_manifest = ?, event_payload = ? where persistence_id ="
            + " ? and sequence_number = ?",
        manifest,
        payload,
        id(machineId),
        revision);
  }

  void sql(String statement, Object... values) throws SQLException {
    try (Connection connection = connect();
        PreparedStatement prepared = connection.prepareStatement(statement)) {
      for (int i = 0; i < values.length; i++) {
        prepared.setObject(i + 1, values[i]);
      }
      prepared.executeUpdate();
    }
  }

  /** With every event behind a revision moved to a later one. */
  void move(String machineId, long behind, long by) throws SQLException {
    // By way of negative numbers, since no two rows may have the same even for a moment.
    sql(
        "update event_journal set sequence_number = -(sequence_number + ?) where persistence_id = ?"
            + " and sequence_number > ?",
        by,
        id(machineId),
        behind);
    sql(
        "update event_journal set sequence_number = -sequence_number where persistence_id = ? and"
            + " sequence_number < 0",
        id(machineId));
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        config.getString("twin.database.url"),
        config.getString("twin.database.user"),
        config.getString("twin.database.password"));
  }

  Sealing sealing(AuditSettings settings, @Nullable SealOutlet outlet) {
    return new Sealing(census, settings, outlet, () -> now);
  }

  Seal seal(AuditSettings settings) {
    now = now.plusSeconds(3600);
    return sealing(settings, null).seal();
  }

  Verification.Report verify(AuditSettings settings) {
    return verify(settings, KeptSeals.in(settings.folder(), List.of()));
  }

  Verification.Report verify(AuditSettings settings, Optional<KeptSeals> seals) {
    return verification(settings, seals).all();
  }

  Verification verification(AuditSettings settings, Optional<KeptSeals> seals) {
    return new Verification(
        new Verification.Journal(
            new Archive(store, archive, archiveFolder, ForkJoinPool.commonPool()),
            census,
            archive,
            archiveFolder,
            forgets),
        seals.orElse(null),
        settings,
        new AuditProgress());
  }

  @Override
  public void close() {
    database.close();
  }
}
