package twin.core.inference.onnx;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.inference.BundleManifest;
import twin.core.inference.Conclusion;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelOutput;
import twin.core.inference.onnx.OnnxException.Reason;
import twin.core.reading.Values;
import twin.core.type.FeatureSpec;

final class OnnxBundleTest {
  private static final OnnxSettings SETTINGS = OnnxSettings.defaults();

  @TempDir static Path directory;

  /** What is done to a whole bundle, and why it is refused then. */
  private record Damage(Reason reason, Doing doing) {}

  private interface Doing {
    void to(Path bundle) throws IOException;
  }

  @TestFactory
  Stream<DynamicTest> refusesABundleWhoseManifest() {
    Map<String, Damage> damages = new LinkedHashMap<>();
    damages.put(
        "is missing", new Damage(Reason.CHANGED, b -> Files.delete(b.resolve("manifest.json"))));
    damages.put("is no JSON", manifest("this is no JSON"));
    damages.put("ends in the middle", manifest("{\"type\": \"made\", \"version\""));
    damages.put("is of another shape", manifest("[1, 2, 3]"));
    damages.put(
        "is too large",
        new Damage(
            Reason.TOO_LARGE,
            b -> Files.write(b.resolve("manifest.json"), new byte[BundleManifest.BYTES_MAX + 1])));
    damages.put("lacks a field", edited(m -> m.remove("thresholds")));
    damages.put("has a field that is null", edited(m -> m.putNull("parts")));
    damages.put(
        "is for other feature code",
        new Damage(Reason.UNSUPPORTED, b -> MadeBundle.edit(b, m -> m.put("feature_version", 99))));
    damages.put("has no parts", edited(m -> m.putArray("parts")));
    damages.put("has a part of an unknown role", edited(m -> part(m, 0).put("role", "oracle")));
    damages.put("has a role twice", edited(m -> m.withArray("parts").add(part(m, 1))));
    damages.put(
        "has a part that reads an unknown input",
        edited(m -> ((ArrayNode) part(m, 0).get("inputs")).add("nobody_knows")));
    damages.put("has a part without its file", edited(m -> part(m, 0).put("file", "none.onnx")));
    damages.put("leads out of its directory", edited(m -> file(m, "gate").put("name", "../up")));
    damages.put(
        "has a threshold that is no number", edited(m -> thresholds(m).put("process", "NaN")));
    damages.put("has an infinite threshold", edited(m -> thresholds(m).put("process", "Infinity")));
    damages.put("lacks a threshold", edited(m -> thresholds(m).remove("process")));
    damages.put("has a threshold for nothing", edited(m -> thresholds(m).put("thermal", 1)));
    damages.put("has a tolerance that is no number", edited(m -> m.put("tolerance", "NaN")));
    damages.put("tolerates everything", edited(m -> m.put("tolerance", 1)));
    damages.put("has a digest that is none", edited(m -> file(m, "gate").put("sha256", "x")));
    damages.put(
        "names quantiles that are none",
        edited(m -> ((ArrayNode) part(m, 1).get("outputs")).set(0, "lowest")));
    damages.put("names no golden answers", edited(m -> removeFile(m, "golden")));
    damages.put(
        "has an operating mode without its files",
        edited(
            m ->
                m.putArray("operating_modes")
                    .addObject()
                    .put("name", "high")
                    .put("golden", "golden.json")
                    .putObject("files")
                    .put("gate.onnx", "gate-high.onnx")));
    return tests(damages);
  }

  @TestFactory
  Stream<DynamicTest> refusesABundleOneOfWhoseFiles() {
    Map<String, Damage> damages = new LinkedHashMap<>();
    for (String name : List.of("gate.onnx", "golden.json")) {
      damages.put(
          "is missing: " + name, new Damage(Reason.CHANGED, b -> Files.delete(b.resolve(name))));
      damages.put(
          "has other bytes: " + name,
          new Damage(
              Reason.CHANGED,
              b -> {
                byte[] bytes = Files.readAllBytes(b.resolve(name));
                bytes[bytes.length / 2] ^= 1;
                Files.write(b.resolve(name), bytes);
              }));
      damages.put(
          "is a link to elsewhere: " + name,
          new Damage(
              Reason.CHANGED,
              b -> {
                Path elsewhere = b.resolve("elsewhere");
                Files.move(b.resolve(name), elsewhere);
                Files.createSymbolicLink(b.resolve(name), elsewhere);
              }));
    }
    damages.put(
        "is announced as too large",
        new Damage(
            Reason.TOO_LARGE,
            b ->
                MadeBundle.edit(
                    b, m -> file(m, "gate").put("bytes", SETTINGS.fileBytesMax() + 1))));
    damages.put(
        "is no model", new Damage(Reason.MALFORMED, b -> gate(b, "not a model".getBytes(UTF_8))));
    damages.put(
        "reads more columns",
        new Damage(Reason.WRONG_SHAPE, b -> gate(b, OnnxBytes.randomTrees(5, 3, 3, 1, 1))));
    damages.put(
        "gives more numbers",
        new Damage(Reason.WRONG_SHAPE, b -> gate(b, OnnxBytes.randomTrees(5, 3, 2, 2, 1))));
    damages.put(
        "needs an operator that is not there",
        new Damage(
            Reason.UNSUPPORTED, b -> gate(b, OnnxBytes.oneOperator("NoSuchOperator", 2, 1))));
    damages.put(
        "answers something else",
        new Damage(Reason.WRONG_ANSWER, b -> gate(b, MadeBundle.trees(MadeBundle.GATE_PART, 7))));
    damages.put("holds golden answers that are no JSON", golden(Reason.MALFORMED, "{"));
    damages.put("holds no golden answers", golden(Reason.MALFORMED, "{\"cases\":[]}"));
    damages.put(
        "holds golden answers without outputs",
        golden(Reason.WRONG_ANSWER, "{\"cases\":[{\"inputs\":{\"a\":1},\"outputs\":{}}]}"));
    return tests(damages);
  }

  private static Stream<DynamicTest> tests(Map<String, Damage> damages) {
    return damages.entrySet().stream()
        .map(
            each ->
                dynamicTest(
                    each.getKey(),
                    () -> {
                      Path bundle = MadeBundle.write(newDirectory(), "1.0.0");
                      OnnxBundle.open(bundle, SETTINGS).close();
                      each.getValue().doing().to(bundle);
                      assertRefused(bundle, each.getValue().reason());
                    }));
  }

  private static void assertRefused(Path bundle, Reason reason) {
    assertThatExceptionOfType(OnnxException.class)
        .isThrownBy(() -> OnnxBundle.open(bundle, SETTINGS).close())
        .satisfies(e -> assertThat(e.reason()).as(e.getMessage()).isEqualTo(reason))
        .satisfies(e -> assertThat(e.getMessage()).isNotBlank());
  }

  @Test
  void asksEachPartOnlyAboutReadingsThatHaveItsInputs() throws Exception {
    Path made = MadeBundle.write(newDirectory(), "1.0.0");
    try (OnnxBundle bundle = OnnxBundle.open(made, SETTINGS)) {
      List<ModelOutput> outputs =
          bundle.run(
              List.of(
                  MadeBundle.reading("", 0.1, 0.2, 0.3),
                  MadeBundle.reading("", 0.1, 0.2, Double.NaN),
                  MadeBundle.reading("", Double.NaN, 0.2, 0.3)));
      assertThat(outputs.get(0).scores())
          .containsExactly(
              MadeBundle.answers(MadeBundle.trees(MadeBundle.GATE_PART, 1), 0.1f, 0.2f));
      assertThat(outputs.get(0).rul())
          .containsExactly(
              MadeBundle.answers(MadeBundle.trees(MadeBundle.RUL_PART, 1), 0.1f, 0.2f, 0.3f));
      assertThat(outputs.get(1).scores()).containsExactly(outputs.get(0).scores());
      assertThat(outputs.get(1).rul()).isEmpty();
      assertThat(outputs.get(2).scores()).containsExactly(Float.NaN);
      assertThat(outputs.get(2).rul()).isEmpty();
    }
  }

  @Test
  void isWholeWithOnlyOneOfThePartsThatABundleCanHave() throws Exception {
    Path gateOnly =
        MadeBundle.write(newDirectory(), "1.0.0", List.of(MadeBundle.GATE_PART), List.of());
    try (OnnxBundle bundle = OnnxBundle.open(gateOnly, SETTINGS)) {
      ModelOutput output = bundle.run(List.of(MadeBundle.reading("", 0.1, 0.2, 0.3))).getFirst();
      assertThat(bundle.profile().modalities()).containsExactly("process");
      assertThat(bundle.profile().rulQuantiles()).isEmpty();
      assertThat(output.scores()[0]).isNotNaN();
      assertThat(output.failureProbability()).isNaN();
      assertThat(output.rul()).isEmpty();
    }
    Path rulOnly =
        MadeBundle.write(newDirectory(), "1.0.0", List.of(MadeBundle.RUL_PART), List.of());
    try (OnnxBundle bundle = OnnxBundle.open(rulOnly, SETTINGS)) {
      ModelOutput output = bundle.run(List.of(MadeBundle.reading("", 0.1, 0.2, 0.3))).getFirst();
      assertThat(bundle.profile().thresholds()).isEmpty();
      assertThat(output.scores()).isEmpty();
      assertThat(output.rul()).hasSize(3);
    }
  }

  @Test
  void asksTheFilesOfTheReadingsOperatingMode() throws Exception {
    Path made =
        MadeBundle.write(
            newDirectory(),
            "1.0.0",
            List.of(MadeBundle.GATE_PART, MadeBundle.RUL_PART),
            List.of("low", "high"));
    try (OnnxBundle bundle = OnnxBundle.open(made, SETTINGS)) {
      List<ModelOutput> together =
          bundle.run(
              Stream.of("", "low", "high", "unheard-of", "low")
                  .map(mode -> MadeBundle.reading(mode, 0.3, 0.6, 0.9))
                  .toList());
      float[] usual = gateOfSeed(1);
      float[] low = gateOfSeed(2);
      float[] high = gateOfSeed(3);
      assertThat(low).isNotEqualTo(usual);
      assertThat(high).isNotEqualTo(usual).isNotEqualTo(low);
      assertThat(together.stream().map(ModelOutput::scores))
          .containsExactly(usual, low, high, usual, low);
      for (ModelOutput output : together) {
        assertThat(output.rul()).containsExactly(together.getFirst().rul());
      }
      assertThat(bundle.run(List.of(MadeBundle.reading("high", 0.3, 0.6, 0.9))).getFirst().scores())
          .containsExactly(high);
      Conclusion gate = new Conclusion(Conclusion.Kind.ANOMALY, 0);
      assertThat(shares(bundle, "high", gate)).isNotEqualTo(shares(bundle, "low", gate));
    }
    MadeBundle.replace(made, "gate-low.onnx", MadeBundle.trees(MadeBundle.GATE_PART, 7));
    assertRefused(made, Reason.WRONG_ANSWER);
    MadeBundle.replace(made, "gate-low.onnx", MadeBundle.trees(MadeBundle.RUL_PART, 7));
    assertRefused(made, Reason.WRONG_SHAPE);
  }

  private static List<Double> shares(OnnxBundle bundle, String mode, Conclusion of) {
    return bundle.explain(MadeBundle.reading(mode, 0.3, 0.6, 0.9), of).stream()
        .map(each -> each.contribution() == null ? 0.0 : each.contribution())
        .toList();
  }

  private static float[] gateOfSeed(long seed) throws OnnxException {
    return MadeBundle.answers(MadeBundle.trees(MadeBundle.GATE_PART, seed), 0.3f, 0.6f);
  }

  @Test
  void saysWhatItReadsThatTheMachineTypeDoesNotHave() throws Exception {
    Path made = MadeBundle.write(newDirectory(), "1.0.0");
    FeatureVector other =
        new FeatureVector(
            List.of(FeatureSpec.of("a", FeatureSpec.Kind.VALUE, "a", 1)),
            Values.of(0.5),
            "",
            List.of(),
            ReadingWindow.empty(1, 0));
    try (OnnxBundle bundle = OnnxBundle.open(made, SETTINGS)) {
      assertThatExceptionOfType(InferenceException.class)
          .isThrownBy(() -> bundle.run(List.of(other)))
          .withMessageContaining("made:1.0.0 reads b over 1 readings");
    }
  }

  private static Path newDirectory() throws IOException {
    return Files.createTempDirectory(directory, "bundle");
  }

  private static void gate(Path bundle, byte[] file) throws IOException {
    MadeBundle.replace(bundle, MadeBundle.GATE, file);
  }

  private static Damage golden(Reason reason, String text) {
    return new Damage(
        reason, b -> MadeBundle.replace(b, BundleManifest.GOLDEN_FILE, text.getBytes(UTF_8)));
  }

  private static Damage manifest(String text) {
    return new Damage(
        Reason.MALFORMED, b -> Files.writeString(b.resolve(BundleManifest.FILE), text));
  }

  private static Damage edited(Consumer<ObjectNode> change) {
    return new Damage(Reason.MALFORMED, b -> MadeBundle.edit(b, change));
  }

  private static ObjectNode part(ObjectNode manifest, int index) {
    return (ObjectNode) manifest.withArray("parts").get(index);
  }

  private static ObjectNode thresholds(ObjectNode manifest) {
    return (ObjectNode) manifest.get("thresholds");
  }

  private static ObjectNode file(ObjectNode manifest, String begins) {
    for (JsonNode file : manifest.withArray("files")) {
      if (file.get("name").asText().startsWith(begins)) {
        return (ObjectNode) file;
      }
    }
    throw new AssertionError("no file begins with " + begins);
  }

  private static void removeFile(ObjectNode manifest, String begins) {
    ArrayNode files = manifest.withArray("files");
    for (int i = files.size() - 1; i >= 0; i--) {
      if (files.get(i).get("name").asText().startsWith(begins)) {
        files.remove(i);
      }
    }
  }
}
