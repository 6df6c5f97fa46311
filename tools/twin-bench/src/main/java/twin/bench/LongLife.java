package twin.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongConsumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import twin.core.inference.ModelSession;
import twin.core.machine.DecisionContext;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineSerializer;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.SnapshotCodec;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineTypes;

/**
 * A milling machine that has been measured for long, an event a reading, written into the journal
 * as its twin would have written it: decided by the same code with the shipped bundle, with a
 * snapshot after so many events. Only that the rows are inserted from here, in batches.
 */
final class LongLife {

  static final String MACHINE = "machine-001";

  private static final int BATCH = 2000;
  private static final long SEED = 1;
  private static final double TOOL_LIFE_MIN = 200;

  private final Config config;
  private final MachineTypes types;
  private final ModelSession session;
  private final Duration interval;
  private final Random random = new Random(SEED);
  private double airTempK = 300;
  private double wearMin;

  LongLife(Config config, MachineTypes types, ModelSession session, Duration interval) {
    this.config = config;
    this.types = types;
    this.session = session;
    this.interval = interval;
  }

  /**
   * Writes it.
   *
   * @param end time of the last reading
   * @param told is told now and then how many readings have been written
   * @return the state that it has come to
   */
  MachineState write(long readings, Instant end, LongConsumer told) throws SQLException {
    int snapshotEvery = config.getInt("twin.machines.snapshot-every-events");
    String id = MachineTwin.persistenceId(MACHINE).id();
    MachineState state = MachineState.empty(MACHINE);
    // Only for the address that nobody listens at: a command must say where its answer goes.
    ActorSystem<Void> nobody =
        ActorSystem.create(
            Behaviors.empty(),
            "lived",
            ConfigFactory.parseString("pekko.loglevel = WARNING, pekko.actor.provider = local")
                .withFallback(ConfigFactory.load()));
    try (Connection connection = connect();
        PreparedStatement event =
            connection.prepareStatement(
                "insert into event_journal (persistence_id, sequence_number, writer,"
                    + " write_timestamp, event_ser_id, event_ser_manifest, event_payload,"
                    + " adapter_manifest) values (?, ?, '', ?, ?, ?, ?, '')");
        PreparedStatement snapshot =
            connection.prepareStatement(
                "insert into snapshot (persistence_id, sequence_number, created, snapshot_ser_id,"
                    + " snapshot_ser_manifest, snapshot_payload) values (?, ?, ?, ?, ?, ?)")) {
      connection.setAutoCommit(false);
      for (long seq = 1; seq <= readings; seq++) {
        Instant at = end.minus(interval.multipliedBy(readings - seq));
        DecisionContext context =
            new DecisionContext(
                at,
                types,
                (name, machineId) -> Optional.of(session),
                DecisionContext.Admission.OPEN);
        MachineCommand.RecordReadings command =
            new MachineCommand.RecordReadings(
                List.of(reading(seq, at)), "mqtt:plant", null, nobody.ignoreRef());
        for (JournalEntry entry : MachineDecisions.decide(state, command, context).events()) {
          state = state.apply(entry);
          add(event, id, state.revision(), at, entry.manifest(), entry.encoded());
          if (state.revision() % snapshotEvery == 0) {
            add(
                snapshot,
                id,
                state.revision(),
                at,
                SnapshotCodec.MANIFEST,
                SnapshotCodec.encode(state));
          }
        }
        if (seq % BATCH == 0 || seq == readings) {
          event.executeBatch();
          snapshot.executeBatch();
          connection.commit();
          told.accept(seq);
        }
      }
    } finally {
      nobody.terminate();
    }
    execute("vacuum analyze event_journal");
    execute("vacuum analyze snapshot");
    return state;
  }

  private static void add(
      PreparedStatement statement,
      String id,
      long revision,
      Instant at,
      String manifest,
      byte[] payload)
      throws SQLException {
    statement.setString(1, id);
    statement.setLong(2, revision);
    statement.setLong(3, at.toEpochMilli());
    statement.setInt(4, MachineSerializer.IDENTIFIER);
    statement.setString(5, manifest);
    statement.setBytes(6, payload);
    statement.addBatch();
  }

  /** Sensors tell tenths, as those of the recorded data do. */
  private SubmittedReading reading(long seq, Instant at) {
    airTempK = Math.clamp(airTempK + 0.05 * random.nextGaussian(), 295, 305);
    wearMin = wearMin > TOOL_LIFE_MIN ? 0 : wearMin + interval.toSeconds() / 60.0 * 0.1;
    double torqueNm = 40 + 8 * random.nextGaussian();
    Map<String, Double> values = new HashMap<>();
    values.put("air_temp_k", tenths(airTempK));
    values.put("process_temp_k", tenths(airTempK + 10 + 0.3 * random.nextGaussian()));
    values.put("rpm", (double) Math.round(1500 - 8 * (torqueNm - 40) + 40 * random.nextGaussian()));
    values.put("torque_nm", tenths(Math.max(5, torqueNm)));
    values.put("tool_wear_min", (double) Math.round(wearMin));
    return new SubmittedReading(MACHINE, "milling", at, seq, null, values, Map.of("variant", "M"));
  }

  private static double tenths(double value) {
    return Math.round(value * 10) / 10.0;
  }

  private Connection connect() throws SQLException {
    return DriverManager.getConnection(
        config.getString("twin.database.url") + "?reWriteBatchedInserts=true",
        config.getString("twin.database.user"),
        config.getString("twin.database.password"));
  }

  /** Runs a statement of its own transaction. */
  void execute(String text) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement()) {
      statement.execute(text);
    }
  }

  /** One number that the database tells. */
  long number(String query) throws SQLException {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        var rows = statement.executeQuery(query)) {
      rows.next();
      return rows.getLong(1);
    }
  }
}
