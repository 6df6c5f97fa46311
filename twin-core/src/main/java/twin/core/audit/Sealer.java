package twin.core.audit;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.typed.ClusterSingleton;
import org.apache.pekko.cluster.typed.SingletonActor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Seals at its hours, on one node of the cluster. A seal that fails is tried again, for ever. */
public final class Sealer {

  /** The threads that wait for disk and database. */
  static final String DISPATCHER = "twin.audit-dispatcher";

  private static final Logger log = LoggerFactory.getLogger(Sealer.class);

  private Sealer() {}

  /** What the actor is told. */
  sealed interface Command {}

  private record Due() implements Command {}

  private record Waiting(Duration untilDue) implements Command {}

  private record Sealed(Seal seal) implements Command {}

  private record Failed(Throwable failure) implements Command {}

  /** Starts it on the cluster, unless sealing is off. */
  public static void start(ActorSystem<?> system, Sealing sealing, AuditSettings settings) {
    settings
        .sealEvery()
        .ifPresent(
            every ->
                ClusterSingleton.get(system)
                    .init(SingletonActor.of(create(sealing, every, settings), "audit-sealer")));
  }

  /** The actor. */
  static Behavior<Command> create(Sealing sealing, Duration every, AuditSettings settings) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  Executor blocking =
                      context
                          .getSystem()
                          .dispatchers()
                          .lookup(DispatcherSelector.fromConfig(DISPATCHER));
                  context.pipeToSelf(
                      CompletableFuture.supplyAsync(() -> sealing.untilDue(every), blocking),
                      (due, failure) -> failure == null ? new Waiting(due) : new Failed(failure));
                  return sealing(context, timers, sealing, every, settings, blocking);
                }));
  }

  private static Behavior<Command> sealing(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Sealing sealing,
      Duration every,
      AuditSettings settings,
      Executor blocking) {
    return Behaviors.receive(Command.class)
        .onMessage(
            Waiting.class,
            waiting -> {
              Duration first = settings.firstSealAfter();
              timers.startSingleTimer(
                  new Due(), waiting.untilDue().compareTo(first) > 0 ? waiting.untilDue() : first);
              return Behaviors.same();
            })
        .onMessage(
            Due.class,
            due -> {
              context.pipeToSelf(
                  CompletableFuture.supplyAsync(sealing::seal, blocking),
                  (seal, failure) -> failure == null ? new Sealed(seal) : new Failed(failure));
              return Behaviors.same();
            })
        .onMessage(
            Sealed.class,
            made -> {
              log.info(
                  "seal {} is over the heads of {} machines, root {}",
                  made.seal().number(),
                  made.seal().machines(),
                  made.seal().root());
              timers.startSingleTimer(new Due(), every);
              return Behaviors.same();
            })
        .onMessage(
            Failed.class,
            failed -> {
              log.error(
                  "the journal could not be sealed; it is tried again in {}: {}",
                  settings.retryAfter(),
                  failed.failure().toString());
              timers.startSingleTimer(new Due(), settings.retryAfter());
              return Behaviors.same();
            })
        .build();
  }
}
