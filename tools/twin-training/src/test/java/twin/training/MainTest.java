package twin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import twin.core.feature.Calibration;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.inference.BundleManifest;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxException.Reason;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.reading.Reading;
import twin.core.reading.Values;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.training.milling.SyntheticRecordings;

final class MainTest {
  @TempDir static Path directory;

  private static Path data;
  private static Path bundle;

  private record Ran(int status, String out, String err) {}

  @BeforeAll
  static void train() throws IOException {
    data = directory.resolve("data.csv");
    bundle = directory.resolve("bundle");
    SyntheticRecordings.write(data, 6, 250, 1);
    Ran trained = run("train", "milling", "--data", data.toString(), "--out", bundle.toString());
    assertThat(trained.status()).as(trained.err()).isZero();
    assertThat(trained.out()).isEmpty();
    assertThat(trained.err()).contains("cross-validating").contains("wrote");
  }

  @Tag("full")
  @Test
  void trainsTheSameBytesFromTheSameDataAndSeed() throws IOException {
    Path again = directory.resolve("again");
    Path other = directory.resolve("other");
    run("train", "milling", "--data", data.toString(), "--out", again.toString());
    run("train", "milling", "--data", data.toString(), "--out", other.toString(), "--seed", "2");
    assertThat(contents(again)).isEqualTo(contents(bundle));
    assertThat(contents(other)).isNotEqualTo(contents(bundle));
  }

  @Test
  void evaluatesThroughTheTwinAndPrintsOneJsonDocument() throws IOException {
    Ran ran =
        run(
            "evaluate",
            "milling",
            "--data",
            data.toString(),
            "--bundle",
            bundle.toString(),
            "--json");
    assertThat(ran.status()).as(ran.err()).isZero();
    JsonNode answer = new ObjectMapper().readTree(ran.out());
    assertThat(answer.get("rows").asInt()).isEqualTo(1500);
    assertThat(answer.get("unassessed").asInt()).isZero();
    assertThat(answer.get("f1").asDouble()).isGreaterThan(0.7);
    for (String figure : List.of("accuracy", "precision", "recall", "roc_auc", "pr_auc", "mcc")) {
      assertThat(answer.get(figure).asDouble()).as(figure).isBetween(0.5, 1.0);
    }
    assertThat(answer.get("brier").asDouble()).isBetween(0.0, 0.1);
    assertThat(answer.get("recall_by_mode").properties())
        .extracting(Map.Entry::getKey)
        .containsExactly("heat_dissipation", "power", "overstrain", "tool_wear");
  }

  @Test
  void saysInOneLineWhyItFailedAndTellsWrongUsageApart() {
    Ran occupied = run("train", "milling", "--data", data.toString(), "--out", bundle.toString());
    assertThat(occupied.status()).isEqualTo(1);
    assertThat(occupied.err().strip().lines()).hasSize(1);
    assertThat(occupied.err()).contains("never overwritten");
    Ran missing =
        run("evaluate", "milling", "--data", "nowhere.csv", "--bundle", bundle.toString());
    assertThat(missing.status()).isEqualTo(1);
    assertThat(missing.err()).contains("nowhere.csv");
    Ran untold =
        run("evaluate", "turbofan", "--data", data.toString(), "--bundle", bundle.toString());
    assertThat(untold.status()).isEqualTo(1);
    assertThat(untold.err()).contains("needs --truth FILE");
    assertThat(run("evaluate", "milling").status()).isEqualTo(2);
    assertThat(run("train", "lathe", "--data", "x", "--out", "y").status()).isEqualTo(2);
    assertThat(run("evaluate", "--help").status()).isZero();
  }

  @Test
  void saysWhereItMayRetrainFromAndWhatIsNoTime(@TempDir Path empty) {
    Ran noDemo = run("retrain", "milling", "--month", "2025-11", "--data-dir", empty.toString());
    assertThat(noDemo.status()).isEqualTo(1);
    assertThat(noDemo.err().strip().lines()).hasSize(1);
    assertThat(noDemo.err())
        .contains("no demo runs in " + empty)
        .contains("--data-dir DIR, --database URL or --config FILE");
    assertThat(run("retrain", "milling", "--month", "November").err())
        .contains("a month is written like 2025-11");
    assertThat(run("retrain", "milling").status()).isEqualTo(2);
    assertThat(
            run("retrain", "milling", "--month", "2025-11", "--from", "2025-11-01T00:00:00Z")
                .status())
        .isEqualTo(2);
    assertThat(run("retrain", "milling", "--month", "2025-11", "--sample", "0").err())
        .contains("--sample must be 1 or more");
  }

  @Test
  void refusesABundleThatDoesNotGiveItsGoldenAnswers(@TempDir Path copies) throws IOException {
    Path other = directory.resolve("another-seed");
    run("train", "milling", "--data", data.toString(), "--out", other.toString(), "--seed", "3");
    Path swapped = copy(copies.resolve("swapped"));
    Files.copy(
        other.resolve("milling.onnx"),
        swapped.resolve("milling.onnx"),
        StandardCopyOption.REPLACE_EXISTING);
    BundleManifest own = BundleManifest.read(Files.readAllBytes(swapped.resolve("manifest.json")));
    BundleManifest its = BundleManifest.read(Files.readAllBytes(other.resolve("manifest.json")));
    Files.write(swapped.resolve("manifest.json"), withFileOf(own, its, "milling.onnx").write());
    assertRefused(swapped, Reason.WRONG_ANSWER);
  }

  /** A worn tool on a tough cut: 220 min at 65 Nm is far over what is usual. */
  @Test
  void explainsAnOverstrainByTheStrain() throws IOException, OnnxException {
    Path shipped = Path.of("..", "..", "model-artifacts", "models", "milling", "1.0.0");
    try (OnnxBundle opened = OnnxBundle.open(shipped, OnnxSettings.defaults())) {
      MachineType milling =
          MachineTypeReader.readAll(
                  ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"))
              .find("milling")
              .orElseThrow();
      FeatureExtractor features = new FeatureExtractor(milling);
      Reading reading =
          new Reading(
              Instant.EPOCH,
              null,
              Values.of(300, 310, 1400, 65, 220),
              List.of(),
              List.of("L"),
              Map.of(),
              0);
      ReadingWindow window =
          features.adopt(ReadingWindow.empty(1, 0), null).with(0, -1, features.columnsOf(reading));
      FeatureVector vector = features.extract(reading, window, Calibration.none());
      int overstrain = opened.profile().failureModes().indexOf("overstrain");
      List<Contribution> contributions =
          opened.explain(vector, new Conclusion(Conclusion.Kind.FAILURE_MODE, overstrain));
      Contribution first = contributions.getFirst();
      assertThat(first.feature()).isEqualTo("strain_min_nm");
      assertThat(first.value()).isEqualTo(65 * 220.0);
      assertThat(first.value()).isGreaterThan(first.expectedHigh());
      assertThat(first.contribution()).isGreaterThan(0.5);
      assertThat(opened.profile().thresholds()).hasSize(1);
    }
  }

  private static BundleManifest withFileOf(BundleManifest own, BundleManifest its, String name) {
    List<BundleManifest.BundleFile> files =
        own.files().stream()
            .map(
                file ->
                    its.files().stream()
                        .filter(other -> other.name().equals(name) && file.name().equals(name))
                        .findFirst()
                        .orElse(file))
            .toList();
    return new BundleManifest(
        own.type(),
        own.version(),
        own.featureVersion(),
        own.inputs(),
        own.operatingModes(),
        own.parts(),
        own.thresholds(),
        own.tolerance(),
        own.training(),
        own.figures(),
        files);
  }

  private static void assertRefused(Path copy, Reason reason) {
    assertThatExceptionOfType(OnnxException.class)
        .isThrownBy(() -> OnnxBundle.open(copy, OnnxSettings.defaults()).close())
        .satisfies(e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason));
  }

  private static Path copy(Path to) throws IOException {
    Files.createDirectories(to);
    for (String name : contents(bundle).keySet()) {
      Files.copy(bundle.resolve(name), to.resolve(name));
    }
    return to;
  }

  /** The files' names and bytes, the bytes as text that can be compared. */
  private static Map<String, String> contents(Path of) throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.list(of)) {
      for (Path file : files.toList()) {
        contents.put(
            file.getFileName().toString(),
            java.util.HexFormat.of().formatHex(Files.readAllBytes(file)));
      }
    }
    return contents;
  }

  private static Ran run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int status = Main.run(new PrintWriter(out), new PrintWriter(err), arguments);
    return new Ran(status, out.toString(), err.toString());
  }
}
