package twin.core.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Counts what bundles said against what was true. Thread-safe. */
public final class PerformanceQuery {

  private final Database database;

  /** Looks at nothing yet. */
  public PerformanceQuery(Database database) {
    this.database = database;
  }

  /** The figures of an interval. */
  public CompletionStage<Performance> of(Performance.Wanted wanted) {
    return database.read(
        connection -> new Performance(machineDays(connection, wanted), models(connection, wanted)));
  }

  private static long machineDays(Connection connection, Performance.Wanted wanted)
      throws SQLException {
    return Sql.of(
            """
            select count(*) as n from period_days d join machines m using (machine_id)
            where m.machine_type = ? and d.starts_at >= ? and d.starts_at < ?
            """,
            wanted.type(),
            wanted.from(),
            wanted.to())
        .first(connection, row -> row.getLong("n"))
        .orElse(0L);
  }

  private static List<Performance.OfModel> models(Connection connection, Performance.Wanted wanted)
      throws SQLException {
    double horizonSeconds = wanted.horizon().toSeconds();
    Object rules = connection.createArrayOf("text", wanted.rules().toArray());
    return Sql.of(
            """
            with told as (
              select a.model, a.verdict, extract(epoch from (
                  select min(f.at) from failures f
                  where f.machine_id = a.machine_id and f.at >= a.raised_at
                    and f.at <= a.raised_at + make_interval(secs => ?)) - a.raised_at) as lead
              from alerts a
              where a.machine_type = ? and a.model is not null and a.rule = any (?)
                and a.raised_at >= ? and a.raised_at < ?),
            judged as (
              select model, count(*) as alerts,
                count(*) filter (where verdict = 'real'
                  or (lead is not null and verdict is distinct from 'false')) as confirmed,
                count(*) filter (where verdict = 'false') as false_alarms
              from told group by 1),
            """,
            horizonSeconds,
            wanted.type(),
            rules,
            wanted.from(),
            wanted.to())
        .add(
            """
            failed as (
              select f.model, f.rul_p50, extract(epoch from f.at - (
                  select min(a.raised_at) from alerts a
                  where a.machine_id = f.machine_id and a.rule = any (?)
                    and a.verdict is distinct from 'false' and a.raised_at <= f.at
                    and a.raised_at >= f.at - make_interval(secs => ?))) as lead
              from failures f
              where f.machine_type = ? and f.model is not null and f.at >= ? and f.at < ?),
            lived as (
              select model, count(*) as failures, count(lead) as found,
                percentile_cont(0.5) within group (order by lead) / 3600 as lead_hours,
                percentile_cont(0.5) within group (order by rul_p50) as rul_left
              from failed group by 1)
            select model, coalesce(alerts, 0) as alerts, coalesce(confirmed, 0) as confirmed,
              coalesce(false_alarms, 0) as false_alarms, coalesce(failures, 0) as failures,
              coalesce(found, 0) as found, lead_hours, rul_left
            from judged full join lived using (model)
            order by model
            """,
            rules,
            horizonSeconds,
            wanted.type(),
            wanted.from(),
            wanted.to())
        .list(
            connection,
            row ->
                new Performance.OfModel(
                    row.getString("model"),
                    row.getLong("alerts"),
                    row.getLong("confirmed"),
                    row.getLong("false_alarms"),
                    row.getLong("failures"),
                    row.getLong("found"),
                    Sql.number(row, "lead_hours"),
                    Sql.number(row, "rul_left")));
  }
}
