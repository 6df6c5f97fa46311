package twin.core.archive;

import java.time.Duration;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has an archiver make its passes, one after another with a pause between them. */
public final class ArchiverDaemon {

  private static final Logger log = LoggerFactory.getLogger(ArchiverDaemon.class);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Archiver archiver;
  private final Duration every;

  private ArchiverDaemon(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Archiver archiver,
      Duration every) {
    this.context = context;
    this.timers = timers;
    this.archiver = archiver;
    this.every = every;
  }

  /** What the daemon is told. Nothing of it leaves its node. */
  public sealed interface Command {}

  private record Pass() implements Command {}

  private record Passed(Archiver.Moved moved) implements Command {}

  private record Failed(Throwable cause) implements Command {}

  private record Stop() implements Command {}

  /** Ends it after the pass that it is in. */
  public static Command stopMessage() {
    return new Stop();
  }

  /** The daemon. Its first pass comes after the first pause. */
  public static Behavior<Command> create(Archiver archiver, Duration every) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new ArchiverDaemon(context, timers, archiver, every).waiting()));
  }

  private Behavior<Command> waiting() {
    timers.startSingleTimer(new Pass(), every);
    return Behaviors.receive(Command.class)
        .onMessage(Pass.class, pass -> running())
        .onMessage(Stop.class, stop -> Behaviors.stopped())
        .build();
  }

  private Behavior<Command> running() {
    context.pipeToSelf(
        archiver.pass(),
        (moved, failure) -> failure == null ? new Passed(moved) : new Failed(failure));
    return Behaviors.receive(Command.class)
        .onMessage(Passed.class, this::passed)
        .onMessage(
            Failed.class,
            failed -> {
              log.warn("archiving goes on at the next pass: {}", failed.cause().getMessage());
              return waiting();
            })
        .onMessage(Stop.class, stop -> Behaviors.stopped())
        .build();
  }

  private Behavior<Command> passed(Passed passed) {
    Archiver.Moved moved = passed.moved();
    if (moved.events() > 0 || moved.failed() > 0) {
      log.info(
          "archived {} events of {} machines in {} bytes; {} machines failed",
          moved.events(),
          moved.machines(),
          moved.bytes(),
          moved.failed());
    }
    return waiting();
  }
}
