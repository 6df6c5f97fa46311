package twin.core.store;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The tables of all alerts as they now are, and of what has happened to them. Thread-safe. */
public final class AlertTable {

  private static final String SELECT =
      """
      select alert_id, machine_id, machine_type, site, area, line, rule,
        detail ->> 'failure_type' as failure_type, severity, state, raised_at, changed_at, revision,
        (detail ->> 'score')::double precision as score,
        (detail ->> 'failure_probability')::double precision as failure_probability,
        (detail ->> 'rul_p10')::double precision as rul_p10,
        (detail ->> 'rul_p50')::double precision as rul_p50,
        (detail ->> 'rul_p90')::double precision as rul_p90,
        detail ->> 'rul_unit' as rul_unit, due_at, escalation, verdict
      from alerts
      """;

  private static final String CLOSED = "normal";

  private final Database database;

  /** Looks at nothing yet. */
  public AlertTable(Database database) {
    this.database = database;
  }

  /**
   * Puts the row in the place of one with a lower revision; when it was raised stays, and so does
   * what is not known anew.
   */
  public void upsert(Transaction transaction, AlertRow row) {
    AlertRow.Origin origin = row.origin();
    AlertRow.Judged judged = row.judged();
    Sql upsert =
        Sql.of(
            """
            insert into alerts (alert_id, machine_id, machine_type, site, area, line, rule, severity,
              state, raised_at, changed_at, revision, due_at, escalation, detail)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,
              jsonb_strip_nulls(jsonb_build_object('failure_type', ?::text,
                'score', ?::double precision, 'failure_probability', ?::double precision,
                'rul_p10', ?::double precision, 'rul_p50', ?::double precision,
                'rul_p90', ?::double precision, 'rul_unit', ?::text)))
            on conflict (alert_id) do update set
              machine_type = excluded.machine_type, site = excluded.site, area = excluded.area,
              line = excluded.line, severity = excluded.severity, state = excluded.state,
              changed_at = excluded.changed_at, revision = excluded.revision,
              due_at = excluded.due_at, escalation = excluded.escalation,
              detail = alerts.detail || excluded.detail
            where alerts.revision < excluded.revision
            """,
            row.alertId(),
            row.machineId(),
            origin.machineType(),
            origin.site(),
            origin.area(),
            origin.line(),
            row.rule(),
            row.severity(),
            row.state(),
            row.raisedAt(),
            row.changedAt(),
            row.revision(),
            row.dueAt(),
            row.escalation(),
            row.failureType(),
            judged.score(),
            judged.failureProbability(),
            judged.rulP10(),
            judged.rulP50(),
            judged.rulP90(),
            judged.rulUnit());
    transaction.run(upsert::update);
  }

  /** Notes which bundle decided when an alert was raised, as TYPE:VERSION. */
  public void raisedBy(Transaction transaction, String alertId, String model) {
    Sql update =
        Sql.of("update alerts set model = ? where alert_id = ? and model is null", model, alertId);
    transaction.run(update::update);
  }

  /**
   * Adds a failure that maintenance has repaired, once.
   *
   * @param revision the twin's revision of the maintenance
   * @param machine as the read side knew it until then
   * @param at the newest reading before
   */
  public void addFailure(
      Transaction transaction, long revision, FleetRow machine, Instant at, String failureMode) {
    Sql insert =
        Sql.of(
            """
            insert into failures (machine_id, revision, machine_type, model, at, failure_mode,
              rul_p50)
            values (?, ?, ?, ?, ?, ?, ?)
            on conflict (machine_id, revision) do nothing
            """,
            machine.machineId(),
            revision,
            machine.machineType(),
            machine.condition().model(),
            at,
            failureMode,
            machine.condition().rulP50());
    transaction.run(insert::update);
  }

  /** Adds what has happened to an alert, once. */
  public void add(Transaction transaction, AlertChange change) {
    Sql insert =
        Sql.of(
            """
            insert into alert_changes (alert_id, revision, recorded_at, from_state, to_state,
              severity, raised, cause, by_whom, reason, detail)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?::json)
            on conflict (alert_id, revision) do nothing
            """,
            change.alertId(),
            change.revision(),
            change.recordedAt(),
            change.from(),
            change.to(),
            change.severity(),
            change.raised(),
            change.cause().kind(),
            change.cause().name(),
            change.cause().reason(),
            change.detail());
    transaction.run(insert::update);
  }

  /** Marks an alert with a verdict, unless it has a later one. */
  public void judge(Transaction transaction, String alertId, String verdict, long revision) {
    Sql update =
        Sql.of(
            """
            update alerts set verdict = ?, verdict_revision = ?
            where alert_id = ? and verdict_revision < ?
            """,
            verdict,
            revision,
            alertId,
            revision);
    transaction.run(update::update);
  }

  /**
   * Writes down when the alerts of a machine, as this transaction sees them, want its twin to be
   * woken, in the place of when they wanted it before.
   */
  public void setDeadlines(Transaction transaction, String machineId) {
    Sql removed =
        Sql.of(
            "delete from deadlines where machine_id = ? and kind in ('unshelve', 'escalate')",
            machineId);
    Sql set =
        Sql.of(
            """
            insert into deadlines (machine_id, kind, due_at)
            select machine_id, case state when 'shelved' then 'unshelve' else 'escalate' end,
              min(due_at)
            from alerts
            where machine_id = ? and state in ('shelved', 'unacknowledged') and due_at is not null
            group by 1, 2
            """,
            machineId);
    transaction.run(
        connection -> {
          int changed = removed.update(connection);
          return changed + set.update(connection);
        });
  }

  /** Says where the machine of alerts stands now. */
  public void place(Transaction transaction, String machineId, FleetRow.Place place) {
    Sql update =
        Sql.of(
            "update alerts set site = ?, area = ?, line = ? where machine_id = ?",
            place.site(),
            place.area(),
            place.line(),
            machineId);
    transaction.run(update::update);
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
   * A page of the alerts, those that are open first and the newest of each first.
   *
   * @throws IllegalArgumentException for a cursor or limit that cannot be
   */
  public CompletionStage<Page<AlertRow>> page(AlertQuery query) {
    Settings.limit(query.limit(), database.settings().pageLimitMax());
    String text = query.cursor();
    AlertCursor cursor = text == null ? null : AlertCursor.parse(text);
    return database.read(
        connection -> {
          List<AlertRow> found =
              pageQuery(query, cursor, connection).list(connection, AlertTable::alert);
          if (found.size() <= query.limit()) {
            return new Page<>(found, null);
          }
          List<AlertRow> items = found.subList(0, query.limit());
          AlertRow last = items.getLast();
          return new Page<>(
              items,
              new AlertCursor(!last.state().equals(CLOSED), last.raisedAt(), last.alertId())
                  .text());
        });
  }

  private static Sql pageQuery(
      AlertQuery query, @Nullable AlertCursor cursor, Connection connection) throws SQLException {
    Sql sql =
        Sql.of(SELECT)
            .add("where true")
            .addIfPresent("and machine_id = ?", query.machineId())
            .addIfPresent("and machine_type = ?", query.type())
            .addIfPresent("and site = ?", query.site())
            .addIfPresent("and rule = ?", query.rule())
            .addIfPresent("and raised_at >= ?", query.from())
            .addIfPresent("and raised_at < ?", query.to())
            .addScope("site", query.scope());
    if (!query.states().isEmpty()) {
      sql.add("and state = any(?)", connection.createArrayOf("text", query.states().toArray()));
      // What the order's index begins with has to be said in its words.
      if (!query.states().contains(CLOSED)) {
        sql.add("and state <> 'normal'");
      } else if (query.states().size() == 1) {
        sql.add("and not (state <> 'normal')");
      }
    }
    if (query.severities().size() == 1) {
      sql.add("and severity = ?", query.severities().getFirst());
    } else if (!query.severities().isEmpty()) {
      sql.add(
          "and severity = any(?)", connection.createArrayOf("text", query.severities().toArray()));
    }
    if (cursor != null) {
      sql.add(
          "and (state <> 'normal', raised_at, alert_id) < (?, ?, ?)",
          cursor.open(),
          cursor.at(),
          cursor.alertId());
    }
    return sql.add(
        "order by (state <> 'normal') desc, raised_at desc, alert_id desc limit ?",
        query.limit() + 1);
  }

  /** The alert with an id. */
  public CompletionStage<Optional<AlertRow>> get(String alertId) {
    return database.read(
        connection ->
            Sql.of(SELECT).add("where alert_id = ?", alertId).first(connection, AlertTable::alert));
  }

  /**
   * What has happened to an alert, the newest last.
   *
   * @param most the newest so many
   */
  public CompletionStage<List<AlertChange>> life(String alertId, int most) {
    Sql sql =
        Sql.of(
            """
            select * from (
              select alert_id, revision, recorded_at, from_state, to_state, severity, raised, cause,
                by_whom, reason, detail::text as detail
              from alert_changes where alert_id = ? order by revision desc limit ?) newest
            order by revision
            """,
            alertId,
            most);
    return database.read(connection -> sql.list(connection, AlertTable::change));
  }

  private static AlertChange change(ResultSet row) throws SQLException {
    return new AlertChange(
        row.getString("alert_id"),
        row.getLong("revision"),
        Sql.requiredInstant(row, "recorded_at"),
        row.getString("from_state"),
        row.getString("to_state"),
        row.getString("severity"),
        row.getBoolean("raised"),
        new AlertChange.By(
            row.getString("cause"), row.getString("by_whom"), row.getString("reason")),
        row.getString("detail"));
  }

  private static AlertRow alert(ResultSet row) throws SQLException {
    return new AlertRow(
        row.getString("alert_id"),
        row.getString("machine_id"),
        new AlertRow.Origin(
            row.getString("machine_type"),
            row.getString("site"),
            row.getString("area"),
            row.getString("line")),
        row.getString("rule"),
        row.getString("failure_type"),
        row.getString("severity"),
        row.getString("state"),
        Sql.requiredInstant(row, "raised_at"),
        Sql.requiredInstant(row, "changed_at"),
        row.getLong("revision"),
        new AlertRow.Judged(
            Sql.number(row, "score"),
            Sql.number(row, "failure_probability"),
            Sql.number(row, "rul_p10"),
            Sql.number(row, "rul_p50"),
            Sql.number(row, "rul_p90"),
            row.getString("rul_unit")),
        Sql.instant(row, "due_at"),
        row.getInt("escalation"),
        row.getString("verdict"));
  }
}
