package twin.core.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;

/** Counts alerts after ISA-18.2, from what has happened to them. Thread-safe. */
public final class AlertStatsQuery {

  private final Database database;

  /** Looks at nothing yet. */
  public AlertStatsQuery(Database database) {
    this.database = database;
  }

  /**
   * The figures of an interval.
   *
   * @param now what is open is counted as it is now
   */
  public CompletionStage<AlertStats> of(AlertStats.Wanted wanted, Instant now) {
    return database.read(connection -> of(connection, wanted, now));
  }

  private static AlertStats of(Connection connection, AlertStats.Wanted wanted, Instant now)
      throws SQLException {
    Map<String, Long> bySeverity = new TreeMap<>();
    raised(wanted)
        .add("select severity as name, count(*) as n from raised group by 1")
        .list(connection, row -> bySeverity.put(row.getString("name"), row.getLong("n")));
    Floods floods = floods(connection, wanted);
    Map<String, Long> open = new TreeMap<>();
    long stale =
        standing(wanted, now)
            .list(
                connection,
                row -> {
                  open.put(row.getString("name"), row.getLong("n"));
                  return row.getLong("stale");
                })
            .stream()
            .mapToLong(Long::longValue)
            .sum();
    long intervalMillis = AlertStats.FLOOD_INTERVAL.toMillis();
    return new AlertStats(
        bySeverity.values().stream().mapToLong(Long::longValue).sum(),
        bySeverity,
        Math.ceilDiv(wanted.length().toMillis(), intervalMillis),
        floods.floods(),
        floods.most(),
        open,
        stale,
        chattering(connection, wanted),
        mostFrequent(connection, wanted));
  }

  /** The annunciations of the interval, as a table for what follows. */
  private static Sql raised(AlertStats.Wanted wanted) {
    return Sql.of(
            """
            with raised as (
              select c.recorded_at, c.severity, a.machine_id, a.rule,
                a.detail ->> 'failure_type' as failure_type
              from alert_changes c join alerts a using (alert_id)
              where c.raised and c.recorded_at >= ? and c.recorded_at < ?
            """,
            wanted.from(),
            wanted.to())
        .addIfPresent("and a.machine_type = ?", wanted.type())
        .addIfPresent("and a.site = ?", wanted.site())
        .addScope("a.site", wanted.scope())
        .add(")");
  }

  private record Floods(long floods, long most) {}

  private static Floods floods(Connection connection, AlertStats.Wanted wanted)
      throws SQLException {
    return raised(wanted)
        .add(
            """
            select count(*) filter (where n >= ?) as floods, coalesce(max(n), 0) as most
            from (
              select floor(extract(epoch from recorded_at - ?::timestamptz) / ?) as stretch,
                count(*) as n
              from raised group by 1) stretches
            """,
            AlertStats.FLOOD_RAISES * wanted.operators(),
            wanted.from(),
            AlertStats.FLOOD_INTERVAL.toSeconds())
        .first(connection, row -> new Floods(row.getLong("floods"), row.getLong("most")))
        .orElseThrow();
  }

  private static Sql standing(AlertStats.Wanted wanted, Instant now) {
    return Sql.of(
            """
            select state as name, count(*) as n,
              count(*) filter (where state in ('unacknowledged', 'acknowledged')
                and raised_at < ?) as stale
            from alerts where state <> 'normal'
            """,
            now.minus(AlertStats.STALE_AFTER))
        .addIfPresent("and machine_type = ?", wanted.type())
        .addIfPresent("and site = ?", wanted.site())
        .addScope("site", wanted.scope())
        .add("group by 1");
  }

  private static List<AlertStats.Cause> chattering(Connection connection, AlertStats.Wanted wanted)
      throws SQLException {
    Duration within = AlertStats.CHATTERING_WITHIN;
    return raised(wanted)
        .add(
            """
            select machine_id, rule, failure_type, count(*) as n
            from (
              select *, recorded_at - lag(recorded_at, ?) over (
                partition by machine_id, rule order by recorded_at) as span
              from raised) spans
            where span <= make_interval(secs => ?)
            group by 1, 2, 3 order by 4 desc, 1, 2 limit ?
            """,
            AlertStats.CHATTERING_RAISES - 1,
            (double) within.toSeconds(),
            AlertStats.NAMED)
        .list(connection, AlertStatsQuery::cause);
  }

  private static List<AlertStats.Cause> mostFrequent(
      Connection connection, AlertStats.Wanted wanted) throws SQLException {
    return raised(wanted)
        .add(
            """
            select machine_id, rule, failure_type, count(*) as n from raised
            group by 1, 2, 3 order by 4 desc, 1, 2 limit ?
            """,
            AlertStats.NAMED)
        .list(connection, AlertStatsQuery::cause);
  }

  private static AlertStats.Cause cause(ResultSet row) throws SQLException {
    return new AlertStats.Cause(
        row.getString("machine_id"),
        row.getString("rule"),
        row.getString("failure_type"),
        row.getLong("n"));
  }
}
