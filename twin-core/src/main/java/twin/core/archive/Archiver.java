package twin.core.archive;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineTwin;
import twin.core.store.ArchiveTable;
import twin.core.store.EventStore;
import twin.core.store.Segment;

/**
 * Moves old events from the front of the journal into files.
 *
 * <p>A machine's events go up to the newest snapshot that is old enough, so that its twin finds all
 * it needs to wake. A file is written, made durable, read again and compared with the journal event
 * by event, and only then do the events leave the journal, in the transaction that enters the file.
 * Killed at any point, it has lost nothing: a file that was not entered is written anew.
 *
 * <p>One at a time in the whole cluster is enough, and two do no harm. Thread-safe.
 */
public final class Archiver {

  private static final Logger log = LoggerFactory.getLogger(Archiver.class);

  /** Events read from the journal at a time, and machines looked at. */
  private static final int PAGE = 400;

  private static final int SEGMENTS_FORGOTTEN_AT_ONCE = 100;

  private final EventStore journal;
  private final ArchiveTable table;
  private final ArchiveSettings settings;
  private final InstantSource clock;
  private final Executor blocking;

  /**
   * Does nothing yet.
   *
   * @param journal the journal alone
   * @param blocking runs what writes and reads files
   */
  public Archiver(
      EventStore journal,
      ArchiveTable table,
      ArchiveSettings settings,
      InstantSource clock,
      Executor blocking) {
    this.journal = journal;
    this.table = table;
    this.settings = settings;
    this.clock = clock;
    this.blocking = blocking;
  }

  /**
   * What a pass has done.
   *
   * @param failed machines whose events stay where they are; the log says why
   */
  public record Moved(long machines, long events, long bytes, long failed) {
    private static final Moved NOTHING = new Moved(0, 0, 0, 0);

    private Moved plus(Moved other) {
      return new Moved(
          machines + other.machines,
          events + other.events,
          bytes + other.bytes,
          failed + other.failed);
    }
  }

  /** One pass over all machines, and over what is too much. */
  public CompletionStage<Moved> pass() {
    return CompletableFuture.supplyAsync(
        () -> {
          Moved moved = Moved.NOTHING;
          Optional<String> behind = Optional.of("");
          while (behind.isPresent()) {
            ArchiveTable.Fronts fronts =
                join(table.fronts(behind.get(), clock.instant().minus(settings.after()), PAGE));
            for (ArchiveTable.Front front : fronts.found()) {
              moved = moved.plus(machine(front));
            }
            behind = fronts.goOnBehind();
          }
          forgetTooMuch();
          return moved;
        },
        blocking);
  }

  /** What goes wrong with one machine is told and does not hold up the others. */
  private Moved machine(ArchiveTable.Front front) {
    try {
      if (!join(table.isHandled(front))) {
        return Moved.NOTHING;
      }
      Moved moved = Moved.NOTHING;
      for (long first = front.first(); first <= front.last(); ) {
        long last = end(front, first);
        Segment segment = write(front.persistenceId(), first, last);
        join(table.replace(segment));
        moved = moved.plus(new Moved(0, last - first + 1, segment.bytes(), 0));
        first = last + 1;
      }
      return moved.plus(new Moved(1, 0, 0, 0));
    } catch (RuntimeException e) {
      log.error("events of {} could not be archived: {}", front.persistenceId(), cause(e));
      return new Moved(0, 0, 0, 1);
    }
  }

  /**
   * Where a segment that begins at an event ends: with a snapshot where there is one, so that the
   * states behind it can be worked out without the segment.
   */
  private long end(ArchiveTable.Front front, long first) {
    long furthest = Math.min(front.last(), first + settings.segmentEvents() - 1);
    return join(journal.snapshot(front.persistenceId(), furthest))
        .map(EventStore.Stored::revision)
        .filter(snapshot -> snapshot >= first)
        .orElse(furthest);
  }

  private static String cause(RuntimeException e) {
    Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
    return String.valueOf(cause.getMessage());
  }

  private Segment write(String persistenceId, long first, long last) {
    Path file = file(persistenceId, first, last);
    Segment segment;
    try (SegmentWriter writer = new SegmentWriter(file, persistenceId)) {
      for (long next = first; next <= last; ) {
        List<EventStore.Stored> page = page(persistenceId, next, last);
        page.forEach(writer::add);
        next = page.getLast().revision() + 1;
      }
      segment = writer.finish(settings.folder());
    }
    compare(file, segment);
    return segment;
  }

  private List<EventStore.Stored> page(String persistenceId, long first, long last) {
    List<EventStore.Stored> page = join(journal.events(persistenceId, first, last, PAGE));
    if (page.isEmpty() || page.getFirst().revision() != first) {
      throw new ArchiveException(
          "the journal of %s lacks revision %d, so its events stay in it; ./twin audit verify says what else is wrong"
              .formatted(persistenceId, first));
    }
    return page;
  }

  /** Reads what was written, and the journal once more. */
  private void compare(Path file, Segment segment) {
    try (SegmentReader reader = SegmentReader.open(file, segment.persistenceId())) {
      for (long next = segment.firstRevision(); next <= segment.lastRevision(); ) {
        List<EventStore.Stored> recorded =
            page(segment.persistenceId(), next, segment.lastRevision());
        long end = recorded.getLast().revision();
        if (!same(recorded, reader.events(next, end, PAGE))) {
          throw new ArchiveException(
              "what was written to %s is not what is in the journal from revision %d on"
                  .formatted(file, next));
        }
        next = end + 1;
      }
    }
  }

  private static boolean same(List<EventStore.Stored> some, List<EventStore.Stored> others) {
    boolean same = some.size() == others.size();
    for (int i = 0; same && i < some.size(); i++) {
      EventStore.Stored one = some.get(i);
      EventStore.Stored other = others.get(i);
      same =
          one.revision() == other.revision()
              && one.manifest().equals(other.manifest())
              && MessageDigest.isEqual(one.payload(), other.payload());
    }
    return same;
  }

  /**
   * A folder for each 256th of the machines, so that no folder gets too many entries, and in it one
   * for the machine. Ids that differ only in their case may be the same to a file system.
   */
  private Path file(String persistenceId, long first, long last) {
    String machineId = MachineTwin.machineId(persistenceId);
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256")
              .digest(persistenceId.getBytes(StandardCharsets.UTF_8));
      return settings
          .folder()
          .resolve(HexFormat.of().toHexDigits(hash[0]))
          .resolve(machineId + "-" + HexFormat.of().formatHex(hash, 0, 4))
          .resolve("%012d-%012d.twa".formatted(first, last));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  private void forgetTooMuch() {
    if (settings.keepBytes() == 0) {
      return;
    }
    for (List<Segment> oldest = tooMuch(); !oldest.isEmpty(); oldest = tooMuch()) {
      for (Segment segment : oldest) {
        join(table.forget(segment));
        try {
          Files.deleteIfExists(settings.folder().resolve(segment.file()));
        } catch (IOException e) {
          throw new ArchiveException("%s cannot be deleted: %s".formatted(segment.file(), e), e);
        }
      }
      log.info(
          "the archive keeps {} bytes; {} older files were deleted, the newest with events up to"
              + " {}",
          settings.keepBytes(),
          oldest.size(),
          oldest.getLast().recordedTo());
    }
  }

  private List<Segment> tooMuch() {
    return join(table.beyond(settings.keepBytes(), SEGMENTS_FORGOTTEN_AT_ONCE));
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }
}
