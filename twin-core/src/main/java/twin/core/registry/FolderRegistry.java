package twin.core.registry;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleName;
import twin.core.registry.RegistryException.Reason;

/**
 * Bundles in a folder, {@code TYPE/VERSION/}, such as a volume that all nodes share, or the folder
 * of a node itself. A bundle is written aside, in a hidden folder, and gets its name when it is
 * whole; renaming a folder takes the place of no other that has something in it. Pointers are
 * files, {@code TYPE/latest}.
 */
public final class FolderRegistry implements BundleRegistry {

  private static final int VERSION_BYTES_MAX = 256;

  private final Path folder;
  private final List<Path> folders;
  private final int bundlesMax;

  /**
   * Reads nothing yet; a folder that is not there is empty.
   *
   * @param bundlesMax most bundles that are listed
   */
  public FolderRegistry(Path folder, int bundlesMax) {
    this(List.of(folder), bundlesMax);
  }

  /**
   * The same over several folders, of which the last is written to. Of a bundle that is in two of
   * them the first one's counts.
   */
  public FolderRegistry(List<Path> folders, int bundlesMax) {
    this.folder = folders.getLast();
    this.folders = List.copyOf(folders);
    this.bundlesMax = bundlesMax;
  }

  @Override
  public String place() {
    return "folder " + folder;
  }

  private Path directory(BundleName bundle) {
    return folders.stream()
        .map(each -> in(each, bundle))
        .filter(Files::isDirectory)
        .findFirst()
        .orElse(in(folder, bundle));
  }

  private static Path in(Path folder, BundleName bundle) {
    return folder.resolve(bundle.type()).resolve(bundle.version());
  }

  @Override
  public List<BundleName> list() throws RegistryException {
    SortedSet<BundleName> found = new TreeSet<>();
    for (Path each : folders) {
      for (Path type : directories(each)) {
        for (Path version : directories(type)) {
          if (Files.isRegularFile(version.resolve(BundleManifest.FILE))) {
            found.add(
                new BundleName(type.getFileName().toString(), version.getFileName().toString()));
            Listing.requireRoom(found.size(), bundlesMax, place());
          }
        }
      }
    }
    return List.copyOf(found);
  }

  private List<Path> directories(Path in) throws RegistryException {
    if (!Files.isDirectory(in)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(in)) {
      return entries
          .filter(
              entry ->
                  BundleName.isPlain(entry.getFileName().toString()) && Files.isDirectory(entry))
          .toList();
    } catch (IOException e) {
      throw unavailable("read", e);
    }
  }

  /** Whether there is such a bundle, or what is left of one. */
  boolean has(BundleName bundle) {
    return Files.isDirectory(directory(bundle));
  }

  /** How many bytes all files have of the folder that is written to. */
  long bytes() throws RegistryException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      long bytes = 0;
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        bytes += Files.size(file);
      }
      return bytes;
    } catch (IOException e) {
      throw unavailable("read", e);
    }
  }

  @Override
  public byte[] read(BundleName bundle, String file, long bytesMax) throws RegistryException {
    return read(directory(bundle).resolve(file), bytesMax)
        .orElseThrow(
            () ->
                new RegistryException(
                    Reason.MISSING, "%s is not in %s: no %s".formatted(bundle, place(), file)));
  }

  private Optional<byte[]> read(Path file, long bytesMax) throws RegistryException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(Math.toIntExact(Math.min(Integer.MAX_VALUE - 8, bytesMax + 1)));
      if (bytes.length > bytesMax) {
        throw Listing.tooLarge(file.toString(), bytesMax);
      }
      return Optional.of(bytes);
    } catch (IOException e) {
      throw unavailable("read", e);
    }
  }

  @Override
  public boolean publish(BundleName bundle, SortedMap<String, byte[]> files)
      throws RegistryException {
    Listing.requireVersion(bundle);
    if (there(bundle, files)) {
      return false;
    }
    Path type = folder.resolve(bundle.type());
    Path aside = aside(type);
    try {
      Files.createDirectories(type);
      Files.createDirectory(aside);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        write(aside.resolve(file.getKey()), file.getValue());
      }
      Files.move(aside, in(folder, bundle), StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (AtomicMoveNotSupportedException e) {
      throw unavailable("renamed in", e);
    } catch (FileSystemException e) {
      // Somebody else may have been faster.
      if (there(bundle, files)) {
        return false;
      }
      throw unavailable("written", e);
    } catch (IOException e) {
      throw unavailable("written", e);
    } finally {
      remove(aside);
    }
  }

  private boolean there(BundleName bundle, SortedMap<String, byte[]> files)
      throws RegistryException {
    Optional<byte[]> manifest =
        read(directory(bundle).resolve(BundleManifest.FILE), BundleManifest.BYTES_MAX);
    if (manifest.isEmpty() && has(bundle)) {
      throw BundleFiles.taken(bundle, place());
    }
    return manifest.isPresent() && BundleFiles.same(bundle, manifest.get(), files, place());
  }

  /** A name that nobody else has; hidden, so that nobody takes it for a bundle. */
  private static Path aside(Path type) {
    return type.resolve(".incoming-" + UUID.randomUUID());
  }

  private static void write(Path file, byte[] bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      ByteBuffer left = ByteBuffer.wrap(bytes);
      while (left.hasRemaining()) {
        channel.write(left);
      }
      channel.force(true);
    }
  }

  private static void remove(Path directory) throws RegistryException {
    if (!Files.isDirectory(directory)) {
      return;
    }
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path each : (Iterable<Path>) all.sorted(Comparator.reverseOrder())::iterator) {
        Files.delete(each);
      }
    } catch (IOException e) {
      throw new RegistryException(
          Reason.UNAVAILABLE, "%s cannot be removed: %s".formatted(directory, e), e);
    }
  }

  @Override
  public Optional<String> pointed(String type, Pointer pointer) throws RegistryException {
    return read(folder.resolve(type).resolve(pointer.label()), VERSION_BYTES_MAX)
        .flatMap(Listing::version);
  }

  @Override
  public void point(BundleName bundle, Pointer pointer) throws RegistryException {
    Path type = folder.resolve(bundle.type());
    try {
      Files.createDirectories(type);
      Path aside = aside(type);
      try {
        Files.write(aside, (bundle.version() + "\n").getBytes(StandardCharsets.UTF_8));
        Files.move(aside, type.resolve(pointer.label()), StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw unavailable("written", e);
    }
  }

  private RegistryException unavailable(String what, IOException e) {
    return new RegistryException(
        Reason.UNAVAILABLE, "%s cannot be %s: %s".formatted(place(), what, e), e);
  }

  @Override
  public void close() {
    // Nothing is held open.
  }
}
