package twin.core.store;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Which bundles were chosen, and by whom. Thread-safe. */
public final class ModelChoiceTable {

  private final Database database;

  /** Reads nothing yet. */
  public ModelChoiceTable(Database database) {
    this.database = database;
  }

  /** All choices, by type and machine. */
  public CompletionStage<List<ModelChoice>> all() {
    return database.read(
        connection ->
            Sql.of(
                    """
                    select machine_type, machine_id, champion, shadow, previous, probation_until,
                      version, changed_at, changed_by, reason
                    from model_choices
                    order by machine_type, machine_id
                    """)
                .list(connection, ModelChoiceTable::choice));
  }

  /**
   * The newest changes of a type and its machines, the newest first.
   *
   * @param limit how many at most
   */
  public CompletionStage<List<ModelChoice>> changes(String machineType, int limit) {
    return database.read(
        connection ->
            Sql.of(
                    """
                    select machine_type, machine_id, champion, shadow, null as previous,
                      null::timestamptz as probation_until, version, changed_at, changed_by, reason
                    from model_changes
                    where machine_type = ?
                    order by changed_at desc, machine_id, version desc
                    limit ?
                    """,
                    machineType,
                    limit)
                .list(connection, ModelChoiceTable::choice));
  }

  /**
   * Writes choices in one transaction, all or none.
   *
   * @param choices each with the version that it is to take the place of; 0 for none
   * @return false when one of them has been changed meanwhile
   */
  public CompletionStage<Boolean> put(List<ModelChoice> choices) {
    return database.inTransaction(
        connection -> {
          for (ModelChoice choice : choices) {
            if (put(choice).first(connection, row -> row.getLong("version")).isEmpty()) {
              connection.rollback();
              return false;
            }
          }
          return true;
        });
  }

  private static Sql put(ModelChoice choice) {
    return Sql.of(
        """
        with put as (
          insert into model_choices as present (machine_type, machine_id, champion, shadow,
            previous, probation_until, version, changed_at, changed_by, reason)
          values (?, ?, ?, ?, ?, ?, 1 + ?, ?, ?, ?)
          on conflict (machine_type, machine_id) do update set
            champion = excluded.champion, shadow = excluded.shadow, previous = excluded.previous,
            probation_until = excluded.probation_until, version = excluded.version,
            changed_at = excluded.changed_at, changed_by = excluded.changed_by,
            reason = excluded.reason
          where present.version = excluded.version - 1
          returning *)
        insert into model_changes (machine_type, machine_id, version, champion, shadow, changed_at,
          changed_by, reason)
        select machine_type, machine_id, version, champion, shadow, changed_at, changed_by, reason
        from put
        returning version
        """,
        choice.machineType(),
        choice.machineId(),
        choice.champion(),
        choice.shadow(),
        choice.previous(),
        choice.probationUntil(),
        choice.version(),
        choice.changedAt(),
        choice.changedBy(),
        choice.reason());
  }

  private static ModelChoice choice(ResultSet row) throws SQLException {
    return new ModelChoice(
        row.getString("machine_type"),
        row.getString("machine_id"),
        row.getString("champion"),
        row.getString("shadow"),
        row.getString("previous"),
        Sql.instant(row, "probation_until"),
        row.getLong("version"),
        Sql.requiredInstant(row, "changed_at"),
        row.getString("changed_by"),
        row.getString("reason"));
  }
}
