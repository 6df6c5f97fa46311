package twin.core.registry;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SortedMap;
import java.util.TreeMap;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleManifest.BundleFile;
import twin.core.inference.BundleName;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;
import twin.core.registry.RegistryException.Reason;

/**
 * The files of a bundle, read whole from a registry. Whoever has them knows that they are those
 * that the manifest describes; whether they also answer as they must, {@link #verify} finds out.
 */
public final class BundleFiles {

  private final BundleName name;
  private final SortedMap<String, byte[]> files;

  private BundleFiles(BundleName name, SortedMap<String, byte[]> files) {
    this.name = name;
    this.files = files;
  }

  /** Reads a bundle and compares each file with the manifest. */
  public static BundleFiles read(BundleRegistry from, BundleName name, RegistryLimits limits)
      throws RegistryException, InterruptedException {
    byte[] bytes = from.read(name, BundleManifest.FILE, BundleManifest.BYTES_MAX);
    BundleManifest manifest;
    try {
      manifest = BundleManifest.read(bytes);
    } catch (IllegalArgumentException e) {
      throw damaged(name, from, String.valueOf(e.getMessage()));
    }
    if (!manifest.type().equals(name.type()) || !manifest.version().equals(name.version())) {
      throw damaged(
          name, from, "its manifest is of %s:%s".formatted(manifest.type(), manifest.version()));
    }
    long all = bytes.length;
    for (BundleFile file : manifest.files()) {
      all += Math.max(0, file.bytes());
      if (file.bytes() > limits.fileBytesMax() || all > limits.bundleBytesMax()) {
        throw new RegistryException(
            Reason.TOO_LARGE,
            "%s in %s is larger than twin.models.registry.file-bytes-max (%d) or bundle-bytes-max (%d) permits"
                .formatted(name, from.place(), limits.fileBytesMax(), limits.bundleBytesMax()));
      }
    }
    SortedMap<String, byte[]> files = new TreeMap<>();
    files.put(BundleManifest.FILE, bytes);
    for (BundleFile file : manifest.files()) {
      files.put(file.name(), read(from, name, file));
    }
    return new BundleFiles(name, files);
  }

  private static byte[] read(BundleRegistry from, BundleName name, BundleFile file)
      throws RegistryException, InterruptedException {
    byte[] bytes;
    try {
      bytes = from.read(name, file.name(), file.bytes());
    } catch (RegistryException e) {
      if (e.reason() == Reason.MISSING || e.reason() == Reason.TOO_LARGE) {
        throw damaged(
            name,
            from,
            "%s is %s"
                .formatted(
                    file.name(),
                    e.reason() == Reason.MISSING
                        ? "missing"
                        : "larger than the %d bytes that the manifest says"
                            .formatted(file.bytes())));
      }
      throw e;
    }
    if (bytes.length != file.bytes() || !sha256(bytes).equals(file.sha256())) {
      throw damaged(name, from, file.name() + " is not the file whose sha256 the manifest says");
    }
    return bytes;
  }

  private static RegistryException damaged(BundleName name, BundleRegistry from, String why) {
    return new RegistryException(
        Reason.DAMAGED, "%s in %s is damaged: %s".formatted(name, from.place(), why));
  }

  /**
   * Loads the models, compares their shapes with the manifest, and has them answer the golden
   * inputs.
   *
   * @throws RegistryException when they do not within the bundle's tolerance
   */
  public void verify(OnnxSettings settings) throws RegistryException {
    try {
      OnnxBundle.open(name.label(), files, settings).close();
    } catch (OnnxException e) {
      throw new RegistryException(
          Reason.DAMAGED, "%s cannot be used: %s".formatted(name, e.getMessage()), e);
    }
  }

  /** Its name. */
  public BundleName name() {
    return name;
  }

  /** Digest of the manifest, as journals name the bundle. */
  public String sha256() {
    return sha256(manifest(files));
  }

  /** How many bytes they are. */
  public long bytes() {
    return files.values().stream().mapToLong(each -> each.length).sum();
  }

  /** Puts them into another registry; false when the very same were there already. */
  public boolean publish(BundleRegistry into) throws RegistryException, InterruptedException {
    return into.publish(name, files);
  }

  static byte[] manifest(SortedMap<String, byte[]> files) {
    byte[] manifest = files.get(BundleManifest.FILE);
    if (manifest == null) {
      throw new IllegalArgumentException("a bundle is published with its manifest");
    }
    return manifest;
  }

  /**
   * For registries: whether the manifest that is there is the one to be published, which names the
   * digest of every other file.
   *
   * @throws RegistryException when it is another one
   */
  static boolean same(BundleName name, byte[] there, SortedMap<String, byte[]> files, String place)
      throws RegistryException {
    if (!Arrays.equals(there, manifest(files))) {
      throw taken(name, place);
    }
    return true;
  }

  static RegistryException taken(BundleName name, String place) {
    return new RegistryException(
        Reason.TAKEN,
        "%s is in %s already, with other bytes; a version never changes, so give it another one"
            .formatted(name, place));
  }

  static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }
}
