package twin.core.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Reads what pekko-persistence-jdbc has written, a page at a time by the primary key. Unlike the
 * plugin's own queries it goes on behind an event that is missing, so that the loss can be told.
 * Thread-safe.
 */
public final class JournalTable implements EventStore {

  private final Database database;

  /** Reads nothing yet. */
  public JournalTable(Database database) {
    this.database = database;
  }

  @Override
  public CompletionStage<List<Stored>> events(
      String persistenceId, long first, long last, int most) {
    Sql query =
        Sql.of(
            """
            select sequence_number, event_ser_manifest as manifest, event_payload as payload
            from event_journal
            where persistence_id = ? and sequence_number between ? and ? and not deleted
            order by sequence_number
            limit ?
            """,
            persistenceId,
            first,
            last,
            most);
    return database.read(connection -> query.list(connection, JournalTable::stored));
  }

  @Override
  public CompletionStage<Optional<Stored>> snapshot(String persistenceId, long revision) {
    Sql query =
        Sql.of(
            """
            select sequence_number, snapshot_ser_manifest as manifest, snapshot_payload as payload
            from snapshot
            where persistence_id = ? and sequence_number <= ?
            order by sequence_number desc
            limit 1
            """,
            persistenceId,
            revision);
    return database.read(connection -> query.first(connection, JournalTable::stored));
  }

  private static Stored stored(ResultSet row) throws SQLException {
    return new Stored(
        row.getLong("sequence_number"), row.getString("manifest"), row.getBytes("payload"));
  }
}
