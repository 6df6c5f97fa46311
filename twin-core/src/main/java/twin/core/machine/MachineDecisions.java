package twin.core.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import twin.core.alert.Alert;
import twin.core.alert.AlertLife;
import twin.core.alert.AlertState;
import twin.core.alert.AlertVerb;
import twin.core.reading.SubmittedReading;
import twin.core.type.Channel;
import twin.core.type.MachineType;
import twin.core.type.MachineTypes;

/**
 * What a twin decides: from a state, a command and a context to events. Pure: it looks nothing up
 * but what the context holds, and the same arguments give the same events, to the bit.
 */
public final class MachineDecisions {

  private MachineDecisions() {}

  /**
   * A decision: events to persist in this order, and then a reply to send.
   *
   * @param events chained, the first to the state's head
   * @param reply sent once the events are durable
   */
  public record Decided(List<JournalEntry> events, Reply reply) {}

  /** Something to say to somebody, or nothing. */
  public sealed interface Reply {

    /** Readings were submitted. */
    record ToSource(ActorRef<MachineReply.Recorded> to, MachineReply.Recorded message)
        implements Reply {}

    /** Somebody asked for a change. */
    record ToPrincipal(ActorRef<MachineReply.Changed> to, MachineReply.Changed message)
        implements Reply {}

    /** Nobody waits. */
    record None() implements Reply {}

    /** Sends it. */
    default void send() {
      switch (this) {
        case ToSource(ActorRef<MachineReply.Recorded> to, MachineReply.Recorded message) ->
            to.tell(message);
        case ToPrincipal(ActorRef<MachineReply.Changed> to, MachineReply.Changed message) ->
            to.tell(message);
        case None none -> {}
      }
    }
  }

  /** What a command does to a machine in a state. */
  public static Decided decide(
      MachineState state, MachineCommand.Change command, DecisionContext context) {
    return switch (command) {
      case MachineCommand.RecordReadings c -> record(state, c, context);
      case MachineCommand.Register c -> register(state, c, context);
      case MachineCommand.Describe c -> describe(state, c, context);
      case MachineCommand.Retire c -> retire(state, c, context);
      case MachineCommand.Acknowledge c ->
          changeAlert(
              state,
              new MachineCommand.ChangeAlert(
                  c.alertId(), AlertVerb.ACKNOWLEDGE, null, c.principal(), c.reason(), c.replyTo()),
              context);
      case MachineCommand.ChangeAlert c -> changeAlert(state, c, context);
      case MachineCommand.GiveVerdict c -> verdict(state, c, context);
      case MachineCommand.RecordMaintenance c -> maintenance(state, c, context);
      case MachineCommand.Due c -> due(state, c, context);
    };
  }

  private static Decided record(
      MachineState state, MachineCommand.RecordReadings command, DecisionContext context) {
    Decision decision =
        new Decision(
            state,
            context,
            new Cause.Source(command.source(), command.queue(), null, command.trace()));
    Optional<MachineReply.Outcome> refused = refuse(state, command.readings(), context);
    if (refused.isPresent()) {
      List<MachineReply.Outcome> outcomes =
          command.readings().stream().map(reading -> refused.get()).toList();
      return answered(decision, command, outcomes);
    }
    RecordingReadings recording = new RecordingReadings(decision, command, context);
    return answered(decision, command, recording.run());
  }

  private static Decided answered(
      Decision decision,
      MachineCommand.RecordReadings command,
      List<MachineReply.Outcome> outcomes) {
    return new Decided(
        decision.entries(),
        new Reply.ToSource(command.replyTo(), new MachineReply.Recorded(outcomes)));
  }

  /** Why no reading can be recorded at all. */
  private static Optional<MachineReply.Outcome> refuse(
      MachineState state, List<SubmittedReading> readings, DecisionContext context) {
    if (state.retired()) {
      return Optional.of(
          MachineReply.Outcome.rejected(
              "retired", "machine %s is retired".formatted(state.machineId())));
    }
    if (state.definition() != null) {
      return Optional.empty();
    }
    if (!state.exists()) {
      switch (context.admission()) {
        case OPEN -> {}
        case REGISTERED_ONLY -> {
          return Optional.of(
              MachineReply.Outcome.rejected(
                  "not_registered",
                  "machine %s is not registered and twin.machines.auto-register is off"
                      .formatted(state.machineId())));
        }
        case FULL -> {
          return Optional.of(
              MachineReply.Outcome.rejected(
                  "too_many_machines",
                  "machine %s is new and twin.machines.max-machines has been reached"
                      .formatted(state.machineId())));
        }
      }
    }
    String claimed = readings.getFirst().machineType();
    Optional<String> unknown = unknownType(claimed, context);
    if (unknown.isPresent()) {
      return Optional.of(MachineReply.Outcome.rejected("unknown_type", unknown.get()));
    }
    return Optional.empty();
  }

  /** The definition that should be in force for a machine that submits these readings. */
  static MachineType definitionFor(
      MachineState state, List<SubmittedReading> readings, DecisionContext context) {
    MachineType type;
    Definition present = state.definition();
    if (present == null) {
      String claimed = readings.getFirst().machineType();
      type =
          claimed == null
              ? context.types().matching(readings.getFirst().numbers().keySet())
              : context.types().find(claimed).orElseThrow();
    } else {
      // A type that has left the configuration goes on as the journal knows it.
      type = context.types().find(present.type().name()).orElse(present.type());
    }
    return type.learnsChannels() ? learned(type, present, readings) : type;
  }

  /** The type as far as this machine has taught it. */
  private static MachineType learned(
      MachineType type, @Nullable Definition present, List<SubmittedReading> readings) {
    MachineType learned = type;
    if (present != null) {
      for (Channel channel : present.type().channels()) {
        learned = learned.indexOf(channel.name()) < 0 ? learn(learned, channel.name()) : learned;
      }
      for (String attribute : present.type().attributes()) {
        learned =
            learned.attributes().contains(attribute)
                ? learned
                : learned.withLearnedAttribute(attribute);
      }
    }
    for (SubmittedReading reading : readings) {
      for (String name : new TreeSet<>(reading.numbers().keySet())) {
        boolean isNew = learned.indexOf(name) < 0 && !learned.attributes().contains(name);
        if (isNew && learned.channels().size() < MachineType.MAX_CHANNELS) {
          learned = learn(learned, name);
        }
      }
      for (String name : new TreeSet<>(reading.texts().keySet())) {
        boolean isNew = learned.indexOf(name) < 0 && !learned.attributes().contains(name);
        if (isNew
            && Channel.isName(name)
            && learned.attributes().size() < MachineType.MAX_LEARNED_ATTRIBUTES) {
          learned = learned.withLearnedAttribute(name);
        }
      }
    }
    return learned;
  }

  private static MachineType learn(MachineType type, String channel) {
    return Channel.isName(channel) ? type.withLearnedChannel(channel) : type;
  }

  private static Decided register(
      MachineState state, MachineCommand.Register command, DecisionContext context) {
    if (state.registered()) {
      return changed(
          new Decision(state, context, new Cause.Program("")),
          command.replyTo(),
          MachineReply.ChangeResult.CONFLICT,
          "machine %s is registered already; PATCH changes it".formatted(state.machineId()));
    }
    Decision decision =
        new Decision(state, context, new Cause.Principal(command.principal(), command.reason()));
    if (!state.exists() && context.admission() == DecisionContext.Admission.FULL) {
      return changed(
          decision,
          command.replyTo(),
          MachineReply.ChangeResult.CONFLICT,
          "there are as many machines as twin.machines.max-machines allows; retire one or raise"
              + " it");
    }
    Optional<String> unknown = unknownType(command.machineType(), context);
    if (unknown.isPresent()) {
      return changed(
          decision, command.replyTo(), MachineReply.ChangeResult.CONFLICT, unknown.get());
    }
    decision.emit(new MachineEvent.MachineRegistered(command.description()));
    retype(decision, command.machineType(), context);
    return changed(decision, command.replyTo(), MachineReply.ChangeResult.DONE, "");
  }

  private static Decided describe(
      MachineState state, MachineCommand.Describe command, DecisionContext context) {
    Decision decision =
        new Decision(state, context, new Cause.Principal(command.principal(), command.reason()));
    if (!state.exists()) {
      return notFound(decision, command.replyTo());
    }
    if (isOutdated(command.expected(), state)) {
      return outdated(decision, command.replyTo());
    }
    Optional<String> unknown = unknownType(command.machineType(), context);
    if (unknown.isPresent()) {
      return changed(
          decision, command.replyTo(), MachineReply.ChangeResult.CONFLICT, unknown.get());
    }
    if (!command.description().equals(state.description())) {
      decision.emit(new MachineEvent.MachineDescribed(command.description()));
    }
    retype(decision, command.machineType(), context);
    return changed(
        decision,
        command.replyTo(),
        decision.entries().isEmpty()
            ? MachineReply.ChangeResult.UNCHANGED
            : MachineReply.ChangeResult.DONE,
        "");
  }

  private static Optional<String> unknownType(@Nullable String name, DecisionContext context) {
    return name == null || context.types().find(name).isPresent()
        ? Optional.empty()
        : Optional.of(
            "machine_type '%s' is unknown; known are %s".formatted(name, names(context.types())));
  }

  private static String names(MachineTypes types) {
    return String.join(", ", types.all().stream().map(MachineType::name).toList());
  }

  /** Gives a machine another type, if that is another one. */
  private static void retype(Decision decision, @Nullable String name, DecisionContext context) {
    if (name == null || name.equals(decision.state().typeName())) {
      return;
    }
    assign(decision, context.types().find(name).orElseThrow(), context);
    HealthRule.follow(decision, context);
  }

  /** Assigns a definition, unless it is the one that holds. */
  static void assign(Decision decision, MachineType type, DecisionContext context) {
    Definition present = decision.state().definition();
    if (present != null && present.type().equals(type)) {
      return;
    }
    // Its numbers stand by the positions of the definition before.
    PeriodRule.close(decision);
    boolean otherRules =
        present != null
            && present.type().name().equals(type.name())
            && !present.type().alertRules().equals(type.alertRules());
    decision.emit(new MachineEvent.DefinitionAssigned(type, otherRules));
    AlertTurning.closeUnwatched(decision, context, type);
  }

  private static Decided retire(
      MachineState state, MachineCommand.Retire command, DecisionContext context) {
    Decision decision =
        new Decision(state, context, new Cause.Principal(command.principal(), command.reason()));
    if (!state.exists()) {
      return notFound(decision, command.replyTo());
    }
    if (state.retired()) {
      return changed(decision, command.replyTo(), MachineReply.ChangeResult.UNCHANGED, "");
    }
    if (isOutdated(command.expected(), state)) {
      return outdated(decision, command.replyTo());
    }
    PeriodRule.close(decision);
    decision.emit(new MachineEvent.MachineRetired());
    AlertTurning.closeAll(decision, context);
    return changed(decision, command.replyTo(), MachineReply.ChangeResult.DONE, "");
  }

  private static boolean isOutdated(@Nullable Description expected, MachineState state) {
    return expected != null && !expected.equals(state.description());
  }

  private static Decided outdated(Decision decision, ActorRef<MachineReply.Changed> replyTo) {
    return changed(
        decision,
        replyTo,
        MachineReply.ChangeResult.OUTDATED,
        "machine %s is described otherwise by now".formatted(decision.state().machineId()));
  }

  private static Decided changeAlert(
      MachineState state, MachineCommand.ChangeAlert command, DecisionContext context) {
    Decision decision =
        new Decision(state, context, new Cause.Principal(command.principal(), command.reason()));
    Optional<Alert> open = state.alerts().withId(command.alertId());
    if (open.isEmpty()) {
      return changed(
          decision,
          command.replyTo(),
          MachineReply.ChangeResult.NOT_FOUND,
          "machine %s has no open alert %s".formatted(state.machineId(), command.alertId()));
    }
    Instant until = command.until();
    if (until != null && !until.isAfter(context.now())) {
      return changed(
          decision,
          command.replyTo(),
          MachineReply.ChangeResult.CONFLICT,
          "an alert is shelved until a time to come, and %s has passed".formatted(until));
    }
    Alert alert = open.get();
    AlertLife.Outcome outcome =
        AlertLife.after(alert, command.verb(), AlertTurning.isMet(state, alert, context));
    return switch (outcome) {
      case AlertLife.Outcome.Refused(String advice) ->
          changed(decision, command.replyTo(), MachineReply.ChangeResult.CONFLICT, advice);
      case AlertLife.Outcome.Stays stays ->
          changed(decision, command.replyTo(), MachineReply.ChangeResult.UNCHANGED, "");
      case AlertLife.Outcome.Turns(List<AlertState> states) -> {
        for (AlertState to : states) {
          AlertTurning.turn(decision, context, command.alertId(), to, until);
        }
        AlertTurning.raiseSilence(decision, context);
        HealthRule.follow(decision, context);
        yield changed(decision, command.replyTo(), MachineReply.ChangeResult.DONE, "");
      }
    };
  }

  /** Of alerts that are closed the twin knows no more than that it may have raised them. */
  private static Decided verdict(
      MachineState state, MachineCommand.GiveVerdict command, DecisionContext context) {
    Decision decision = new Decision(state, context, new Cause.Principal(command.principal(), ""));
    if (!AlertTurning.mayHaveBeen(state, command.alertId())) {
      return changed(
          decision,
          command.replyTo(),
          MachineReply.ChangeResult.NOT_FOUND,
          "machine %s has raised no alert %s".formatted(state.machineId(), command.alertId()));
    }
    decision.emit(
        new MachineEvent.VerdictGiven(
            command.alertId(), command.verdict(), command.note(), command.finding()));
    return changed(decision, command.replyTo(), MachineReply.ChangeResult.DONE, "");
  }

  private static Decided maintenance(
      MachineState state, MachineCommand.RecordMaintenance command, DecisionContext context) {
    Decision decision =
        new Decision(state, context, new Cause.Principal(command.principal(), command.note()));
    if (!state.exists()) {
      return notFound(decision, command.replyTo());
    }
    decision.emit(
        new MachineEvent.MaintenanceRecorded(
            command.kind(), command.note(), context.now(), command.failureMode()));
    HealthRule.follow(decision, context);
    return changed(decision, command.replyTo(), MachineReply.ChangeResult.DONE, "");
  }

  private static Decided due(
      MachineState state, MachineCommand.Due command, DecisionContext context) {
    Decision decision = new Decision(state, context, new Cause.Program(reason(command.kind())));
    switch (command.kind()) {
      case SILENCE -> {
        if (state.lastReadingAt() != null && !state.retired()) {
          PeriodRule.closeAfterSilence(decision, context);
          AlertTurning.raiseSilence(decision, context);
          HealthRule.follow(decision, context);
        }
      }
      case UNSHELVE -> AlertTurning.unshelveDue(decision, context);
      case ESCALATE -> AlertTurning.escalateDue(decision, context);
    }
    return new Decided(decision.entries(), new Reply.None());
  }

  private static String reason(MachineCommand.Due.Kind kind) {
    return switch (kind) {
      case SILENCE -> "silence";
      case UNSHELVE -> "the time for which it was shelved is over";
      case ESCALATE -> "nobody has acknowledged it";
    };
  }

  /** Whether a machine has said nothing for longer than its type allows. */
  static boolean silent(MachineState state, DecisionContext context) {
    return state.definition() != null
        && state.lastReadingAt() != null
        && Duration.between(state.lastReadingAt(), context.now())
                .compareTo(state.definition().type().silence())
            > 0;
  }

  private static Decided changed(
      Decision decision,
      ActorRef<MachineReply.Changed> replyTo,
      MachineReply.ChangeResult result,
      String detail) {
    return new Decided(
        new ArrayList<>(decision.entries()),
        new Reply.ToPrincipal(
            replyTo, new MachineReply.Changed(result, decision.state().revision(), detail)));
  }

  private static Decided notFound(Decision decision, ActorRef<MachineReply.Changed> replyTo) {
    return changed(
        decision,
        replyTo,
        MachineReply.ChangeResult.NOT_FOUND,
        "there is no machine %s".formatted(decision.state().machineId()));
  }
}
