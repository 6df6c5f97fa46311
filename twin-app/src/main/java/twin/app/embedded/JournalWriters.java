package twin.app.embedded;

import java.io.IOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;

/**
 * Which process wrote which event. The journal names only the life of a twin, which begins anew
 * after each failure, so the database is asked to note the name of the session with each row.
 */
public final class JournalWriters {

  private JournalWriters() {}

  /** Has it noted from now on. The journal must be there, and nobody should write it much. */
  public static void note(LocalPostgres postgres) throws IOException {
    try (Connection connection = connect(postgres);
        Statement statement = connection.createStatement()) {
      statement.execute(
          "alter table event_journal add column if not exists written_by text"
              + " default current_setting('application_name')");
    } catch (SQLException e) {
      throw new IOException("the journal cannot be made to note who writes it", e);
    }
  }

  /**
   * How many events a process wrote for machines that another one had already written for: two
   * sides that both take themselves for the cluster.
   *
   * @param process the name of its sessions
   * @param since only what was written from then on counts: before, a twin may have moved
   */
  public static long fromBothSides(LocalPostgres postgres, String process, Instant since)
      throws IOException {
    try (Connection connection = connect(postgres);
        PreparedStatement query =
            connection.prepareStatement(
                """
                select count(*)
                from event_journal own
                join (
                  select persistence_id, min(sequence_number) as first
                  from event_journal
                  where written_by <> ? and write_timestamp >= ?
                  group by persistence_id
                ) taken_over using (persistence_id)
                where own.written_by = ?
                  and own.write_timestamp >= ?
                  and own.sequence_number > taken_over.first
                """)) {
      query.setString(1, process);
      query.setLong(2, since.toEpochMilli());
      query.setString(3, process);
      query.setLong(4, since.toEpochMilli());
      try (ResultSet result = query.executeQuery()) {
        result.next();
        return result.getLong(1);
      }
    } catch (SQLException e) {
      throw new IOException("the journal does not say who wrote it", e);
    }
  }

  private static Connection connect(LocalPostgres postgres) throws SQLException {
    return DriverManager.getConnection(postgres.jdbcUrl(), postgres.user(), postgres.password());
  }
}
