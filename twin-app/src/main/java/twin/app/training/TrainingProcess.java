package twin.app.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A process that trains. It gets its configuration over stdin, which stays open as long as this
 * process lives: when it ends, however it does, the other one ends too. Thread-safe.
 */
final class TrainingProcess {
  private static final int REPORT_BYTES_MAX = 8 << 20;
  private static final int LINE_MAX = 500;

  /** As many steps as a training tells of; only for how far it seems to be. */
  private static final double STEPS = 8;

  private static final Duration LOG_ENDS_WITHIN = Duration.ofSeconds(5);
  private static final double NEARLY_ALL = 0.95;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final int linesMax;
  private final Deque<String> lines = new ArrayDeque<>();
  private long told;
  private boolean killed;

  private final Thread follower;

  private TrainingProcess(Process process, int linesMax) {
    this.process = process;
    this.linesMax = linesMax;
    this.follower = Thread.ofVirtual().name("training-log").unstarted(this::followLog);
  }

  /** It gave no report; the message says why. */
  static final class FailedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    FailedException(String message) {
      super(message);
    }
  }

  /**
   * Starts.
   *
   * @param configuration a line of JSON
   */
  static TrainingProcess start(
      List<String> command, Map<String, String> environment, String configuration, int linesMax)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().putAll(environment);
    TrainingProcess started = new TrainingProcess(builder.start(), linesMax);
    try {
      OutputStream in = started.process.getOutputStream();
      in.write((configuration + "\n").getBytes(StandardCharsets.UTF_8));
      in.flush();
    } catch (IOException e) {
      started.kill();
      throw e;
    }
    started.follower.start();
    return started;
  }

  private void followLog() {
    try (BufferedReader errors =
        new BufferedReader(
            new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8))) {
      for (String line = errors.readLine(); line != null; line = errors.readLine()) {
        tell(line.length() <= LINE_MAX ? line : line.substring(0, LINE_MAX));
      }
    } catch (IOException e) {
      tell("what it writes can no longer be read: " + e.getMessage());
    }
  }

  private synchronized void tell(String line) {
    told++;
    lines.add(line);
    if (lines.size() > linesMax) {
      lines.remove();
    }
  }

  /** The newest lines that it has written. */
  synchronized List<String> log() {
    return List.copyOf(lines);
  }

  /** How far it seems to be. */
  synchronized double progress() {
    return Math.min(NEARLY_ALL, told / STEPS);
  }

  /** Ends it, and whatever it has started. */
  void kill() {
    synchronized (this) {
      killed = true;
    }
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  synchronized boolean isKilled() {
    return killed;
  }

  /**
   * Waits for what it tells.
   *
   * @param secondsMax after which it is killed
   * @throws FailedException when it tells nothing
   */
  JsonNode report(long secondsMax) throws InterruptedException {
    Thread guard =
        Thread.ofVirtual()
            .name("training-guard")
            .start(
                () -> {
                  try {
                    if (!process.waitFor(secondsMax, TimeUnit.SECONDS)) {
                      tell(
                          "killed after %d seconds (twin.training.time-max)".formatted(secondsMax));
                      kill();
                    }
                  } catch (InterruptedException e) {
                    // It has ended in time.
                  }
                });
    try (InputStream out = process.getInputStream()) {
      byte[] bytes = out.readNBytes(REPORT_BYTES_MAX);
      int status = process.waitFor();
      // What it wrote last says why it failed; something that it left behind may hold the pipe.
      follower.join(LOG_ENDS_WITHIN);
      JsonNode report = bytes.length == 0 ? null : JSON.readTree(bytes);
      if (report == null || !report.isObject()) {
        throw new FailedException(
            "the training ended with status %d: %s".formatted(status, lastLine()));
      }
      return report;
    } catch (JsonProcessingException e) {
      throw new FailedException("the training told what is no report: " + lastLine());
    } catch (IOException e) {
      if (isKilled()) {
        throw new FailedException("the training was ended: " + lastLine());
      }
      throw new UncheckedIOException(e);
    } finally {
      guard.interrupt();
      kill();
    }
  }

  private synchronized String lastLine() {
    String last = lines.peekLast();
    return last == null ? "it wrote nothing" : last;
  }
}
