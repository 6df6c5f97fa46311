package twin.core.inference.onnx;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.BundleFile;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.ModeFiles;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.BundleManifest.Sequence;
import twin.core.inference.BundleManifest.Training;
import twin.core.inference.GoldenAnswers;
import twin.core.reading.Values;
import twin.core.type.FeatureSpec;

/**
 * A small bundle that a test makes: a gate of the modality {@code process} over the features a and
 * b, and quantiles of remaining life over a, b and c. What they answer comes from seeds.
 */
public final class MadeBundle {
  public static final String GATE = "gate.onnx";
  static final String RUL = "rul.onnx";
  public static final Part GATE_PART =
      new Part(Role.ANOMALY, GATE, List.of("a", "b"), Sequence.NONE, List.of("process"));
  static final Part RUL_PART =
      new Part(Role.RUL, RUL, List.of("a", "b", "c"), Sequence.NONE, List.of("p10", "p50", "p90"));

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final float[][] GOLDEN_ROWS = {{0.1f, 0.7f, 0.4f}, {0.9f, 0.2f, 0.6f}};

  private MadeBundle() {}

  /** Writes the whole bundle. */
  public static Path write(Path directory, String version) throws IOException, OnnxException {
    return write(directory, version, List.of(GATE_PART, RUL_PART), List.of());
  }

  /**
   * Writes a bundle.
   *
   * @param modes operating modes that have a gate of their own
   */
  static Path write(Path directory, String version, List<Part> parts, List<String> modes)
      throws IOException, OnnxException {
    Map<String, byte[]> files = new TreeMap<>();
    for (Part part : parts) {
      files.put(part.file(), trees(part, 1));
    }
    files.put(BundleManifest.GOLDEN_FILE, golden(parts, files));
    List<ModeFiles> own = new ArrayList<>();
    for (String mode : modes) {
      Map<String, byte[]> ofMode = new TreeMap<>(files);
      ofMode.put(GATE, trees(GATE_PART, 2 + own.size()));
      files.put("gate-" + mode + ".onnx", trees(GATE_PART, 2 + own.size()));
      files.put("golden-" + mode + ".json", golden(parts, ofMode));
      own.add(
          new ModeFiles(
              mode,
              new TreeMap<>(Map.of(GATE, "gate-" + mode + ".onnx")),
              "golden-" + mode + ".json"));
    }
    boolean gated = parts.stream().anyMatch(part -> part.role() == Role.ANOMALY);
    BundleManifest manifest =
        new BundleManifest(
            "made",
            version,
            FeatureExtractor.VERSION,
            List.of(input("a"), input("b"), input("c")),
            own,
            parts,
            gated ? Map.of("process", 0.5) : Map.of(),
            1e-5,
            new Training("made up", sha256(new byte[0]), 2, 1),
            JsonNodeFactory.instance.objectNode(),
            files.entrySet().stream()
                .map(
                    file ->
                        new BundleFile(
                            file.getKey(), file.getValue().length, sha256(file.getValue())))
                .toList());
    Files.createDirectories(directory);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
    Files.write(directory.resolve(BundleManifest.FILE), manifest.write());
    return directory;
  }

  private static Input input(String name) {
    return new Input(name, "", 1, 0, 0.5, 1);
  }

  public static byte[] trees(Part part, long seed) {
    return OnnxBytes.randomTrees(5, 3, part.inputs().size(), part.outputs().size(), seed);
  }

  /** What a file says of a row. */
  static float[] answers(byte[] file, float... row) throws OnnxException {
    try (OnnxModel model = OnnxModel.load("made", file, OnnxSettings.defaults())) {
      return model.run(row, 1);
    }
  }

  private static byte[] golden(List<Part> parts, Map<String, byte[]> files) throws OnnxException {
    List<GoldenAnswers.Case> cases = new ArrayList<>();
    for (float[] row : GOLDEN_ROWS) {
      Map<String, Double> inputs =
          Map.of("a", (double) row[0], "b", (double) row[1], "c", (double) row[2]);
      Map<Role, List<Float>> outputs = new LinkedHashMap<>();
      for (Part part : parts) {
        float[] asked = new float[part.inputs().size()];
        System.arraycopy(row, 0, asked, 0, asked.length);
        List<Float> said = new ArrayList<>();
        for (float answer : answers(files.getOrDefault(part.file(), new byte[0]), asked)) {
          said.add(answer);
        }
        outputs.put(part.role(), said);
      }
      cases.add(GoldenAnswers.Case.of(inputs, outputs));
    }
    return new GoldenAnswers(cases).write();
  }

  /** Changes the manifest and nothing else. */
  public static void edit(Path bundle, Consumer<ObjectNode> change) throws IOException {
    Path file = bundle.resolve(BundleManifest.FILE);
    ObjectNode manifest = (ObjectNode) JSON.readTree(Files.readAllBytes(file));
    change.accept(manifest);
    Files.write(file, JSON.writeValueAsBytes(manifest));
  }

  /** Puts another file in the place of one, and has the manifest describe it rightly. */
  public static void replace(Path bundle, String name, byte[] bytes) throws IOException {
    Files.write(bundle.resolve(name), bytes);
    edit(
        bundle,
        manifest ->
            manifest
                .withArray("files")
                .forEach(
                    file -> {
                      if (file.get("name").asText().equals(name)) {
                        ((ObjectNode) file).put("bytes", bytes.length);
                        ((ObjectNode) file).put("sha256", sha256(bytes));
                      }
                    }));
  }

  /** The features a, b and c of a reading in an operating mode. */
  static FeatureVector reading(String mode, double a, double b, double c) {
    return new FeatureVector(SPECS, Values.of(a, b, c), mode, List.of(), ReadingWindow.empty(1, 0));
  }

  private static final List<FeatureSpec> SPECS =
      List.of(
          FeatureSpec.of("a", FeatureSpec.Kind.VALUE, "a", 1),
          FeatureSpec.of("b", FeatureSpec.Kind.VALUE, "b", 1),
          FeatureSpec.of("c", FeatureSpec.Kind.VALUE, "c", 1));

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }
}
