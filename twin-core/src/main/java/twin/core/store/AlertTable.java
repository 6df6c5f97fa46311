package twin.core.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The table of all alerts as they now are. Thread-safe. */
public final class AlertTable {

  private static final String SELECT =
      """
      select alert_id, machine_id, rule, detail ->> 'failure_type' as failure_type, severity,
        state, raised_at, changed_at, revision
      from alerts
      """;

  private final Database database;

  /** Looks at nothing yet. */
  public AlertTable(Database database) {
    this.database = database;
  }

  /** Puts the row in the place of one with a lower revision; when it was raised stays. */
  public void upsert(Transaction transaction, AlertRow row) {
    Sql upsert =
        Sql.of(
            """
            insert into alerts (alert_id, machine_id, rule, severity, state, raised_at, changed_at,
              revision, detail)
            values (?, ?, ?, ?, ?, ?, ?, ?, jsonb_build_object('failure_type', ?::text))
            on conflict (alert_id) do update set
              severity = excluded.severity, state = excluded.state,
              changed_at = excluded.changed_at, revision = excluded.revision,
              detail = excluded.detail
            where alerts.revision < excluded.revision
            """,
            row.alertId(),
            row.machineId(),
            row.rule(),
            row.severity(),
            row.state(),
            row.raisedAt(),
            row.changedAt(),
            row.revision(),
            row.failureType());
    transaction.run(upsert::update);
  }

  /** The open alerts of a machine as this transaction sees them, in short. */
  public FleetRow.OpenAlerts open(Transaction transaction, String machineId) {
    Sql sql =
        Sql.of(
            """
            select count(*) as open,
              (array_agg(severity order by
                array_position(array['critical', 'high', 'medium', 'low'], severity)))[1] as worst
            from alerts where machine_id = ? and state <> 'normal'
            """,
            machineId);
    return transaction
        .run(
            connection ->
                sql.first(
                    connection,
                    row -> new FleetRow.OpenAlerts(row.getInt("open"), row.getString("worst"))))
        .orElse(FleetRow.OpenAlerts.NONE);
  }

  /**
   * The newest alerts.
   *
   * @param openOnly leaves out those that are closed
   */
  public CompletionStage<List<AlertRow>> newest(
      boolean openOnly, @Nullable String machineId, int limit) {
    Settings.limit(limit, database.settings().pageLimitMax());
    Sql sql = Sql.of(SELECT).add(openOnly ? "where state <> 'normal'" : "where true");
    sql.addIfPresent("and machine_id = ?", machineId);
    sql.add("order by raised_at desc, alert_id desc limit ?", limit);
    return database.read(connection -> sql.list(connection, AlertTable::alert));
  }

  /** The alert with an id. */
  public CompletionStage<Optional<AlertRow>> get(String alertId) {
    return database.read(
        connection ->
            Sql.of(SELECT).add("where alert_id = ?", alertId).first(connection, AlertTable::alert));
  }

  private static AlertRow alert(ResultSet row) throws SQLException {
    return new AlertRow(
        row.getString("alert_id"),
        row.getString("machine_id"),
        row.getString("rule"),
        row.getString("failure_type"),
        row.getString("severity"),
        row.getString("state"),
        Sql.requiredInstant(row, "raised_at"),
        Sql.requiredInstant(row, "changed_at"),
        row.getLong("revision"));
  }
}
