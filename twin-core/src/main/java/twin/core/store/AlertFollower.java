package twin.core.store;

/**
 * Hears of each change of an alert in the transaction that writes it down, so that what it writes
 * there counts exactly once. Thread-safe.
 */
@FunctionalInterface
public interface AlertFollower {
  /**
   * Writes what follows from the change.
   *
   * @param after the alert after it
   */
  void changed(Transaction transaction, AlertRow after, AlertChange change);
}
