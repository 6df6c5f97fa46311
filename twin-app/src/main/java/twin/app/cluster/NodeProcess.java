package twin.app.cluster;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import twin.app.Main;
import twin.app.NodeConfig;
import twin.app.NodeException;

/** A node as a process of this machine, started with what this process was started with. */
public final class NodeProcess implements AutoCloseable {

  /** Which process a node of this machine belongs to: it ends when that one does. */
  public static final String SUPERVISOR = "twin.supervisor";

  private static final Duration READY_WITHIN = Duration.ofMinutes(4);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(30);
  private static final String SAID = "twin: ";
  private static final int MEMORY_PERCENT = 60;
  private static final int UNSAFE_WARNED_SINCE = 24;

  private final int number;
  private final String name;
  private final Process process;
  private final String url;
  private final Path log;
  private final long logBegin;
  private final CompletableFuture<Boolean> ready = new CompletableFuture<>();

  private NodeProcess(
      int number, String name, Process process, String url, Path log, long logBegin) {
    this.number = number;
    this.name = name;
    this.process = process;
    this.url = url;
    this.log = log;
    this.logBegin = logBegin;
    // Not a virtual thread: reading a process holds on to its carrier, and there are few of them.
    Thread.ofPlatform().daemon().name("node-%d-output".formatted(number)).start(this::read);
  }

  /**
   * Starts one.
   *
   * @param name under which it writes the journal
   * @param log gets what it says
   * @param among how many share this machine's memory
   */
  static NodeProcess start(
      int number, String name, Path configuration, Path log, String url, int among)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    if (Runtime.version().feature() >= UNSAFE_WARNED_SINCE) {
      command.add("--sun-misc-unsafe-memory-access=allow");
    }
    if (among > Runtime.getRuntime().availableProcessors()) {
      // Else nodes that share a few cores would do little but compile for minutes after each start.
      command.add("-XX:TieredStopAtLevel=1");
    }
    command.add("-XX:+UseG1GC");
    command.add("-XX:+ExitOnOutOfMemoryError");
    command.add("-XX:MaxRAMPercentage=" + Math.max(1, MEMORY_PERCENT / among));
    command.add("-Dtwin.home=" + NodeConfig.home());
    command.add("-D%s=%d".formatted(SUPERVISOR, ProcessHandle.current().pid()));
    command.addAll(List.of(Main.class.getName(), "node", "--config", configuration.toString()));
    ProcessBuilder builder = new ProcessBuilder(command);
    // In the environment rather than on the command line: `ps` stays readable.
    builder.environment().put("CLASSPATH", classPath());
    File file = log.toFile();
    builder.redirectError(ProcessBuilder.Redirect.appendTo(file));
    long logBegin = Files.exists(log) ? Files.size(log) : 0;
    return new NodeProcess(number, name, builder.start(), url, log, logBegin);
  }

  private static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private void read() {
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      lines.lines().filter(line -> line.startsWith("ready ")).forEach(line -> ready.complete(true));
    } catch (IOException | UncheckedIOException e) {
      // It has ended, which is told below.
    }
    ready.complete(false);
  }

  public int number() {
    return number;
  }

  /** Under which it writes the journal; another one each time that the node is started. */
  public String name() {
    return name;
  }

  public long pid() {
    return process.pid();
  }

  /** Where it serves HTTP. */
  public URI url() {
    return URI.create(url);
  }

  public boolean isAlive() {
    return process.isAlive();
  }

  /** Whether it has served since it was started. */
  public boolean isReady() {
    return ready.getNow(false);
  }

  /** The last line that it said for people; empty where it said none. */
  public String lastWords() throws IOException {
    try (InputStream in = Files.newInputStream(log)) {
      in.skipNBytes(logBegin);
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith(SAID))
          .reduce("", (former, latter) -> latter.substring(SAID.length()));
    }
  }

  /** Of one that has ended. */
  public int exitStatus() {
    return process.exitValue();
  }

  /**
   * Waits until it serves.
   *
   * @throws NodeException when it ends instead, or does not serve in time
   */
  public boolean awaitReady() throws InterruptedException {
    try {
      if (ready.get(READY_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
        return true;
      }
      throw new NodeException("node %d has ended; %s says why".formatted(number, log));
    } catch (TimeoutException e) {
      throw new NodeException(
          "node %d is not ready after %d s; see %s"
              .formatted(number, READY_WITHIN.toSeconds(), log),
          e);
    } catch (ExecutionException e) {
      throw new NodeException("node %d: %s".formatted(number, e.getMessage()), e);
    }
  }

  /** Tells it to end and returns at once. */
  public void terminate() {
    process.toHandle().destroy();
  }

  /** Ends it without a word, as {@code kill -9} does. */
  public void kill() {
    process.toHandle().destroyForcibly();
  }

  /** Ends it, in order if it does so in time. */
  @Override
  public void close() {
    terminate();
    try {
      if (!process.waitFor(STOP_WITHIN.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
