package twin.core.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleName;
import twin.core.inference.onnx.MadeBundle;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.registry.RegistryException.Reason;

/** What every registry does. */
abstract class RegistryContract {

  static final BundleName FIRST = new BundleName("made", "1.0.0");
  private static final OnnxSettings ONNX = OnnxSettings.defaults();
  private static final int BUNDLES_MAX = 6;

  @TempDir Path scratch;

  BundleRegistry registry;

  /** Settings that lead to a registry that holds nothing yet. */
  abstract String settings() throws Exception;

  /** Puts other bytes in the place of a file, behind the registry's back. */
  abstract void damage(BundleName bundle, String file, byte[] bytes) throws Exception;

  /** Takes a file away, behind the registry's back. */
  abstract void remove(BundleName bundle, String file) throws Exception;

  static Config config(String settings) {
    return ConfigFactory.parseString(settings)
        .withFallback(
            ConfigFactory.parseString(
                """
                kind = folder
                folder = ""
                s3 {
                  endpoint = "https://127.0.0.1:1", region = us-east-1, bucket = "", prefix = models/
                  access-key = "", secret-key = "", session-token = "", credentials-file = ""
                  kept-max = 8, page-keys = 3
                }
                mlflow {
                  url = "", model-prefix = twin-, experiment = twin, token = "", user = "", password = ""
                }
                plain-http = true
                timeout = 20s, attempts = 2, retry-wait = 1ms
                bundles-max = %d, file-bytes-max = 1MiB, bundle-bytes-max = 2MiB
                folder-bytes-max = 8MiB, again-after = 1h, wait-at-start = 20s, list-every = 0s
                """
                    .formatted(BUNDLES_MAX)));
  }

  BundleRegistry open(String settings) {
    return RegistrySettings.of(config(settings))
        .open(scratch, InstantSource.system())
        .orElseThrow();
  }

  @BeforeEach
  void open() throws Exception {
    registry = open(settings());
  }

  @AfterEach
  void close() {
    registry.close();
  }

  /** A bundle that opens; the seed makes its gate another one. */
  SortedMap<String, byte[]> bundle(String version, long seed) throws Exception {
    Path directory = Files.createTempDirectory(scratch, "made");
    MadeBundle.write(directory, version);
    MadeBundle.edit(directory, manifest -> manifest.withObject("/training").put("seed", seed));
    SortedMap<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : all.toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    return files;
  }

  private BundleFiles fetched(BundleName name) throws Exception {
    return BundleFiles.read(registry, name, RegistryLimits.of(config("")));
  }

  static void refused(Reason reason, String why, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            RegistryException.class, e -> assertThat(e.reason()).isEqualTo(reason))
        .hasMessageContaining(why);
  }

  @Test
  void hasNothingAtFirst() throws Exception {
    assertThat(registry.list()).isEmpty();
    assertThat(registry.pointed("made", Pointer.LATEST)).isEmpty();
    refused(Reason.MISSING, "made:1.0.0", () -> fetched(FIRST));
  }

  @Test
  void givesBackWhatWasPublishedHighestVersionFirst() throws Exception {
    for (String version : List.of("1.9.0", "1.10.0", "1.2.0")) {
      assertThat(registry.publish(new BundleName("made", version), bundle(version, 1))).isTrue();
    }
    assertThat(registry.list())
        .extracting(BundleName::label)
        .containsExactly("made:1.10.0", "made:1.9.0", "made:1.2.0");
    BundleFiles fetched = fetched(new BundleName("made", "1.9.0"));
    fetched.verify(ONNX);
    assertThat(fetched.sha256())
        .isEqualTo(BundleFiles.sha256(BundleFiles.manifest(bundle("1.9.0", 1))));
    refused(
        Reason.TOO_LARGE,
        "10 bytes",
        () -> registry.read(new BundleName("made", "1.9.0"), MadeBundle.GATE, 10));
  }

  @Test
  void aVersionNeverChanges() throws Exception {
    assertThat(registry.publish(FIRST, bundle("1.0.0", 1))).isTrue();
    assertThat(registry.publish(FIRST, bundle("1.0.0", 1))).isFalse();
    refused(Reason.TAKEN, "other bytes", () -> registry.publish(FIRST, bundle("1.0.0", 2)));
    assertThat(fetched(FIRST).sha256())
        .isEqualTo(BundleFiles.sha256(BundleFiles.manifest(bundle("1.0.0", 1))));
    assertThat(registry.list()).containsExactly(FIRST);
  }

  @Test
  void ofManyPublishersAtOnceOneWins() throws Exception {
    int publishers = 6;
    List<Callable<String>> all = new ArrayList<>();
    for (int i = 0; i < publishers; i++) {
      SortedMap<String, byte[]> own = bundle("1.0.0", i);
      all.add(
          () -> {
            try {
              return registry.publish(FIRST, own)
                  ? BundleFiles.sha256(BundleFiles.manifest(own))
                  : "there";
            } catch (RegistryException e) {
              return e.reason() == Reason.TAKEN ? "TAKEN" : e.toString();
            }
          });
    }
    List<String> outcomes = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(publishers)) {
      for (Future<String> outcome : threads.invokeAll(all)) {
        outcomes.add(outcome.get());
      }
    }
    String winner = fetched(FIRST).sha256();
    assertThat(outcomes).containsOnlyOnce(winner);
    assertThat(outcomes.stream().filter(each -> !each.equals(winner)))
        .hasSize(publishers - 1)
        .containsOnly("TAKEN");
    assertThat(registry.list()).containsExactly(FIRST);
  }

  @Test
  void pointersPointToAVersionAndMove() throws Exception {
    BundleName second = new BundleName("made", "1.1.0");
    registry.publish(FIRST, bundle("1.0.0", 1));
    registry.publish(second, bundle("1.1.0", 1));
    registry.point(FIRST, Pointer.LATEST);
    registry.point(FIRST, Pointer.CHAMPION);
    assertThat(registry.pointed("made", Pointer.LATEST)).contains("1.0.0");
    registry.point(second, Pointer.LATEST);
    assertThat(registry.pointed("made", Pointer.LATEST)).contains("1.1.0");
    assertThat(registry.pointed("made", Pointer.CHAMPION)).contains("1.0.0");
    assertThat(registry.pointed("made", Pointer.SHADOW)).isEmpty();
    assertThat(registry.list()).containsExactly(second, FIRST);
    refused(
        Reason.TAKEN,
        "point",
        () -> registry.publish(new BundleName("made", "latest"), bundle("latest", 1)));
  }

  @Test
  void listsNoMoreThanAllowed() throws Exception {
    for (int i = 0; i < BUNDLES_MAX; i++) {
      registry.publish(new BundleName("made", "1.0." + i), bundle("1.0." + i, 1));
    }
    assertThat(registry.list()).hasSize(BUNDLES_MAX);
    registry.publish(new BundleName("made", "1.1.0"), bundle("1.1.0", 1));
    refused(Reason.TOO_LARGE, "bundles-max", registry::list);
  }

  @Test
  void whatWasDamagedIsRefusedWithItsReason() throws Exception {
    registry.publish(FIRST, bundle("1.0.0", 1));
    byte[] gate = registry.read(FIRST, MadeBundle.GATE, 1 << 20);
    byte[] changed = gate.clone();
    changed[changed.length / 2] ^= 1;
    damage(FIRST, MadeBundle.GATE, changed);
    refused(Reason.DAMAGED, "gate.onnx is not the file whose sha256", () -> fetched(FIRST));
    byte[] longer = Arrays.copyOf(gate, gate.length + 1);
    damage(FIRST, MadeBundle.GATE, longer);
    refused(Reason.DAMAGED, "gate.onnx is larger", () -> fetched(FIRST));
    remove(FIRST, MadeBundle.GATE);
    refused(Reason.DAMAGED, "gate.onnx is missing", () -> fetched(FIRST));
    damage(FIRST, BundleManifest.FILE, "{".getBytes(StandardCharsets.UTF_8));
    refused(Reason.DAMAGED, "not well formed", () -> fetched(FIRST));
  }

  @Test
  void whatAnswersOtherwiseThanItsGoldenFileIsNoGoodThoughWhole() throws Exception {
    Path directory = MadeBundle.write(scratch.resolve("wrong"), "1.0.0");
    MadeBundle.replace(directory, MadeBundle.GATE, MadeBundle.trees(MadeBundle.GATE_PART, 7));
    SortedMap<String, byte[]> files = new TreeMap<>();
    try (Stream<Path> all = Files.list(directory)) {
      for (Path file : all.toList()) {
        files.put(file.getFileName().toString(), Files.readAllBytes(file));
      }
    }
    registry.publish(FIRST, files);
    BundleFiles whole = fetched(FIRST);
    refused(Reason.DAMAGED, "for a golden input", () -> whole.verify(ONNX));
  }
}
