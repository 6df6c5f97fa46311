package twin.core.store;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real PostgreSQL that the module's tests share. It starts with the first test that wants it, and
 * each test class has an empty database of its own in it.
 */
final class TestDatabase {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private TestDatabase() {}

  /** A configuration, with all defaults, that points at a new empty database. */
  static Config create() {
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

  static Database open(Config config) {
    return Database.open(DatabaseSettings.from(config));
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
