package twin.core.archive;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import twin.core.store.ArchiveTable;
import twin.core.store.EventStore;
import twin.core.store.Segment;

/**
 * The events of machines wherever they stand: old ones in files, the others in the journal. Whoever
 * reads does not notice which. Thread-safe.
 */
public final class Archive implements EventStore {

  private final EventStore journal;
  private final ArchiveTable table;
  private final Path folder;
  private final Executor blocking;

  /**
   * Reads nothing yet.
   *
   * @param folder where the files lie
   * @param blocking runs what reads files
   */
  public Archive(EventStore journal, ArchiveTable table, Path folder, Executor blocking) {
    this.journal = journal;
    this.table = table;
    this.folder = folder;
    this.blocking = blocking;
  }

  @Override
  public CompletionStage<List<Stored>> events(
      String persistenceId, long first, long last, int most) {
    return table
        .reaching(persistenceId, first)
        .thenCompose(
            segment ->
                segment.isPresent()
                    ? archived(segment.get(), first, last, most)
                    : recorded(persistenceId, first, last, most));
  }

  private CompletionStage<List<Stored>> recorded(
      String persistenceId, long first, long last, int most) {
    return journal
        .events(persistenceId, first, last, most)
        .thenCompose(
            page ->
                !page.isEmpty() && page.getFirst().revision() == first
                    ? CompletableFuture.completedFuture(page)
                    // They may have gone into a file between the two looks.
                    : table
                        .reaching(persistenceId, first)
                        .thenCompose(
                            segment ->
                                segment.isPresent()
                                    ? archived(segment.get(), first, last, most)
                                    : CompletableFuture.completedFuture(page)));
  }

  private CompletionStage<List<Stored>> archived(Segment segment, long first, long last, int most) {
    if (segment.firstRevision() > last) {
      return CompletableFuture.completedFuture(List.of());
    }
    return CompletableFuture.supplyAsync(() -> read(segment, first, last, most), blocking)
        .thenCompose(
            page ->
                page.isEmpty() || page.size() == most || segment.lastRevision() >= last
                    ? CompletableFuture.completedFuture(page)
                    : events(
                            segment.persistenceId(),
                            segment.lastRevision() + 1,
                            last,
                            most - page.size())
                        .thenApply(rest -> joined(page, rest)));
  }

  private List<Stored> read(Segment segment, long first, long last, int most) {
    try (SegmentReader reader =
        SegmentReader.open(folder.resolve(segment.file()), segment.persistenceId())) {
      return reader.events(first, last, most);
    }
  }

  private static List<Stored> joined(List<Stored> page, List<Stored> rest) {
    page.addAll(rest);
    return page;
  }

  @Override
  public CompletionStage<Optional<Stored>> snapshot(String persistenceId, long revision) {
    return journal.snapshot(persistenceId, revision);
  }
}
