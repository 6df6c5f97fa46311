package twin.core.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.inference.ModelSession;
import twin.core.inference.StoredBundle;

final class ModelFolderTest {
  private static final OnnxSettings SETTINGS = OnnxSettings.defaults();

  @TempDir Path folder;

  @Test
  void theLastGoodVersionDecidesWhereNewerOnesAreBroken() throws Exception {
    bundle("1.0.0");
    bundle("1.1.0");
    Path empty = Files.createDirectories(folder.resolve("made/1.3.0"));
    Path changed = bundle("1.2.0");
    MadeBundle.replace(changed, MadeBundle.GATE, MadeBundle.trees(MadeBundle.GATE_PART, 7));
    assertThat(empty).isEmptyDirectory();
    assertThat(champion()).isEqualTo("made:1.1.0");
    Files.delete(folder.resolve("made/1.1.0/gate.onnx"));
    assertThat(champion()).isEqualTo("made:1.0.0");
  }

  @Test
  void versionsCountByTheirNumbers() throws Exception {
    bundle("1.9.0");
    bundle("1.10.0");
    assertThat(champion()).isEqualTo("made:1.10.0");
  }

  @Test
  void severalFoldersAreOne() throws Exception {
    bundle("1.0.0");
    MadeBundle.write(folder.resolve("fetched/made/1.1.0"), "1.1.0");
    try (ModelFolder models =
        ModelFolder.open(List.of(folder, folder.resolve("fetched")), SETTINGS)) {
      assertThat(models.champion("made", "").orElseThrow().profile().ref().version())
          .isEqualTo("1.1.0");
      assertThat(models.bundle("made", "1.0.0")).isPresent();
      assertThat(models.stored())
          .filteredOn(bundle -> bundle.type().equals("made"))
          .extracting(StoredBundle::version)
          .containsExactly("1.1.0", "1.0.0");
    }
  }

  @Test
  void aTypeAllOfWhoseBundlesAreBrokenHasNone() throws Exception {
    Files.delete(bundle("1.0.0").resolve("golden.json"));
    try (ModelFolder models = ModelFolder.open(folder, SETTINGS)) {
      assertThat(models.judges("made")).isFalse();
      assertThat(models.champion("made", "machine-001")).isEmpty();
      assertThat(models.profiles()).isEqualTo(List.of());
    }
    try (ModelFolder models = ModelFolder.open(folder.resolve("nowhere"), SETTINGS)) {
      assertThat(models.profiles()).isEqualTo(List.of());
    }
  }

  @Test
  void listsEveryBundleAndSaysWhichCannotBeRead() throws Exception {
    bundle("1.0.0");
    bundle("1.10.0");
    try (ModelFolder models = ModelFolder.open(folder, SETTINGS)) {
      Files.writeString(bundle("1.9.0").resolve("manifest.json"), "{");
      assertThat(models.stored())
          .extracting(StoredBundle::version)
          .containsExactly("1.10.0", "1.9.0", "1.0.0");
      StoredBundle champion = models.stored().getFirst();
      assertThat(champion.champion()).isTrue();
      assertThat(champion.loaded()).isTrue();
      assertThat(champion.sha256()).isEqualTo(models.profiles().getFirst().ref().sha256());
      assertThat(models.stored().get(1).trouble()).contains("manifest is not well formed");
      assertThat(models.stored().get(2).loaded()).isFalse();
      assertThat(models.bundle("made", "1.0.0")).isPresent();
      assertThat(models.stored().get(2).loaded()).isTrue();
      assertThat(models.stored().get(2).champion()).isFalse();
    }
  }

  private Path bundle(String version) throws Exception {
    return MadeBundle.write(folder.resolve("made").resolve(version), version);
  }

  private String champion() {
    try (ModelFolder models = ModelFolder.open(folder, SETTINGS)) {
      ModelSession session = models.champion("made", "machine-001").orElseThrow();
      return session.profile().ref().label();
    }
  }
}
