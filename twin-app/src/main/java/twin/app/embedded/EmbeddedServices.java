package twin.app.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.embedded.EmbeddedServiceException.Reason;

/**
 * The PostgreSQL, MQTT broker and Kafka of a demo, all on one data directory.
 *
 * <p>Started together and stopped in the order database last, because everything else writes to it.
 * It installs no shutdown hook: the program decides when to close it. {@link #close()} may be
 * called from any thread and more than once; each service has its own bound for stopping.
 */
public final class EmbeddedServices implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(EmbeddedServices.class);

  /**
   * What to start, and where.
   *
   * @param dataDirectory where the data is kept between runs
   * @param fresh begins with no data: deletes what an earlier run left, if the directory is Twin's
   * @param minFreeMegabytes refuses to start with less free disk space
   */
  public record Settings(
      Path dataDirectory,
      boolean fresh,
      long minFreeMegabytes,
      LocalPostgres.Settings postgres,
      LocalMqttBroker.Settings mqtt,
      LocalKafka.Settings kafka) {

    /** Defaults for everything but the place. */
    public static Settings defaults(Path dataDirectory) {
      return new Settings(
          dataDirectory,
          false,
          500,
          LocalPostgres.Settings.defaults(),
          LocalMqttBroker.Settings.defaults(),
          LocalKafka.Settings.defaults());
    }

    /** The same, beginning with no data. */
    public Settings withFresh(boolean newFresh) {
      return new Settings(dataDirectory, newFresh, minFreeMegabytes, postgres, mqtt, kafka);
    }

    /** The same for several nodes. */
    public Settings forNodes(int nodes) {
      return new Settings(
          dataDirectory, fresh, minFreeMegabytes, postgres.forNodes(nodes), mqtt, kafka);
    }

    /** The same with other ports; 0 is any free one. */
    public Settings withPorts(int postgresPort, int mqttPort, int kafkaPort) {
      return new Settings(
          dataDirectory,
          fresh,
          minFreeMegabytes,
          postgres.withPort(postgresPort),
          mqtt.withPort(mqttPort),
          kafka.withPort(kafkaPort));
    }
  }

  private final DataDirectory data;
  private final LocalPostgres postgres;
  private final LocalMqttBroker mqtt;
  private final LocalKafka kafka;
  private boolean closed;

  private EmbeddedServices(
      DataDirectory data, LocalPostgres postgres, LocalMqttBroker mqtt, LocalKafka kafka) {
    this.data = data;
    this.postgres = postgres;
    this.mqtt = mqtt;
    this.kafka = kafka;
  }

  /**
   * Starts all three at once and returns when all of them answer. If one does not start, the others
   * are stopped.
   *
   * @param progress gets a line for each service that is up, from the threads that start them, and
   *     one with the time of all
   */
  public static EmbeddedServices start(Settings settings, Consumer<String> progress)
      throws InterruptedException, EmbeddedServiceException {
    return start(settings, () -> {}, progress);
  }

  /**
   * The same with a check in between.
   *
   * @param check runs when the directory is held and nothing has been started or deleted; what it
   *     throws ends the start
   */
  public static EmbeddedServices start(Settings settings, Runnable check, Consumer<String> progress)
      throws InterruptedException, EmbeddedServiceException {
    long startNanos = System.nanoTime();
    DataDirectory data = DataDirectory.open(settings.dataDirectory(), settings.minFreeMegabytes());
    boolean started = false;
    try {
      check.run();
      requireFree(settings);
      if (settings.fresh()) {
        clear(data, settings);
      }
      EmbeddedServices services = startAll(data, settings, progress);
      started = true;
      progress.accept("embedded services: all up in " + secondsSince(startNanos) + " s");
      return services;
    } finally {
      if (!started) {
        data.close();
      }
    }
  }

  /** The directory that the services are in, held until they are closed. */
  public DataDirectory dataDirectory() {
    return data;
  }

  /** The database's address for JDBC. */
  public String jdbcUrl() {
    return postgres.jdbcUrl();
  }

  /** The database's user. */
  public String user() {
    return postgres.user();
  }

  /** The password of the database's user. */
  public String password() {
    return postgres.password();
  }

  /** The broker's address for MQTT clients. */
  public String mqttUri() {
    return mqtt.uri();
  }

  /** Kafka's addresses for its clients. */
  public String kafkaBootstrapServers() {
    return kafka.bootstrapServers();
  }

  /** Stops Kafka, the MQTT broker and the database, and lets the directory go. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    kafka.close();
    mqtt.close();
    postgres.close();
    data.close();
  }

  /** Found out later, a port in use would let the other services start in vain. */
  private static void requireFree(Settings settings) throws EmbeddedServiceException {
    LocalMqttBroker.requireFree(settings.mqtt());
    LocalKafka.requireFree(settings.kafka());
  }

  private static EmbeddedServices startAll(
      DataDirectory data, Settings settings, Consumer<String> progress)
      throws InterruptedException, EmbeddedServiceException {
    ExecutorService starters = starters("embedded-start-");
    // The broker is soon up and takes an interrupt for a broken disk: it is let finish.
    ExecutorService brokerStarter = starters("embedded-start-broker-");
    Future<LocalPostgres> postgres =
        starters.submit(
            timed(
                "PostgreSQL",
                () -> LocalPostgres.start(data.postgres(), settings.postgres()),
                progress));
    Future<LocalMqttBroker> mqtt =
        brokerStarter.submit(
            timed("MQTT", () -> LocalMqttBroker.start(data.mqtt(), settings.mqtt()), progress));
    Future<LocalKafka> kafka =
        starters.submit(
            timed("Kafka", () -> LocalKafka.start(data.kafka(), settings.kafka()), progress));
    boolean allUp = false;
    try {
      EmbeddedServices services =
          new EmbeddedServices(data, await(postgres), await(mqtt), await(kafka));
      allUp = true;
      return services;
    } finally {
      brokerStarter.shutdown();
      if (allUp) {
        starters.shutdown();
      } else {
        // A start that is interrupted gives up by itself; one that is past that completes.
        starters.shutdownNow();
        closeWhenStarted(kafka);
        closeWhenStarted(mqtt);
        closeWhenStarted(postgres);
        stopPostgresLeftBehind(data, settings);
      }
    }
  }

  private static ExecutorService starters(String name) {
    return Executors.newThreadPerTaskExecutor(Thread.ofPlatform().name(name, 0).factory());
  }

  private static <T> Callable<T> timed(
      String service, Callable<T> start, Consumer<String> progress) {
    return () -> {
      long startNanos = System.nanoTime();
      T started = start.call();
      progress.accept(service + ": up in " + secondsSince(startNanos) + " s");
      return started;
    };
  }

  private static <T> T await(Future<T> future)
      throws InterruptedException, EmbeddedServiceException {
    try {
      // Every start has a bound of its own.
      return future.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof EmbeddedServiceException expected) {
        throw expected;
      }
      throw new EmbeddedServiceException(
          Reason.START_FAILED, "An embedded service cannot be started: " + e.getCause(), e);
    }
  }

  private static void closeWhenStarted(Future<? extends AutoCloseable> future) {
    try {
      future.get().close();
    } catch (ExecutionException e) {
      log.debug("This one had not started", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      log.warn("A service could not be stopped", e);
    }
  }

  /** A start of PostgreSQL that was given up may have got as far as a running server. */
  private static void stopPostgresLeftBehind(DataDirectory data, Settings settings) {
    try {
      LocalPostgres.stopRunning(data.postgres(), settings.postgres().stopTimeout(), pid -> {});
    } catch (IOException | EmbeddedServiceException e) {
      log.warn("PostgreSQL could not be stopped; the next start does it", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void clear(DataDirectory data, Settings settings)
      throws InterruptedException, EmbeddedServiceException {
    try {
      LocalPostgres.stopLeftBehind(data.postgres(), settings.postgres().stopTimeout());
    } catch (IOException e) {
      throw new EmbeddedServiceException(
          Reason.DATA_NOT_USABLE,
          "What an earlier run left in %s cannot be stopped: %s".formatted(data.path(), e),
          e);
    }
    data.clear();
  }

  private static String secondsSince(long startNanos) {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
    return String.format(Locale.ROOT, "%.1f", elapsed.toMillis() / 1000.0);
  }
}
