package twin.app.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.app.embedded.EmbeddedServiceException.Reason;

/**
 * A real PostgreSQL of this machine, with all of its promises of durability.
 *
 * <p>The server is a process of its own. It survives the kill of the program that started it, and
 * the next start on the same directory stops it first. Its log is {@code server.log} in its
 * directory. Not thread-safe but for {@link #close()}.
 */
public final class LocalPostgres implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(LocalPostgres.class);

  private static final String SERVICE = "PostgreSQL";
  private static final String PORT_OPTION = "--postgres-port";
  private static final String USER = "twin";
  private static final String DATABASE = "twin";
  private static final String MAJOR_VERSION = "18";
  private static final Set<PosixFilePermission> OWNER_ONLY =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> OWNER_READS =
      PosixFilePermissions.fromString("rw-------");
  private static final int PORT_ATTEMPTS_MAX = 3;
  private static final int CONNECTIONS_OF_A_NODE = 40;
  private static final int CONNECTIONS_BESIDE_NODES = 20;

  /** A pid that no system gives out, and so never that of a living process. */
  private static final int NO_PROCESS = Integer.MAX_VALUE - 1;

  /**
   * How the server is run.
   *
   * @param port the port on the loopback address, or 0 for any free one
   * @param maxConnections how many connections there may be at once
   * @param sharedBuffersMegabytes the server's own cache; the operating system caches as well
   * @param maxWalMegabytes how much write-ahead log may gather between two checkpoints
   * @param idleInTransactionTimeout after which a transaction that does nothing is ended, because
   *     it holds back the read side
   * @param logMegabytesMax a log longer than this is moved aside at the next start, over the one
   *     before it
   * @param startTimeout how long the server may take to accept connections; recovery after a crash
   *     is part of it
   * @param stopTimeout how long it may take to stop in order before it is stopped at once
   */
  public record Settings(
      int port,
      int maxConnections,
      int sharedBuffersMegabytes,
      int maxWalMegabytes,
      Duration idleInTransactionTimeout,
      int logMegabytesMax,
      Duration startTimeout,
      Duration stopTimeout) {

    /** A free port and values for one demo on a small machine. */
    public static Settings defaults() {
      return new Settings(
          0,
          60,
          128,
          1024,
          Duration.ofSeconds(30),
          10,
          Duration.ofSeconds(60),
          Duration.ofSeconds(8));
    }

    /**
     * The same for several nodes: each has twenty connections, and once more as many while it takes
     * the place of one that has just been killed.
     */
    public Settings forNodes(int nodes) {
      return with(port, CONNECTIONS_BESIDE_NODES + CONNECTIONS_OF_A_NODE * nodes);
    }

    /** The same with another port. */
    public Settings withPort(int newPort) {
      return with(newPort, maxConnections);
    }

    private Settings with(int newPort, int connections) {
      return new Settings(
          newPort,
          connections,
          sharedBuffersMegabytes,
          maxWalMegabytes,
          idleInTransactionTimeout,
          logMegabytesMax,
          startTimeout,
          stopTimeout);
    }
  }

  private final Path directory;
  private final Settings settings;
  private final PostgresPrograms programs;
  private final String password;
  private final int port;
  private boolean closed;

  private LocalPostgres(
      Path directory, Settings settings, PostgresPrograms programs, String password, int port) {
    this.directory = directory;
    this.settings = settings;
    this.programs = programs;
    this.password = password;
    this.port = port;
  }

  /**
   * Starts the server on the data in {@code directory}, which the caller holds for itself (see
   * {@link DataDirectory}). Creates the data where there is none, stops a server that a killed run
   * left behind, and returns when the database accepts connections.
   */
  public static LocalPostgres start(Path directory, Settings settings)
      throws InterruptedException, EmbeddedServiceException {
    try {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, OWNER_ONLY);
      Path home = directory.toRealPath();
      stopLeftBehind(home, settings.stopTimeout());
      PostgresPrograms programs = PostgresPrograms.unpack(home);
      programs.deleteOlder();
      String password = preparePassword(home);
      createClusterIfAbsent(home, programs);
      requireSameVersion(home);
      writeConfiguration(home, settings);
      int port = startServer(home, settings, programs);
      LocalPostgres postgres = new LocalPostgres(home, settings, programs, password, port);
      postgres.createDatabaseOrClose();
      return postgres;
    } catch (IOException e) {
      throw new EmbeddedServiceException(
          Reason.START_FAILED, "PostgreSQL cannot be started in %s: %s".formatted(directory, e), e);
    }
  }

  /**
   * Stops the server that a killed run left behind in this directory, if there is one.
   *
   * <p>Its pid file is believed only if the process of that pid runs a program from this very
   * directory: a pid is given out again, after a restart of a container even soon.
   */
  static void stopLeftBehind(Path directory, Duration timeout)
      throws IOException, InterruptedException, EmbeddedServiceException {
    stopRunning(
        directory,
        timeout,
        pid -> log.info("Stopping the PostgreSQL with pid {} that a killed run left behind", pid));
  }

  /**
   * The same for a server of this run, whose start was given up.
   *
   * @param found gets the pid of the server before it is stopped
   */
  static void stopRunning(Path directory, Duration timeout, LongConsumer found)
      throws IOException, InterruptedException, EmbeddedServiceException {
    Path pidFile = directory.resolve("data/postmaster.pid");
    Optional<Long> pid = readPid(pidFile);
    if (pid.isEmpty()) {
      return;
    }
    Optional<ProcessHandle> server =
        ProcessHandle.of(pid.get())
            .filter(process -> PostgresPrograms.isProcessOf(directory, process));
    if (server.isEmpty()) {
      disown(pidFile);
      return;
    }
    found.accept(pid.get());
    // SIGINT is the fast shutdown and SIGQUIT the immediate one, which the next start recovers
    // from.
    for (String signal : List.of("INT", "QUIT", "KILL")) {
      if (signalAndAwaitEnd(server.get(), signal, timeout)) {
        return;
      }
    }
    throw new EmbeddedServiceException(
        Reason.START_FAILED,
        "The PostgreSQL with pid %d that an earlier run left behind in %s does not stop."
            .formatted(pid.get(), directory));
  }

  /** The address for JDBC. */
  public String jdbcUrl() {
    return "jdbc:postgresql://%s:%d/%s".formatted(LoopbackPort.HOST, port, DATABASE);
  }

  /** The user, who owns the database and may do everything in it. */
  public String user() {
    return USER;
  }

  /** The password, generated when the data was created and kept beside it. */
  public String password() {
    return password;
  }

  /** The port on the loopback address. */
  public int port() {
    return port;
  }

  /** Stops the server in order; when that takes too long, at once, which loses nothing either. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    try {
      if (!stop("fast") && !stop("immediate")) {
        log.error("PostgreSQL in {} did not stop; the next start stops it", directory);
      }
    } catch (IOException | EmbeddedServiceException e) {
      log.error("PostgreSQL in {} could not be stopped; the next start does", directory, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      log.warn(
          "Interrupted while PostgreSQL in {} was stopping; the next start sees to it", directory);
    }
  }

  private boolean stop(String mode)
      throws IOException, InterruptedException, EmbeddedServiceException {
    PostgresPrograms.Result result =
        programs.run(
            settings.stopTimeout().plusSeconds(5),
            "pg_ctl",
            List.of(
                "stop",
                "-D",
                directory.resolve("data").toString(),
                "-m",
                mode,
                "-w",
                "-t",
                Long.toString(settings.stopTimeout().toSeconds())));
    if (result.exitStatus() != 0) {
      log.warn("PostgreSQL: {}", result.output().strip());
    }
    return result.exitStatus() == 0;
  }

  private static Optional<Long> readPid(Path pidFile) throws IOException {
    if (!Files.exists(pidFile)) {
      return Optional.empty();
    }
    try (var lines = Files.lines(pidFile)) {
      return lines.findFirst().map(line -> Math.abs(Long.parseLong(line.strip())));
    } catch (NumberFormatException e) {
      throw new IOException(pidFile + " has no pid in its first line", e);
    }
  }

  /**
   * Writes a pid that nobody has into the file. PostgreSQL would take any living process of that
   * pid for a server and refuse to start. Deleting the file instead would also throw away the key
   * of the shared memory, by which PostgreSQL knows that no process of a killed server is left.
   */
  private static void disown(Path pidFile) throws IOException {
    List<String> lines = Files.readAllLines(pidFile);
    lines.set(0, Integer.toString(NO_PROCESS));
    Files.write(pidFile, lines);
  }

  private static boolean signalAndAwaitEnd(ProcessHandle process, String signal, Duration timeout)
      throws IOException, InterruptedException {
    // Java itself can only send TERM, which would wait for the connected clients, and KILL.
    new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .waitFor();
    try {
      process.onExit().get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IOException("Waiting for process " + process.pid() + " failed", e);
    }
  }

  private static String preparePassword(Path home) throws IOException {
    Path file = home.resolve("password");
    if (!Files.exists(file)) {
      if (Files.exists(home.resolve("data"))) {
        throw new IOException("the file " + file + " with the password of the data is missing");
      }
      byte[] secret = new byte[24];
      new SecureRandom().nextBytes(secret);
      Path draft = home.resolve("password.new");
      Files.deleteIfExists(draft);
      Files.createFile(draft, PosixFilePermissions.asFileAttribute(OWNER_READS));
      Files.writeString(draft, HexFormat.of().formatHex(secret) + "\n");
      // After this, so that a half-written password never counts.
      Files.setOwner(draft, Files.getOwner(home));
      Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return Files.readString(file).strip();
  }

  /** Creates the data beside its place and moves it there, so that it is whole or absent. */
  private static void createClusterIfAbsent(Path home, PostgresPrograms programs)
      throws IOException, InterruptedException, EmbeddedServiceException {
    Path data = home.resolve("data");
    if (Files.exists(data)) {
      return;
    }
    Path draft = home.resolve("data.new");
    DataDirectory.deleteTree(draft);
    PostgresPrograms.Result result =
        programs.run(
            Duration.ofMinutes(2),
            "initdb",
            List.of(
                "-D",
                draft.toString(),
                "-U",
                USER,
                "--pwfile=" + home.resolve("password"),
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                // The same order of strings on every machine, whatever its C library thinks.
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8"));
    if (result.exitStatus() != 0) {
      throw new IOException("initdb failed: " + result.output().strip());
    }
    Files.move(draft, data, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void requireSameVersion(Path home) throws IOException, EmbeddedServiceException {
    String version = Files.readString(home.resolve("data/PG_VERSION")).strip();
    if (!version.equals(MAJOR_VERSION)) {
      throw new EmbeddedServiceException(
          Reason.DATA_NOT_USABLE,
          "The data in %s is of PostgreSQL %s; this is %s. Use another --data-dir, or --fresh."
              .formatted(home, version, MAJOR_VERSION));
    }
  }

  /**
   * Written at every start, so that a change of the settings reaches data that is already there.
   */
  private static void writeConfiguration(Path home, Settings settings) throws IOException {
    rewrite(
        home.resolve("data/postgresql.conf"),
        """
        # Written by Twin at every start. Changes made with ALTER SYSTEM stay.
        listen_addresses = '%s'
        unix_socket_directories = ''
        password_encryption = 'scram-sha-256'
        max_connections = %d
        shared_buffers = %dMB

        # An acknowledged reading must survive a power failure: relax none of these three.
        fsync = on
        synchronous_commit = on
        full_page_writes = on

        # A later change capture would want 'logical'.
        wal_level = replica
        max_wal_senders = 0
        max_wal_size = %dMB
        checkpoint_timeout = 15min

        # An open transaction holds back everybody who reads the journal in commit order.
        idle_in_transaction_session_timeout = %d

        # Short statements: compiling them costs more than it saves.
        jit = off
        timezone = 'UTC'
        log_timezone = 'UTC'
        lc_messages = 'C'
        log_line_prefix = '%%m [%%p] '
        log_checkpoints = off
        """
            .formatted(
                LoopbackPort.HOST,
                settings.maxConnections(),
                settings.sharedBuffersMegabytes(),
                settings.maxWalMegabytes(),
                settings.idleInTransactionTimeout().toMillis()));
    rewrite(
        home.resolve("data/pg_hba.conf"),
        "host all all %s/32 scram-sha-256\n".formatted(LoopbackPort.HOST));
  }

  /** Over the file that is there, so that it keeps its owner and its mode. */
  private static void rewrite(Path file, String content) throws IOException {
    Files.writeString(
        file, content, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
  }

  private static int startServer(Path home, Settings settings, PostgresPrograms programs)
      throws IOException, InterruptedException, EmbeddedServiceException {
    // A port that is free now may be taken before the server has it, so any free one has more
    // tries.
    int attempts = settings.port() == 0 ? PORT_ATTEMPTS_MAX : 1;
    String answer = "";
    for (int attempt = 0; attempt < attempts; attempt++) {
      int port = LoopbackPort.free(settings.port(), SERVICE, PORT_OPTION);
      moveLongLogAside(home, settings.logMegabytesMax());
      long logStart = sizeOf(home.resolve("server.log"));
      // pg_ctl gives the server a session of its own. As a plain child it would get the terminal's
      // Ctrl-C together with the program, and be gone before the program has written its last.
      PostgresPrograms.Result result =
          programs.run(
              settings.startTimeout().plusSeconds(5),
              "pg_ctl",
              List.of(
                  "start",
                  "-D",
                  home.resolve("data").toString(),
                  "-l",
                  home.resolve("server.log").toString(),
                  "-w",
                  "-t",
                  Long.toString(settings.startTimeout().toSeconds()),
                  "-o",
                  "-p " + port));
      if (result.exitStatus() == 0) {
        return port;
      }
      answer = logSince(home.resolve("server.log"), logStart);
      if (!answer.contains("could not bind")) {
        break;
      }
    }
    throw new EmbeddedServiceException(
        Reason.START_FAILED,
        "PostgreSQL does not start (see %s): %s"
            .formatted(home.resolve("server.log"), answer.isEmpty() ? "no reason given" : answer));
  }

  private static long sizeOf(Path file) throws IOException {
    return Files.exists(file) ? Files.size(file) : 0;
  }

  private static void moveLongLogAside(Path home, int megabytesMax) throws IOException {
    Path file = home.resolve("server.log");
    if (sizeOf(file) > megabytesMax * 1024L * 1024L) {
      Files.move(file, home.resolve("server.log.1"), StandardCopyOption.REPLACE_EXISTING);
    }
  }

  /** What is wrong, of what the server logged since a start: the lines that say so. */
  private static String logSince(Path file, long start) throws IOException {
    if (!Files.exists(file)) {
      return "";
    }
    byte[] content = Files.readAllBytes(file);
    int from = (int) Math.min(start, content.length);
    String text = new String(content, from, content.length - from, StandardCharsets.UTF_8);
    return String.join(
        "; ",
        text.lines()
            .filter(line -> line.contains("FATAL") || line.contains("could not bind"))
            .limit(3)
            .toList());
  }

  private void createDatabaseOrClose() throws EmbeddedServiceException {
    boolean created = false;
    try {
      createDatabaseIfAbsent();
      created = true;
    } catch (SQLException e) {
      throw new EmbeddedServiceException(
          Reason.START_FAILED, "PostgreSQL does not answer: " + e.getMessage(), e);
    } finally {
      if (!created) {
        close();
      }
    }
  }

  private void createDatabaseIfAbsent() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", USER);
    properties.setProperty("password", password);
    properties.setProperty("connectTimeout", "10");
    properties.setProperty("socketTimeout", "60");
    String url = "jdbc:postgresql://%s:%d/postgres".formatted(LoopbackPort.HOST, port);
    try (Connection connection = DriverManager.getConnection(url, properties);
        Statement statement = connection.createStatement()) {
      boolean exists;
      try (ResultSet found =
          statement.executeQuery("select 1 from pg_database where datname = '" + DATABASE + "'")) {
        exists = found.next();
      }
      if (!exists) {
        statement.execute("create database " + DATABASE);
      }
    }
  }
}
