package twin.core.store;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * A transaction that somebody else commits. It is handed to what takes part in it, such as a
 * projection's handler, and is good for that one call, on that one thread.
 */
public final class Transaction {
  private final Connection connection;

  Transaction(Connection connection) {
    this.connection = connection;
  }

  <T> T run(Sql.Work<T> work) {
    try {
      return work.on(connection);
    } catch (SQLException e) {
      throw new StoreException("The database failed (transaction): " + e.getMessage(), e);
    }
  }
}
