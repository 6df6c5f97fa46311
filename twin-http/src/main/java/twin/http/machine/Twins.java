package twin.http.machine;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.machine.MachineTwin;
import twin.core.machine.PendingAsks;
import twin.core.reading.SubmittedReading;
import twin.http.Caller;
import twin.http.Problem;

/** Asks twins, wherever in the cluster they are. */
public interface Twins {

  /**
   * Asks a twin.
   *
   * @param command makes the command from where its answer is to go
   * @return the answer; fails with a {@link java.util.concurrent.TimeoutException} when it does not
   *     come in time
   */
  <R> CompletionStage<R> ask(String machineId, Function<ActorRef<R>, MachineCommand> command);

  /** Asks twins through sharding. */
  static Twins sharded(ActorSystem<?> system, Duration timeout) {
    ClusterSharding sharding = ClusterSharding.get(system);
    PendingAsks asks = PendingAsks.of(system, "http");
    return new Twins() {
      @Override
      public <R> CompletionStage<R> ask(
          String machineId, Function<ActorRef<R>, MachineCommand> command) {
        return asks.await(
            sharding.entityRefFor(MachineTwin.TYPE_KEY, machineId).ask(command::apply, timeout));
      }
    };
  }

  /**
   * The state of a machine; a problem of 404 when nothing has ever been heard of it, or the caller
   * does not see its site.
   */
  default CompletionStage<MachineState> existing(Caller caller, String machineId) {
    requireId(machineId);
    return state(machineId)
        .exceptionallyCompose(
            failure ->
                // Where the twin is now it can be asked again: that changes nothing.
                failure instanceof PendingAsks.NodeDied
                    ? state(machineId)
                    : CompletableFuture.failedStage(failure))
        .thenApply(
            reply -> {
              if (!reply.state().exists() || !sees(caller, reply.state())) {
                throw unknown(machineId).toException();
              }
              return reply.state();
            });
  }

  /** Completes when the caller sees the machine; a problem of 404 when they do not. */
  default CompletionStage<Done> seen(Caller caller, String machineId) {
    return caller.sites().isAll()
        ? CompletableFuture.completedStage(Done.done())
        : existing(caller, machineId).thenApply(state -> Done.done());
  }

  /** Completes when the caller sees the machine, or there is none; a problem of 404 otherwise. */
  default CompletionStage<Done> seenOrVacant(Caller caller, String machineId) {
    return caller.sites().isAll()
        ? CompletableFuture.completedStage(Done.done())
        : state(machineId)
            .thenApply(
                reply -> {
                  if (reply.state().exists() && !sees(caller, reply.state())) {
                    throw unknown(machineId).toException();
                  }
                  return Done.done();
                });
  }

  private static boolean sees(Caller caller, MachineState state) {
    return caller.sees(state.description().site());
  }

  private CompletionStage<MachineReply.State> state(String machineId) {
    return ask(machineId, MachineCommand.GetState::new);
  }

  /** What is said of a machine that has never been heard of. */
  static Problem unknown(String machineId) {
    return Problem.notFound(
        "There is no machine '%s'. It appears with its first reading or with POST /api/v1/machines;"
                .formatted(machineId)
            + " GET /api/v1/machines lists those there are.");
  }

  /** Ends a call whose path cannot name a machine. */
  static void requireId(String machineId) {
    if (!SubmittedReading.isMachineId(machineId)) {
      throw Problem.notFound(
              "No machine can be called so: an id matches %s."
                  .formatted(SubmittedReading.MACHINE_ID))
          .toException();
    }
  }
}
