package twin.core.machine;

import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.RecoveryCompleted;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.Effect;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.persistence.typed.javadsl.SignalHandler;
import org.slf4j.spi.LoggingEventBuilder;
import twin.core.trace.Trace;

/**
 * One machine as an event-sourced actor, alone in charge of its history. This is only glue: {@link
 * MachineDecisions} says what happens and {@link MachineState} what follows from it. Whoever
 * submitted readings hears of them when they are durable, never before.
 */
public final class MachineTwin
    extends EventSourcedBehavior<MachineCommand, JournalEntry, MachineState> {

  /** Under this key twins are sharded. */
  public static final EntityTypeKey<MachineCommand> TYPE_KEY =
      EntityTypeKey.create(MachineCommand.class, "machine");

  private static final double BACKOFF_JITTER = 0.2;

  private final String machineId;
  private final TwinEnvironment environment;
  private final ActorContext<MachineCommand> context;
  private final TimerScheduler<MachineCommand> timers;

  /** When it was started, or started again after a failure of the journal. */
  private long startedNanos = System.nanoTime();

  /** How often silence is looked for now; zero: not yet. */
  private Duration silenceCheckEvery = Duration.ZERO;

  private MachineTwin(
      String machineId,
      TwinEnvironment environment,
      ActorContext<MachineCommand> context,
      TimerScheduler<MachineCommand> timers) {
    super(
        persistenceId(machineId),
        SupervisorStrategy.restartWithBackoff(
            environment.settings().restartBackoffMin(),
            environment.settings().restartBackoffMax(),
            BACKOFF_JITTER));
    this.machineId = machineId;
    this.environment = environment;
    this.context = context;
    this.timers = timers;
  }

  /** A twin. */
  public static Behavior<MachineCommand> create(String machineId, TwinEnvironment environment) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new MachineTwin(machineId, environment, context, timers)));
  }

  /** Under which id a machine's events stand in the journal. */
  public static PersistenceId persistenceId(String machineId) {
    return PersistenceId.of(TYPE_KEY.name(), machineId);
  }

  /** The machine whose events stand in the journal under an id. */
  public static String machineId(String persistenceId) {
    return persistenceId.substring(TYPE_KEY.name().length() + 1);
  }

  @Override
  public MachineState emptyState() {
    return MachineState.empty(machineId);
  }

  @Override
  public CommandHandler<MachineCommand, JournalEntry, MachineState> commandHandler() {
    return (state, command) ->
        switch (command) {
          case MachineCommand.GetState get -> {
            get.replyTo().tell(new MachineReply.State(state));
            yield Effect().none();
          }
          case MachineCommand.Change change -> change(state, change);
        };
  }

  private Effect<JournalEntry, MachineState> change(
      MachineState state, MachineCommand.Change change) {
    long beganNanos = System.nanoTime();
    MachineDecisions.Decided decided = decide(state, change);
    if (change instanceof MachineCommand.RecordReadings) {
      record(environment.meters().decide(), beganNanos);
    }
    if (decided.events().isEmpty()) {
      decided.reply().send();
      return Effect().none();
    }
    long decidedNanos = System.nanoTime();
    return Effect()
        .persist(decided.events())
        .thenRun(
            after -> {
              record(environment.meters().persist(), decidedNanos);
              decided.reply().send();
              environment.watcher().accept(new TwinChanged(after, decided.events()));
              watchSilence(after);
            });
  }

  /**
   * A mistake of ours in deciding must not make a source repeat the same readings for ever: they go
   * back as rejected, and so to the dead letters, where they wait for the mistake to be mended.
   */
  private MachineDecisions.Decided decide(MachineState state, MachineCommand.Change change) {
    try {
      return MachineDecisions.decide(state, change, environment.contextNow());
    } catch (RuntimeException e) {
      LoggingEventBuilder line =
          context.getLog().atError().addKeyValue("machine_id", machineId).setCause(e);
      String trace =
          change instanceof MachineCommand.RecordReadings command ? command.trace() : null;
      if (trace != null) {
        line = line.addKeyValue("trace_id", Trace.idOf(trace));
      }
      line.log("machine {} could not decide about {}", machineId, change);
      if (change instanceof MachineCommand.RecordReadings command) {
        MachineReply.Outcome failed =
            MachineReply.Outcome.rejected(
                MachineReply.Outcome.FAILED, "the twin failed on it; its log says why: " + e);
        List<MachineReply.Outcome> outcomes = new ArrayList<>();
        command.readings().forEach(reading -> outcomes.add(failed));
        return new MachineDecisions.Decided(
            List.of(),
            new MachineDecisions.Reply.ToSource(
                command.replyTo(), new MachineReply.Recorded(outcomes)));
      }
      throw e;
    }
  }

  private static void record(Timer timer, long beganNanos) {
    timer.record(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
  }

  private void watchSilence(MachineState state) {
    Definition definition = state.definition();
    if (definition == null) {
      return;
    }
    Duration half = definition.type().silence().dividedBy(2);
    // The type of a machine, or its silence, may change while the twin is awake.
    if (!half.equals(silenceCheckEvery)) {
      silenceCheckEvery = half;
      timers.startTimerWithFixedDelay(
          MachineCommand.Due.Kind.SILENCE,
          new MachineCommand.Due(MachineCommand.Due.Kind.SILENCE),
          half);
    }
  }

  @Override
  public EventHandler<MachineState, JournalEntry> eventHandler() {
    return MachineState::apply;
  }

  /** A twin that slept through its machine's silence says so at once. */
  private void awake(MachineState state) {
    record(environment.meters().recovery(), startedNanos);
    if (state.lastReadingAt() != null) {
      context.getSelf().tell(new MachineCommand.Due(MachineCommand.Due.Kind.SILENCE));
    }
    watchSilence(state);
  }

  @Override
  public SignalHandler<MachineState> signalHandler() {
    return newSignalHandlerBuilder()
        .onSignal(RecoveryCompleted.class, (state, signal) -> awake(state))
        .onSignal(
            PreRestart.instance(),
            state -> {
              startedNanos = System.nanoTime();
            })
        .build();
  }

  @Override
  public boolean shouldSnapshot(MachineState state, JournalEntry entry, long sequenceNr) {
    return sequenceNr % environment.settings().snapshotEveryEvents() == 0;
  }
}
