package twin.training.bundle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import twin.core.inference.BundleManifest;
import twin.core.inference.onnx.OnnxBundle;
import twin.core.inference.onnx.OnnxException;
import twin.core.inference.onnx.OnnxSettings;

/** The directory of a bundle that is being written. */
public final class BundleFolder {

  private BundleFolder() {}

  /**
   * Makes sure that nothing would be overwritten.
   *
   * @throws IllegalArgumentException when there is something in the directory
   */
  public static void requireEmpty(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      try (var present = Files.list(directory)) {
        if (present.findAny().isPresent()) {
          throw new IllegalArgumentException(
              directory + " is not empty; a bundle is never overwritten");
        }
      }
    }
  }

  /** Writes a bundle and opens it as a twin will. */
  public static void write(Path directory, BundleManifest manifest, Map<String, byte[]> files)
      throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
    Files.write(directory.resolve(BundleManifest.FILE), manifest.write());
    try {
      OnnxBundle.open(directory, OnnxSettings.defaults()).close();
    } catch (OnnxException e) {
      throw new IllegalStateException("the bundle does not open: " + e.getMessage(), e);
    }
  }

  /** Digest of some bytes, in hexadecimal digits. */
  public static String sha256(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }
}
