package twin.core.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** When twins want to be woken, whether they are in memory or not. Thread-safe. */
public final class DeadlineTable {

  private final Database database;

  /** Reads nothing yet. */
  public DeadlineTable(Database database) {
    this.database = database;
  }

  /**
   * Sets deadlines, and removes others, in one transaction. No two may be of one machine and kind.
   */
  public CompletionStage<Integer> change(List<Deadline> set, List<Deadline> removed) {
    return database.inTransaction(
        connection ->
            (set.isEmpty() ? 0 : set(connection, set))
                + (removed.isEmpty() ? 0 : remove(connection, removed)));
  }

  private static int set(Connection connection, List<Deadline> deadlines) throws SQLException {
    return Sql.of(
            """
            insert into deadlines (machine_id, kind, due_at)
            select * from unnest(?, ?, ?::timestamptz[]) order by 1, 2
            on conflict (machine_id, kind) do update set due_at = excluded.due_at
            """,
            texts(connection, deadlines, Deadline::machineId),
            texts(connection, deadlines, Deadline::kind),
            texts(connection, deadlines, deadline -> deadline.dueAt().toString()))
        .update(connection);
  }

  private static int remove(Connection connection, List<Deadline> deadlines) throws SQLException {
    return Sql.of(
            """
            delete from deadlines
            where (machine_id, kind) in (select * from unnest(?, ?))
            """,
            texts(connection, deadlines, Deadline::machineId),
            texts(connection, deadlines, Deadline::kind))
        .update(connection);
  }

  private static java.sql.Array texts(
      Connection connection, List<Deadline> deadlines, Function<Deadline, String> part)
      throws SQLException {
    return connection.createArrayOf("text", deadlines.stream().map(part).toArray());
  }

  /**
   * What has become due, the oldest first. It is due again after a while unless somebody sets or
   * removes it, so that a twin that could not be told then is told again.
   */
  public CompletionStage<List<Deadline>> due(Instant now, Duration againAfter, int most) {
    Sql query =
        Sql.of(
            """
            update deadlines d set due_at = ?
            from (
              select machine_id, kind, due_at from deadlines
              where due_at <= ?
              order by due_at
              limit ?
              for update skip locked) found
            where d.machine_id = found.machine_id and d.kind = found.kind
            returning d.machine_id, d.kind, found.due_at
            """,
            now.plus(againAfter),
            now,
            most);
    return database.update(
        connection ->
            query.list(
                connection,
                row ->
                    new Deadline(
                        row.getString("machine_id"),
                        row.getString("kind"),
                        Sql.requiredInstant(row, "due_at"))));
  }
}
