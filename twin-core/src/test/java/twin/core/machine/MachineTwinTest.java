package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.LoggingTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.apache.pekko.persistence.testkit.javadsl.EventSourcedBehaviorTestKit;
import org.apache.pekko.persistence.testkit.javadsl.PersistenceTestKit;
import org.apache.pekko.persistence.testkit.javadsl.SnapshotTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import twin.core.alert.AlertVerb;
import twin.core.inference.Models;
import twin.core.machine.Fixtures.ScriptedModel;
import twin.core.machine.MachineReply.Result;
import twin.core.reading.SubmittedReading;

/**
 * The actor on a journal in memory, with the serialiser that its configuration names and a clock
 * that moves when a test says so.
 */
final class MachineTwinTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String ID = "machine-001";
  private static final String PERSISTENCE_ID = "machine|machine-001";
  private static final Duration BACKOFF = Duration.ofMillis(50);

  private static final Config CONFIG =
      ConfigFactory.parseString(
              """
              pekko.actor.provider = local
              pekko.coordinated-shutdown.exit-jvm = off
              """)
          .withFallback(PersistenceTestKitPlugin.config())
          .withFallback(PersistenceTestKitSnapshotPlugin.config())
          .withFallback(ConfigFactory.load());

  private final BlockingQueue<TwinChanged> changes = new LinkedBlockingQueue<>();
  private final ActorTestKit kit = ActorTestKit.create("twin", CONFIG);
  private final PersistenceTestKit journal = PersistenceTestKit.create(kit.system());
  private volatile Models models = new ScriptedModel("1.0.0");

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private Behavior<MachineCommand> twin(int snapshotEveryEvents) {
    return MachineTwin.create(
        ID,
        new TwinEnvironment(
            () -> Fixtures.START,
            () -> Fixtures.TYPES,
            (type, machineId) -> models.champion(type, machineId),
            () -> DecisionContext.Admission.OPEN,
            changes::add,
            new TwinSettings(snapshotEveryEvents, BACKOFF, BACKOFF, true, 10)));
  }

  private static MachineCommand record(
      ActorRef<MachineReply.Recorded> replyTo, SubmittedReading... readings) {
    return new MachineCommand.RecordReadings(List.of(readings), "mqtt:demo", null, replyTo);
  }

  private List<MachineReply.Outcome> recorded(
      ActorRef<MachineCommand> twin, SubmittedReading... readings) {
    TestProbe<MachineReply.Recorded> probe = kit.createTestProbe();
    twin.tell(record(probe.ref(), readings));
    return probe.receiveMessage(PATIENCE).outcomes();
  }

  private MachineState state(ActorRef<MachineCommand> twin) {
    TestProbe<MachineReply.State> probe = kit.createTestProbe();
    twin.tell(new MachineCommand.GetState(probe.ref()));
    return probe.receiveMessage(PATIENCE).state();
  }

  private List<String> manifests() {
    return journal.persistedInStorage(PERSISTENCE_ID).stream()
        .map(entry -> ((JournalEntry) entry).manifest())
        .toList();
  }

  @Test
  void goesOnAfterARestartInTheMiddleAsIfNothingHadHappened() {
    EventSourcedBehaviorTestKit<MachineCommand, JournalEntry, MachineState> behavior =
        EventSourcedBehaviorTestKit.create(
            kit.system(),
            twin(800),
            EventSourcedBehaviorTestKit.enabledSerializationSettings().withVerifyEquality(true));
    Fixtures.Twin undisturbed = new Fixtures.Twin(ID);
    for (long seq = 1; seq <= 20; seq++) {
      SubmittedReading reading =
          Fixtures.milling(seq, Fixtures.START.plusSeconds(seq), 40, 110.0 + 2 * seq);
      undisturbed.record(reading);
      var result = behavior.<MachineReply.Recorded>runCommand(replyTo -> record(replyTo, reading));
      assertThat(result.reply().outcomes().getFirst().result()).isEqualTo(Result.RECORDED);
      if (seq % 5 == 0) {
        assertThat(behavior.restart().state()).isEqualTo(undisturbed.state);
      }
    }
    assertThat(undisturbed.state.alerts().open()).as("something has happened").isNotEmpty();
    assertThat(journal.persistedInStorage(PERSISTENCE_ID))
        .isEqualTo(List.copyOf(undisturbed.journal));
    var changed =
        behavior.<MachineReply.Changed>runCommand(
            replyTo ->
                new MachineCommand.Acknowledge(
                    undisturbed.state.alerts().open().getFirst().id(), "anna", "seen", replyTo));
    assertThat(changed.reply().result()).isEqualTo(MachineReply.ChangeResult.DONE);
    var told = behavior.<MachineReply.State>runCommand(MachineCommand.GetState::new);
    assertThat(told.reply().state()).isEqualTo(changed.state());
    assertThat(told.hasNoEvents()).isTrue();
  }

  @Test
  void startsFromItsNewestSnapshot() {
    ActorRef<MachineCommand> first = kit.spawn(twin(6));
    for (long seq = 1; seq <= 3; seq++) {
      recorded(first, Fixtures.milling(seq));
    }
    MachineState before = state(first);
    assertThat(before.revision()).isEqualTo(6);
    SnapshotTestKit.create(kit.system()).expectNextPersisted(PERSISTENCE_ID, before);
    kit.stop(first);
    // Nothing is left to start from but the snapshot.
    journal.clearByIdPreservingSeqNumbers(PERSISTENCE_ID);
    ActorRef<MachineCommand> second = kit.spawn(twin(6));
    assertThat(state(second)).isEqualTo(before);
    assertThat(recorded(second, Fixtures.milling(3)).getFirst().result())
        .isEqualTo(Result.DUPLICATE);
    recorded(second, Fixtures.milling(4));
    assertThat(state(second).revision()).isEqualTo(7);
  }

  @Test
  void acknowledgesOnlyAfterPersistingAndComesBackWhenTheJournalFailed() {
    ActorRef<MachineCommand> twin = kit.spawn(twin(800));
    TestProbe<MachineReply.Recorded> probe = kit.createTestProbe();
    journal.failNextPersisted(PERSISTENCE_ID);
    LoggingTestKit.error("Failed to persist")
        .expect(
            kit.system(),
            () -> {
              twin.tell(record(probe.ref(), Fixtures.milling(1)));
              return true;
            });
    probe.expectNoMessage();
    assertThat(manifests()).isEmpty();
    assertThat(changes).isEmpty();
    // As sources do: a command that nobody answered is sent again, until the twin is back.
    TestProbe<MachineReply.Recorded> again = kit.createTestProbe();
    again.awaitAssert(
        PATIENCE,
        () -> {
          twin.tell(record(again.ref(), Fixtures.milling(1)));
          return again.receiveMessage(Duration.ofSeconds(1));
        });
    assertThat(manifests()).containsExactly("definition", "model", "readings", "health");
    assertThat(state(twin).readings()).isEqualTo(1);
    probe.expectNoMessage();
  }

  @Test
  void aRejectedPersistIsNotAcknowledgedEither() {
    ActorRef<MachineCommand> twin = kit.spawn(twin(800));
    TestProbe<MachineReply.Recorded> probe = kit.createTestProbe();
    journal.rejectNextPersisted(PERSISTENCE_ID);
    twin.tell(record(probe.ref(), Fixtures.milling(1)));
    probe.expectTerminated(twin, PATIENCE);
    probe.expectNoMessage();
    assertThat(manifests()).isEmpty();
    assertThat(changes).isEmpty();
    ActorRef<MachineCommand> next = kit.spawn(twin(800));
    assertThat(recorded(next, Fixtures.milling(1)).getFirst().result()).isEqualTo(Result.RECORDED);
  }

  @Test
  void duplicatesAreAcknowledgedWithoutPersistingAnything() {
    ActorRef<MachineCommand> twin = kit.spawn(twin(800));
    recorded(twin, Fixtures.milling(1));
    List<String> before = manifests();
    assertThat(recorded(twin, Fixtures.milling(1)).getFirst().result()).isEqualTo(Result.DUPLICATE);
    assertThat(manifests()).isEqualTo(before);
  }

  @Test
  void aMistakeInDecidingRejectsTheReadingsAndTheTwinGoesOn() {
    ActorRef<MachineCommand> twin = kit.spawn(twin(800));
    models =
        (type, machineId) -> {
          throw new IllegalStateException("a mistake of ours");
        };
    assertThat(recorded(twin, Fixtures.milling(1), Fixtures.milling(2)))
        .hasSize(2)
        .allSatisfy(
            outcome -> {
              assertThat(outcome.result()).isEqualTo(Result.REJECTED);
              assertThat(outcome.code()).isEqualTo("failed");
              assertThat(outcome.reason()).contains("a mistake of ours");
            });
    assertThat(manifests()).isEmpty();
    models = (type, machineId) -> Optional.empty();
    assertThat(recorded(twin, Fixtures.milling(1)).getFirst().result()).isEqualTo(Result.RECORDED);
  }

  @Test
  void tellsItsWatcherWhatIsDurable() throws InterruptedException {
    ActorRef<MachineCommand> twin = kit.spawn(twin(800));
    recorded(twin, Fixtures.milling(1));
    TwinChanged changed = changes.take();
    assertThat(changed.entries())
        .extracting(JournalEntry::manifest)
        .containsExactly("definition", "model", "readings", "health");
    assertThat(changed.state()).isEqualTo(state(twin));
  }

  @Test
  void commandsAndRepliesTravelBetweenNodes() {
    TestProbe<MachineReply.Recorded> recorded = kit.createTestProbe();
    TestProbe<MachineReply.Changed> changed = kit.createTestProbe();
    TestProbe<MachineReply.State> state = kit.createTestProbe();
    SubmittedReading reading =
        new SubmittedReading(
            ID,
            null,
            Fixtures.START.plusNanos(123456789),
            Long.MAX_VALUE - 1,
            Long.MAX_VALUE,
            Map.of("a", 0.1, "whole", 3.0),
            Map.of("b", "ü"));
    List<Object> messages = new ArrayList<>();
    messages.add(
        new MachineCommand.RecordReadings(
            List.of(reading, Fixtures.milling(1)), "kafka:plant", "t/0", recorded.ref()));
    messages.add(
        new MachineCommand.RecordReadings(
            List.of(reading), "mqtt:plant", null, "00-trace-step-01", recorded.ref()));
    messages.add(new MachineCommand.Register(Description.NONE, null, "anna", "new", changed.ref()));
    messages.add(
        new MachineCommand.Describe(
            Description.NONE, "milling", Description.NONE, "anna", "", changed.ref()));
    messages.add(new MachineCommand.Retire(null, "anna", "old", changed.ref()));
    messages.add(new MachineCommand.Acknowledge("m-1", "anna", "", changed.ref()));
    messages.add(
        new MachineCommand.ChangeAlert(
            "m-1", AlertVerb.SHELVE, Fixtures.START.plusNanos(1), "anna", "why", changed.ref()));
    messages.add(
        new MachineCommand.ChangeAlert("m-1", AlertVerb.CLEAR, null, "anna", "", changed.ref()));
    messages.add(new MachineCommand.GiveVerdict("m-1", "real", "worn", "", "anna", changed.ref()));
    messages.add(new MachineCommand.RecordMaintenance("k", "n", "anna", changed.ref()));
    messages.add(new MachineCommand.Due(MachineCommand.Due.Kind.SILENCE));
    messages.add(new MachineCommand.GetState(state.ref()));
    messages.add(
        new MachineReply.Recorded(
            List.of(
                MachineReply.Outcome.recorded(true, 3, 1),
                MachineReply.Outcome.duplicate(),
                MachineReply.Outcome.rejected("too_late", "why"))));
    messages.add(new MachineReply.Changed(MachineReply.ChangeResult.CONFLICT, 7, "because"));
    Fixtures.Twin twin = new Fixtures.Twin(ID);
    twin.record(Fixtures.milling(1));
    messages.add(new MachineReply.State(twin.state));
    assertThat(messages)
        .extracting(message -> (Object) message.getClass())
        .contains((Object[]) MachineCommand.Change.class.getPermittedSubclasses());
    for (Object message : messages) {
      // Fails when what comes back is not equal.
      kit.serializationTestKit().verifySerialization(message, true);
    }
  }
}
