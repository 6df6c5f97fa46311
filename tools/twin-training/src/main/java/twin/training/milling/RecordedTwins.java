package twin.training.milling;

import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/**
 * Lets twins live through recorded readings: each reading goes through the twin's own {@code
 * decide} and {@code apply}, so that features and assessments are those of a live twin. Nothing is
 * persisted.
 */
final class RecordedTwins implements AutoCloseable {
  private final MachineTypes types;
  private final Models models;
  // Only for the address that nobody listens at: a command must say where its answer goes.
  private final ActorSystem<Void> nobody;

  private RecordedTwins(Models models) {
    this.types =
        MachineTypeReader.readAll(
            ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));
    this.models = models;
    this.nobody =
        ActorSystem.create(
            Behaviors.empty(),
            "recorded",
            ConfigFactory.parseString("pekko.loglevel = WARNING, pekko.stdout-loglevel = WARNING")
                .withFallback(ConfigFactory.load()));
  }

  /** Twins without a bundle, for their features. */
  static RecordedTwins withoutModels() {
    return new RecordedTwins(Models.none());
  }

  /** Twins that a bundle decides for. */
  static RecordedTwins with(ModelSession session) {
    return new RecordedTwins((type, machineId) -> Optional.of(session));
  }

  /** The type of the machines. */
  MachineType type() {
    return types
        .find(MillingRecording.TYPE)
        .orElseThrow(() -> new IllegalStateException("there is no machine type milling"));
  }

  /** The state of each row's twin just after its row, machine after machine. */
  List<MachineState> statesAfter(MillingRecording recording) {
    List<MachineState> states = new ArrayList<>();
    for (List<MillingRow> rows : recording.machines()) {
      String machineId = "recorded-" + rows.getFirst().udi();
      MachineState state = MachineState.empty(machineId);
      for (MillingRow row : rows) {
        state = after(state, MillingRecording.reading(machineId, row));
        states.add(state);
      }
    }
    return states;
  }

  private MachineState after(MachineState state, SubmittedReading reading) {
    DecisionContext context =
        new DecisionContext(reading.timestamp(), types, models, DecisionContext.Admission.OPEN);
    MachineCommand.RecordReadings command =
        new MachineCommand.RecordReadings(List.of(reading), "recorded", null, nobody.ignoreRef());
    long recorded = state.readings();
    MachineState next = state;
    for (JournalEntry entry : MachineDecisions.decide(state, command, context).events()) {
      next = next.apply(entry);
    }
    if (next.readings() != recorded + 1) {
      throw new IllegalStateException("the twin did not take the reading " + reading);
    }
    return next;
  }

  @Override
  public void close() {
    nobody.terminate();
  }
}
