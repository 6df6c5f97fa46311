package twin.core.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import twin.core.inference.BundleName;
import twin.core.registry.RegistryException.Reason;

final class FolderRegistryTest extends RegistryContract {

  @Override
  String settings() {
    return "folder = shared";
  }

  private Path file(BundleName bundle, String name) {
    return scratch.resolve("shared").resolve(bundle.type()).resolve(bundle.version()).resolve(name);
  }

  @Override
  void damage(BundleName bundle, String file, byte[] bytes) throws Exception {
    Files.write(file(bundle, file), bytes);
  }

  @Override
  void remove(BundleName bundle, String file) throws Exception {
    Files.delete(file(bundle, file));
  }

  @Test
  void leavesNothingAsideAndTakesNothingHiddenForABundle() throws Exception {
    SortedMap<String, byte[]> files = bundle("1.0.0", 1);
    registry.publish(FIRST, files);
    registry.point(FIRST, Pointer.LATEST);
    Path type = scratch.resolve("shared/made");
    try (Stream<Path> entries = Files.list(type)) {
      assertThat(entries.map(each -> each.getFileName().toString()).sorted().toList())
          .isEqualTo(List.of("1.0.0", "latest"));
    }
    Files.move(type.resolve("1.0.0"), type.resolve(".incoming-1"));
    assertThat(registry.list()).isEmpty();
  }

  @Test
  void severalFoldersAreOneOfWhichTheLastIsWrittenTo() throws Exception {
    registry.publish(FIRST, bundle("1.0.0", 1));
    Path fetched = scratch.resolve("fetched");
    FolderRegistry both = new FolderRegistry(List.of(scratch.resolve("shared"), fetched), 10);
    BundleName second = new BundleName("made", "1.1.0");
    assertThat(both.publish(second, bundle("1.1.0", 1))).isTrue();
    assertThat(both.publish(FIRST, bundle("1.0.0", 1))).isFalse();
    assertThat(both.list()).containsExactly(second, FIRST);
    assertThat(registry.list()).containsExactly(FIRST);
    assertThat(fetched.resolve("made/1.1.0/manifest.json")).exists();
    assertThat(fetched.resolve("made/1.0.0")).doesNotExist();
  }

  @Test
  void aFolderThatIsNoBundleIsNotOverwritten() throws Exception {
    Files.createDirectories(scratch.resolve("shared/made/1.0.0"));
    refused(Reason.TAKEN, "made:1.0.0", () -> registry.publish(FIRST, bundle("1.0.0", 1)));
  }
}
