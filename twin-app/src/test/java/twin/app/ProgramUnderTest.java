package twin.app;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The program as a process of its own, started as a user starts it and ended as a user, or a power
 * failure, ends it. Closing kills it, and the PostgreSQL that survives that.
 */
final class ProgramUnderTest implements AutoCloseable {

  private static final long END_WITHIN_SECONDS = 60;

  private final Process process;
  private final Path dataDirectory;
  private final ConcurrentLinkedQueue<String> stdout = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<String> stderr = new ConcurrentLinkedQueue<>();
  private final List<Thread> readers;

  private ProgramUnderTest(Process process, Path dataDirectory) {
    this.process = process;
    this.dataDirectory = dataDirectory;
    this.readers =
        List.of(
            reader(process.inputReader(UTF_8), stdout::add),
            reader(process.errorReader(UTF_8), stderr::add));
  }

  /** Runs a command and does not wait for anything. */
  static ProgramUnderTest run(Path dataDirectory, String... arguments) throws IOException {
    return run(dataDirectory, Map.of(), arguments);
  }

  /** The same with more in its environment. */
  static ProgramUnderTest run(
      Path dataDirectory, Map<String, String> environment, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    if (Runtime.version().feature() >= 24) {
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    command.add("-Xmx768m");
    command.add("-Dtwin.home=" + home());
    // The program's own way of logging, not that of its tests.
    command.add("-Dlogback.configurationFile=logback.xml");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    return new ProgramUnderTest(builder.start(), dataDirectory);
  }

  /** Starts a demo on that directory and returns when it says that it is ready. */
  static ProgramUnderTest demo(Path dataDirectory, String... options) throws Exception {
    ProgramUnderTest program = runDemo(dataDirectory, options);
    return program.awaitReadyOrClose();
  }

  /** Starts a demo on that directory, and on free ports unless the options give one. */
  static ProgramUnderTest runDemo(Path dataDirectory, String... options) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("demo", "--data-dir=" + dataDirectory));
    arguments.addAll(List.of(options));
    for (String port : List.of("--http-port=", "--mqtt-port=", "--kafka-port=")) {
      if (arguments.stream().noneMatch(argument -> argument.startsWith(port))) {
        arguments.add(port + 0);
      }
    }
    return run(dataDirectory, arguments.toArray(String[]::new));
  }

  /** Where the model bundles lie: the nearest directory above the tests' own that has them. */
  static Path home() {
    Path directory = Path.of("").toAbsolutePath();
    while (directory != null && !Files.isDirectory(directory.resolve("model-artifacts/models"))) {
      directory = directory.getParent();
    }
    if (directory == null) {
      throw new IllegalStateException("no model-artifacts/models above " + Path.of(""));
    }
    return directory;
  }

  /** Returns when the program says that it is ready; if it ends instead, that is a failure. */
  ProgramUnderTest awaitReadyOrClose() throws Exception {
    return awaitReadyOrClose(Eventually.PATIENCE);
  }

  /** The same with a patience of one's own. */
  ProgramUnderTest awaitReadyOrClose(Duration patience) throws Exception {
    boolean ready = false;
    try {
      Eventually.get(
          "ready", patience, () -> !stdout.isEmpty() || !process.isAlive(), Boolean.TRUE::equals);
      assertThat(stdout).as(this::said).anyMatch(line -> line.startsWith("ready "));
      ready = true;
      return this;
    } finally {
      if (!ready) {
        close();
      }
    }
  }

  /** Returns when it has said that on stderr. */
  void awaitSaying(String part) throws Exception {
    boolean said =
        Eventually.get(
            part,
            () -> stderr.stream().anyMatch(line -> line.contains(part)) || !process.isAlive(),
            Boolean.TRUE::equals);
    assertThat(said && process.isAlive()).as(this::said).isTrue();
  }

  /** Asks something of it; what it has said goes with a failure. */
  <T> T orTell(Callable<T> question) throws Exception {
    try {
      return question.call();
    } catch (Exception | AssertionError e) {
      throw new AssertionError(
          "the program is %s; %s".formatted(process.isAlive() ? "alive" : "gone", said()), e);
    }
  }

  /** Its address, from the line that says it is ready. */
  URI url() {
    return stdout.stream()
        .filter(line -> line.startsWith("ready "))
        .map(line -> URI.create(line.substring("ready ".length())))
        .findFirst()
        .orElseThrow(() -> new AssertionError(said()));
  }

  Api api() {
    return new Api(url());
  }

  /** The MQTT broker's address, from the table of addresses. */
  URI mqtt() throws Exception {
    return URI.create(address("MQTT"));
  }

  /** An address from the table that comes before the line that says it is ready. */
  String address(String of) throws Exception {
    // Two pipes: what was printed first need not have been read first.
    return Eventually.get("an address for " + of, () -> inTable(of), found -> !found.isEmpty());
  }

  private String inTable(String of) {
    String start = "  " + of + " ";
    return stderr.stream()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()).strip())
        .findFirst()
        .orElse("");
  }

  long pid() {
    return process.pid();
  }

  /** What it has printed to stdout so far. */
  List<String> stdout() {
    return List.copyOf(stdout);
  }

  /** What it has printed to stderr so far. */
  List<String> stderr() {
    return List.copyOf(stderr);
  }

  /** Everything it has printed, for a failure's description. */
  String said() {
    return "stdout:%n%s%nstderr:%n%s"
        .formatted(String.join("\n", stdout), String.join("\n", stderr));
  }

  /** The pid of its PostgreSQL. */
  long postgresPid() throws IOException {
    try (Stream<String> lines = Files.lines(postgresPidFile())) {
      return Long.parseLong(lines.findFirst().orElseThrow().strip());
    }
  }

  private Path postgresPidFile() {
    return dataDirectory.resolve("postgres/data/postmaster.pid");
  }

  /** Asks it to end, as Ctrl-C and a supervisor do, and returns its exit status. */
  int terminate() throws Exception {
    signalToEnd();
    return exitStatus();
  }

  /** Ends it without a word ({@code kill -9}) and returns when it is gone. */
  void kill() throws Exception {
    process.toHandle().destroyForcibly();
    exitStatus();
  }

  /** By its handle: destroying the process itself would also close the pipes from it. */
  private void signalToEnd() {
    process.toHandle().destroy();
  }

  /** Its exit status once it has ended; everything it said has been read by then. */
  int exitStatus() throws Exception {
    assertThat(process.waitFor(END_WITHIN_SECONDS, TimeUnit.SECONDS))
        .as(() -> "ends within %d s; %s".formatted(END_WITHIN_SECONDS, said()))
        .isTrue();
    for (Thread reader : readers) {
      reader.join(TimeUnit.SECONDS.toMillis(END_WITHIN_SECONDS));
    }
    return process.exitValue();
  }

  @Override
  public void close() throws IOException {
    // In order first: that leaves nothing behind. A killed one leaves a PostgreSQL.
    signalToEnd();
    try {
      process.waitFor(END_WITHIN_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
    if (holdsData() && Files.exists(postgresPidFile())) {
      ProcessHandle.of(postgresPid()).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  /** Whether the data is this program's, and not that of another, earlier or later one. */
  private boolean holdsData() throws IOException {
    Path holder = dataDirectory.resolve("run/pid");
    return Files.exists(holder)
        && Files.readString(holder, UTF_8).strip().equals(Long.toString(process.pid()));
  }

  private static Thread reader(BufferedReader lines, Consumer<String> to) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (lines) {
                lines.lines().forEach(to);
              } catch (IOException | UncheckedIOException e) {
                to.accept("(reading ended: " + e + ")");
              }
            });
  }
}
