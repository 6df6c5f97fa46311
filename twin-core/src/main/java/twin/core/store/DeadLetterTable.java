package twin.core.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The table of what could not be read: the newest so many. Thread-safe. */
public final class DeadLetterTable {
  /** Only one node at a time removes the oldest. Any number no one else here uses. */
  private static final long PRUNING_LOCK = 0x7477696e_00000001L;

  private final Database database;
  private final DeadLetterSettings settings;
  private final long pruneAfter;
  private final AtomicLong sincePruned = new AtomicLong();

  /** Looks at nothing yet. */
  public DeadLetterTable(Database database, DeadLetterSettings settings) {
    this.database = database;
    this.settings = settings;
    this.pruneAfter = Math.max(1, settings.keep() / 10);
  }

  /** Keeps them, all or none. Only when this has completed may the source be acknowledged. */
  public CompletionStage<Integer> insert(List<DeadLetter.Arrival> arrivals) {
    if (arrivals.isEmpty()) {
      throw new IllegalArgumentException("There is nothing to insert.");
    }
    return database.inTransaction(
        connection -> {
          insert(connection, arrivals);
          pruneNowAndThen(connection, arrivals.size());
          return arrivals.size();
        });
  }

  private void insert(Connection connection, List<DeadLetter.Arrival> arrivals)
      throws SQLException {
    try (PreparedStatement statement =
        connection.prepareStatement(
            "insert into dead_letters (received_at, source, topic, machine_id, reason, detail,"
                + " payload, truncated) values (?, ?, ?, ?, ?, ?, ?, ?)")) {
      for (DeadLetter.Arrival arrival : arrivals) {
        byte[] payload = arrival.payload();
        boolean truncated = payload.length > settings.payloadBytesMax();
        statement.setObject(1, Sql.jdbcValue(arrival.receivedAt()));
        statement.setString(2, storable(arrival.source()));
        statement.setString(3, storable(arrival.topic()));
        String machineId = arrival.machineId();
        statement.setString(4, machineId == null ? null : storable(machineId));
        statement.setString(5, storable(arrival.reason()));
        statement.setString(6, storable(arrival.detail()));
        statement.setBytes(
            7, truncated ? Arrays.copyOf(payload, settings.payloadBytesMax()) : payload);
        statement.setBoolean(8, truncated);
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  /** PostgreSQL's text has no NUL, and a detail may quote what a device sent. */
  private static String storable(String text) {
    return text.indexOf('\0') < 0 ? text : text.replace('\0', '\uFFFD');
  }

  /**
   * One insert in many pays for the removal, so that a flood of dead letters is not slowed down.
   */
  private void pruneNowAndThen(Connection connection, int inserted) throws SQLException {
    if (sincePruned.addAndGet(inserted) < pruneAfter) {
      return;
    }
    sincePruned.set(0);
    boolean alone =
        Sql.of("select pg_try_advisory_xact_lock(?)", PRUNING_LOCK)
            .first(connection, row -> row.getBoolean(1))
            .orElse(false);
    if (alone) {
      Sql.of(
              """
              delete from dead_letters
              where id <= (select id from dead_letters order by id desc offset ? limit 1)
              """,
              settings.keep())
          .update(connection);
    }
  }

  /**
   * The newest first, payloads shortened.
   *
   * @param cursor from the page before, or null for the first
   * @throws IllegalArgumentException for a cursor or limit that cannot be
   */
  public CompletionStage<Page<DeadLetter>> list(int limit, @Nullable String cursor) {
    Settings.limit(limit, database.settings().pageLimitMax());
    long before = cursor == null ? Long.MAX_VALUE : position(cursor);
    Sql query =
        select(settings.listedPayloadBytesMax())
            .add("where id < ? order by id desc limit ?", before, limit + 1);
    return database.read(
        connection -> {
          List<DeadLetter> found = query.list(connection, DeadLetterTable::letter);
          if (found.size() <= limit) {
            return new Page<>(found, null);
          }
          List<DeadLetter> items = found.subList(0, limit);
          return new Page<>(items, Long.toString(items.getLast().id()));
        });
  }

  private static long position(String cursor) {
    try {
      return Long.parseLong(cursor);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("The cursor is not one that this list gave.", e);
    }
  }

  /** One of them with all that is kept of its payload. */
  public CompletionStage<Optional<DeadLetter>> get(long id) {
    Sql query = select(settings.payloadBytesMax()).add("where id = ?", id);
    return database.read(connection -> query.first(connection, DeadLetterTable::letter));
  }

  /** Notes that it has been retried, and why it still is a dead letter. False when it is gone. */
  public CompletionStage<Boolean> markRetried(long id, String reason, String detail) {
    return database.update(
        connection ->
            Sql.of(
                        "update dead_letters set attempts = attempts + 1, retried_at = now(),"
                            + " reason = ?, detail = ? where id = ?",
                        storable(reason),
                        storable(detail),
                        id)
                    .update(connection)
                > 0);
  }

  /** Takes it away, since what it holds has been recorded. False when it is gone already. */
  public CompletionStage<Boolean> remove(long id) {
    return database.update(
        connection -> Sql.of("delete from dead_letters where id = ?", id).update(connection) > 0);
  }

  private static Sql select(int payloadBytes) {
    return Sql.of(
        """
        select id, received_at, source, topic, machine_id, reason, detail,
          substring(payload for ?) as payload, octet_length(payload) as payload_bytes, truncated,
          attempts, retried_at
        from dead_letters
        """,
        payloadBytes);
  }

  private static DeadLetter letter(ResultSet row) throws SQLException {
    return new DeadLetter(
        row.getLong("id"),
        Sql.requiredInstant(row, "received_at"),
        row.getString("source"),
        row.getString("topic"),
        row.getString("machine_id"),
        row.getString("reason"),
        row.getString("detail"),
        row.getBytes("payload"),
        row.getInt("payload_bytes"),
        row.getBoolean("truncated"),
        row.getInt("attempts"),
        Sql.instant(row, "retried_at"));
  }
}
