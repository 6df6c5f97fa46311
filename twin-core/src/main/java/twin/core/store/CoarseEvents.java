package twin.core.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.projection.javadsl.SourceProvider;
import org.apache.pekko.stream.javadsl.Source;

/**
 * The journal's coarse events (all but readings) in an order in which nothing is ever skipped.
 *
 * <p>Rows are numbered before they are committed, so a reader that follows the numbers can pass one
 * that appears later. This one follows (transaction, ordering) and stops at the horizon: the oldest
 * transaction of the server that is still open. Below it nothing can appear any more. A machine's
 * events keep their order, because each of its writes begins after the one before has committed.
 *
 * <p>Slice {@code k} of {@code n} has the persistence ids whose {@code twin_slice} (the first byte
 * of their SHA-256) is {@code k} modulo {@code n}. Thread-safe.
 */
public final class CoarseEvents {
  private final Database database;
  private final ReadSideSettings settings;
  private final ActorSystem<?> system;
  private final Set<Progress> running = ConcurrentHashMap.newKeySet();

  /** Reads nothing yet. */
  public CoarseEvents(Database database, ReadSideSettings settings, ActorSystem<?> system) {
    this.database = database;
    this.settings = settings;
    this.system = system;
  }

  /**
   * Slice {@code slice} of {@code slices} as a projection's source. Its offsets are {@code
   * transaction:ordering}. The stream fetches a page when there is demand for it, pauses when it
   * has caught up, and fails when the database does: the projection then starts again after its
   * backoff.
   */
  public SourceProvider<String, CoarseEvent> slice(int slice, int slices) {
    if (slice < 0 || slice >= slices) {
      throw new IllegalArgumentException("No slice " + slice + " of " + slices);
    }
    return new Slice(slice, slices);
  }

  /** How far behind the read side is, for metrics. */
  public CompletionStage<ReadLag> lag() {
    return database.read(this::lag);
  }

  private ReadLag lag(Connection connection) throws SQLException {
    Optional<Duration> drainedAgo =
        running.stream().map(Progress::drainedAgo).max(Duration::compareTo);
    return Sql.of(
            """
            select pg_snapshot_xmax(pg_current_snapshot())::text::bigint
                - pg_snapshot_xmin(pg_current_snapshot())::text::bigint as open_transactions,
              (select 1000 * extract(epoch from clock_timestamp() - min(xact_start))
                from pg_stat_activity where backend_xid is not null) as oldest_open_ms,
              (select 1000 * extract(epoch from clock_timestamp()) - write_timestamp
                from event_journal
                where event_ser_manifest <> 'readings'
                  and tx < pg_snapshot_xmin(pg_current_snapshot())
                order by tx desc, ordering desc
                limit 1) as newest_age_ms
            """)
        .first(
            connection,
            row ->
                new ReadLag(
                    Optional.ofNullable(Sql.number(row, "newest_age_ms")).map(CoarseEvents::millis),
                    drainedAgo,
                    row.getLong("open_transactions"),
                    millis(row.getDouble("oldest_open_ms"))))
        .orElseThrow();
  }

  private static Duration millis(double value) {
    return Duration.ofMillis(Math.max(0, Math.round(value)));
  }

  /** The oldest transaction that is still open, anywhere on the server. */
  static long horizon(Connection connection) throws SQLException {
    return Sql.of("select pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        .first(connection, row -> row.getLong(1))
        .orElseThrow();
  }

  /**
   * The query for a page: the next rows of all slices, with the payload of those that are this
   * slice's. So each page costs the same, however quiet its slice, and the planner, which cannot
   * estimate the slice, has nothing to do but follow the index. The horizon is asked for
   * beforehand: what was complete then is complete in this statement's snapshot too. The manifest
   * must be a literal, or a prepared statement's plan could not use the partial index; and no
   * column may be called tx, or the order would be that of its text.
   */
  static Sql page(CoarseOffset after, long horizon, int slice, int slices, int limit) {
    return Sql.of(
        """
        select tx::text as written_by, ordering, mine, persistence_id, sequence_number,
          event_ser_id, event_ser_manifest, case when mine then event_payload end as payload,
          write_timestamp
        from (
          select *, twin_slice(persistence_id) % ? = ? as mine
          from event_journal
          where event_ser_manifest <> 'readings'
            and (tx, ordering) > (?::xid8, ?)
            and tx < ?::xid8
          order by tx, ordering
          limit ?
        ) next_rows
        order by tx, ordering
        """,
        slices,
        slice,
        Long.toString(after.transaction()),
        after.ordering(),
        Long.toString(horizon),
        limit);
  }

  /** One poll: what is new since the cursor, and the cursor after it. */
  static Pair<Cursor, List<CoarseEvent>> fetch(
      Connection connection, Cursor cursor, int slice, int slices, int limit) throws SQLException {
    long horizon = horizon(connection);
    if (horizon <= cursor.after().transaction()) {
      return Pair.create(new Cursor(cursor.after(), true), List.of());
    }
    List<Scanned> rows =
        page(cursor.after(), horizon, slice, slices, limit).list(connection, CoarseEvents::scanned);
    List<CoarseEvent> events = rows.stream().flatMap(row -> row.event().stream()).toList();
    return Pair.create(cursor.past(rows, horizon, limit), events);
  }

  /** A row that was looked at, and its event when it belongs to the slice. */
  private record Scanned(CoarseOffset place, Optional<CoarseEvent> event) {}

  private static Scanned scanned(ResultSet row) throws SQLException {
    CoarseOffset place =
        new CoarseOffset(Long.parseLong(row.getString("written_by")), row.getLong("ordering"));
    return new Scanned(
        place, row.getBoolean("mine") ? Optional.of(event(place, row)) : Optional.empty());
  }

  private static CoarseEvent event(CoarseOffset place, ResultSet row) throws SQLException {
    return new CoarseEvent(
        place.toString(),
        row.getString("persistence_id"),
        row.getLong("sequence_number"),
        row.getInt("event_ser_id"),
        row.getString("event_ser_manifest"),
        row.getBytes("payload"),
        Instant.ofEpochMilli(row.getLong("write_timestamp")));
  }

  /**
   * Where a stream is: it has looked at everything up to {@code after}, also at what belongs to
   * other slices, so that it never looks at the same stretch twice.
   *
   * @param caughtUp the last page was not full: pause before the next
   */
  record Cursor(CoarseOffset after, boolean caughtUp) {
    private Cursor past(List<Scanned> rows, long horizon, int limit) {
      return rows.size() < limit
          ? new Cursor(CoarseOffset.before(horizon), true)
          : new Cursor(rows.getLast().place(), false);
    }
  }

  /** When a running slice last had nothing unread. */
  private static final class Progress {
    private volatile long drainedAtNanos = System.nanoTime();

    void drained() {
      drainedAtNanos = System.nanoTime();
    }

    Duration drainedAgo() {
      return Duration.ofNanos(System.nanoTime() - drainedAtNanos);
    }
  }

  private final class Slice extends SourceProvider<String, CoarseEvent> {
    private final int slice;
    private final int slices;

    Slice(int slice, int slices) {
      this.slice = slice;
      this.slices = slices;
    }

    @Override
    public CompletionStage<Source<CoarseEvent, NotUsed>> source(
        Supplier<CompletionStage<Optional<String>>> offset) {
      return offset
          .get()
          .thenApply(
              stored -> from(stored.map(CoarseOffset::parse).orElse(CoarseOffset.BEGINNING)));
    }

    private Source<CoarseEvent, NotUsed> from(CoarseOffset offset) {
      return Source.lazySource(() -> stream(offset))
          .mapMaterializedValue(ignored -> NotUsed.getInstance());
    }

    private Source<CoarseEvent, NotUsed> stream(CoarseOffset offset) {
      Progress progress = new Progress();
      running.add(progress);
      return Source.unfoldAsync(new Cursor(offset, false), cursor -> next(cursor, progress))
          .mapConcat(page -> page)
          .watchTermination(
              (notUsed, done) -> {
                done.whenComplete((ok, error) -> running.remove(progress));
                return notUsed;
              });
    }

    private CompletionStage<Optional<Pair<Cursor, List<CoarseEvent>>>> next(
        Cursor cursor, Progress progress) {
      if (cursor.caughtUp()) {
        progress.drained();
        return Patterns.after(settings.pollInterval(), system.classicSystem(), () -> fetch(cursor));
      }
      return fetch(cursor);
    }

    private CompletionStage<Optional<Pair<Cursor, List<CoarseEvent>>>> fetch(Cursor cursor) {
      return database.update(
          connection ->
              Optional.of(
                  CoarseEvents.fetch(connection, cursor, slice, slices, settings.pageSize())));
    }

    @Override
    public String extractOffset(CoarseEvent event) {
      return event.offset();
    }

    @Override
    public long extractCreationTime(CoarseEvent event) {
      return event.writtenAt().toEpochMilli();
    }
  }
}
