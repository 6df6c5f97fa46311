package twin.core.inference.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.BundleFile;
import twin.core.inference.BundleManifest.Input;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.GoldenAnswers;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.onnx.OnnxException.Reason;
import twin.core.type.FeatureSpec;

/**
 * A model bundle, opened from its directory and ready to be asked.
 *
 * <p>Nothing in the directory is trusted. {@link #open} compares every file with the manifest, size
 * first and digest second, loads the very bytes that it compared, checks that each model has the
 * shape that the manifest says, and lets the bundle answer its golden inputs. Only then is there a
 * session; otherwise there is a reason.
 *
 * <p>Safe for use by many threads. Closing waits for runs under way.
 */
public final class OnnxBundle implements ModelSession, AutoCloseable {
  private static final float[] NONE = {};

  private final BundleManifest manifest;
  private final ModelProfile profile;
  private final Map<Role, OnnxModel> models;
  private volatile @Nullable Positions positions;

  private OnnxBundle(BundleManifest manifest, ModelProfile profile, Map<Role, OnnxModel> models) {
    this.manifest = manifest;
    this.profile = profile;
    this.models = models;
  }

  /** Opens the bundle in a directory. */
  public static OnnxBundle open(Path directory, OnnxSettings settings) throws OnnxException {
    byte[] manifestBytes = read(directory.resolve(BundleManifest.FILE), BundleManifest.BYTES_MAX);
    BundleManifest manifest = readManifest(directory, manifestBytes);
    Map<String, byte[]> files = new HashMap<>();
    for (BundleFile file : manifest.files()) {
      files.put(file.name(), readChecked(directory, file, settings));
    }
    GoldenAnswers golden = readGolden(directory, files);
    Map<Role, OnnxModel> models = new EnumMap<>(Role.class);
    try {
      for (Part part : manifest.parts()) {
        models.put(part.role(), load(part, files, settings));
      }
      OnnxBundle bundle =
          new OnnxBundle(manifest, profile(manifest, sha256(manifestBytes)), models);
      bundle.verify(golden);
      return bundle;
    } catch (OnnxException | RuntimeException e) {
      models.values().forEach(OnnxModel::close);
      throw e;
    }
  }

  private static BundleManifest readManifest(Path directory, byte[] bytes) throws OnnxException {
    try {
      BundleManifest manifest = BundleManifest.read(bytes);
      if (manifest.featureVersion() != FeatureExtractor.VERSION) {
        throw new OnnxException(
            Reason.UNSUPPORTED,
            "%s was trained with feature code %d, and this is %d."
                .formatted(directory, manifest.featureVersion(), FeatureExtractor.VERSION));
      }
      return manifest;
    } catch (IllegalArgumentException e) {
      throw new OnnxException(Reason.MALFORMED, directory + ": " + e.getMessage(), e);
    }
  }

  private static GoldenAnswers readGolden(Path directory, Map<String, byte[]> files)
      throws OnnxException {
    byte[] golden = files.get(BundleManifest.GOLDEN_FILE);
    if (golden == null) {
      throw new OnnxException(Reason.MALFORMED, directory + " names no golden.json.");
    }
    try {
      return GoldenAnswers.read(golden);
    } catch (IllegalArgumentException e) {
      throw new OnnxException(Reason.MALFORMED, directory + ": " + e.getMessage(), e);
    }
  }

  private static OnnxModel load(Part part, Map<String, byte[]> files, OnnxSettings settings)
      throws OnnxException {
    byte[] bytes = files.get(part.file());
    if (bytes == null) {
      throw new OnnxException(Reason.MALFORMED, "The manifest does not list " + part.file());
    }
    OnnxModel model = OnnxModel.load(part.file(), bytes, settings);
    if (model.columns() != part.inputs().size() || model.outputs() != part.outputs().size()) {
      model.close();
      throw new OnnxException(
          Reason.WRONG_SHAPE,
          "%s turns %d columns into %d, and its manifest says %d into %d."
              .formatted(
                  part.file(),
                  model.columns(),
                  model.outputs(),
                  part.inputs().size(),
                  part.outputs().size()));
    }
    return model;
  }

  private static ModelProfile profile(BundleManifest manifest, String sha256) {
    return new ModelProfile(
        new ModelRef(manifest.type(), manifest.version(), sha256),
        outputs(manifest, Role.ANOMALY),
        manifest.thresholdsInOrder(),
        outputs(manifest, Role.FAILURE_MODES),
        outputs(manifest, Role.RUL).stream()
            .map(name -> Integer.parseInt(name.substring(1)) / 100.0)
            .toList(),
        manifest.featureVersion(),
        RuntimeFingerprint.current().text());
  }

  private static List<String> outputs(BundleManifest manifest, Role role) {
    return manifest.part(role).map(Part::outputs).orElse(List.of());
  }

  /** Compares the answers to the golden inputs, within the tolerance that the manifest states. */
  private void verify(GoldenAnswers golden) throws OnnxException {
    for (GoldenAnswers.Case example : golden.cases()) {
      for (Part part : manifest.parts()) {
        List<Float> expected = example.outputs().getOrDefault(part.role(), List.of());
        float[] row = new float[part.inputs().size()];
        for (int column = 0; column < row.length; column++) {
          Double value = example.inputs().get(part.inputs().get(column));
          row[column] = value == null ? Float.NaN : value.floatValue();
        }
        float[] actual = model(part.role()).run(row, 1);
        if (!agree(expected, actual)) {
          throw new OnnxException(
              Reason.WRONG_ANSWER,
              "%s must answer %s for a golden input and answers %s."
                  .formatted(part.file(), expected, Arrays.toString(actual)));
        }
      }
    }
  }

  private boolean agree(List<Float> expected, float[] actual) {
    boolean agree = expected.size() == actual.length;
    for (int i = 0; agree && i < actual.length; i++) {
      double allowed = manifest.tolerance() * Math.max(1, Math.abs(expected.get(i)));
      agree = Math.abs(expected.get(i) - actual[i]) <= allowed;
    }
    return agree;
  }

  private OnnxModel model(Role role) {
    OnnxModel model = models.get(role);
    if (model == null) {
      throw new IllegalStateException("every part of a bundle has its model");
    }
    return model;
  }

  /** What the manifest says. */
  public BundleManifest manifest() {
    return manifest;
  }

  @Override
  public ModelProfile profile() {
    return profile;
  }

  /**
   * Runs each part once on all readings that have its inputs. For the others there is no score, no
   * probability and no RUL: a value made up in place of a missing one would look like knowledge.
   */
  @Override
  public List<ModelOutput> run(List<FeatureVector> readings) {
    if (readings.isEmpty()) {
      return List.of();
    }
    float[][] anomaly = ask(Role.ANOMALY, readings);
    float[][] failure = ask(Role.FAILURE, readings);
    float[][] failureModes = ask(Role.FAILURE_MODES, readings);
    float[][] rul = ask(Role.RUL, readings);
    ModelOutput[] outputs = new ModelOutput[readings.size()];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] =
          new ModelOutput(
              anomaly[i].length == 0 ? unknownScores() : anomaly[i],
              failure[i].length == 0 ? Float.NaN : failure[i][0],
              failureModes[i],
              rul[i]);
    }
    return List.of(outputs);
  }

  private float[] unknownScores() {
    float[] unknown = new float[profile.modalities().size()];
    Arrays.fill(unknown, Float.NaN);
    return unknown;
  }

  /** A part's numbers for each reading; none for a reading that lacks an input. */
  private float[][] ask(Role role, List<FeatureVector> readings) {
    float[][] answers = new float[readings.size()][];
    Arrays.fill(answers, NONE);
    OnnxModel model = models.get(role);
    if (model == null) {
      return answers;
    }
    int columns = model.columns();
    float[] rows = new float[readings.size() * columns];
    int[] asked = new int[readings.size()];
    int count = 0;
    for (int i = 0; i < readings.size(); i++) {
      if (fill(rows, count * columns, readings.get(i), role)) {
        asked[count++] = i;
      }
    }
    if (count == 0) {
      return answers;
    }
    try {
      float[] results = model.run(Arrays.copyOf(rows, count * columns), count);
      int width = model.outputs();
      for (int i = 0; i < count; i++) {
        answers[asked[i]] = Arrays.copyOfRange(results, i * width, (i + 1) * width);
      }
      return answers;
    } catch (OnnxException e) {
      throw new InferenceException(profile.ref().label() + ": " + e.getMessage(), e);
    }
  }

  private boolean fill(float[] rows, int offset, FeatureVector features, Role role) {
    boolean whole = true;
    int column = offset;
    for (int position : positionsFor(features.specs()).of(role)) {
      rows[column] = (float) features.values().get(position);
      whole &= !Float.isNaN(rows[column]);
      column++;
    }
    return whole;
  }

  private Positions positionsFor(List<FeatureSpec> specs) {
    Positions known = positions;
    // Twins of a type share the list, so that looking it up once is nearly always enough.
    if (known == null || known.specs != specs) {
      known = new Positions(specs, manifest);
      positions = known;
    }
    return known;
  }

  /** Where in a machine type's features those of each part are. */
  private static final class Positions {
    private final List<FeatureSpec> specs;
    private final Map<Role, int[]> byRole = new EnumMap<>(Role.class);

    Positions(List<FeatureSpec> specs, BundleManifest manifest) {
      this.specs = specs;
      Map<String, Integer> byName = new HashMap<>();
      for (Input input : manifest.inputs()) {
        byName.put(input.name(), positionOf(input, manifest));
      }
      for (Part part : manifest.parts()) {
        byRole.put(
            part.role(),
            part.inputs().stream().mapToInt(name -> byName.getOrDefault(name, -1)).toArray());
      }
    }

    private int positionOf(Input input, BundleManifest manifest) {
      for (int i = 0; i < specs.size(); i++) {
        FeatureSpec spec = specs.get(i);
        if (spec.name().equals(input.name()) && spec.windowReadings() == input.windowReadings()) {
          return i;
        }
      }
      throw new InferenceException(
          "%s:%s reads %s over %d readings, which the machine type does not have"
              .formatted(
                  manifest.type(), manifest.version(), input.name(), input.windowReadings()));
    }

    int[] of(Role role) {
      int[] of = byRole.get(role);
      return of == null ? new int[0] : of;
    }
  }

  private static byte[] readChecked(Path directory, BundleFile file, OnnxSettings settings)
      throws OnnxException {
    if (file.bytes() > settings.fileBytesMax()) {
      throw new OnnxException(
          Reason.TOO_LARGE,
          "%s has %d bytes and %d are permitted."
              .formatted(file.name(), file.bytes(), settings.fileBytesMax()));
    }
    byte[] bytes = read(directory.resolve(file.name()), settings.fileBytesMax());
    if (bytes.length != file.bytes() || !sha256(bytes).equals(file.sha256())) {
      throw new OnnxException(
          Reason.CHANGED,
          "%s in %s is not the file that the manifest describes."
              .formatted(file.name(), directory));
    }
    return bytes;
  }

  private static byte[] read(Path file, long bytesMax) throws OnnxException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new OnnxException(Reason.CHANGED, file + " is missing or no regular file.");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(Math.toIntExact(bytesMax + 1));
      if (bytes.length > bytesMax) {
        throw new OnnxException(
            Reason.TOO_LARGE, file + " has more than the permitted " + bytesMax + " bytes.");
      }
      return bytes;
    } catch (IOException e) {
      throw new OnnxException(Reason.CHANGED, file + " cannot be read: " + e, e);
    }
  }

  private static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }

  @Override
  public void close() {
    models.values().forEach(OnnxModel::close);
  }
}
