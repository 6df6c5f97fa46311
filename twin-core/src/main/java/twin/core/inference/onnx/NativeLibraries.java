package twin.core.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/**
 * ONNX Runtime's native libraries, out of its jar and in a folder of the user's cache that every
 * run uses again. Left to itself the runtime unpacks 20 MB into a new temporary folder at each
 * start and removes them only when the process ends in order.
 *
 * <p>Each file is written beside its place, flushed and moved there, so that two programs can do it
 * at once; one that is there is used only if its checksum is that of the jar.
 */
final class NativeLibraries {
  private static final List<String> NAMES = List.of("onnxruntime", "onnxruntime4j_jni");

  private NativeLibraries() {}

  /** Where caches belong on this system: XDG's place, macOS's own, or {@code ~/.cache}. */
  static Optional<Path> cache(Map<String, String> environment, String userHome, String system) {
    String chosen = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (Path.of(chosen).isAbsolute()) {
      return Optional.of(Path.of(chosen, "twin"));
    }
    // In a container without an account the JVM says "?".
    if (!Path.of(userHome).isAbsolute()) {
      return Optional.empty();
    }
    return Optional.of(
        isMac(system)
            ? Path.of(userHome, "Library/Caches/twin")
            : Path.of(userHome, ".cache/twin"));
  }

  /**
   * Unpacks what is not in the cache yet.
   *
   * @return the folder with the libraries; empty where the jar has none for this platform
   * @throws IOException when the cache cannot be written
   */
  static Optional<Path> unpack(Path cache, String system, String processor) throws IOException {
    String platform = platform(system, processor);
    long identity = 0;
    for (String name : NAMES) {
      Optional<JarEntry> entry = entry(platform, name);
      if (entry.isEmpty()) {
        return Optional.empty();
      }
      identity = 31 * identity + entry.get().getCrc();
    }
    Path folder = cache.resolve("onnxruntime-%s-%016x".formatted(platform, identity));
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    for (String name : NAMES) {
      unpack(platform, name, folder.resolve(System.mapLibraryName(name)));
    }
    return Optional.of(folder);
  }

  private static void unpack(String platform, String name, Path file) throws IOException {
    long crc = entry(platform, name).orElseThrow().getCrc();
    if (Files.isRegularFile(file) && crcOf(file) == crc) {
      return;
    }
    Path draft = Files.createTempFile(file.getParent(), name, ".new");
    try (InputStream packed =
        Objects.requireNonNull(OrtEnvironment.class.getResourceAsStream(path(platform, name)))) {
      try (OutputStream out = Files.newOutputStream(draft)) {
        packed.transferTo(out);
      }
      try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static long crcOf(Path file) throws IOException {
    CRC32 crc = new CRC32();
    try (InputStream in = new CheckedInputStream(Files.newInputStream(file), crc)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return crc.getValue();
  }

  private static Optional<JarEntry> entry(String platform, String name) throws IOException {
    URL resource = OrtEnvironment.class.getResource(path(platform, name));
    if (resource == null || !(resource.openConnection() instanceof JarURLConnection connection)) {
      return Optional.empty();
    }
    return Optional.of(connection.getJarEntry());
  }

  private static String path(String platform, String name) {
    return "/ai/onnxruntime/native/%s/%s".formatted(platform, System.mapLibraryName(name));
  }

  /** As ONNX Runtime names it in its jar. */
  private static String platform(String system, String processor) {
    String os = isMac(system) ? "osx" : system.toLowerCase(Locale.ROOT);
    return os + "-" + (processor.equals("amd64") || processor.equals("x86_64") ? "x64" : processor);
  }

  private static boolean isMac(String system) {
    return system.startsWith("Mac");
  }
}
