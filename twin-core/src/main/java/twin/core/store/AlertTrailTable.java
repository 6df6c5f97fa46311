package twin.core.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * Changes of alerts in an order in which nothing is ever skipped, whichever node follows them. They
 * are written by several projections at a time, so their numbers become visible in another order
 * than they are drawn; as with {@link CoarseEvents} the order is by transaction and number, and
 * ends at the oldest transaction that is still open. Changes of one machine keep their order,
 * because they are written by one projection, whose transactions follow one another. Thread-safe.
 */
public final class AlertTrailTable {

  private static final String BEHIND =
      """
      where written_by is not null and to_state is not null
        and (written_by, number) > (?::xid8, ?) and written_by < ?::xid8
      """;

  private final Database database;

  /** Looks at nothing yet. */
  public AlertTrailTable(Database database) {
    this.database = database;
  }

  /** The place behind all that has happened. */
  public CompletionStage<CoarseOffset> end() {
    return database.read(connection -> CoarseOffset.before(CoarseEvents.horizon(connection)));
  }

  /** What follows a place, at most so many. */
  public CompletionStage<AlertSteps> after(CoarseOffset place, int limit) {
    return database.read(connection -> after(connection, place, limit));
  }

  private static AlertSteps after(Connection connection, CoarseOffset place, int limit)
      throws SQLException {
    // Asked for first: what was complete then is complete for the next statement too.
    long horizon = CoarseEvents.horizon(connection);
    if (horizon <= place.transaction()) {
      return new AlertSteps(List.of(), place, false);
    }
    // An alert has its row in the same transaction, before its changes.
    List<AlertStep> steps =
        Sql.of(
                """
                select c.written_by::text as transaction, c.number, c.alert_id, c.revision,
                  c.to_state, c.severity, a.machine_id, a.site,
                  a.detail ->> 'failure_type' as failure_type,
                  coalesce((c.detail -> 'reading' ->> 'timestamp')::timestamptz, c.recorded_at)
                    as happened_at,
                  (c.detail ->> 'score')::double precision as score,
                  (c.detail -> 'rul' ->> 'p50')::double precision as rul_p50
                from (
                  select * from alert_changes
                """)
            .add(
                BEHIND + "order by written_by, number limit ?",
                Long.toString(place.transaction()),
                place.ordering(),
                Long.toString(horizon),
                limit)
            .add(") c join alerts a on a.alert_id = c.alert_id order by c.written_by, c.number")
            .list(connection, AlertTrailTable::step);
    boolean more = steps.size() == limit;
    return new AlertSteps(
        steps, more ? steps.getLast().place() : CoarseOffset.before(horizon), more);
  }

  /**
   * How many changes follow a place.
   *
   * @param most no more are counted than this
   * @return nothing for a place that this database has not come to: it was given by another one
   */
  public CompletionStage<OptionalLong> countAfter(CoarseOffset place, int most) {
    return database.read(
        connection -> {
          long horizon = CoarseEvents.horizon(connection);
          if (place.compareTo(CoarseOffset.before(horizon)) > 0) {
            return OptionalLong.empty();
          }
          return OptionalLong.of(
              Sql.of("select count(*) from (select 1 from alert_changes")
                  .add(
                      BEHIND + "limit ?) following",
                      Long.toString(place.transaction()),
                      place.ordering(),
                      Long.toString(horizon),
                      most)
                  .first(connection, row -> row.getLong(1))
                  .orElse(0L));
        });
  }

  private static AlertStep step(ResultSet row) throws SQLException {
    String failureType = row.getString("failure_type");
    return new AlertStep(
        new CoarseOffset(Long.parseLong(row.getString("transaction")), row.getLong("number")),
        row.getString("machine_id"),
        row.getString("site"),
        row.getString("alert_id"),
        failureType == null ? "" : failureType,
        row.getString("severity"),
        row.getString("to_state"),
        Sql.requiredInstant(row, "happened_at"),
        row.getLong("revision"),
        Sql.number(row, "score"),
        Sql.number(row, "rul_p50"));
  }
}
