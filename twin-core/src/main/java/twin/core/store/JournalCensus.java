package twin.core.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What an audit asks about the journals of all machines, page by page: who has one, where each ends
 * now, what in it no twin would have written, and which snapshots there are. Each question goes
 * along a primary key, so that the length of the journals costs nothing. Thread-safe.
 */
public final class JournalCensus {

  private final Database database;

  /** Asks nothing yet. */
  public JournalCensus(Database database) {
    this.database = database;
  }

  /**
   * A machine of the fleet and its newest event.
   *
   * @param newest empty when the journal holds none of it
   */
  public record Newest(String machineId, Optional<EventStore.Stored> newest) {}

  /**
   * A journal.
   *
   * @param listed whether the table of the fleet has its machine
   */
  public record Journal(String persistenceId, boolean listed) {}

  /**
   * A row that no twin has written as it stands.
   *
   * @param serializerId who is said to have encoded it
   * @param deleted whether it is marked as deleted, so that no twin reads it
   */
  public record Odd(long revision, int serializerId, boolean deleted) {}

  /** How many machines the fleet has. */
  public CompletionStage<Long> machines() {
    return database.read(
        connection ->
            Sql.of("select count(*) from machines")
                .first(connection, row -> row.getLong(1))
                .orElse(0L));
  }

  /**
   * Machines of the fleet in the order of their ids' bytes, each with its newest event at this
   * moment.
   *
   * @param prefix what stands before a machine's id in the journal
   * @param after the last one of the page before; empty for the first page
   * @param most how many are wanted at most
   */
  public CompletionStage<List<Newest>> newest(String prefix, String after, int most) {
    Sql query =
        Sql.of(
            """
            select m.machine_id, e.sequence_number, e.manifest, e.payload
            from (select machine_id from machines where machine_id > ? order by machine_id limit ?) m
            left join lateral (
              select sequence_number, event_ser_manifest as manifest, event_payload as payload
              from event_journal
              where persistence_id = (? || m.machine_id) collate "default" and not deleted
              order by sequence_number desc
              limit 1) e on true
            order by m.machine_id
            """,
            after,
            most,
            prefix);
    return database.read(connection -> query.list(connection, JournalCensus::newestOf));
  }

  private static Newest newestOf(ResultSet row) throws SQLException {
    byte[] payload = row.getBytes("payload");
    return new Newest(
        row.getString("machine_id"),
        payload == null
            ? Optional.empty()
            : Optional.of(
                new EventStore.Stored(
                    row.getLong("sequence_number"), row.getString("manifest"), payload)));
  }

  /** Whether the fleet has a machine. */
  public CompletionStage<Boolean> has(String machineId) {
    Sql query = Sql.of("select 1 from machines where machine_id = ?", machineId);
    return database.read(connection -> query.first(connection, row -> row.getInt(1)).isPresent());
  }

  /** Machines of the fleet in the order of their ids' bytes. */
  public CompletionStage<List<String>> machines(String after, int most) {
    Sql query =
        Sql.of(
            "select machine_id from machines where machine_id > ? order by machine_id limit ?",
            after,
            most);
    return database.read(connection -> query.list(connection, row -> row.getString(1)));
  }

  /**
   * Journals in the server's order, whether the fleet has their machine or not.
   *
   * @param prefix what stands before a machine's id in the journal
   */
  public CompletionStage<List<Journal>> journals(String prefix, String after, int most) {
    Sql query =
        Sql.of(
            """
            with recursive ids (id, number) as (
              (select persistence_id, 1 from event_journal
                where persistence_id > ? order by persistence_id limit 1)
              union all
              select (select persistence_id from event_journal
                  where persistence_id > ids.id order by persistence_id limit 1),
                number + 1
              from ids where ids.id is not null and number < ?)
            select id, exists (
                select 1 from machines
                where machine_id = substr(ids.id, length(?) + 1) collate "C") as listed
            from ids
            where id is not null
            order by number
            """,
            after,
            most,
            prefix);
    return database.read(
        connection ->
            query.list(
                connection, row -> new Journal(row.getString("id"), row.getBoolean("listed"))));
  }

  /** The newest revision in a journal; empty when there is none. */
  public CompletionStage<Optional<Long>> lastRevision(String persistenceId) {
    Sql query =
        Sql.of(
            """
            select sequence_number from event_journal
            where persistence_id = ?
            order by sequence_number desc
            limit 1
            """,
            persistenceId);
    return database.read(connection -> query.first(connection, row -> row.getLong(1)));
  }

  /**
   * What in a journal no twin has written as it stands.
   *
   * @param serializerId who encodes the events of twins
   */
  public CompletionStage<List<Odd>> odd(String persistenceId, int serializerId, int most) {
    Sql query =
        Sql.of(
            """
            select sequence_number, event_ser_id, deleted
            from event_journal
            where persistence_id = ? and (deleted or event_ser_id <> ?)
            order by sequence_number
            limit ?
            """,
            persistenceId,
            serializerId,
            most);
    return database.read(
        connection ->
            query.list(
                connection, row -> new Odd(row.getLong(1), row.getInt(2), row.getBoolean(3))));
  }

  /** The revisions of which there are snapshots, in order. */
  public CompletionStage<List<Long>> snapshots(String persistenceId, long after, int most) {
    Sql query =
        Sql.of(
            """
            select sequence_number from snapshot
            where persistence_id = ? and sequence_number > ?
            order by sequence_number
            limit ?
            """,
            persistenceId,
            after,
            most);
    return database.read(connection -> query.list(connection, row -> row.getLong(1)));
  }
}
