package twin.core.machine;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** Machines, readings and a model whose outputs can be worked out by hand. */
final class Fixtures {

  static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));

  private Fixtures() {}

  /** A reading of a milling machine. */
  static SubmittedReading milling(
      @Nullable Long seq, Instant timestamp, double torqueNm, double toolWearMin) {
    return new SubmittedReading(
        "machine-001",
        "milling",
        timestamp,
        seq,
        null,
        Map.of(
            "air_temp_k", 298.1,
            "process_temp_k", 308.6,
            "rpm", 1500.0,
            "torque_nm", torqueNm,
            "tool_wear_min", toolWearMin),
        Map.of("variant", "M"));
  }

  static SubmittedReading milling(long seq) {
    return milling(seq, START.plusSeconds(seq), 40.0 + seq % 7, (double) seq);
  }

  /** A reading of a machine of no known type. */
  static SubmittedReading press(@Nullable Long seq, Instant timestamp, double pressure) {
    return new SubmittedReading(
        "press-7", null, timestamp, seq, null, Map.of("pressure_bar", pressure), Map.of());
  }

  /**
   * A model whose failure probability is the tool's wear in 250 min, whose score is the torque in
   * 100 Nm and whose RUL is what is left of 250 min; it fails while it is told to.
   */
  static final class ScriptedModel implements ModelSession, Models {

    private final ModelProfile profile;
    boolean failing;
    int calls;

    ScriptedModel(String version) {
      profile =
          new ModelProfile(
              new ModelRef("milling", version, "ab".repeat(32)),
              List.of("process"),
              List.of(0.61),
              List.of("heat_dissipation", "power", "overstrain", "tool_wear"),
              List.of(0.1, 0.5, 0.9),
              FeatureExtractor.VERSION,
              "scripted");
    }

    @Override
    public Optional<ModelSession> champion(String type, String machineId) {
      return type.equals("milling") ? Optional.of(this) : Optional.empty();
    }

    @Override
    public ModelProfile profile() {
      return profile;
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      calls++;
      if (failing) {
        throw new InferenceException("out of order");
      }
      return readings.stream().map(ScriptedModel::output).toList();
    }

    private static ModelOutput output(FeatureVector features) {
      float wear = (float) features.get("tool_wear_min");
      float probability = wear / 250;
      return new ModelOutput(
          new float[] {(float) (features.get("torque_nm.mean_10") / 100)},
          probability,
          new float[] {0, 0, probability, 0},
          new float[] {200 - wear, 250 - wear, 300 - wear});
    }
  }

  /** A twin without an actor: decisions are applied at once. */
  static final class Twin {

    final List<JournalEntry> journal = new ArrayList<>();
    final List<MachineState> states = new ArrayList<>();
    Models models = new ScriptedModel("1.0.0");
    MachineTypes types = TYPES;
    DecisionContext.Admission admission = DecisionContext.Admission.OPEN;
    Instant now = START;
    MachineState state;

    Twin(String machineId) {
      state = MachineState.empty(machineId);
      states.add(state);
    }

    List<MachineReply.Outcome> record(SubmittedReading... readings) {
      return record(null, List.of(readings));
    }

    List<MachineReply.Outcome> record(@Nullable String queue, List<SubmittedReading> readings) {
      TestInbox<MachineReply.Recorded> inbox = TestInbox.create();
      perform(new MachineCommand.RecordReadings(readings, "mqtt:demo", queue, inbox.getRef()));
      return inbox.receiveMessage().outcomes();
    }

    MachineReply.Changed change(ChangeCommand command) {
      TestInbox<MachineReply.Changed> inbox = TestInbox.create();
      perform(command.to(inbox.getRef()));
      return inbox.receiveMessage();
    }

    void due() {
      due(MachineCommand.Due.Kind.SILENCE);
    }

    void due(MachineCommand.Due.Kind kind) {
      perform(new MachineCommand.Due(kind));
    }

    /** Goes on from a snapshot, as after a restart or on another node. */
    void restart() {
      state = SnapshotCodec.decode(SnapshotCodec.encode(state));
    }

    private void perform(MachineCommand.Change command) {
      MachineDecisions.Decided decided =
          MachineDecisions.decide(
              state, command, new DecisionContext(now, types, models, admission));
      for (JournalEntry entry : decided.events()) {
        state = state.apply(entry);
        journal.add(entry);
        states.add(state);
      }
      decided.reply().send();
    }

    /** The events of one kind, in order. */
    <E extends MachineEvent> List<E> events(Class<E> kind) {
      return journal.stream()
          .map(JournalEntry::event)
          .filter(kind::isInstance)
          .map(kind::cast)
          .toList();
    }

    /** All readings in the journal, in order. */
    List<AssessedReading> recorded() {
      return events(MachineEvent.ReadingsRecorded.class).stream()
          .flatMap(event -> event.readings().stream())
          .toList();
    }
  }

  interface ChangeCommand {
    MachineCommand.Change to(ActorRef<MachineReply.Changed> replyTo);
  }
}
