package twin.core.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The table of calls that may be sent again, for all nodes. Thread-safe. */
public final class IdempotencyTable implements IdempotencyKeys {

  /** Each call takes so many away that have been kept long enough. */
  private static final int PRUNED_TOGETHER = 10;

  private final Database database;
  private final IdempotencySettings settings;

  /** Looks at nothing yet. */
  public IdempotencyTable(Database database, IdempotencySettings settings) {
    this.database = database;
    this.settings = settings;
  }

  @Override
  public CompletionStage<Claim> claim(Attempt attempt) {
    return database.inTransaction(
        connection -> {
          prune(connection, attempt.begunAt());
          return take(connection, attempt)
              ? new Claim.First()
              : known(connection, attempt).orElseGet(Claim.TooMany::new);
        });
  }

  private void prune(Connection connection, Instant now) throws SQLException {
    Sql.of(
            """
            delete from idempotency where (caller, key) in (
              select caller, key from idempotency where begun_at < ?
              order by begun_at limit ? for update skip locked)
            """,
            now.minus(settings.keep()),
            PRUNED_TOGETHER)
        .update(connection);
  }

  /** Whether the key is free, or was that of a call whose node has ended, and now is ours. */
  private boolean take(Connection connection, Attempt attempt) throws SQLException {
    return Sql.of(
                """
                insert into idempotency (caller, key, request, begun_at)
                select ?, ?, ?, ?
                where (select count(*) from idempotency where caller = ?) < ?
                  or exists (select from idempotency where caller = ? and key = ?)
                on conflict (caller, key) do update set
                  request = excluded.request, begun_at = excluded.begun_at, status = null,
                  content_type = null, location = null, body = null
                where idempotency.begun_at < ?
                  or (idempotency.status is null and idempotency.begun_at < ?
                    and idempotency.request = excluded.request)
                """,
                attempt.caller(),
                attempt.key(),
                attempt.request(),
                attempt.begunAt(),
                attempt.caller(),
                settings.keysMax(),
                attempt.caller(),
                attempt.key(),
                attempt.begunAt().minus(settings.keep()),
                attempt.begunAt().minus(settings.abandonedAfter()))
            .update(connection)
        > 0;
  }

  private static Optional<Claim> known(Connection connection, Attempt attempt) throws SQLException {
    return Sql.of(
            """
            select request, status, content_type, location, body
            from idempotency where caller = ? and key = ?
            """,
            attempt.caller(),
            attempt.key())
        .first(connection, row -> claim(row, attempt));
  }

  private static Claim claim(ResultSet row, Attempt attempt) throws SQLException {
    if (!Arrays.equals(row.getBytes("request"), attempt.request())) {
      return new Claim.Other();
    }
    int status = row.getInt("status");
    return row.wasNull()
        ? new Claim.Running()
        : new Claim.Answered(
            new Answer(
                status,
                row.getString("content_type"),
                row.getString("location"),
                row.getBytes("body")));
  }

  @Override
  public CompletionStage<Boolean> answered(Attempt attempt, Answer answer) {
    return database.update(
        connection ->
            Sql.of(
                        """
                        update idempotency
                        set status = ?, content_type = ?, location = ?, body = ?
                        where caller = ? and key = ? and begun_at = ? and status is null
                        """,
                        answer.status(),
                        answer.contentType(),
                        answer.location(),
                        answer.body(),
                        attempt.caller(),
                        attempt.key(),
                        attempt.begunAt())
                    .update(connection)
                > 0);
  }

  @Override
  public CompletionStage<Boolean> failed(Attempt attempt) {
    return database.update(
        connection ->
            Sql.of(
                        """
                        delete from idempotency
                        where caller = ? and key = ? and begun_at = ? and status is null
                        """,
                        attempt.caller(),
                        attempt.key(),
                        attempt.begunAt())
                    .update(connection)
                > 0);
  }
}
