package twin.core.inference.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.BundleFile;
import twin.core.inference.BundleManifest.ModeFiles;
import twin.core.inference.BundleManifest.Part;
import twin.core.inference.BundleManifest.Role;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.GoldenAnswers;
import twin.core.inference.InferenceException;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.inference.onnx.OnnxException.Reason;

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
  private static final int EXPLAINED_ROWS_MAX = 256;

  private final BundleManifest manifest;
  private final ModelProfile profile;
  private final List<BundleModel> models;

  private OnnxBundle(BundleManifest manifest, ModelProfile profile, List<BundleModel> models) {
    this.manifest = manifest;
    this.profile = profile;
    this.models = models;
  }

  /** Where the bytes of a bundle come from. */
  private interface Source {
    byte[] read(String file, long bytesMax) throws OnnxException;
  }

  /** Opens the bundle in a directory. */
  public static OnnxBundle open(Path directory, OnnxSettings settings) throws OnnxException {
    return open(directory.toString(), (file, max) -> read(directory.resolve(file), max), settings);
  }

  /**
   * Opens a bundle that is nowhere yet.
   *
   * @param where what it is called in reasons
   * @param files its files by name, with the manifest
   */
  public static OnnxBundle open(String where, Map<String, byte[]> files, OnnxSettings settings)
      throws OnnxException {
    return open(
        where,
        (file, max) -> {
          byte[] bytes = files.get(file);
          if (bytes == null || bytes.length > max) {
            throw new OnnxException(
                bytes == null ? Reason.CHANGED : Reason.TOO_LARGE,
                "%s of %s is %s."
                    .formatted(
                        file, where, bytes == null ? "missing" : "over " + max + " bytes large"));
          }
          return bytes;
        },
        settings);
  }

  private static OnnxBundle open(String where, Source source, OnnxSettings settings)
      throws OnnxException {
    byte[] manifestBytes = source.read(BundleManifest.FILE, BundleManifest.BYTES_MAX);
    BundleManifest manifest = parsed(where, manifestBytes);
    Map<String, byte[]> files = new HashMap<>();
    for (BundleFile file : manifest.files()) {
      files.put(file.name(), readChecked(where, source, file, settings));
    }
    List<BundleModel> models = new ArrayList<>();
    try {
      for (String file : manifest.parts().stream().map(Part::file).distinct().toList()) {
        Set<String> elsewhere =
            manifest.operatingModes().stream()
                .filter(mode -> mode.files().containsKey(file))
                .map(ModeFiles::name)
                .collect(Collectors.toUnmodifiableSet());
        byte[] bytes = listed(files, file);
        models.add(
            BundleModel.load(
                manifest, file, file, bytes, mode -> !elsewhere.contains(mode), settings));
      }
      for (ModeFiles mode : manifest.operatingModes()) {
        for (Map.Entry<String, String> file : mode.files().entrySet()) {
          byte[] bytes = listed(files, file.getValue());
          models.add(
              BundleModel.load(
                  manifest, file.getKey(), file.getValue(), bytes, mode.name()::equals, settings));
        }
      }
      OnnxBundle bundle =
          new OnnxBundle(manifest, profile(manifest, sha256(manifestBytes)), models);
      bundle.verify("", readGolden(where, listed(files, BundleManifest.GOLDEN_FILE)));
      for (ModeFiles mode : manifest.operatingModes()) {
        bundle.verify(mode.name(), readGolden(where, listed(files, mode.golden())));
      }
      return bundle;
    } catch (OnnxException | RuntimeException e) {
      models.forEach(BundleModel::close);
      throw e;
    }
  }

  /** The bytes of a bundle's manifest. */
  static byte[] readManifest(Path directory) throws OnnxException {
    return read(directory.resolve(BundleManifest.FILE), BundleManifest.BYTES_MAX);
  }

  private static BundleManifest parsed(String where, byte[] bytes) throws OnnxException {
    try {
      BundleManifest manifest = BundleManifest.read(bytes);
      if (manifest.featureVersion() != FeatureExtractor.VERSION) {
        throw new OnnxException(
            Reason.UNSUPPORTED,
            "%s was trained with feature code %d, and this is %d."
                .formatted(where, manifest.featureVersion(), FeatureExtractor.VERSION));
      }
      return manifest;
    } catch (IllegalArgumentException e) {
      throw new OnnxException(Reason.MALFORMED, where + ": " + e.getMessage(), e);
    }
  }

  private static byte[] listed(Map<String, byte[]> files, String name) throws OnnxException {
    byte[] bytes = files.get(name);
    if (bytes == null) {
      throw new OnnxException(Reason.MALFORMED, "The manifest does not list " + name + ".");
    }
    return bytes;
  }

  private static GoldenAnswers readGolden(String where, byte[] golden) throws OnnxException {
    try {
      return GoldenAnswers.read(golden);
    } catch (IllegalArgumentException e) {
      throw new OnnxException(Reason.MALFORMED, where + ": " + e.getMessage(), e);
    }
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
    return manifest.parts(role).flatMap(part -> part.outputs().stream()).toList();
  }

  /** Compares the answers to golden inputs, within the tolerance that the manifest states. */
  private void verify(String mode, GoldenAnswers golden) throws OnnxException {
    for (GoldenAnswers.Case example : golden.cases()) {
      float[][] answers = new float[manifest.parts().size()][];
      for (BundleModel model : models) {
        if (model.isAskedIn(mode)) {
          model.ask(example.inputs(), answers);
        }
      }
      for (Role role : Role.values()) {
        List<Float> expected = example.outputs().getOrDefault(role, List.of());
        float[] actual = joined(role, answers);
        if (!agree(expected, actual)) {
          throw new OnnxException(
              Reason.WRONG_ANSWER,
              "%s must answer %s for a golden input and answers %s."
                  .formatted(
                      role.name().toLowerCase(Locale.ROOT), expected, Arrays.toString(actual)));
        }
      }
    }
  }

  /** The answers of all parts of a role, one after another. */
  private float[] joined(Role role, float[][] answers) {
    float[] joined = NONE;
    for (int part = 0; part < answers.length; part++) {
      if (manifest.parts().get(part).role() == role) {
        int before = joined.length;
        joined = Arrays.copyOf(joined, before + answers[part].length);
        System.arraycopy(answers[part], 0, joined, before, answers[part].length);
      }
    }
    return joined;
  }

  private boolean agree(List<Float> expected, float[] actual) {
    boolean agree = expected.size() == actual.length;
    for (int i = 0; agree && i < actual.length; i++) {
      double allowed = manifest.tolerance() * Math.max(1, Math.abs(expected.get(i)));
      agree = Math.abs(expected.get(i) - actual[i]) <= allowed;
    }
    return agree;
  }

  /** What the manifest says. */
  public BundleManifest manifest() {
    return manifest;
  }

  @Override
  public ModelProfile profile() {
    return profile;
  }

  @Override
  public double tolerance() {
    return manifest.tolerance();
  }

  /**
   * Runs each file once on all readings of its operating modes that have its inputs. For the others
   * there is no score, no probability and no RUL.
   */
  @Override
  public List<ModelOutput> run(List<FeatureVector> readings) {
    if (readings.isEmpty()) {
      return List.of();
    }
    float[][][] answers = new float[manifest.parts().size()][readings.size()][];
    try {
      for (BundleModel model : models) {
        model.ask(readings, answers);
      }
    } catch (OnnxException e) {
      throw new InferenceException(profile.ref().label() + ": " + e.getMessage(), e);
    }
    ModelOutput[] outputs = new ModelOutput[readings.size()];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = output(answers, i);
    }
    return List.of(outputs);
  }

  private ModelOutput output(float[][][] answers, int reading) {
    float[] scores = new float[profile.modalities().size()];
    Arrays.fill(scores, Float.NaN);
    float failure = Float.NaN;
    float[] failureModes = NONE;
    float[] rul = NONE;
    int modality = 0;
    for (int part = 0; part < answers.length; part++) {
      float[] answer = answers[part][reading];
      Part of = manifest.parts().get(part);
      if (answer != null) {
        switch (of.role()) {
          case ANOMALY -> System.arraycopy(answer, 0, scores, modality, answer.length);
          case FAILURE -> failure = answer[0];
          case FAILURE_MODES -> failureModes = answer;
          case RUL -> rul = answer;
        }
      }
      modality += of.role() == Role.ANOMALY ? of.outputs().size() : 0;
    }
    return new ModelOutput(scores, failure, failureModes, rul);
  }

  @Override
  public List<Contribution> explain(FeatureVector reading, Conclusion conclusion) {
    Role role =
        switch (conclusion.kind()) {
          case ANOMALY -> Role.ANOMALY;
          case FAILURE -> Role.FAILURE;
          case FAILURE_MODE -> Role.FAILURE_MODES;
          case RUL -> Role.RUL;
        };
    int output = conclusion.index();
    for (int i = 0; i < manifest.parts().size(); i++) {
      Part part = manifest.parts().get(i);
      if (part.role() == role) {
        if (output < part.outputs().size()) {
          return explain(reading, i, output);
        }
        output -= part.outputs().size();
      }
    }
    return List.of();
  }

  private List<Contribution> explain(FeatureVector reading, int part, int output) {
    try {
      for (BundleModel model : models) {
        if (model.serves(part) && model.isAskedIn(reading.mode())) {
          return model.explain(reading, part, output, EXPLAINED_ROWS_MAX);
        }
      }
      return List.of();
    } catch (OnnxException e) {
      throw new InferenceException(profile.ref().label() + ": " + e.getMessage(), e);
    }
  }

  private static byte[] readChecked(
      String where, Source source, BundleFile file, OnnxSettings settings) throws OnnxException {
    if (file.bytes() > settings.fileBytesMax()) {
      throw new OnnxException(
          Reason.TOO_LARGE,
          "%s has %d bytes and %d are permitted."
              .formatted(file.name(), file.bytes(), settings.fileBytesMax()));
    }
    byte[] bytes = source.read(file.name(), settings.fileBytesMax());
    if (bytes.length != file.bytes() || !sha256(bytes).equals(file.sha256())) {
      throw new OnnxException(
          Reason.CHANGED,
          "%s in %s is not the file that the manifest describes.".formatted(file.name(), where));
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

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }

  @Override
  public void close() {
    models.forEach(BundleModel::close);
  }
}
