package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.pekko.japi.Pair;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Writers that hold transactions open and commit them in another order than they wrote. */
final class CoarseOrderTest {
  private static final Config CONFIG = TestDatabase.create();
  private static Connection reader;

  @BeforeAll
  static void migrate() throws SQLException {
    TestDatabase.open(CONFIG).close();
    reader = TestDatabase.connect(CONFIG);
  }

  @AfterAll
  static void close() throws SQLException {
    reader.close();
  }

  @Test
  void waitsForTheWriterThatCommitsLate() throws SQLException {
    Slice slice = new Slice(0, 1, 10);
    try (Connection first = writer();
        Connection second = writer()) {
      insert(first, "late", 1, "alert");
      insert(second, "early", 1, "alert");
      second.commit();
      slice.poll();
      assertThat(slice.seen).isEmpty();
      first.commit();
      slice.poll();
      assertThat(slice.seen)
          .extracting(CoarseEvent::persistenceId)
          .containsExactly("late", "early");
    }
    Sql.of("delete from event_journal").update(reader);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void neverSkipsRepeatsOrReorders(long seed) throws SQLException {
    System.out.println("CoarseOrderTest seed " + seed);
    Run run = new Run(new Random(seed), "seed-" + seed + "-");
    run.play(600);
    Map<String, List<Long>> seen = new TreeMap<>();
    for (Slice slice : run.slices) {
      assertThat(slice.seen).extracting(CoarseEvent::place).isSorted().doesNotHaveDuplicates();
      for (CoarseEvent event : slice.seen) {
        seen.computeIfAbsent(event.persistenceId(), id -> new ArrayList<>())
            .add(event.sequenceNumber());
      }
    }
    assertThat(seen).isEqualTo(run.committed);
    // The run was hard enough: a reader that follows the numbering would have lost some.
    assertThat(run.naive.seen)
        .isLessThan(run.committed.values().stream().mapToInt(List::size).sum());
    Sql.of("delete from event_journal").update(reader);
  }

  private static Connection writer() throws SQLException {
    Connection connection = TestDatabase.connect(CONFIG);
    connection.setAutoCommit(false);
    return connection;
  }

  private static void insert(Connection connection, String id, long number, String manifest)
      throws SQLException {
    Sql.of(
            """
            insert into event_journal (persistence_id, sequence_number, writer, write_timestamp,
              event_ser_id, event_ser_manifest, event_payload)
            values (?, ?, '', 0, 1, ?, '')
            """,
            id,
            number,
            manifest)
        .update(connection);
  }

  /** A slice's reader, as a projection drives it. */
  private static final class Slice {
    private final int slice;
    private final int slices;
    private final int limit;
    private final List<CoarseEvent> seen = new ArrayList<>();
    private CoarseEvents.Cursor cursor = new CoarseEvents.Cursor(CoarseOffset.BEGINNING, false);

    Slice(int slice, int slices, int limit) {
      this.slice = slice;
      this.slices = slices;
      this.limit = limit;
    }

    void poll() throws SQLException {
      Pair<CoarseEvents.Cursor, List<CoarseEvent>> page =
          CoarseEvents.fetch(reader, cursor, slice, slices, limit);
      cursor = page.first();
      seen.addAll(page.second());
    }

    /** A restart knows no more than the offset of the last event that was handled. */
    void restart() {
      CoarseOffset stored = seen.isEmpty() ? CoarseOffset.BEGINNING : seen.getLast().place();
      cursor = new CoarseEvents.Cursor(stored, false);
    }
  }

  /** What happens to a reader that takes the numbering for the order. */
  private static final class Naive {
    private long after;
    private int seen;

    void poll() throws SQLException {
      List<Long> found =
          Sql.of(
                  "select ordering from event_journal where ordering > ?"
                      + " and event_ser_manifest <> 'readings' order by ordering",
                  after)
              .list(reader, row -> row.getLong(1));
      seen += found.size();
      after = found.isEmpty() ? after : found.getLast();
    }
  }

  /** One seeded play of writers and readers, a step at a time. */
  private static final class Run {
    private static final int MACHINES = 12;
    private static final int WRITERS = 4;

    private final Random random;
    private final List<String> free = new ArrayList<>();
    private final Map<String, Long> revisions = new HashMap<>();
    private final Map<String, List<Long>> committed = new TreeMap<>();
    private final Deque<Connection> idle = new ArrayDeque<>();
    private final List<Write> open = new ArrayList<>();
    private final List<Slice> slices = new ArrayList<>();
    private final Naive naive = new Naive();

    Run(Random random, String prefix) throws SQLException {
      this.random = random;
      for (int i = 0; i < MACHINES; i++) {
        free.add(prefix + i);
      }
      for (int i = 0; i < WRITERS; i++) {
        idle.add(writer());
      }
      for (int i = 0; i < 3; i++) {
        slices.add(new Slice(i, 3, 1 + random.nextInt(6)));
      }
    }

    /** Rows of machines of which no other open transaction has any, as it is with twins. */
    private record Write(
        Connection connection, Map<String, List<Long>> coarse, Map<String, Long> revisions) {}

    void play(int steps) throws SQLException {
      for (int i = 0; i < steps; i++) {
        switch (random.nextInt(8)) {
          case 0, 1, 2 -> begin();
          case 3, 4 -> end(random.nextInt(5) > 0);
          case 5 -> slices.get(random.nextInt(slices.size())).restart();
          default -> poll();
        }
      }
      while (!open.isEmpty()) {
        end(true);
      }
      for (int i = 0; i < 2 * steps; i++) {
        poll();
      }
      for (Connection connection : idle) {
        connection.close();
      }
    }

    private void poll() throws SQLException {
      slices.get(random.nextInt(slices.size())).poll();
      naive.poll();
    }

    private void begin() throws SQLException {
      if (idle.isEmpty() || free.isEmpty()) {
        return;
      }
      Write write = new Write(idle.remove(), new TreeMap<>(), new HashMap<>());
      for (int n = 1 + random.nextInt(3); n > 0 && !free.isEmpty(); n--) {
        String id = free.remove(random.nextInt(free.size()));
        long revision = revisions.getOrDefault(id, 0L);
        for (int events = 1 + random.nextInt(4); events > 0; events--) {
          revision++;
          boolean coarse = random.nextInt(3) > 0;
          insert(write.connection, id, revision, coarse ? "alert" : "readings");
          if (coarse) {
            write.coarse.computeIfAbsent(id, key -> new ArrayList<>()).add(revision);
          }
        }
        write.revisions.put(id, revision);
      }
      open.add(write);
    }

    private void end(boolean commit) throws SQLException {
      if (open.isEmpty()) {
        return;
      }
      Write write = open.remove(random.nextInt(open.size()));
      if (commit) {
        write.connection.commit();
        revisions.putAll(write.revisions);
        write.coarse.forEach(
            (id, numbers) ->
                committed.computeIfAbsent(id, key -> new ArrayList<>()).addAll(numbers));
      } else {
        write.connection.rollback();
      }
      free.addAll(write.revisions.keySet());
      idle.add(write.connection);
    }
  }
}
