package twin.core.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections to PostgreSQL for everything but the journal's own writes: one pool for queries,
 * one for projections and other updates, each with as many threads as connections and a bounded
 * queue. Opening it brings the schema up to date. Thread-safe; open one a process and close it
 * last.
 */
public final class Database implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Database.class);
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofMillis(500);

  private final DatabaseSettings settings;
  private final Lane reads;
  private final Lane updates;

  private Database(DatabaseSettings settings, Lane reads, Lane updates) {
    this.settings = settings;
    this.reads = reads;
    this.updates = updates;
  }

  /**
   * Waits until the server lets a connection in, for at most the time that a start may wait. {@link
   * #open} waits too; this gives up when its thread is interrupted.
   *
   * @throws StoreException with one line that says what is wrong
   */
  public static void awaitServer(DatabaseSettings settings) throws InterruptedException {
    Properties properties = new Properties();
    properties.setProperty("user", settings.user());
    properties.setProperty("password", settings.password());
    properties.setProperty(
        "loginTimeout", Long.toString(Math.max(1, settings.connectionTimeout().toSeconds())));
    long deadlineNanos = System.nanoTime() + settings.startTimeout().toNanos();
    boolean told = false;
    while (true) {
      try {
        DriverManager.getConnection(settings.url(), properties).close();
        return;
      } catch (SQLException e) {
        if (System.nanoTime() > deadlineNanos) {
          throw unreachable(settings, e);
        }
        if (!told) {
          log.info("waiting for the database at {}: {}", settings.url(), e.getMessage());
          told = true;
        }
      }
      Thread.sleep(BETWEEN_ATTEMPTS);
    }
  }

  /**
   * Connects, waiting a bounded time for the server, and migrates the schema.
   *
   * @throws StoreException with one line that says what is wrong
   */
  public static Database open(DatabaseSettings settings) {
    HikariDataSource updates = connect("updates", settings, settings.updates(), false);
    try {
      migrate(settings, updates);
      try (Connection connection = updates.getConnection()) {
        checkTransactionNumbers(connection);
      }
      HikariDataSource reads = connect("reads", settings, settings.reads(), true);
      return new Database(
          settings,
          new Lane("reads", reads, settings.reads()),
          new Lane("updates", updates, settings.updates()));
    } catch (SQLException e) {
      updates.close();
      throw new StoreException("The database failed at start: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      updates.close();
      throw e;
    }
  }

  /**
   * Connects to look at a database and changes nothing in it, not even its schema: for an account
   * that may only read, too.
   *
   * @throws StoreException with one line that says what is wrong
   */
  public static Database openToRead(DatabaseSettings settings) {
    Lane reads =
        new Lane("reads", connect("reads", settings, settings.reads(), true), settings.reads());
    return new Database(settings, reads, reads);
  }

  private static HikariDataSource connect(
      String name, DatabaseSettings settings, DatabaseSettings.Pool pool, boolean readOnly) {
    HikariConfig config = new HikariConfig();
    config.setPoolName(name);
    config.setJdbcUrl(settings.url());
    config.setUsername(settings.user());
    config.setPassword(settings.password());
    config.setMaximumPoolSize(pool.connections());
    config.setMinimumIdle(pool.connections());
    config.setReadOnly(readOnly);
    config.setConnectionTimeout(settings.connectionTimeout().toMillis());
    config.setValidationTimeout(Math.max(250, settings.connectionTimeout().toMillis() / 2));
    config.setInitializationFailTimeout(settings.startTimeout().toMillis());
    config.addDataSourceProperty("ApplicationName", "twin-" + name);
    config.addDataSourceProperty("reWriteBatchedInserts", "true");
    config.addDataSourceProperty("tcpKeepAlive", "true");
    // Noticed by the client only when the server has had its chance to end the statement.
    config.addDataSourceProperty(
        "socketTimeout", Long.toString(pool.statementTimeout().toSeconds() + 5));
    config.addDataSourceProperty(
        "options",
        settings.sessionOptions() + " -c statement_timeout=" + pool.statementTimeout().toMillis());
    try {
      return new HikariDataSource(config);
    } catch (RuntimeException e) {
      throw unreachable(settings, e);
    }
  }

  private static StoreException unreachable(DatabaseSettings settings, Exception e) {
    return new StoreException(
        "The database at "
            + settings.url()
            + " cannot be reached as user "
            + settings.user()
            + " (twin.database.url, user, password): "
            + innermost(e),
        e);
  }

  private static void migrate(DatabaseSettings settings, HikariDataSource source) {
    try {
      Flyway.configure()
          .dataSource(source)
          .locations("classpath:db/migration")
          .failOnMissingLocations(true)
          .load()
          .migrate();
    } catch (FlywayException e) {
      throw new StoreException(
          "The schema of the database at "
              + settings.url()
              + " cannot be brought up to date: "
              + innermost(e),
          e);
    }
  }

  /**
   * Transaction numbers belong to a server. A journal restored from a dump into a younger server
   * has rows from its future, which the read side would not see until the server has caught up.
   */
  static void checkTransactionNumbers(Connection connection) throws SQLException {
    boolean fromTheFuture =
        Sql.of(
                """
                select tx >= pg_snapshot_xmax(pg_current_snapshot())
                from event_journal
                where event_ser_manifest <> 'readings'
                order by tx desc, ordering desc
                limit 1
                """)
            .first(connection, row -> row.getBoolean(1))
            .orElse(false);
    if (fromTheFuture) {
      throw new StoreException(
          "The journal was written by another PostgreSQL server whose transaction numbers were"
              + " ahead of this one's, as after restoring a dump. Stop this server and set its next"
              + " transaction number and epoch above the highest tx of event_journal with"
              + " pg_resetwal --next-transaction-id and --epoch.");
    }
  }

  private static String innermost(Throwable error) {
    Throwable cause = error;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message = cause.getMessage();
    return message == null ? cause.toString() : message;
  }

  /** Completes when the database answers: for readiness probes. */
  public CompletionStage<Boolean> answers() {
    return read(c -> Sql.of("select 1").first(c, row -> row.getInt(1)).isPresent());
  }

  /** Has the pools and their queues measured there: Hikari's own meters, and what waits. */
  public void measure(MeterRegistry registry) {
    reads.measure(registry);
    updates.measure(registry);
  }

  DatabaseSettings settings() {
    return settings;
  }

  /** Runs a query on the read-only pool. */
  <T> CompletionStage<T> read(Sql.Work<T> work) {
    return reads.run(work);
  }

  /** Runs a single statement on the pool for updates: each statement is its own transaction. */
  <T> CompletionStage<T> update(Sql.Work<T> work) {
    return updates.run(work);
  }

  /** Runs the work as one transaction on the pool for updates. */
  <T> CompletionStage<T> inTransaction(Sql.Work<T> work) {
    return updates.run(
        connection -> {
          connection.setAutoCommit(false);
          try {
            T result = work.on(connection);
            connection.commit();
            return result;
          } catch (SQLException | RuntimeException e) {
            connection.rollback();
            throw e;
          }
        });
  }

  /** A connection of the pool for updates with automatic commit off. Whoever takes it closes it. */
  Connection openTransaction() throws SQLException {
    Connection connection = updates.source.getConnection();
    connection.setAutoCommit(false);
    return connection;
  }

  /** Lets running statements end, then closes the connections. */
  @Override
  public void close() {
    reads.close(settings.connectionTimeout());
    updates.close(settings.connectionTimeout());
  }

  /** A pool with the threads that may block on it. */
  private static final class Lane {
    private final String name;
    private final HikariDataSource source;
    private final ThreadPoolExecutor threads;

    Lane(String name, HikariDataSource source, DatabaseSettings.Pool pool) {
      this.name = name;
      this.source = source;
      this.threads =
          new ThreadPoolExecutor(
              pool.connections(),
              pool.connections(),
              0,
              TimeUnit.SECONDS,
              new ArrayBlockingQueue<>(pool.queue()),
              Thread.ofPlatform().name("database-" + name + "-", 0).daemon().factory());
    }

    void measure(MeterRegistry registry) {
      source.setMetricRegistry(registry);
      Gauge.builder("twin.database.queue", threads, pool -> pool.getQueue().size())
          .description("Work that waits for a connection of a pool")
          .tag("pool", name)
          .register(registry);
    }

    <T> CompletionStage<T> run(Sql.Work<T> work) {
      CompletableFuture<T> result = new CompletableFuture<>();
      try {
        threads.execute(() -> complete(result, work));
      } catch (RejectedExecutionException e) {
        result.completeExceptionally(
            new StoreException("The database's queue for " + name + " is full or closed.", e));
      }
      return result;
    }

    private <T> void complete(CompletableFuture<T> result, Sql.Work<T> work) {
      try (Connection connection = source.getConnection()) {
        result.complete(work.on(connection));
      } catch (SQLException e) {
        result.completeExceptionally(
            new StoreException("The database failed (" + name + "): " + e.getMessage(), e));
      } catch (RuntimeException | Error e) {
        result.completeExceptionally(e);
      }
    }

    /** What still waits after the pool is closed fails at once, so that nobody waits for ever. */
    void close(Duration patience) {
      threads.shutdown();
      try {
        threads.awaitTermination(patience.toMillis(), TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        source.close();
      }
    }
  }
}
