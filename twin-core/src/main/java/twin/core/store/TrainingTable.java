package twin.core.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Trainings, of which one runs at a time in the cluster. A row that says of itself that it runs is
 * the lock; it is worth nothing once its node has stopped moving its time on. Thread-safe.
 */
public final class TrainingTable {

  private static final int DETAIL_MAX = 2_000;

  private final Database database;

  /** Reads nothing yet. */
  public TrainingTable(Database database) {
    this.database = database;
  }

  /**
   * Begins one, if none runs and the schedule's time has not been seen to yet.
   *
   * @param aliveUntil from when on it counts as failed unless its node says more
   * @return whether it has begun
   */
  public CompletionStage<Boolean> begin(TrainingRun run, Instant aliveUntil) {
    return database.inTransaction(
        connection -> {
          Sql.of(
                  """
                  update trainings
                  set ended_at = alive_until, outcome = 'failed',
                    detail = 'the node that ran it has gone'
                  where ended_at is null and alive_until < ?
                  """,
                  run.startedAt())
              .update(connection);
          return Sql.of(
                      """
                      insert into trainings (id, machine_type, learned_from, learned_to,
                        scheduled_for, requested_by, started_at, alive_until)
                      values (?, ?, ?, ?, ?, ?, ?, ?)
                      on conflict do nothing
                      """,
                      run.id(),
                      run.machineType(),
                      run.learnedFrom(),
                      run.learnedTo(),
                      run.scheduledFor(),
                      run.requestedBy(),
                      run.startedAt(),
                      aliveUntil)
                  .update(connection)
              == 1;
        });
  }

  /** Says that it still runs. */
  public CompletionStage<Integer> alive(String id, Instant until) {
    return database.update(
        connection ->
            Sql.of(
                    "update trainings set alive_until = ? where id = ? and ended_at is null",
                    until,
                    id)
                .update(connection));
  }

  /** Says how it ended. */
  public CompletionStage<Integer> end(
      String id, Instant at, String outcome, String detail, @Nullable String report) {
    return database.update(
        connection ->
            Sql.of(
                    """
                    update trainings
                    set ended_at = ?, outcome = ?, detail = ?, report = ?::jsonb
                    where id = ? and ended_at is null
                    """,
                    at,
                    outcome,
                    detail.length() <= DETAIL_MAX ? detail : detail.substring(0, DETAIL_MAX),
                    report,
                    id)
                .update(connection));
  }

  /** The one that runs, if there is one. */
  public CompletionStage<Optional<TrainingRun>> running() {
    return database.read(
        connection -> select().add("where ended_at is null").first(connection, TrainingTable::run));
  }

  /**
   * The newest of a type, the newest first.
   *
   * @param limit how many at most
   */
  public CompletionStage<List<TrainingRun>> newest(String machineType, int limit) {
    return database.read(
        connection ->
            select()
                .add(
                    "where machine_type = ? order by started_at desc, id limit ?",
                    machineType,
                    limit)
                .list(connection, TrainingTable::run));
  }

  private static Sql select() {
    return Sql.of(
        """
        select id, machine_type, learned_from, learned_to, scheduled_for, requested_by, started_at,
          ended_at, outcome, detail, report::text as report
        from trainings
        """);
  }

  private static TrainingRun run(ResultSet row) throws SQLException {
    return new TrainingRun(
        row.getString("id"),
        row.getString("machine_type"),
        Sql.requiredInstant(row, "learned_from"),
        Sql.requiredInstant(row, "learned_to"),
        Sql.instant(row, "scheduled_for"),
        row.getString("requested_by"),
        Sql.requiredInstant(row, "started_at"),
        Sql.instant(row, "ended_at"),
        row.getString("outcome"),
        row.getString("detail"),
        row.getString("report"));
  }
}
