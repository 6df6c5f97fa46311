package twin.core.notify;

import com.typesafe.config.Config;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import twin.core.store.AlertChange;
import twin.core.store.AlertFollower;
import twin.core.store.AlertRow;
import twin.core.store.OutboxTable;
import twin.core.store.Transaction;

/**
 * Writes each change of an alert into the table outbox, where Debezium's outbox event router finds
 * it. Thread-safe.
 */
public final class OutboxWriter implements AlertFollower {

  /** The topic is called after it: {@code outbox.event.alert}. */
  private static final String AGGREGATE = "alert";

  private static final Duration PRUNE_EVERY = Duration.ofMinutes(1);

  private final OutboxTable table;
  private final Duration keep;
  private final int removedMax;
  private final InstantSource clock;
  private final AtomicReference<Instant> prunedAt = new AtomicReference<>(Instant.EPOCH);

  OutboxWriter(OutboxTable table, Duration keep, int removedMax, InstantSource clock) {
    this.table = table;
    this.keep = keep;
    this.removedMax = removedMax;
    this.clock = clock;
  }

  /** The outbox of {@code twin.outbox}; none where it is switched off. */
  public static Optional<OutboxWriter> from(Config root, OutboxTable table, InstantSource clock) {
    Config config = root.getConfig("twin.outbox");
    Duration keep = config.getDuration("keep");
    int removedMax = config.getInt("removed-max");
    if (keep.isNegative() || removedMax < 1) {
      throw new IllegalArgumentException(
          "twin.outbox.keep cannot be below 0, nor removed-max below 1");
    }
    return config.getBoolean("enabled")
        ? Optional.of(new OutboxWriter(table, keep, removedMax, clock))
        : Optional.empty();
  }

  @Override
  public void changed(Transaction transaction, AlertRow after, AlertChange change) {
    Instant now = clock.instant();
    Optional<Change> what = Change.of(change);
    // What a projection that begins anew reads again has long been told.
    if (what.isEmpty() || change.recordedAt().isBefore(now.minus(keep))) {
      return;
    }
    table.add(
        transaction,
        new OutboxTable.Row(
            AGGREGATE,
            after.machineId(),
            what.get().label(),
            ChangeJson.of(after, change, what.get()).toString(),
            change.recordedAt(),
            change.revision(),
            after.alertId() + "/" + change.revision()));
    Instant before = prunedAt.get();
    if (!now.isBefore(before.plus(PRUNE_EVERY)) && prunedAt.compareAndSet(before, now)) {
      table.removeOld(transaction, now, keep, removedMax);
    }
  }
}
