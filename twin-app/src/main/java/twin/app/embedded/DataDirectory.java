package twin.app.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.embedded.EmbeddedServiceException.Reason;

/**
 * The directory in which the embedded services keep their data between runs, held by one process at
 * a time.
 *
 * <p>It holds {@code postgres/}, {@code mqtt/}, {@code kafka/}, {@code archive/} (old events),
 * {@code nodes/}, {@code program/} (whatever the program itself wants to keep beside them), {@code
 * run/} (the lock and the pid of the holder), and a marker file that says it is Twin's. The lock is
 * the operating system's, so a killed holder frees it. Thread-safe.
 */
public final class DataDirectory implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(DataDirectory.class);

  private static final String MARKER = ".twin-data";
  private static final String MARKER_TEXT =
      "This directory belongs to Twin. With --fresh, Twin deletes what it keeps in here.\n";
  private static final List<String> OWN =
      List.of("postgres", "mqtt", "kafka", "archive", "nodes", "program", "run");

  /**
   * The directories that this process holds. A POSIX lock belongs to the process, and closing any
   * channel to the file gives it up: so a second attempt in the same process must not even open it.
   */
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final FileChannel lockChannel;
  private boolean closed;

  private DataDirectory(Path path, FileChannel lockChannel) {
    this.path = path;
    this.lockChannel = lockChannel;
  }

  /**
   * Takes the directory for this process, and creates it where there is none.
   *
   * @param minFreeMegabytes refuses to start with less free space than this
   * @throws EmbeddedServiceException if another process holds it, it is not Twin's, it is not
   *     writable, or the disk is nearly full
   */
  public static DataDirectory open(Path directory, long minFreeMegabytes)
      throws EmbeddedServiceException {
    Path path = claim(directory);
    boolean opened = false;
    if (!HELD.add(path)) {
      throw inUse(path);
    }
    try {
      DataDirectory data = new DataDirectory(path, lock(path));
      try {
        requireFreeSpace(path, minFreeMegabytes);
        Files.writeString(path.resolve("run/pid"), ProcessHandle.current().pid() + "\n");
        opened = true;
        return data;
      } finally {
        if (!opened) {
          data.lockChannel.close();
        }
      }
    } catch (IOException e) {
      throw notWritable(path, e);
    } finally {
      if (!opened) {
        HELD.remove(path);
      }
    }
  }

  /** The directory itself. */
  public Path path() {
    return path;
  }

  /** Where PostgreSQL lives. */
  public Path postgres() {
    return path.resolve("postgres");
  }

  /** Where the MQTT broker lives. */
  public Path mqtt() {
    return path.resolve("mqtt");
  }

  /** Where Kafka lives. */
  public Path kafka() {
    return path.resolve("kafka");
  }

  /** Where old events lie. */
  public Path archive() {
    return path.resolve("archive");
  }

  /** Where the nodes of a cluster on this machine have their configurations and logs. */
  public Path nodes() {
    return path.resolve("nodes");
  }

  /** Where the program keeps what is its own; created on the first call. */
  public Path program() throws EmbeddedServiceException {
    try {
      return Files.createDirectories(path.resolve("program"));
    } catch (IOException e) {
      throw notWritable(path, e);
    }
  }

  /**
   * Deletes what Twin keeps in here, and nothing else: a file that somebody put beside it stays,
   * and symbolic links are not followed. Nothing of it may be in use, a PostgreSQL that a killed
   * run left behind included.
   */
  void clear() throws EmbeddedServiceException {
    try {
      for (String name : OWN) {
        if (!name.equals("run")) {
          deleteTree(path.resolve(name));
        }
      }
    } catch (IOException e) {
      throw notWritable(path, e);
    }
  }

  /** Lets another process have the directory. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      Files.deleteIfExists(path.resolve("run/pid"));
      lockChannel.close();
    } catch (IOException e) {
      log.warn("The lock of {} could not be given up: {}", path, e.toString());
    } finally {
      HELD.remove(path);
    }
  }

  /** Makes the directory Twin's if it is new or empty, and refuses one that is somebody else's. */
  private static Path claim(Path directory) throws EmbeddedServiceException {
    try {
      Files.createDirectories(directory);
      Path path = directory.toRealPath();
      if (!Files.exists(path.resolve(MARKER), LinkOption.NOFOLLOW_LINKS)) {
        if (!isEmpty(path)) {
          throw new EmbeddedServiceException(
              Reason.DATA_NOT_USABLE,
              path
                  + " is not empty and not a Twin data directory. Choose another with --data-dir.");
        }
        Files.writeString(path.resolve(MARKER), MARKER_TEXT);
      }
      Files.createDirectories(path.resolve("run"));
      return path;
    } catch (IOException e) {
      throw notWritable(directory, e);
    }
  }

  private static boolean isEmpty(Path path) throws IOException {
    try (Stream<Path> entries = Files.list(path)) {
      return entries.findAny().isEmpty();
    }
  }

  private static FileChannel lock(Path path) throws IOException, EmbeddedServiceException {
    FileChannel channel =
        FileChannel.open(
            path.resolve("run/lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    if (lock == null) {
      throw inUse(path);
    }
    return channel;
  }

  private static EmbeddedServiceException inUse(Path path) {
    String holder;
    try {
      // The pid is in a file of its own: opening the lock's file could give up a lock.
      String pid = Files.readString(path.resolve("run/pid"), StandardCharsets.UTF_8).strip();
      holder = "the process with pid " + pid;
    } catch (IOException e) {
      holder = "another process";
    }
    return new EmbeddedServiceException(
        Reason.DATA_IN_USE,
        "%s is in use by %s. Stop that one, or choose another directory with --data-dir."
            .formatted(path, holder));
  }

  private static void requireFreeSpace(Path path, long minFreeMegabytes)
      throws IOException, EmbeddedServiceException {
    long freeMegabytes = Files.getFileStore(path).getUsableSpace() / (1024 * 1024);
    if (freeMegabytes < minFreeMegabytes) {
      throw new EmbeddedServiceException(
          Reason.DISK_FULL,
          "Only %d MB are free for %s; the embedded services need at least %d MB."
              .formatted(freeMegabytes, path, minFreeMegabytes));
    }
  }

  private static EmbeddedServiceException notWritable(Path path, IOException cause) {
    return new EmbeddedServiceException(
        Reason.DATA_NOT_USABLE,
        "The data directory %s cannot be written (%s). Choose another with --data-dir."
            .formatted(path, cause),
        cause);
  }

  /** Deletes a directory with all that is in it; a symbolic link is deleted, not followed. */
  public static void deleteTree(Path root) throws IOException {
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
                throws IOException {
              if (failure != null) {
                throw failure;
              }
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (NoSuchFileException e) {
      if (!e.getFile().equals(root.toString())) {
        throw e;
      }
    }
  }
}
