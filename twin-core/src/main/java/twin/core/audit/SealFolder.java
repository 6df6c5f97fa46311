package twin.core.audit;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where seals are kept outside the database: {@code seals.ndjson}, a line for each and only ever
 * longer; {@code heads/}, a file for each of the newest; {@code keys/}, the public key of each key
 * that has sealed here. One process writes to it at a time.
 */
final class SealFolder {
  private static final Logger log = LoggerFactory.getLogger(SealFolder.class);

  static final String SEALS = "seals.ndjson";
  static final String HEADS = "heads";
  static final String KEYS = "keys";
  private static final String UNFINISHED = ".unfinished";
  private static final int LINE_MAX = 4096;

  private final Path folder;

  SealFolder(Path folder) {
    this.folder = folder;
  }

  /** The name of the file with a seal's heads. */
  static String headsOf(Seal seal) {
    return "%s-%012d.gz".formatted(seal.log(), seal.number());
  }

  private Path seals() {
    return folder.resolve(SEALS);
  }

  private Path heads(Seal seal) {
    return folder.resolve(HEADS).resolve(headsOf(seal));
  }

  /** A file for the heads of a seal that is being made. */
  Path unfinished() {
    return folder.resolve(HEADS).resolve("next" + UNFINISHED);
  }

  /** Makes the folder, leaves the public key in it, and ends what a crash may have left halfway. */
  void prepare(VerifyingKey key) throws IOException {
    Files.createDirectories(folder.resolve(HEADS));
    Files.createDirectories(folder.resolve(KEYS));
    Path kept = folder.resolve(KEYS).resolve(key.id() + ".pem");
    if (!Files.exists(kept)) {
      Files.writeString(kept, key.pem(), StandardCharsets.US_ASCII);
    }
    cutUnfinishedLine();
    Optional<Seal> newest = newest();
    if (newest.isPresent()) {
      Path waiting = waiting(newest.get());
      if (Files.exists(waiting)) {
        Files.move(waiting, heads(newest.get()), StandardCopyOption.ATOMIC_MOVE);
      }
    }
  }

  /**
   * Heads whose seal is being written. They are under its name so that no others can become its.
   */
  private Path waiting(Seal seal) {
    return folder.resolve(HEADS).resolve(headsOf(seal) + UNFINISHED);
  }

  private void cutUnfinishedLine() throws IOException {
    if (!Files.exists(seals())) {
      return;
    }
    try (RandomAccessFile file = new RandomAccessFile(seals().toFile(), "rw")) {
      long end = file.length();
      long cut = end;
      while (cut > 0 && end - cut <= LINE_MAX) {
        file.seek(cut - 1);
        if (file.read() == '\n') {
          break;
        }
        cut--;
      }
      if (cut < end) {
        log.warn("{} ended in the middle of a seal, which nobody was told of; it is gone", seals());
        file.setLength(cut);
      }
    }
  }

  /**
   * The newest seal.
   *
   * @throws AuditException when the last line is none
   */
  Optional<Seal> newest() throws IOException {
    if (!Files.exists(seals())) {
      return Optional.empty();
    }
    try (RandomAccessFile file = new RandomAccessFile(seals().toFile(), "r")) {
      int length = (int) Math.min(LINE_MAX, file.length());
      byte[] end = new byte[length];
      file.seek(file.length() - length);
      file.readFully(end);
      String text = new String(end, StandardCharsets.UTF_8).stripTrailing();
      return text.isEmpty()
          ? Optional.empty()
          : Optional.of(parsed(text.substring(text.lastIndexOf('\n') + 1)));
    }
  }

  private Seal parsed(String line) {
    try {
      return Seal.of(line);
    } catch (IllegalArgumentException e) {
      throw new AuditException(
          "the last line of %s is no seal (%s): ./twin audit verify says what else is wrong; move the folder away to begin anew"
              .formatted(seals(), e.getMessage()),
          e);
    }
  }

  /** Adds a seal whose heads are in {@link #unfinished}. When it returns, the disk has both. */
  void add(Seal seal) throws IOException {
    Path waiting = waiting(seal);
    Files.move(unfinished(), waiting, StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel channel =
        FileChannel.open(seals(), StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      ByteBuffer line = StandardCharsets.UTF_8.encode(seal.json() + "\n");
      while (line.hasRemaining()) {
        channel.write(line);
      }
      channel.force(true);
    }
    Files.move(waiting, heads(seal), StandardCopyOption.ATOMIC_MOVE);
  }

  /** Takes away the oldest heads. Seals stay for ever. */
  void prune(int most, Duration longest, Instant now) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> all = Files.list(folder.resolve(HEADS))) {
      all.filter(file -> file.toString().endsWith(".gz")).forEach(files::add);
    }
    List<Instant> ages = new ArrayList<>();
    for (Path file : files) {
      ages.add(Files.getLastModifiedTime(file).toInstant());
    }
    List<Integer> newestFirst = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      newestFirst.add(i);
    }
    newestFirst.sort(
        Comparator.<Integer, Instant>comparing(ages::get).thenComparing(files::get).reversed());
    for (int i = 0; i < newestFirst.size(); i++) {
      int each = newestFirst.get(i);
      if (i >= most || ages.get(each).isBefore(now.minus(longest))) {
        Files.delete(files.get(each));
      }
    }
  }

  /**
   * The seals after a number, oldest first. A line that somebody has made unreadable is passed
   * over: it is for the check to tell, and must not keep the others back.
   */
  List<Seal> after(long number, int most) throws IOException {
    try (Stream<String> lines = Files.lines(seals(), StandardCharsets.UTF_8)) {
      return lines
          .flatMap(line -> readable(line).stream())
          .filter(seal -> seal.number() > number)
          .limit(most)
          .toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Optional<Seal> readable(String line) {
    try {
      return Optional.of(Seal.of(line));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Up to which number seals have been published. */
  long published() throws IOException {
    Path file = folder.resolve("published");
    if (!Files.exists(file)) {
      return 0;
    }
    try {
      return Long.parseLong(Files.readString(file).strip());
    } catch (NumberFormatException e) {
      // Published once more does no harm.
      log.warn("{} holds no number", file);
      return 0;
    }
  }

  void published(long number) throws IOException {
    Path file = folder.resolve("published");
    Path next = folder.resolve("published" + UNFINISHED);
    Files.writeString(next, number + "\n");
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
