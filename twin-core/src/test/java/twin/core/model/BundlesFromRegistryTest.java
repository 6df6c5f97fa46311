package twin.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.inference.BundleName;
import twin.core.inference.onnx.MadeBundle;
import twin.core.inference.onnx.ModelFolder;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.registry.BundleSupply;
import twin.core.registry.BundleSupply.Synced;
import twin.core.registry.FolderRegistry;
import twin.core.registry.Pointer;
import twin.core.store.Database;
import twin.core.store.ModelChoice;
import twin.core.store.ModelChoiceTable;
import twin.core.store.TestDatabase;

/** A node whose folder has 1.0.0 of a type, and a registry that has more. */
final class BundlesFromRegistryTest {

  private static final Duration OFTEN = Duration.ofMillis(20);
  private static final Duration NEVER = Duration.ofHours(1);
  private static final BundleName SECOND = new BundleName("made", "1.1.0");

  @TempDir Path scratch;

  private final ActorTestKit kit = ActorTestKit.create();
  private final ExecutorService blocking = Executors.newSingleThreadExecutor();
  private final Config config = TestDatabase.create();
  private volatile Instant now = Instant.parse("2025-11-07T15:00:00Z");
  private Database database;
  private ModelFolder models;
  private FolderRegistry registry;

  @BeforeEach
  void open() throws Exception {
    database = TestDatabase.open(config);
    MadeBundle.write(scratch.resolve("node/made/1.0.0"), "1.0.0");
    MadeBundle.write(scratch.resolve("shared/made/1.0.0"), "1.0.0");
    MadeBundle.write(scratch.resolve("shared/made/1.1.0"), "1.1.0");
    models = ModelFolder.open(scratch.resolve("node"), OnnxSettings.defaults());
    registry = SuppliedFolder.folder(scratch.resolve("shared"));
  }

  @AfterEach
  void close() {
    kit.shutdownTestKit();
    blocking.shutdownNow();
    models.close();
    database.close();
  }

  private ModelCatalogue watch(Duration lookEvery, long folderBytesMax) {
    BundleSupply supply =
        SuppliedFolder.of(
            Optional.of(registry), scratch.resolve("node"), folderBytesMax, () -> now, blocking);
    return ModelCatalogue.watch(
        new ModelChoiceTable(database),
        models,
        supply,
        new ModelSettings(lookEvery, 5, Duration.ofHours(1), 20, 0.1, 10, 0.2),
        () -> now,
        kit.system());
  }

  private ModelCatalogue watch(Duration lookEvery) {
    return watch(lookEvery, 1 << 20);
  }

  /** Another node, which has the bundle, promotes it. */
  private void promotedElsewhere(String version) {
    ModelChoice choice =
        new ModelChoice(
            "made", "", version, "1.0.0", "1.0.0", now.plusSeconds(60), 0, now, "another", "");
    assertThat(done(new ModelChoiceTable(database).put(List.of(choice)))).isTrue();
  }

  private static <T> T done(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private static String champion(ModelCatalogue catalogue) {
    return catalogue.champion("made", "").orElseThrow().profile().ref().version();
  }

  private void eventually(Runnable check) {
    kit.<Object>createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(10),
            Duration.ofMillis(20),
            () -> {
              check.run();
              return true;
            });
  }

  private void damage(Path bundle) throws Exception {
    Path gate = bundle.resolve(MadeBundle.GATE);
    byte[] bytes = Files.readAllBytes(gate);
    bytes[bytes.length / 2] ^= 1;
    Files.write(gate, bytes);
  }

  @Test
  void aNodeThatStartsFetchesWhatWasChosenBeforeItJudges() {
    promotedElsewhere("1.1.0");
    ModelCatalogue catalogue = watch(NEVER);
    assertThat(champion(catalogue)).isEqualTo("1.1.0");
    assertThat(catalogue.missing()).isEmpty();
    assertThat(scratch.resolve("node/made/1.1.0/golden.json")).exists();
  }

  @Test
  void aNodeThatRunsFetchesWhatIsPromotedElsewhere() {
    ModelCatalogue catalogue = watch(OFTEN);
    assertThat(champion(catalogue)).isEqualTo("1.0.0");
    promotedElsewhere("1.1.0");
    eventually(() -> assertThat(champion(catalogue)).isEqualTo("1.1.0"));
    assertThat(catalogue.shadow("made", "").orElseThrow().profile().ref().version())
        .isEqualTo("1.0.0");
  }

  @Test
  void whatAnotherNodeHasPutIntoASharedFolderIsTakenOver() throws Exception {
    Path there = scratch.resolve("shared/made/1.1.0");
    Path aside = Files.move(there, scratch.resolve("aside"));
    ModelCatalogue catalogue = watch(OFTEN);
    promotedElsewhere("1.1.0");
    eventually(() -> assertThat(catalogue.missing()).containsOnlyKeys(SECOND));
    Files.move(aside, scratch.resolve("node/made/1.1.0"));
    eventually(() -> assertThat(champion(catalogue)).isEqualTo("1.1.0"));
    assertThat(catalogue.missing()).isEmpty();
  }

  @Test
  void whatIsDamagedInTheStoreIsRefusedAndTheChampionStays() throws Exception {
    Path stored = scratch.resolve("shared/made/1.1.0");
    damage(stored);
    ModelCatalogue catalogue = watch(OFTEN);
    promotedElsewhere("1.1.0");
    eventually(
        () ->
            assertThat(catalogue.missing().getOrDefault(SECOND, ""))
                .contains("gate.onnx is not the file whose sha256 the manifest says"));
    assertThat(champion(catalogue)).isEqualTo("1.0.0");
    assertThat(scratch.resolve("node/made/1.1.0")).doesNotExist();
    // Once it is mended in the store it comes by itself, after a while.
    damage(stored);
    now = now.plus(Duration.ofMinutes(2));
    eventually(() -> assertThat(champion(catalogue)).isEqualTo("1.1.0"));
    assertThat(catalogue.missing()).isEmpty();
  }

  @Test
  void whatAnswersOtherwiseThanItsGoldenFileIsRefusedToo() throws Exception {
    MadeBundle.replace(
        scratch.resolve("shared/made/1.1.0"),
        MadeBundle.GATE,
        MadeBundle.trees(MadeBundle.GATE_PART, 7));
    promotedElsewhere("1.1.0");
    ModelCatalogue catalogue = watch(NEVER);
    assertThat(champion(catalogue)).isEqualTo("1.0.0");
    assertThat(catalogue.missing().get(SECOND)).contains("for a golden input");
  }

  @Test
  void syncBringsWhatIsGoodAndWhatDecidesGoesOn() throws Exception {
    MadeBundle.write(scratch.resolve("shared/made/1.2.0"), "1.2.0");
    damage(scratch.resolve("shared/made/1.2.0"));
    ModelCatalogue catalogue = watch(NEVER);
    Synced synced = done(catalogue.sync("somebody", share -> {}, () -> false));
    assertThat(synced.fetched()).containsExactly(SECOND);
    assertThat(synced.refused()).containsOnlyKeys(new BundleName("made", "1.2.0"));
    assertThat(champion(catalogue)).isEqualTo("1.0.0");
    assertThat(registry.pointed("made", Pointer.CHAMPION)).contains("1.0.0");
    assertThat(done(catalogue.changes("made", 10)))
        .extracting(ModelChoice::changedBy)
        .containsExactly("somebody");
    // After the next start too, although the folder has a higher version now.
    models.close();
    models = ModelFolder.open(scratch.resolve("node"), OnnxSettings.defaults());
    ModelCatalogue restarted = watch(NEVER);
    assertThat(champion(restarted)).isEqualTo("1.0.0");
    done(restarted.promote("made", "1.1.0", List.of(), "somebody", ""));
    assertThat(champion(restarted)).isEqualTo("1.1.0");
    done(restarted.sync("somebody", share -> {}, () -> false));
    assertThat(registry.pointed("made", Pointer.CHAMPION)).contains("1.1.0");
    assertThat(registry.pointed("made", Pointer.SHADOW)).contains("1.0.0");
  }

  @Test
  void aFolderThatIsFullTakesNoMoreAndGivesNothingUp() {
    ModelCatalogue catalogue = watch(NEVER, 10);
    Synced synced = done(catalogue.sync("somebody", share -> {}, () -> false));
    assertThat(synced.fetched()).isEmpty();
    assertThat(synced.refused().get(SECOND)).contains("folder-bytes-max");
    assertThat(scratch.resolve("node/made/1.0.0")).exists();
  }

  @Test
  void withoutARegistryThereIsNothingToFetch() {
    ModelCatalogue catalogue =
        ModelCatalogue.watch(
            new ModelChoiceTable(database),
            models,
            SuppliedFolder.without(),
            new ModelSettings(NEVER, 5, Duration.ofHours(1), 20, 0.1, 10, 0.2),
            () -> now,
            kit.system());
    assertThatThrownBy(() -> catalogue.sync("somebody", share -> {}, () -> false))
        .isInstanceOf(ModelCatalogue.RefusedException.class)
        .hasMessageContaining("twin.models.registry");
  }
}
