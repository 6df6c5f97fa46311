package twin.core.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Finds incidents in the table of alerts. They are worked out when they are asked for: a table of
 * them would need all machines of a line to be projected by one at a time. Thread-safe.
 */
public final class IncidentQuery {

  private final Database database;

  /** Looks at nothing yet. */
  public IncidentQuery(Database database) {
    this.database = database;
  }

  /**
   * A page of incidents, those that are open first and the newest of each first.
   *
   * @throws IllegalArgumentException for a cursor or limit that cannot be
   */
  public CompletionStage<Page<Incident>> page(Incident.Wanted wanted) {
    Settings.limit(wanted.limit(), database.settings().pageLimitMax());
    Sql sql = query(wanted);
    return database.read(
        connection -> {
          List<Incident> found = sql.list(connection, IncidentQuery::incident);
          if (found.size() <= wanted.limit()) {
            return new Page<>(found, null);
          }
          List<Incident> items = found.subList(0, wanted.limit());
          return new Page<>(items, cursorAt(items.getLast()));
        });
  }

  private static Sql query(Incident.Wanted wanted) {
    Sql sql =
        Sql.of(
                """
                with placed as (
                  select alert_id, machine_id, rule, detail ->> 'failure_type' as failure_type,
                    severity, state, raised_at, site, area, line,
                    case when line is null then machine_id end as alone
                  from alerts where raised_at >= ? and raised_at < ?
                """,
                wanted.from(),
                wanted.to())
            .addIfPresent("and site = ?", wanted.site())
            .addIfPresent("and line = ?", wanted.line())
            .addScope("site", wanted.scope())
            .add(
                """
                ), marked as (
                  select *, case when raised_at - lag(raised_at) over on_line
                      <= make_interval(secs => ?) then 0 else 1 end as begins
                  from placed
                  window on_line as (
                    partition by site, area, line, alone order by raised_at, alert_id)
                ), numbered as (
                  select *, sum(begins) over (
                    partition by site, area, line, alone order by raised_at, alert_id) as number
                  from marked
                ), incidents as (
                  select site, area, line, min(raised_at) as started_at,
                    max(raised_at) as last_raised_at, count(*) as alerts,
                    count(*) filter (where state <> 'normal') as open,
                    count(*) filter (
                      where state in ('unacknowledged', 'returned_unacknowledged'))
                      as unacknowledged,
                    count(distinct machine_id) as machines,
                    (array_agg(distinct machine_id))[1:?] as machine_ids,
                    (array_agg(severity order by
                      array_position(array['critical', 'high', 'medium', 'low'], severity)))[1]
                      as severity,
                    min(alert_id) filter (where begins = 1) as incident_id,
                    min(machine_id) filter (where begins = 1) as first_machine,
                    min(rule) filter (where begins = 1) as first_rule,
                    min(failure_type) filter (where begins = 1) as first_failure_type,
                    min(severity) filter (where begins = 1) as first_severity
                  from numbered group by site, area, line, alone, number
                )
                select * from incidents where true
                """,
                (double) wanted.within().toMillis() / 1000,
                Incident.MACHINES_NAMED);
    Boolean open = wanted.open();
    if (open != null) {
      sql.add(open ? "and open > 0" : "and open = 0");
    }
    String text = wanted.cursor();
    if (text != null) {
      AlertCursor cursor = AlertCursor.parse(text);
      sql.add(
          "and (open > 0, started_at, incident_id) < (?, ?, ?)",
          cursor.open(),
          cursor.at(),
          cursor.alertId());
    }
    return sql.add(
        "order by (open > 0) desc, started_at desc, incident_id desc limit ?", wanted.limit() + 1);
  }

  private static Incident incident(ResultSet row) throws SQLException {
    return new Incident(
        row.getString("incident_id"),
        row.getString("site"),
        row.getString("area"),
        row.getString("line"),
        Sql.requiredInstant(row, "started_at"),
        Sql.requiredInstant(row, "last_raised_at"),
        row.getString("severity"),
        row.getLong("alerts"),
        row.getLong("open"),
        row.getLong("unacknowledged"),
        row.getLong("machines"),
        Arrays.asList((String[]) row.getArray("machine_ids").getArray()),
        new Incident.First(
            row.getString("first_machine"),
            row.getString("first_rule"),
            row.getString("first_failure_type"),
            row.getString("first_severity")));
  }

  private static String cursorAt(Incident last) {
    return new AlertCursor(last.open() > 0, last.startedAt(), last.incidentId()).text();
  }
}
