package twin.core.deadline;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineState;
import twin.core.store.Deadline;
import twin.core.store.DeadlineTable;

/**
 * Looks again and again for what is due, tells the twins, and has their next deadlines written. A
 * twin that does not answer is told again after a while. There is one in the cluster, and two at
 * once do no harm: being told twice changes nothing.
 */
public final class DeadlineDaemon {

  private static final Logger log = LoggerFactory.getLogger(DeadlineDaemon.class);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final DeadlineTable table;
  private final DeadlineSettings settings;
  private final InstantSource clock;
  private final DeadlineWriter writer;
  private final BiFunction<String, MachineCommand.Due.Kind, CompletionStage<MachineState>> tell;

  private DeadlineDaemon(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      DeadlineTable table,
      DeadlineSettings settings,
      InstantSource clock,
      DeadlineWriter writer,
      BiFunction<String, MachineCommand.Due.Kind, CompletionStage<MachineState>> tell) {
    this.context = context;
    this.timers = timers;
    this.table = table;
    this.settings = settings;
    this.clock = clock;
    this.writer = writer;
    this.tell = tell;
  }

  /** What the daemon is told. Nothing of it leaves its node. */
  public sealed interface Command {}

  private record Look() implements Command {}

  private record Found(List<Deadline> due) implements Command {}

  private record Failed(Throwable cause) implements Command {}

  private record Stop() implements Command {}

  /** Ends it. */
  public static Command stopMessage() {
    return new Stop();
  }

  /**
   * The daemon.
   *
   * @param tell tells the twin of a machine, wherever it is, to look at the clock for something,
   *     and then asks for its state
   */
  public static Behavior<Command> create(
      DeadlineTable table,
      DeadlineSettings settings,
      InstantSource clock,
      DeadlineWriter writer,
      BiFunction<String, MachineCommand.Due.Kind, CompletionStage<MachineState>> tell) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  DeadlineDaemon daemon =
                      new DeadlineDaemon(context, timers, table, settings, clock, writer, tell);
                  context.getSelf().tell(new Look());
                  return daemon.behavior();
                }));
  }

  private Behavior<Command> behavior() {
    return Behaviors.receive(Command.class)
        .onMessage(Look.class, look -> look())
        .onMessage(Found.class, this::found)
        .onMessage(Failed.class, this::failed)
        .onMessage(Stop.class, stop -> Behaviors.stopped())
        .build();
  }

  private Behavior<Command> look() {
    context.pipeToSelf(
        table.due(clock.instant(), settings.againAfter(), settings.batch()),
        (due, failure) -> failure == null ? new Found(due) : new Failed(failure));
    return Behaviors.same();
  }

  private Behavior<Command> found(Found found) {
    for (Deadline deadline : found.due()) {
      MachineCommand.Due.Kind.ofLabel(deadline.kind())
          .ifPresentOrElse(
              kind -> tell(deadline.machineId(), kind),
              () ->
                  log.warn(
                      "a later version waits for {} of {}", deadline.kind(), deadline.machineId()));
    }
    if (found.due().size() < settings.batch()) {
      timers.startSingleTimer(new Look(), settings.scanEvery());
    } else {
      context.getSelf().tell(new Look());
    }
    return Behaviors.same();
  }

  /**
   * What has become of silence is written by the state that the twin answers with; deadlines of
   * alerts are kept with the table of alerts.
   */
  private void tell(String machineId, MachineCommand.Due.Kind kind) {
    var unused =
        tell.apply(machineId, kind)
            .whenComplete(
                (state, failure) -> {
                  if (failure == null) {
                    writer.follow(state);
                  } else {
                    log.debug("{} did not answer and is told again", machineId);
                  }
                });
  }

  private Behavior<Command> failed(Failed failed) {
    log.warn("twins are woken later: {}", failed.cause().getMessage());
    timers.startSingleTimer(new Look(), settings.scanEvery());
    return Behaviors.same();
  }
}
