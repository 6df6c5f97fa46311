package twin.core.deadline;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.alert.Alert;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.Definition;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.Status;
import twin.core.machine.TwinEnvironment;
import twin.core.machine.TwinSettings;
import twin.core.reading.SubmittedReading;
import twin.core.store.Database;
import twin.core.store.Deadline;
import twin.core.store.DeadlineTable;
import twin.core.store.TestDatabase;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** A twin that sleeps, or whose node has died, hears of the clock all the same. */
final class DeadlinesTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration AGAIN = Duration.ofSeconds(30);
  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseString(
                  "twin.types.auto.alerts = [{name = silent, kind = silence, severity = low}]")
              .withFallback(ConfigFactory.parseResources("twin-types.conf"))
              .resolve()
              .getConfig("twin.types"));
  private static final Config CONFIG =
      ConfigFactory.parseString(
              "pekko.actor.provider = local, pekko.coordinated-shutdown.exit-jvm = off")
          .withFallback(TestDatabase.create());
  private static final Database DATABASE = TestDatabase.open(CONFIG);
  private static final ActorTestKit KIT = ActorTestKit.create("deadlines", CONFIG);
  private static final DeadlineSettings SETTINGS =
      DeadlineSettings.of(CONFIG.getConfig("twin.deadlines"));

  private final DeadlineTable table = new DeadlineTable(DATABASE);
  private Instant clock = START;
  private final DeadlineWriter writer = new DeadlineWriter(table, SETTINGS, () -> clock);

  @AfterAll
  static void stop() {
    KIT.shutdownTestKit();
    DATABASE.close();
  }

  @BeforeEach
  void begin() throws SQLException {
    TestDatabase.empty(CONFIG, "deadlines", "event_journal", "snapshot");
  }

  private static <T> T await(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
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
                writer,
                new TwinSettings(800, Duration.ofMillis(50), Duration.ofMillis(50), true, 10))));
  }

  private void read(ActorRef<MachineCommand> twin, String machineId) {
    TestProbe<MachineReply.Recorded> recorded = KIT.createTestProbe();
    twin.tell(
        new MachineCommand.RecordReadings(
            List.of(
                new SubmittedReading(
                    machineId, null, clock, null, null, Map.of("bar", 4.0), Map.of())),
            "mqtt:demo",
            null,
            recorded.ref()));
    recorded.receiveMessage(PATIENCE);
  }

  private static MachineState state(ActorRef<MachineCommand> twin) {
    TestProbe<MachineReply.State> state = KIT.createTestProbe();
    twin.tell(new MachineCommand.GetState(state.ref()));
    return state.receiveMessage(PATIENCE).state();
  }

  private static MachineType type(MachineState state) {
    Definition definition = state.definition();
    assertThat(definition).isNotNull();
    return Objects.requireNonNull(definition).type();
  }

  /** What is due now; being told of it moves it on. */
  private List<Deadline> due() throws Exception {
    return await(table.due(clock, AGAIN, 10));
  }

  private void write() throws Exception {
    writer.write();
    await(DATABASE.answers());
  }

  @Test
  void aSleeperIsToldOnceItsMachineHasBeenSilentForTooLong() throws Exception {
    ActorRef<MachineCommand> twin = twin("sleeper");
    read(twin, "sleeper");
    Duration silence = type(state(twin)).silence();
    writtenEventually("sleeper");
    KIT.stop(twin);

    clock = START.plus(silence);
    assertThat(due()).isEmpty();
    clock = START.plus(silence.multipliedBy(2));
    assertThat(due()).extracting(Deadline::machineId).containsExactly("sleeper");
    // Nobody has seen to it: it comes again, after a while.
    assertThat(due()).isEmpty();
    clock = clock.plus(AGAIN);
    assertThat(due()).extracting(Deadline::machineId).containsExactly("sleeper");

    twin = twin("sleeper");
    twin.tell(new MachineCommand.Due(MachineCommand.Due.Kind.SILENCE));
    assertThat(state(twin).health())
        .isNotNull()
        .extracting(MachineEvent.HealthChanged::status)
        .isEqualTo(Status.STALE);
    assertThat(state(twin).alerts().open()).extracting(Alert::rule).containsExactly("silent");
    writer.follow(state(twin));
    write();
    clock = clock.plus(Duration.ofHours(2));
    // What it had read waits to be summed up; then there is nothing left to be told.
    assertThat(dueEventually()).extracting(Deadline::machineId).containsExactly("sleeper");
    twin.tell(new MachineCommand.Due(MachineCommand.Due.Kind.SILENCE));
    MachineState rested = state(twin);
    assertThat(rested.period().summary(type(rested))).isEmpty();
    writer.follow(rested);
    write();
    goneEventually();
  }

  @Test
  void aMachineThatSendsIsNotWrittenWithEachReading() throws Exception {
    ActorRef<MachineCommand> twin = twin("busy");
    read(twin, "busy");
    Duration silence = type(state(twin)).silence();
    writtenEventually("busy");
    Instant written = dueAt();
    clock = clock.plus(silence.dividedBy(8));
    read(twin, "busy");
    write();
    assertThat(dueAt()).isEqualTo(written);
    clock = clock.plus(silence.dividedBy(4));
    read(twin, "busy");
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              write();
              assertThat(dueAt()).isAfter(written);
              return true;
            });
  }

  private void writtenEventually(String machineId) {
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              write();
              assertThat(
                      TestDatabase.text(
                          CONFIG, "select string_agg(machine_id, ',') from deadlines"))
                  .isEqualTo(machineId);
              return true;
            });
  }

  private void goneEventually() {
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              write();
              assertThat(TestDatabase.text(CONFIG, "select count(*)::text from deadlines"))
                  .isEqualTo("0");
              return true;
            });
  }

  private List<Deadline> dueEventually() {
    return KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              write();
              List<Deadline> found = due();
              assertThat(found).isNotEmpty();
              return found;
            });
  }

  private static Instant dueAt() throws SQLException {
    return Instant.parse(
        TestDatabase.text(
            CONFIG,
            "select to_char(due_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') from"
                + " deadlines"));
  }
}
