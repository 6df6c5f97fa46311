package twin.core.store;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real PostgreSQL that the module's tests share. It starts with the first test that wants it, and
 * each test class has an empty database of its own in it.
 */
public final class TestDatabase {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private TestDatabase() {}

  /** A configuration, with all defaults, that points at a new empty database. */
  public static Config create() {
    String name = "twin_" + NUMBER.incrementAndGet();
    try (Connection connection = Server.RUNNING.getPostgresDatabase().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("create database " + name);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return ConfigFactory.parseMap(
            Map.of(
                "twin.database.url",
                Server.RUNNING.getJdbcUrl("postgres", name),
                "twin.database.user",
                "postgres",
                "twin.database.password",
                "postgres"))
        .withFallback(ConfigFactory.parseResources("twin-persistence.conf"))
        .withFallback(ConfigFactory.parseResources("twin-cluster.conf"))
        .withFallback(ConfigFactory.defaultReferenceUnresolved())
        .resolve();
  }

  public static Database open(Config config) {
    return Database.open(DatabaseSettings.from(config));
  }

  /** Has a projection handle an event in a transaction of its own. */
  public static void handle(Database database, CoarseEventHandler projection, CoarseEvent event) {
    database
        .inTransaction(
            connection -> {
              projection.handle(new Transaction(connection), event);
              return true;
            })
        .toCompletableFuture()
        .join();
  }

  /** Has a follower hear of a change in a transaction of its own. */
  public static void follow(
      Database database, AlertFollower follower, AlertRow after, AlertChange change) {
    database
        .inTransaction(
            connection -> {
              follower.changed(new Transaction(connection), after, change);
              return true;
            })
        .toCompletableFuture()
        .join();
  }

  /** Runs statements as somebody who has nothing to do with the program. */
  public static void execute(Config config, String statements) throws SQLException {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement()) {
      statement.execute(statements);
    }
  }

  /** The one text that a query finds. */
  public static String text(Config config, String query) throws SQLException {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      return rows.next() ? String.valueOf(rows.getString(1)) : "";
    }
  }

  /** Empties tables. */
  public static void empty(Config config, String... tables) throws SQLException {
    execute(config, "truncate " + String.join(", ", tables));
  }

  /** A plain connection beside all pools. */
  static Connection connect(Config config) throws SQLException {
    return DriverManager.getConnection(
        config.getString("twin.database.url"),
        config.getString("twin.database.user"),
        config.getString("twin.database.password"));
  }

  private static final class Server {
    static final EmbeddedPostgres RUNNING = start();

    private static EmbeddedPostgres start() {
      try {
        return EmbeddedPostgres.builder()
            .setServerConfig("fsync", "off")
            .setServerConfig("max_connections", "200")
            .start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
