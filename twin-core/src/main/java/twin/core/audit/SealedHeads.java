package twin.core.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The heads of many seals, gone through together machine by machine in the order of the ids' bytes.
 * Of each seal one head is in memory. Not thread-safe.
 */
final class SealedHeads implements AutoCloseable {

  private final List<Cursor> cursors = new ArrayList<>();

  private static final class Cursor {
    private final Seal seal;
    private final HeadsFile.Reader reader;
    private @Nullable Head next;

    Cursor(Seal seal, HeadsFile.Reader reader) throws IOException {
      this.seal = seal;
      this.reader = reader;
      this.next = reader.next();
    }
  }

  /**
   * Opens all files.
   *
   * @param files the heads of each seal, the oldest first
   */
  static SealedHeads open(Map<Seal, Path> files) throws IOException {
    SealedHeads heads = new SealedHeads();
    try {
      for (Map.Entry<Seal, Path> each : files.entrySet()) {
        heads.cursors.add(new Cursor(each.getKey(), new HeadsFile.Reader(each.getValue())));
      }
      return heads;
    } catch (IOException | RuntimeException e) {
      heads.close();
      throw e;
    }
  }

  /** The next machine that any seal knows; null behind the last. */
  @Nullable String peek() {
    String least = null;
    for (Cursor each : cursors) {
      Head head = each.next;
      if (head != null && (least == null || head.machineId().compareTo(least) < 0)) {
        least = head.machineId();
      }
    }
    return least;
  }

  /** What the seals know of a machine, by revision and hash; goes on behind it. */
  NavigableMap<Long, List<SealedHead>> take(String machineId) throws IOException {
    NavigableMap<Long, List<SealedHead>> known = new TreeMap<>();
    for (Cursor each : cursors) {
      Head head = each.next;
      while (head != null && head.machineId().compareTo(machineId) < 0) {
        head = each.reader.next();
      }
      if (head != null && head.machineId().equals(machineId)) {
        List<SealedHead> ofRevision =
            known.computeIfAbsent(head.revision(), revision -> new ArrayList<>());
        Head found = head;
        if (ofRevision.stream().noneMatch(other -> other.head().equals(found))) {
          ofRevision.add(new SealedHead(each.seal, head));
        }
        head = each.reader.next();
      }
      each.next = head;
    }
    return known;
  }

  @Override
  public void close() throws IOException {
    IOException failure = null;
    for (Cursor each : cursors) {
      try {
        each.reader.close();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }
}
