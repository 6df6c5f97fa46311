package twin.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.machine.TwinChanged;
import twin.core.reading.SubmittedReading;
import twin.core.store.Database;
import twin.core.store.ModelChoice;
import twin.core.store.ModelChoiceTable;
import twin.core.store.TestDatabase;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

final class ModelCatalogueTest {

  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));
  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  private final ActorTestKit kit = ActorTestKit.create();
  private final Config config = TestDatabase.create();
  private final Bundles bundles = new Bundles();
  private volatile Instant now = START;
  private Database database;

  @BeforeEach
  void open() {
    database = TestDatabase.open(config);
  }

  @AfterEach
  void close() {
    database.close();
    kit.shutdownTestKit();
  }

  /** Bundles whose failure probability is given; {@code 1.0.0} decides where nothing is chosen. */
  private static final class Bundles implements Models {
    private final Map<String, Fixed> present = new TreeMap<>();

    Fixed add(String version, float probability) {
      Fixed bundle = new Fixed(version, probability);
      present.put(version, bundle);
      return bundle;
    }

    @Override
    public Optional<ModelSession> champion(String type, String machineId) {
      return type.equals("milling") ? bundle(type, "1.0.0") : Optional.empty();
    }

    @Override
    public Optional<ModelSession> bundle(String type, String version) {
      return Optional.ofNullable(present.get(version));
    }
  }

  private static final class Fixed implements ModelSession {
    private final ModelProfile profile;
    private final float probability;
    private volatile boolean failing;

    Fixed(String version, float probability) {
      this.probability = probability;
      profile =
          new ModelProfile(
              new ModelRef("milling", version, version.repeat(12).substring(0, 40)),
              List.of(),
              List.of(),
              List.of(),
              List.of(),
              FeatureExtractor.VERSION,
              "fixed");
    }

    @Override
    public ModelProfile profile() {
      return profile;
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      if (failing) {
        throw new InferenceException("out of order");
      }
      return readings.stream()
          .map(each -> new ModelOutput(new float[0], probability, new float[0], new float[0]))
          .toList();
    }
  }

  private ModelCatalogue watch(Duration lookEvery) {
    return ModelCatalogue.watch(
        new ModelChoiceTable(database),
        bundles,
        SuppliedFolder.without(),
        new ModelSettings(lookEvery, 5, Duration.ofHours(1), 20, 0.1, 10, 0.2),
        () -> now,
        kit.system());
  }

  private ModelCatalogue watch() {
    return watch(Duration.ofHours(1));
  }

  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static @Nullable String champion(ModelCatalogue catalogue, String machineId) {
    return version(catalogue.champion("milling", machineId));
  }

  private static @Nullable String version(Optional<ModelSession> session) {
    return session.map(open -> open.profile().ref().version()).orElse(null);
  }

  @Test
  void whereNothingIsChosenTheFolderDecides() {
    bundles.add("1.0.0", 0);
    ModelCatalogue catalogue = watch();
    assertThat(champion(catalogue, "m-1")).isEqualTo("1.0.0");
    assertThat(catalogue.champion("pump", "p-1")).isEmpty();
    assertThat(catalogue.shadow("milling", "m-1")).isEmpty();
    assertThat(catalogue.choices("milling")).isEmpty();
  }

  @Test
  void aPromotedBundleDecidesAtOnceAndAfterARestartWithTheOneBeforeInItsShadow() {
    bundles.add("1.0.0", 0);
    bundles.add("1.1.0", 0);
    ModelCatalogue catalogue = watch();
    List<ModelChoice> choices =
        done(catalogue.promote("milling", "1.1.0", List.of(), "anna", "fewer false alarms"));
    assertThat(choices).singleElement().extracting(ModelChoice::previous).isEqualTo("1.0.0");
    for (ModelCatalogue each : List.of(catalogue, watch())) {
      assertThat(champion(each, "m-1")).isEqualTo("1.1.0");
      assertThat(version(each.shadow("milling", "m-1"))).isEqualTo("1.0.0");
    }
    assertThat(done(catalogue.promote("milling", "1.1.0", List.of(), "anna", "")))
        .as("once is enough")
        .isEqualTo(catalogue.choices("milling"));
    done(catalogue.rollback("milling", List.of(), "bert", "it was better"));
    assertThat(champion(catalogue, "m-1")).isEqualTo("1.0.0");
    assertThat(catalogue.shadow("milling", "m-1")).isEmpty();
    assertThat(done(catalogue.changes("milling", 10)))
        .extracting(ModelChoice::changedBy, ModelChoice::reason)
        .containsExactlyInAnyOrder(
            tuple("anna", "fewer false alarms"), tuple("bert", "it was better"));
  }

  @Test
  void aMachineCanHaveABundleOfItsOwn() {
    bundles.add("1.0.0", 0);
    bundles.add("1.1.0", 0);
    bundles.add("2.0.0", 0);
    ModelCatalogue catalogue = watch();
    done(catalogue.promote("milling", "2.0.0", List.of("m-1", "m-2"), "anna", "a trial"));
    done(catalogue.promote("milling", "1.1.0", List.of(), "anna", ""));
    done(catalogue.shadow("milling", "2.0.0", List.of("m-3"), "anna", ""));
    assertThat(champion(catalogue, "m-1")).isEqualTo("2.0.0");
    assertThat(champion(catalogue, "m-3")).isEqualTo("1.1.0");
    assertThat(version(catalogue.shadow("milling", "m-3"))).isEqualTo("2.0.0");
    assertThat(champion(catalogue, "m-9")).isEqualTo("1.1.0");
    done(catalogue.rollback("milling", List.of("m-1"), "anna", ""));
    assertThat(champion(catalogue, "m-1")).isEqualTo("1.0.0");
  }

  @Test
  void whatCannotBeIsRefused() {
    bundles.add("1.0.0", 0);
    bundles.add("1.1.0", 0);
    ModelCatalogue catalogue = watch();
    refuses(() -> catalogue.promote("milling", "9.9.9", List.of(), "anna", ""), "be opened");
    refuses(() -> catalogue.rollback("milling", List.of(), "anna", ""), "promote the one");
    refuses(() -> catalogue.shadow("milling", "1.0.0", List.of(), "anna", ""), "decides already");
    List<String> many = List.of("a", "b", "c", "d", "e", "f");
    refuses(() -> catalogue.promote("milling", "1.1.0", many, "anna", ""), "choices-max");
    ModelCatalogue late = watch();
    done(catalogue.promote("milling", "1.1.0", List.of(), "anna", ""));
    assertThatThrownBy(() -> done(late.shadow("milling", "1.1.0", List.of(), "bert", "")))
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(ModelCatalogue.RefusedException.class);
    assertThat(champion(late, "m-1")).as("it has looked again").isEqualTo("1.1.0");
  }

  private static void refuses(Runnable change, String advice) {
    assertThatThrownBy(change::run)
        .isInstanceOf(ModelCatalogue.RefusedException.class)
        .hasMessageContaining(advice);
  }

  @Test
  void anotherNodeHearsOfIt() {
    bundles.add("1.0.0", 0);
    bundles.add("1.1.0", 0);
    ModelCatalogue there = watch(Duration.ofMillis(50));
    done(watch().promote("milling", "1.1.0", List.of(), "anna", ""));
    eventually(() -> assertThat(champion(there, "m-1")).isEqualTo("1.1.0"));
  }

  @Test
  void aChampionThatFailsIsTakenBack() {
    bundles.add("1.0.0", 0);
    Fixed bad = bundles.add("1.1.0", 0);
    bad.failing = true;
    ModelCatalogue catalogue = watch(Duration.ofMillis(50));
    done(catalogue.promote("milling", "1.1.0", List.of(), "anna", ""));
    live(catalogue, 30);
    eventually(() -> assertThat(champion(catalogue, "m-1")).isEqualTo("1.0.0"));
    assertThat(done(catalogue.changes("milling", 1)).getFirst().reason())
        .contains("failed on 100.0 %");
  }

  @Test
  void aChampionThatJudgesOtherwiseIsTakenBack() {
    bundles.add("1.0.0", 0.1f);
    bundles.add("1.1.0", 0.9f);
    ModelCatalogue catalogue = watch(Duration.ofMillis(50));
    done(catalogue.promote("milling", "1.1.0", List.of(), "anna", ""));
    live(catalogue, 30);
    eventually(() -> assertThat(champion(catalogue, "m-1")).isEqualTo("1.0.0"));
    ModelChoice change = done(catalogue.changes("milling", 1)).getFirst();
    assertThat(change.reason()).contains("otherwise");
    assertThat(change.changedBy()).isEqualTo("program");
  }

  @Test
  void aChampionThatDoesWellStaysAndItsShadowGoes() {
    bundles.add("1.0.0", 0.1f);
    bundles.add("1.1.0", 0.2f);
    ModelCatalogue catalogue = watch(Duration.ofMillis(50));
    done(catalogue.promote("milling", "1.1.0", List.of(), "anna", ""));
    live(catalogue, 30);
    assertThat(version(catalogue.shadow("milling", "m-1"))).isEqualTo("1.0.0");
    now = START.plus(Duration.ofHours(2));
    eventually(() -> assertThat(catalogue.shadow("milling", "m-1")).isEmpty());
    assertThat(champion(catalogue, "m-1")).isEqualTo("1.1.0");
  }

  /** A machine that sends readings, judged by what the catalogue says. */
  private void live(ModelCatalogue catalogue, int readings) {
    MachineState state = MachineState.empty("m-1");
    for (int i = 1; i <= readings; i++) {
      SubmittedReading reading =
          new SubmittedReading(
              "m-1",
              "milling",
              START.plusSeconds(i),
              (long) i,
              null,
              Map.of("air_temp_k", 298.1, "rpm", 1500.0, "torque_nm", 40.0 + i % 3),
              Map.of());
      MachineDecisions.Decided decided =
          MachineDecisions.decide(
              state,
              new MachineCommand.RecordReadings(
                  List.of(reading), "test", null, kit.system().<MachineReply.Recorded>ignoreRef()),
              new DecisionContext(
                  START.plusSeconds(i), TYPES, catalogue, DecisionContext.Admission.OPEN));
      List<MachineState> states = new ArrayList<>(List.of(state));
      decided.events().forEach(entry -> states.add(states.getLast().apply(entry)));
      state = states.getLast();
      catalogue.accept(new TwinChanged(state, decided.events()));
    }
  }

  private void eventually(Runnable assertion) {
    TestProbe<Void> probe = kit.createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(20),
        () -> {
          assertion.run();
          return null;
        });
  }
}
