package twin.core.history;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.persistence.AbstractPersistentActor;
import org.apache.pekko.persistence.Recovery;
import org.apache.pekko.persistence.RecoveryCompleted;
import org.apache.pekko.persistence.SnapshotOffer;
import org.apache.pekko.persistence.SnapshotSelectionCriteria;
import scala.Option;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;

/**
 * A machine as it was at a revision: recovered as a twin is, from the snapshot before it and the
 * events since, but only that far. It writes nothing, tells the state and stops.
 */
final class PastState extends AbstractPersistentActor {

  private static final AtomicLong READERS = new AtomicLong();

  private final String machineId;
  private final long revision;
  private final CompletableFuture<MachineState> told;
  private MachineState state;

  private PastState(String machineId, long revision, CompletableFuture<MachineState> told) {
    this.machineId = machineId;
    this.revision = revision;
    this.told = told;
    this.state = MachineState.empty(machineId);
  }

  /** The state after this event; before any for 0. */
  static CompletionStage<MachineState> at(
      ActorSystem<?> system, String machineId, long revision, Duration timeout) {
    if (revision == 0) {
      return CompletableFuture.completedFuture(MachineState.empty(machineId));
    }
    CompletableFuture<MachineState> told = new CompletableFuture<>();
    // A typed system lets nobody but its own guardian make actors under /user.
    ExtendedActorSystem actors = (ExtendedActorSystem) system.classicSystem();
    ActorRef reader =
        actors.systemActorOf(
            Props.create(PastState.class, () -> new PastState(machineId, revision, told)),
            "past-state-" + READERS.incrementAndGet());
    return told.orTimeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((state, failure) -> actors.stop(reader));
  }

  @Override
  public String persistenceId() {
    return MachineTwin.persistenceId(machineId).id();
  }

  @Override
  public Recovery recovery() {
    return Recovery.create(SnapshotSelectionCriteria.create(revision, Long.MAX_VALUE), revision);
  }

  @Override
  public Receive createReceiveRecover() {
    return receiveBuilder()
        .match(SnapshotOffer.class, offer -> state = (MachineState) offer.snapshot())
        .match(JournalEntry.class, entry -> state = state.apply(entry))
        .match(RecoveryCompleted.class, completed -> told.complete(state))
        .build();
  }

  @Override
  public Receive createReceive() {
    return receiveBuilder().build();
  }

  @Override
  public void onRecoveryFailure(Throwable cause, Option<Object> event) {
    told.completeExceptionally(cause);
  }
}
