package twin.core.history;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** A machine that lives without a database: its state, and the journal that led to it. */
public final class Lives {

  public static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));

  private final Models models;
  private final MachineTypes types;
  private final List<JournalEntry> journal = new ArrayList<>();
  private MachineState state;
  private Instant clock = START;

  public Lives(String machineId, Models models) {
    this(machineId, models, TYPES);
  }

  Lives(String machineId, Models models, MachineTypes types) {
    this.state = MachineState.empty(machineId);
    this.models = models;
    this.types = types;
  }

  /** A machine that has lived through these events already. */
  public Lives(List<JournalEntry> lived, String machineId, Models models) {
    this(machineId, models);
    for (JournalEntry entry : lived) {
      state = state.apply(entry);
      journal.add(entry);
      clock = entry.stamp().recordedAt();
    }
  }

  public List<JournalEntry> journal() {
    return List.copyOf(journal);
  }

  public MachineState state() {
    return state;
  }

  public void record(List<SubmittedReading> readings) {
    for (SubmittedReading reading : readings) {
      clock = reading.timestamp().isAfter(clock) ? reading.timestamp() : clock;
    }
    decide(
        new MachineCommand.RecordReadings(
            readings,
            "mqtt:demo",
            null,
            TestInbox.<twin.core.machine.MachineReply.Recorded>create().getRef()));
  }

  /** Lets a machine be silent up to some time. */
  void waitUntil(Instant time) {
    clock = time;
    decide(new MachineCommand.Due(MachineCommand.Due.Kind.SILENCE));
  }

  public void maintain() {
    decide(
        new MachineCommand.RecordMaintenance(
            "tool",
            "",
            "anna",
            TestInbox.<twin.core.machine.MachineReply.Changed>create().getRef()));
  }

  private void decide(MachineCommand.Change command) {
    DecisionContext context =
        new DecisionContext(clock, types, models, DecisionContext.Admission.OPEN);
    for (JournalEntry entry : MachineDecisions.decide(state, command, context).events()) {
      state = state.apply(entry);
      journal.add(entry);
    }
  }

  public static SubmittedReading milling(
      String machineId, long seq, Instant time, double torqueNm, double toolWearMin) {
    return new SubmittedReading(
        machineId,
        "milling",
        time,
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

  public static SubmittedReading press(String machineId, long seq, Instant time, double bar) {
    return new SubmittedReading(
        machineId, null, time, seq, null, Map.of("pressure_bar", bar), Map.of());
  }

  /**
   * A model whose score is the torque in so many newton metres, whose failure probability is the
   * wear in 250 min, and whose remaining life is what is left of 250 min.
   */
  public static final class Model implements ModelSession, Models {
    private final String version;
    private final double torqueOfOne;
    private final String runtime;
    private final float error;
    private final double tolerance;

    public Model(String version, double torqueOfOne) {
      this(version, torqueOfOne, "made-up", 0, 0);
    }

    private Model(
        String version, double torqueOfOne, String runtime, float error, double tolerance) {
      this.version = version;
      this.torqueOfOne = torqueOfOne;
      this.runtime = runtime;
      this.error = error;
      this.tolerance = tolerance;
    }

    /** The same bundle on another runtime, where its scores are off by so much. */
    Model onRuntime(String newRuntime, float newError, double newTolerance) {
      return new Model(version, torqueOfOne, newRuntime, newError, newTolerance);
    }

    @Override
    public Optional<ModelSession> champion(String type, String machineId) {
      return type.equals("milling") ? Optional.of(this) : Optional.empty();
    }

    @Override
    public Optional<ModelSession> bundle(String type, String wanted) {
      return wanted.equals(version) ? champion(type, "") : Optional.empty();
    }

    @Override
    public double tolerance() {
      return tolerance;
    }

    @Override
    public ModelProfile profile() {
      return new ModelProfile(
          new ModelRef("milling", version, "ab".repeat(32)),
          List.of("process"),
          List.of(0.61),
          List.of("heat_dissipation", "power", "overstrain", "tool_wear"),
          List.of(0.1, 0.5, 0.9),
          FeatureExtractor.VERSION,
          runtime);
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return readings.stream().map(this::output).toList();
    }

    private ModelOutput output(FeatureVector features) {
      float wear = (float) features.get("tool_wear_min");
      float probability = Math.min(1, wear / 250);
      return new ModelOutput(
          new float[] {(float) (features.get("torque_nm") / torqueOfOne) + error},
          probability,
          new float[] {0, 0, 0, probability},
          new float[] {200 - wear, 250 - wear, 260 - wear});
    }
  }
}
