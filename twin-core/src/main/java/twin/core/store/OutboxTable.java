package twin.core.store;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;

/**
 * The table outbox, for those who read the changes of a table from PostgreSQL's log with Debezium.
 * They have each row when it is inserted, so that it may be removed soon. Thread-safe.
 */
public final class OutboxTable {

  /** Only one projection at a time removes the oldest. Any number no one else here uses. */
  private static final long PRUNING_LOCK = 0x7477696e_00000003L;

  /**
   * One message.
   *
   * @param aggregateType what it is about; its topic is called so
   * @param aggregateId its key
   * @param type what has happened
   * @param payload a JSON object
   * @param identity names the message for ever, so that it is there once
   */
  public record Row(
      String aggregateType,
      String aggregateId,
      String type,
      String payload,
      Instant at,
      long revision,
      String identity) {

    UUID id() {
      return UUID.nameUUIDFromBytes(identity.getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Adds a message, once. */
  public void add(Transaction transaction, Row row) {
    Sql insert =
        Sql.of(
            """
            insert into outbox (id, aggregatetype, aggregateid, type, payload, timestamp, revision)
            values (?, ?, ?, ?, ?::jsonb, ?::timestamptz at time zone 'UTC', ?)
            on conflict (id) do nothing
            """,
            row.id(),
            row.aggregateType(),
            row.aggregateId(),
            row.type(),
            row.payload(),
            row.at(),
            row.revision());
    transaction.run(insert::update);
  }

  /**
   * Removes what is older than {@code keep}, unless another transaction is about it.
   *
   * @param most how many at a time
   */
  public int removeOld(Transaction transaction, Instant now, Duration keep, int most) {
    return transaction.run(
        connection -> {
          boolean alone =
              Sql.of("select pg_try_advisory_xact_lock(?)", PRUNING_LOCK)
                  .first(connection, row -> row.getBoolean(1))
                  .orElse(false);
          return alone
              ? Sql.of(
                      """
                      delete from outbox where id in (
                        select id from outbox where timestamp < ?::timestamptz at time zone 'UTC'
                        order by timestamp limit ?)
                      """,
                      now.minus(keep),
                      most)
                  .update(connection)
              : 0;
        });
  }
}
