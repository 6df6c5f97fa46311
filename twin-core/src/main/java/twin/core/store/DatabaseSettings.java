package twin.core.store;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How to reach the database, and the bounds of using it. Read once from {@code twin.database}.
 *
 * @param startTimeout how long a start waits for the database to answer
 * @param connectionTimeout how long a caller waits for a connection
 * @param pageLimitMax the most rows that one page of a list may ask for
 */
public record DatabaseSettings(
    String url,
    String user,
    String password,
    String sessionOptions,
    Duration startTimeout,
    Duration connectionTimeout,
    Pool reads,
    Pool updates,
    int pageLimitMax) {

  /**
   * One connection pool.
   *
   * @param connections connections, and threads that use them
   * @param queue callers that may wait for one
   * @param statementTimeout what the server gives a statement
   */
  public record Pool(int connections, int queue, Duration statementTimeout) {
    /** Checks that there is something to wait for. */
    public Pool {
      Settings.positive("connections", connections);
      Settings.positive("queue", queue);
      Settings.positive("statement-timeout", statementTimeout);
    }

    private static Pool from(Config config) {
      return new Pool(
          config.getInt("connections"),
          config.getInt("queue"),
          config.getDuration("statement-timeout"));
    }
  }

  /** Checks the bounds. */
  public DatabaseSettings {
    if (!url.startsWith("jdbc:postgresql:")) {
      throw new IllegalArgumentException(
          "twin.database.url must begin with jdbc:postgresql: but is " + url);
    }
    Settings.positive("start-timeout", startTimeout);
    Settings.positive("connection-timeout", connectionTimeout);
    Settings.positive("page-limit-max", pageLimitMax);
  }

  /** Reads {@code twin.database} of a whole configuration. */
  public static DatabaseSettings from(Config root) {
    Config config = root.getConfig("twin.database");
    return new DatabaseSettings(
        config.getString("url"),
        config.getString("user"),
        config.getString("password"),
        config.getString("session-options"),
        config.getDuration("start-timeout"),
        config.getDuration("connection-timeout"),
        Pool.from(config.getConfig("reads")),
        Pool.from(config.getConfig("updates")),
        config.getInt("page-limit-max"));
  }

  /** Leaves the password out, because records end up in logs. */
  @Override
  public String toString() {
    return "DatabaseSettings[" + url + " as " + user + "]";
  }
}
