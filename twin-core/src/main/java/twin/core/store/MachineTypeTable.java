package twin.core.store;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Machine types that were put while running. Thread-safe. */
public final class MachineTypeTable {

  private final Database database;

  /** Reads nothing yet. */
  public MachineTypeTable(Database database) {
    this.database = database;
  }

  /**
   * One of them.
   *
   * @param version grows with each change, from 1
   * @param json the type
   */
  public record Row(String name, long version, String json) {}

  /** All of them, by name. */
  public CompletionStage<List<Row>> all() {
    return database.read(
        connection ->
            Sql.of("select name, version, document::text as document from machine_types")
                .add("order by name")
                .list(
                    connection,
                    row ->
                        new Row(
                            row.getString("name"),
                            row.getLong("version"),
                            row.getString("document"))));
  }

  /**
   * Puts a type in the place of an older one of its name, if that is still the one that is meant.
   *
   * @param before version of the one that is meant; 0 for none
   * @return its version; nothing when another one has been put meanwhile
   */
  public CompletionStage<Optional<Long>> put(
      String name, long before, String json, Instant at, String by) {
    Sql put =
        before == 0
            ? Sql.of(
                """
                insert into machine_types (name, version, document, changed_at, changed_by)
                values (?, 1, ?::jsonb, ?, ?)
                on conflict (name) do nothing
                returning version
                """,
                name,
                json,
                at,
                by)
            : Sql.of(
                """
                update machine_types
                set version = version + 1, document = ?::jsonb, changed_at = ?, changed_by = ?
                where name = ? and version = ?
                returning version
                """,
                json,
                at,
                by,
                name,
                before);
    return database.update(connection -> put.first(connection, row -> row.getLong("version")));
  }
}
