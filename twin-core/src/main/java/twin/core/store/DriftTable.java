package twin.core.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The tables of what is counted of bundles' inputs and answers, by all nodes. Thread-safe. */
public final class DriftTable {

  private static final String SUM =
      """
      (select array_agg(coalesce(one, 0) + coalesce(other, 0) order by position)
       from unnest(present.counts, excluded.counts) with ordinality as pair (one, other, position))
      """;

  private final Database database;
  private final Duration slot;

  /**
   * Reads nothing yet.
   *
   * @param slot how long the stretches of time are for which it counts
   */
  public DriftTable(Database database, Duration slot) {
    this.database = database;
    this.slot = slot;
  }

  /** The number of the stretch that a time is in. */
  public long slotOf(Instant time) {
    return Math.floorDiv(time.toEpochMilli(), slot.toMillis());
  }

  private Instant beginning(long number) {
    return Instant.ofEpochMilli(number * slot.toMillis());
  }

  /**
   * Adds counts to those that are there, all or none.
   *
   * @param rows counts of the stretch that {@code now} is in
   * @param kept kinds of which the first window is kept
   * @param window how long the first window is
   */
  public CompletionStage<Boolean> add(
      List<Counted.InSlot> rows, List<String> kept, Instant now, Duration window) {
    return database.inTransaction(
        connection -> {
          for (Counted.InSlot row : rows) {
            Counted what = row.what();
            Object counts = connection.createArrayOf("bigint", row.counts().toArray());
            Sql.of(
                    """
                    insert into model_counts as present (machine_type, version, kind, name, slot,
                      counts)
                    values (?, ?, ?, ?, ?, ?)
                    on conflict (machine_type, version, kind, name, slot)
                    """,
                    what.machineType(),
                    what.version(),
                    what.kind(),
                    what.name(),
                    beginning(row.slot()),
                    counts)
                .add("do update set counts = " + SUM)
                .update(connection);
            if (kept.contains(what.kind())) {
              Sql.of(
                      """
                      insert into model_references as present (machine_type, version, kind, name,
                        until, counts)
                      values (?, ?, ?, ?, ?, ?)
                      on conflict (machine_type, version, kind, name)
                      """,
                      what.machineType(),
                      what.version(),
                      what.kind(),
                      what.name(),
                      now.plus(window),
                      counts)
                  .add("do update set counts = " + SUM + " where present.until > ?", now)
                  .update(connection);
            }
          }
          return true;
        });
  }

  /** Counts of a type's machines since a stretch of time; of all types for an empty name. */
  public CompletionStage<List<Counted.InSlot>> since(String machineType, long first) {
    return database.read(
        connection ->
            Sql.of(
                    """
                    select machine_type, version, kind, name, slot, counts from model_counts
                    where slot >= ? and (machine_type = ? or ? = '')
                    order by machine_type, version, kind, name, slot
                    """,
                    beginning(first),
                    machineType,
                    machineType)
                .list(
                    connection,
                    row ->
                        new Counted.InSlot(
                            counted(row), slotOf(Sql.requiredInstant(row, "slot")), counts(row))));
  }

  /** Counts of first windows. */
  public CompletionStage<List<Counted.First>> firstWindows(String machineType, Instant now) {
    return database.read(
        connection ->
            Sql.of(
                    """
                    select machine_type, version, kind, name, until <= ? as complete, counts
                    from model_references
                    where machine_type = ? or ? = ''
                    order by machine_type, version, kind, name
                    """,
                    now,
                    machineType,
                    machineType)
                .list(
                    connection,
                    row ->
                        new Counted.First(counted(row), row.getBoolean("complete"), counts(row))));
  }

  /** What has been thought last. */
  public CompletionStage<List<DriftVerdict>> verdicts(String machineType) {
    return database.read(
        connection ->
            Sql.of(
                    """
                    select machine_type, version, kind, name, verdict, since, revision
                    from model_verdicts
                    where machine_type = ? or ? = ''
                    order by machine_type, version, kind, name
                    """,
                    machineType,
                    machineType)
                .list(
                    connection,
                    row ->
                        new DriftVerdict(
                            counted(row),
                            row.getString("verdict"),
                            Sql.requiredInstant(row, "since"),
                            row.getLong("revision"))));
  }

  /**
   * Writes down what is thought now, unless another node has just done so.
   *
   * @param verdict with the revision that it is to take the place of; 0 for none
   * @param told what else is done in the same transaction
   * @return whether this one was written
   */
  public CompletionStage<Boolean> judge(DriftVerdict verdict, Consumer<Transaction> told) {
    return database.inTransaction(
        connection -> {
          boolean written = write(connection, verdict);
          if (written) {
            told.accept(new Transaction(connection));
          }
          return written;
        });
  }

  private static boolean write(Connection connection, DriftVerdict verdict) throws SQLException {
    Counted what = verdict.what();
    return Sql.of(
                """
                insert into model_verdicts as present (machine_type, version, kind, name, verdict,
                  since, revision)
                values (?, ?, ?, ?, ?, ?, 1 + ?)
                on conflict (machine_type, version, kind, name) do update set
                  verdict = excluded.verdict, since = excluded.since, revision = excluded.revision
                where present.revision = ?
                """,
                what.machineType(),
                what.version(),
                what.kind(),
                what.name(),
                verdict.verdict(),
                verdict.since(),
                verdict.revision(),
                verdict.revision())
            .update(connection)
        == 1;
  }

  /** Removes counts from before a stretch of time. */
  public CompletionStage<Integer> removeBefore(long first) {
    return database.update(
        connection ->
            Sql.of("delete from model_counts where slot < ?", beginning(first)).update(connection));
  }

  private static Counted counted(ResultSet row) throws SQLException {
    return new Counted(
        row.getString("machine_type"),
        row.getString("version"),
        row.getString("kind"),
        row.getString("name"));
  }

  private static List<Long> counts(ResultSet row) throws SQLException {
    return List.of((Long[]) row.getArray("counts").getArray());
  }
}
