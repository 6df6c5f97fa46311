package twin.core.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * Which events are in files, and what of the journal is old enough to go there. A segment is
 * entered and its events leave the journal in one transaction, so at any time each event is in one
 * of the two. Thread-safe.
 */
public final class ArchiveTable {

  private final Database database;
  private final int slices;
  private final List<String> projections;

  /**
   * Reads nothing yet.
   *
   * @param projections the names of those that must have handled an event before it may go
   */
  public ArchiveTable(Database database, ReadSideSettings readSide, List<String> projections) {
    this.database = database;
    this.slices = readSide.slices();
    this.projections = List.copyOf(projections);
  }

  /**
   * What may leave the front of a machine's journal.
   *
   * @param first its oldest event
   * @param last the newest snapshot that is old enough: what follows it is enough for a twin to
   *     wake
   */
  public record Front(String persistenceId, long first, long last) {}

  /** The first segment of a machine that ends at a revision or after it. */
  public CompletionStage<Optional<Segment>> reaching(String persistenceId, long revision) {
    Sql query =
        Sql.of(
            """
            select * from archived_events
            where persistence_id = ? and last_revision >= ?
            order by last_revision
            limit 1
            """,
            persistenceId,
            revision);
    return database.read(connection -> query.first(connection, ArchiveTable::segment));
  }

  /**
   * Machines with old events, in the order of their ids.
   *
   * <p>One look at the primary key for each machine finds its oldest event. The newest event of a
   * machine always stays, for the journal numbers the next one after it; and so does what a
   * projection has not handled yet.
   *
   * @param after only machines behind this id
   * @param before what was recorded before this time is old
   * @param looked how many machines are looked at
   * @return what was found, and the id to go on behind, if there are more machines
   */
  public CompletionStage<Fronts> fronts(String after, Instant before, int looked) {
    return database.read(connection -> fronts(connection, after, before.toEpochMilli(), looked));
  }

  /**
   * Some machines with old events.
   *
   * @param goOnBehind empty when all machines have been looked at
   */
  public record Fronts(List<Front> found, Optional<String> goOnBehind) {
    public Fronts {
      found = List.copyOf(found);
    }
  }

  private record Looked(String persistenceId, long first, OptionalLong last) {}

  private static Fronts fronts(Connection connection, String after, long beforeMillis, int most)
      throws SQLException {
    List<Looked> rows =
        Sql.of(
                """
                with recursive fronts as (
                  (select persistence_id, sequence_number, write_timestamp, 1 as number
                    from event_journal where persistence_id > ?
                    order by persistence_id, sequence_number limit 1)
                  union all
                  select next.*, fronts.number + 1 from fronts cross join lateral (
                    select persistence_id, sequence_number, write_timestamp
                    from event_journal where persistence_id > fronts.persistence_id
                    order by persistence_id, sequence_number limit 1) next
                  where fronts.number < ?)
                select persistence_id, sequence_number,
                  case when write_timestamp < ? then (
                    select s.sequence_number from snapshot s
                    where s.persistence_id = fronts.persistence_id
                      and s.sequence_number >= fronts.sequence_number
                      and s.created < ?
                      and s.sequence_number < (
                        select j.sequence_number from event_journal j
                        where j.persistence_id = fronts.persistence_id
                        order by j.sequence_number desc limit 1)
                    order by s.sequence_number desc limit 1) end as last
                from fronts
                order by number
                """,
                after,
                most,
                beforeMillis,
                beforeMillis)
            .list(
                connection,
                row -> {
                  long last = row.getLong("last");
                  return new Looked(
                      row.getString("persistence_id"),
                      row.getLong("sequence_number"),
                      row.wasNull() ? OptionalLong.empty() : OptionalLong.of(last));
                });
    return new Fronts(
        rows.stream()
            .filter(row -> row.last().isPresent())
            .map(row -> new Front(row.persistenceId(), row.first(), row.last().getAsLong()))
            .toList(),
        rows.size() < most ? Optional.empty() : Optional.of(rows.getLast().persistenceId()));
  }

  /** Whether every projection has handled the coarse events that are to go. */
  public CompletionStage<Boolean> isHandled(Front front) {
    return database.read(
        connection -> {
          for (String projection : projections) {
            if (waits(connection, projection, front)) {
              return false;
            }
          }
          return true;
        });
  }

  private boolean waits(Connection connection, String projection, Front front) throws SQLException {
    CoarseOffset reached =
        Sql.of(
                """
                select current_offset from pekko_projection_offset_store
                where projection_name = ? and projection_key = twin_slice(?) % ? || '-of-' || ?
                """,
                projection, front.persistenceId(), slices, slices)
            .first(connection, row -> CoarseOffset.parse(row.getString(1)))
            .orElse(CoarseOffset.BEGINNING);
    return Sql.of(
            """
            select 1 from event_journal
            where persistence_id = ? and sequence_number between ? and ?
              and event_ser_manifest <> 'readings' and (tx, ordering) > (?::text::xid8, ?)
            limit 1
            """,
            front.persistenceId(),
            front.first(),
            front.last(),
            Long.toString(reached.transaction()),
            reached.ordering())
        .first(connection, row -> row.getInt(1))
        .isPresent();
  }

  /** Enters a segment and removes its events from the journal. */
  public CompletionStage<Integer> replace(Segment segment) {
    return database.inTransaction(
        connection -> {
          Sql.of(
                  "insert into archived_events values (?, ?, ?, ?, ?, ?, ?, ?)",
                  segment.persistenceId(),
                  segment.firstRevision(),
                  segment.lastRevision(),
                  segment.file(),
                  segment.bytes(),
                  segment.sha256(),
                  segment.recordedFrom(),
                  segment.recordedTo())
              .update(connection);
          int removed =
              Sql.of(
                      "delete from event_journal where persistence_id = ? and sequence_number <= ?",
                      segment.persistenceId(),
                      segment.lastRevision())
                  .update(connection);
          long expected = segment.lastRevision() - segment.firstRevision() + 1;
          if (removed != expected) {
            throw new SQLException(
                "the journal of %s had %d events up to revision %d, and the segment has %d"
                    .formatted(segment.persistenceId(), removed, segment.lastRevision(), expected));
          }
          return removed;
        });
  }

  /** The oldest segments that are beyond so many bytes of the newest ones. */
  public CompletionStage<List<Segment>> beyond(long keepBytes, int most) {
    Sql query =
        Sql.of(
            """
            select * from (
              select *, sum(bytes) over (order by recorded_to desc, persistence_id) as newer
              from archived_events) a
            where newer > ?
            order by recorded_to, persistence_id desc
            limit ?
            """,
            keepBytes,
            most);
    return database.read(connection -> query.list(connection, ArchiveTable::segment));
  }

  /**
   * Forgets a segment and the snapshots before its end. The one at its end stays: with it the
   * machine's later states can still be worked out.
   */
  public CompletionStage<Boolean> forget(Segment segment) {
    return database.inTransaction(
        connection -> {
          Sql.of(
                  "delete from snapshot where persistence_id = ? and sequence_number < ?",
                  segment.persistenceId(),
                  segment.lastRevision())
              .update(connection);
          return Sql.of(
                      "delete from archived_events where persistence_id = ? and last_revision = ?",
                      segment.persistenceId(),
                      segment.lastRevision())
                  .update(connection)
              == 1;
        });
  }

  private static Segment segment(ResultSet row) throws SQLException {
    return new Segment(
        row.getString("persistence_id"),
        row.getLong("first_revision"),
        row.getLong("last_revision"),
        row.getString("file"),
        row.getLong("bytes"),
        row.getString("sha256"),
        Sql.requiredInstant(row, "recorded_from"),
        Sql.requiredInstant(row, "recorded_to"));
  }
}
