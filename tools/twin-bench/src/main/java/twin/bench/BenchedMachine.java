package twin.bench;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertBook;
import twin.core.alert.AlertPolicy;
import twin.core.alert.Observation;
import twin.core.feature.Calibration;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.inference.Assessment;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.Definition;
import twin.core.machine.HealthRule;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.reading.Reading;
import twin.core.reading.SubmittedReading;
import twin.core.reading.Times;
import twin.core.type.FeatureSpec;
import twin.core.type.MachineType;
import twin.core.type.MachineTypes;

/**
 * A machine of one type that runs well, taken through commissioning and then through some readings
 * more. From there on the parts of an assessment can be asked one by one, with what these readings
 * gave, and whole assessments go on from the last one. Not thread-safe.
 */
final class BenchedMachine implements AutoCloseable {

  /** So many readings it has at least seen before anything is measured. */
  static final int WARM_UP_READINGS = 60;

  /** A power of two, so that going round is cheap. Enough that no two in a row take one path. */
  private static final int KEPT = 64;

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final long SEED = 1;

  private final MachineType type;
  private final ModelSession session;
  private final MachineTypes types;
  private final Models models;
  private final List<Map<String, Double>> numbers;
  private final Map<String, String> texts;
  // Only for the address that nobody listens at: a command must say where its answer goes.
  private final ActorSystem<Void> nobody;

  private final List<Reading> readings = new ArrayList<>();
  private final List<List<FeatureVector>> vectors = new ArrayList<>();
  private final List<Assessment> assessments = new ArrayList<>();
  private final MachineState warm;
  private final Definition definition;
  private final ModelProfile profile;
  private final double[] thresholds;
  private final long afterWarmUpNanos;

  private MachineState state;
  private long seq;
  private int turn;

  /**
   * A machine, warmed up.
   *
   * @throws IllegalStateException when its readings are not assessed in the end
   */
  BenchedMachine(MachineType type, MachineTypes types, UsualValues usual, ModelSession session) {
    this.type = type;
    this.types = types;
    this.numbers = numbers(usual, new Random(SEED));
    this.texts = texts(type);
    this.session = session;
    this.models = (name, machineId) -> Optional.of(session);
    this.nobody =
        ActorSystem.create(
            Behaviors.empty(),
            "benched",
            ConfigFactory.parseString("pekko.actor.provider = local, pekko.loglevel = WARNING")
                .withFallback(ConfigFactory.load()));
    this.state = MachineState.empty("machine-001");
    int warmUp = Math.max(WARM_UP_READINGS, type.commissioningReadings());
    for (int i = 0; i < warmUp; i++) {
      assess();
    }
    for (int i = 0; i < KEPT; i++) {
      keep(assess());
    }
    this.warm = state;
    this.definition = present(state.definition());
    this.profile = present(state.model());
    this.thresholds = state.thresholds();
    this.afterWarmUpNanos = Times.toNanos(START.plusSeconds(seq + 1));
  }

  private static <T> T present(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("a machine that has readings has a definition and a model");
    }
    return part;
  }

  private void keep(MachineState after) {
    MachineState.Latest latest = after.latest();
    FeatureVector features = after.features();
    Assessment assessment = latest == null ? null : latest.reading().assessment();
    if (latest == null || features == null || assessment == null || !assessment.judgesAnything()) {
      throw new IllegalStateException(
          "the readings of type %s are not assessed%s"
              .formatted(
                  type.name(),
                  assessment == null || assessment.isAvailable()
                      ? ""
                      : ": " + assessment.unavailableReason()));
    }
    readings.add(latest.reading().reading());
    vectors.add(List.of(features));
    assessments.add(assessment);
  }

  private int next() {
    turn = (turn + 1) & (KEPT - 1);
    return turn;
  }

  /** The features of one reading more, as a decision computes them. */
  long features() {
    Reading reading = readings.get(next());
    FeatureExtractor features = definition.features();
    double[] columns = features.columnsOf(reading);
    ReadingWindow window = warm.window().with(afterWarmUpNanos, warm.readings(), columns);
    Calibration calibration = warm.calibration().with(columns, features);
    return features.extract(reading, window, calibration).hash();
  }

  /** What the bundle says of one reading's features. */
  List<ModelOutput> inference() {
    return session.run(vectors.get(next()));
  }

  /** What follows from one assessment. */
  record Consequences(List<AlertPolicy.Change> changes, MachineEvent.HealthChanged health) {}

  /** Alerts and health after one assessment. */
  Consequences policy() {
    int kept = next();
    Observation seen =
        new Observation(
            type,
            readings.get(kept),
            true,
            0,
            assessments.get(kept),
            profile,
            thresholds,
            warm.window());
    AlertBook book = AlertPolicy.counted(warm.alerts(), type.alertRules(), seen);
    return new Consequences(
        AlertPolicy.changes(book, type.alertRules()), HealthRule.of(warm, false));
  }

  /** One reading more: decided, encoded and applied, as a twin does it but for the database. */
  MachineState assess() {
    return assess(1);
  }

  /** Some readings more, in one command. */
  MachineState assess(int count) {
    for (JournalEntry entry : decide(count)) {
      state = state.apply(entry);
    }
    return state;
  }

  private List<JournalEntry> decide(int count) {
    List<SubmittedReading> readings = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      seq++;
      readings.add(reading(START.plusSeconds(seq)));
    }
    MachineCommand.RecordReadings command =
        new MachineCommand.RecordReadings(readings, "bench", null, nobody.ignoreRef());
    DecisionContext context =
        new DecisionContext(
            readings.getLast().timestamp(), types, models, DecisionContext.Admission.OPEN);
    return MachineDecisions.decide(state, command, context).events();
  }

  /** Bytes of the events of some readings more, which are applied. */
  int encodedLength(int count) {
    int length = 0;
    for (JournalEntry entry : decide(count)) {
      length += entry.encodedLength();
      state = state.apply(entry);
    }
    return length;
  }

  private SubmittedReading reading(Instant at) {
    return new SubmittedReading(
        "machine-001", type.name(), at, seq, null, numbers.get(next()), texts);
  }

  private static List<Map<String, Double>> numbers(UsualValues usual, Random random) {
    List<Map<String, Double>> numbers = new ArrayList<>();
    for (int i = 0; i < KEPT; i++) {
      Map<String, Double> values = new HashMap<>();
      for (UsualValues.OfChannel channel : usual.channels()) {
        values.put(channel.name(), channel.value() + channel.spread() * random.nextGaussian());
      }
      numbers.add(Map.copyOf(values));
    }
    return numbers;
  }

  /** For each attribute the first value that a feature asks for. */
  private static Map<String, String> texts(MachineType type) {
    Map<String, String> texts = new HashMap<>();
    for (FeatureSpec feature : type.features()) {
      if (feature.kind() == FeatureSpec.Kind.ATTRIBUTE) {
        texts.putIfAbsent(feature.inputs().getFirst(), feature.value());
      }
    }
    return Map.copyOf(texts);
  }

  /** How many readings it has had. */
  long readingsSoFar() {
    return state.readings();
  }

  @Override
  public void close() {
    nobody.terminate();
  }
}
