package twin.core.store;

import java.sql.Connection;
import java.sql.SQLException;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.projection.jdbc.JdbcSession;

/** A connection with automatic commit off, for one unit of work of a projection. */
final class ConnectionSession implements JdbcSession {
  private final Connection connection;

  ConnectionSession(Database database) {
    try {
      connection = database.openTransaction();
    } catch (SQLException e) {
      throw new StoreException("A projection got no connection: " + e.getMessage(), e);
    }
  }

  Transaction transaction() {
    return new Transaction(connection);
  }

  @Override
  public <Result> Result withConnection(Function<Connection, Result> work) throws Exception {
    return work.apply(connection);
  }

  @Override
  public void commit() throws SQLException {
    connection.commit();
  }

  @Override
  public void rollback() throws SQLException {
    connection.rollback();
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
