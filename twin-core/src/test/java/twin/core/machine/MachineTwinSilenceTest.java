package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.ManualTime;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.persistence.testkit.PersistenceTestKitPlugin;
import org.apache.pekko.persistence.testkit.PersistenceTestKitSnapshotPlugin;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import twin.core.machine.Fixtures.ScriptedModel;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** The actor's own timer, on a scheduler and a clock that move when a test says so. */
final class MachineTwinSilenceTest {

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ActorTestKit kit =
      ActorTestKit.create(
          "silence",
          ConfigFactory.parseString(
                  """
                  pekko.actor.provider = local
                  pekko.coordinated-shutdown.exit-jvm = off
                  """)
              .withFallback(ManualTime.config())
              .withFallback(PersistenceTestKitPlugin.config())
              .withFallback(PersistenceTestKitSnapshotPlugin.config())
              .withFallback(ConfigFactory.load()));

  private final ManualTime time = ManualTime.get(kit.system());
  private final BlockingQueue<TwinChanged> changes = new LinkedBlockingQueue<>();
  private volatile Instant now = Fixtures.START;
  private volatile MachineTypes types = Fixtures.TYPES;

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private Behavior<MachineCommand> twin() {
    return MachineTwin.create(
        "machine-001",
        new TwinEnvironment(
            () -> now,
            () -> types,
            new ScriptedModel("1.0.0"),
            () -> DecisionContext.Admission.OPEN,
            changes::add,
            new TwinSettings(800, Duration.ofMillis(50), Duration.ofMillis(50), true, 10)));
  }

  private void record(ActorRef<MachineCommand> twin, SubmittedReading reading) {
    TestProbe<MachineReply.Recorded> probe = kit.createTestProbe();
    twin.tell(new MachineCommand.RecordReadings(List.of(reading), "mqtt:demo", null, probe.ref()));
    probe.receiveMessage(PATIENCE);
  }

  private MachineState state(ActorRef<MachineCommand> twin) {
    TestProbe<MachineReply.State> probe = kit.createTestProbe();
    twin.tell(new MachineCommand.GetState(probe.ref()));
    return probe.receiveMessage(PATIENCE).state();
  }

  @Test
  void findsOutByItselfThatItsMachineIsSilent() throws InterruptedException {
    ActorRef<MachineCommand> twin = kit.spawn(twin());
    record(twin, Fixtures.milling(1L, Fixtures.START, 10, 1));
    changes.take();
    // Silence is two minutes, looked for every minute; the receiver's clock is moved beside it.
    now = Fixtures.START.plusSeconds(60);
    time.timePasses(Duration.ofSeconds(60));
    assertThat(state(twin).health()).extracting(h -> h.status()).isEqualTo(Status.NORMAL);
    now = Fixtures.START.plusSeconds(180);
    time.timePasses(Duration.ofSeconds(60));
    assertThat(changes.take().state().health()).extracting(h -> h.status()).isEqualTo(Status.STALE);
  }

  @Test
  void looksForSilenceAlsoAfterItHasRecovered() throws InterruptedException {
    ActorRef<MachineCommand> first = kit.spawn(twin());
    record(first, Fixtures.milling(1));
    changes.take();
    kit.stop(first);
    ActorRef<MachineCommand> second = kit.spawn(twin());
    assertThat(state(second).readings()).isEqualTo(1);
    now = Fixtures.START.plusSeconds(180);
    time.timePasses(Duration.ofSeconds(60));
    assertThat(changes.take().state().health()).extracting(h -> h.status()).isEqualTo(Status.STALE);
  }

  @Test
  void looksForSilenceAsOftenAsItsTypeSaysNow() throws InterruptedException {
    ActorRef<MachineCommand> twin = kit.spawn(twin());
    record(twin, Fixtures.milling(1));
    changes.take();
    types = withSilence(Duration.ofSeconds(20));
    record(twin, Fixtures.milling(2));
    changes.take();
    now = Fixtures.START.plusSeconds(30);
    time.timePasses(Duration.ofSeconds(10));
    assertThat(changes.take().state().health()).extracting(h -> h.status()).isEqualTo(Status.STALE);
  }

  private static MachineTypes withSilence(Duration silence) {
    return MachineTypeReader.readAll(
        ConfigFactory.parseMap(Map.of("twin.types.milling.silence", silence))
            .withFallback(ConfigFactory.parseResources("twin-types.conf"))
            .resolve()
            .getConfig("twin.types"));
  }
}
