package twin.core.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class NativeLibrariesTest {

  private static final String SYSTEM = System.getProperty("os.name", "");
  private static final String PROCESSOR = System.getProperty("os.arch", "");

  private final Path cache;

  NativeLibrariesTest(@TempDir Path cache) {
    this.cache = cache;
  }

  @Test
  void aSecondRunUsesWhatIsThere() throws Exception {
    Path folder = unpack();
    Path library = folder.resolve(System.mapLibraryName("onnxruntime"));
    FileTime mark = FileTime.fromMillis(1_000_000);
    Files.setLastModifiedTime(library, mark);

    assertThat(unpack()).isEqualTo(folder);
    assertThat(Files.getLastModifiedTime(library)).isEqualTo(mark);
  }

  @Test
  void aDamagedLibraryIsReplaced() throws Exception {
    Path library = unpack().resolve(System.mapLibraryName("onnxruntime"));
    byte[] whole = Files.readAllBytes(library);
    byte[] damaged = whole.clone();
    damaged[damaged.length / 2] ^= 1;
    Files.write(library, damaged);

    var unused = unpack();

    assertThat(Files.readAllBytes(library)).isEqualTo(whole);
  }

  @Test
  void programsThatUnpackAtOnceAgreeAndLeaveNothingElse() throws Exception {
    try (ExecutorService programs = Executors.newFixedThreadPool(4)) {
      List<CompletableFuture<Path>> folders =
          Stream.generate(() -> CompletableFuture.supplyAsync(this::unpackUnchecked, programs))
              .limit(4)
              .toList();
      assertThat(folders.stream().map(CompletableFuture::join).distinct()).hasSize(1);
      try (Stream<Path> files = Files.list(folders.getFirst().join())) {
        assertThat(files.map(file -> file.getFileName().toString()))
            .containsExactlyInAnyOrder(
                System.mapLibraryName("onnxruntime"), System.mapLibraryName("onnxruntime4j_jni"));
      }
    }
  }

  @Test
  void aPlatformThatTheJarDoesNotKnowIsLeftToTheRuntime() throws Exception {
    assertThat(NativeLibraries.unpack(cache, "Plan 9", "mips")).isEmpty();
  }

  @Test
  void theCacheIsWhereTheSystemKeepsCaches() {
    assertThat(NativeLibraries.cache(Map.of(), "/home/a", "Linux"))
        .contains(Path.of("/home/a/.cache/twin"));
    assertThat(NativeLibraries.cache(Map.of("XDG_CACHE_HOME", "/c"), "/home/a", "Linux"))
        .contains(Path.of("/c/twin"));
    assertThat(NativeLibraries.cache(Map.of(), "/Users/a", "Mac OS X"))
        .contains(Path.of("/Users/a/Library/Caches/twin"));
    assertThat(NativeLibraries.cache(Map.of(), "?", "Linux")).isEqualTo(Optional.empty());
  }

  private Path unpack() throws Exception {
    return NativeLibraries.unpack(cache, SYSTEM, PROCESSOR).orElseThrow();
  }

  private Path unpackUnchecked() {
    try {
      return unpack();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
