package twin.core.drift;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.DoubleSupplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.history.MachineJournal;
import twin.core.inference.BundleManifest;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.inference.StoredBundle;
import twin.core.machine.DecisionContext;
import twin.core.machine.EventCodec;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.core.reading.SubmittedReading;
import twin.core.store.AlertFollower;
import twin.core.store.AlertRow;
import twin.core.store.Database;
import twin.core.store.DriftTable;
import twin.core.store.EventStore;
import twin.core.store.TestDatabase;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.core.type.Severity;

/** Forty machines on two nodes with one database. */
final class DriftWatchTest {

  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));
  private static final Instant START = Instant.parse("2025-11-07T00:00:00Z");
  private static final DriftSettings SETTINGS =
      new DriftSettings(
          Duration.ofHours(24),
          Duration.ofMinutes(1),
          1_000_000_000,
          0.1,
          0.25,
          480,
          Severity.MEDIUM);
  private static final int MACHINES = 40;

  private final ActorTestKit kit = ActorTestKit.create();
  private final Config config = TestDatabase.create();
  private final Random random = new Random(3);
  private final Bundle bundle = new Bundle();
  private final List<AlertRow> told = new ArrayList<>();
  private final Map<String, MachineState> machines = new HashMap<>();
  private final Map<String, List<JournalEntry>> journals = new HashMap<>();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private volatile Instant now = START;
  private Database database;
  private List<DriftWatch> nodes;

  @BeforeEach
  void open() {
    database = TestDatabase.open(config);
    nodes = List.of(node(), node());
  }

  private DriftWatch node() {
    AlertFollower follower = (transaction, after, change) -> told.add(after);
    return new DriftWatch(
        new DriftTable(database, SETTINGS.slot()),
        bundle,
        SETTINGS,
        () -> now,
        List.of(follower),
        meters);
  }

  @AfterEach
  void close() {
    database.close();
    kit.shutdownTestKit();
  }

  /** Gives no alarm; its score is a twentieth of the torque. */
  private static final class Bundle implements Models, ModelSession {

    private static final BundleManifest.Input TORQUE =
        BundleManifest.Input.of(
            "torque_nm", "Nm", 1, new Random(1).doubles(2_000, 30, 50).toArray());

    @Override
    public Optional<ModelSession> champion(String type, String machineId) {
      return type.equals("milling") ? Optional.of(this) : Optional.empty();
    }

    @Override
    public List<StoredBundle> stored() {
      BundleManifest manifest =
          new BundleManifest(
              "milling",
              "1.0.0",
              1,
              List.of(TORQUE, new BundleManifest.Input("variant_l", "", 1, 0, 1, 1)),
              List.of(),
              List.of(
                  new BundleManifest.Part(
                      BundleManifest.Role.ANOMALY,
                      "gate.onnx",
                      List.of("torque_nm"),
                      BundleManifest.Sequence.NONE,
                      List.of("process"))),
              Map.of("process", 10.0),
              0,
              new BundleManifest.Training("made up", "ab".repeat(32), 2_000, 1),
              JsonNodeFactory.instance.objectNode(),
              List.of(new BundleManifest.BundleFile("gate.onnx", 1, "ab".repeat(32))));
      return List.of(
          new StoredBundle("milling", "1.0.0", "ab".repeat(32), true, true, false, manifest, ""));
    }

    @Override
    public ModelProfile profile() {
      return new ModelProfile(
          new ModelRef("milling", "1.0.0", "ab".repeat(20)),
          List.of("process"),
          List.of(10.0),
          List.of(),
          List.of(),
          FeatureExtractor.VERSION,
          "fixed");
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return readings.stream()
          .map(
              each ->
                  new ModelOutput(
                      new float[] {(float) (each.get("torque_nm") / 20)},
                      Float.NaN,
                      new float[0],
                      new float[0]))
          .toList();
    }
  }

  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private void record(DriftWatch node, String machineId, Map<String, Double> numbers) {
    MachineState state = machines.getOrDefault(machineId, MachineState.empty(machineId));
    SubmittedReading reading =
        new SubmittedReading(
            machineId, "milling", now, state.readings() + 1, null, numbers, Map.of());
    MachineDecisions.Decided decided =
        MachineDecisions.decide(
            state,
            new MachineCommand.RecordReadings(
                List.of(reading), "test", null, kit.system().<MachineReply.Recorded>ignoreRef()),
            new DecisionContext(now, TYPES, bundle, DecisionContext.Admission.OPEN));
    for (JournalEntry entry : decided.events()) {
      state = state.apply(entry);
      journals.computeIfAbsent(machineId, id -> new ArrayList<>()).add(entry);
    }
    machines.put(machineId, state);
    node.accept(new TwinChanged(state, decided.events()));
  }

  /** All machines, every half hour; the nodes look every other hour. */
  private void live(int hours, DoubleSupplier torqueNm) {
    for (int half = 0; half < 2 * hours; half++) {
      now = now.plus(Duration.ofMinutes(30));
      for (int machine = 0; machine < MACHINES; machine++) {
        Map<String, Double> numbers = Map.of("torque_nm", torqueNm.getAsDouble(), "rpm", 1500.0);
        record(nodes.get(machine % 2), "m-" + machine, numbers);
      }
      // The first look begins to count.
      if (half == 0 || half % 4 == 3 || half == 2 * hours - 1) {
        nodes.forEach(node -> done(node.look()));
      }
    }
  }

  private double usual() {
    return random.nextDouble(30, 50);
  }

  private Drift of(String name) {
    return done(nodes.getFirst().ofType("milling")).drifts().stream()
        .filter(drift -> drift.measure().name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void isFoundInWhatAllNodesHaveCountedAndToldOnce() {
    live(1, this::usual);
    assertThat(of("torque_nm").verdict())
        .as("a part of a window says nothing")
        .isEqualTo(Drift.Verdict.UNKNOWN);
    assertThat(of("torque_nm").divergence().psi()).isNotNaN();
    assertThat(of("anomaly_score").divergence().psi()).as("nothing to compare with").isNaN();

    live(29, this::usual);
    assertThat(of("torque_nm").verdict()).isEqualTo(Drift.Verdict.NONE);
    assertThat(of("torque_nm").reference()).isEqualTo(Drift.Reference.TRAINING);
    // What is counted goes to the slot in which it is added, and the window is made of whole slots.
    assertThat(of("torque_nm").divergence().readings()).isBetween(22L * 80, 26L * 80);
    assertThat(of("anomaly_score").verdict()).isEqualTo(Drift.Verdict.NONE);
    assertThat(of("anomaly_score").reference()).isEqualTo(Drift.Reference.FIRST_WINDOW);
    assertThat(done(nodes.get(1).ofType("milling")).drifts())
        .as("the other node says the same")
        .isEqualTo(done(nodes.get(0).ofType("milling")).drifts());
    assertThat(told).isEmpty();

    live(12, () -> usual() + 12);
    Drift drifted = of("torque_nm");
    assertThat(drifted.verdict()).isEqualTo(Drift.Verdict.DRIFT);
    assertThat(drifted.since()).isAfter(START.plus(Duration.ofHours(30)));
    assertThat(of("anomaly_score").verdict()).isEqualTo(Drift.Verdict.DRIFT);
    assertThat(told)
        .extracting(AlertRow::alertId)
        .as("each once, though both nodes look")
        .containsExactlyInAnyOrder(
            "drift:milling:1.0.0:torque_nm", "drift:milling:1.0.0:anomaly_score");
    assertThat(meters.get("twin.model.drift").tag("input", "torque_nm").gauge().value())
        .isGreaterThan(0.25);

    live(26, this::usual);
    assertThat(of("torque_nm").verdict()).isEqualTo(Drift.Verdict.NONE);
    assertThat(told.subList(2, told.size()))
        .extracting(AlertRow::state)
        .containsExactly("normal", "normal");
  }

  @Test
  void whatIsTooOldGoes() {
    live(2, this::usual);
    now = now.plus(Duration.ofDays(3));
    nodes.forEach(node -> done(node.look()));

    assertThat(done(nodes.getFirst().ofType("milling")).drifts()).isEmpty();
    assertThat(done(new DriftTable(database, SETTINGS.slot()).since("", 0))).isEmpty();
  }

  @Test
  void anInputOfWhichNothingIsKnownIsLeftOut() {
    live(1, this::usual);

    assertThat(done(nodes.getFirst().ofType("milling")).drifts())
        .extracting(drift -> drift.measure().name())
        .containsExactly("torque_nm", "anomaly_score");
    assertThat(done(nodes.getFirst().ofType("pump")).drifts()).isEmpty();
  }

  @Test
  void qualityIsThatOfWhatWasSent() {
    live(1, this::usual);
    for (int i = 0; i < 48; i++) {
      now = now.plus(Duration.ofMinutes(i % 2 == 0 ? 20 : 10));
      record(nodes.getFirst(), "m-0", i < 24 ? Map.of("rpm", 1500.0) : Map.of("rpm", -5.0));
    }
    nodes.forEach(node -> done(node.look()));

    Quality quality = done(nodes.getFirst().ofType("milling")).quality();
    Quality.OfChannel rpm = channel(quality, "rpm");
    Quality.OfChannel torque = channel(quality, "torque_nm");
    // The first reading of each node only made it look into the manifest.
    assertThat(rpm.readings()).isGreaterThanOrEqualTo(48);
    assertThat(rpm.outOfRange()).isEqualTo(24);
    assertThat(rpm.missing()).isZero();
    assertThat(torque.missing()).isEqualTo(48);
    assertThat(torque.good()).isLessThan(0.8);
    assertThat(quality.interval().meanSeconds()).isBetween(600.0, 1200.0);
    assertThat(quality.interval().jitter()).isGreaterThan(0.2);
  }

  private static Quality.OfChannel channel(Quality quality, String name) {
    return quality.channels().stream()
        .filter(channel -> channel.channel().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void ofOneMachineIsWorkedOutFromItsJournal() {
    for (int i = 0; i < 500; i++) {
      now = now.plusSeconds(200);
      record(nodes.getFirst(), "m-1", Map.of("torque_nm", usual(), "rpm", 1500.0));
      record(nodes.getFirst(), "m-2", Map.of("torque_nm", usual() + 15, "rpm", 1500.0));
    }

    DriftReport clean = ofMachine("m-1");
    assertThat(clean.verdict()).isLessThan(Drift.Verdict.DRIFT);
    assertThat(clean.machineId()).isEqualTo("m-1");
    assertThat(clean.readings()).isBetween(440L, 480L);
    assertThat(channel(clean.quality(), "torque_nm").good()).isEqualTo(1);
    assertThat(clean.quality().interval().meanSeconds()).isEqualTo(200);
    assertThat(clean.quality().interval().jitter()).isZero();
    DriftReport shifted = ofMachine("m-2");
    assertThat(shifted.verdict()).isEqualTo(Drift.Verdict.DRIFT);
    assertThat(shifted.drifts().getFirst().since()).isNull();
  }

  private DriftReport ofMachine(String machineId) {
    MachineState state = machines.get(machineId);
    assertThat(state).isNotNull();
    MachineJournal journal = new MachineJournal(kit.system(), new Kept(), Duration.ofSeconds(10));
    return done(new MachineDrift(journal, nodes.getFirst(), SETTINGS, kit.system()).of(state));
  }

  /** What was decided, in memory. */
  private final class Kept implements EventStore {
    @Override
    public CompletionStage<List<Stored>> events(
        String persistenceId, long first, long last, int most) {
      List<JournalEntry> all =
          journals.getOrDefault(persistenceId.replaceFirst(".*\\|", ""), List.of());
      List<Stored> page = new ArrayList<>();
      for (long revision = first;
          revision <= Math.min(last, all.size()) && page.size() < most;
          revision++) {
        JournalEntry entry = all.get((int) revision - 1);
        page.add(new Stored(revision, EventCodec.manifestOf(entry.event()), entry.encoded()));
      }
      return CompletableFuture.completedStage(page);
    }

    @Override
    public CompletionStage<Optional<Stored>> snapshot(String persistenceId, long revision) {
      return CompletableFuture.completedStage(Optional.<Stored>empty());
    }
  }
}
