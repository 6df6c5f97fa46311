package twin.simulator;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a recorded AI4I file, each row one reading, with the same ids, {@code seq} and
 * timestamps in every run: whoever replays a file twice has sent every reading twice, not new ones.
 *
 * <p>Rows go out in the order of the file, a minute of the file apart divided by the speed; a gap
 * between two stretches takes no longer than any other step. Nothing is dropped: the replay waits
 * for a broker that is slow or away, and gives up when nothing moves for the stall timeout.
 */
public final class Replay {
  private static final double ROW_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final ReplaySettings settings;
  private final MqttTarget target;
  private final Consumer<SimulatorStatus> progress;
  private final ReadingPublisher publisher;
  private final long startNanos = System.nanoTime();
  private long rows;
  private long reportedNanos = startNanos;
  private long movedNanos = startNanos;
  private long acknowledgedThen;

  private Replay(
      ReplaySettings settings,
      MqttTarget target,
      Consumer<SimulatorStatus> progress,
      ReadingPublisher publisher) {
    this.settings = settings;
    this.target = target;
    this.progress = progress;
    this.publisher = publisher;
  }

  /**
   * Replays the file and returns when the broker has acknowledged every row. The whole file is
   * checked before the first row goes out.
   *
   * @param progress is called from this thread, about once in the progress interval
   * @throws RecordedDataException when the file is not an AI4I file; nothing was sent
   * @throws PublishException when the broker refused a row or did not answer in time
   * @throws IOException when the file cannot be read
   * @throws InterruptedException when the calling thread is asked to stop
   */
  public static ReplayReport run(
      ReplaySettings settings, MqttTarget target, Consumer<SimulatorStatus> progress)
      throws IOException, InterruptedException {
    check(settings.file());
    try (var publisher = ReadingPublisher.start(target)) {
      return new Replay(settings, target, progress, publisher).send();
    }
  }

  private static void check(Path file) throws IOException {
    try (var recorded = RecordedMilling.open(file)) {
      boolean more = true;
      while (more) {
        more = recorded.next() != null;
      }
    }
  }

  private ReplayReport send() throws IOException, InterruptedException {
    try (var recorded = RecordedMilling.open(settings.file())) {
      @Nullable Reading reading = recorded.next();
      while (reading != null) {
        awaitTurn();
        awaitRoom();
        publisher.offer(reading);
        rows++;
        report();
        reading = recorded.next();
      }
      awaitAcknowledgements();
      return new ReplayReport(
          rows, recorded.machines(), Duration.ofNanos(System.nanoTime() - startNanos));
    }
  }

  private void awaitTurn() throws InterruptedException {
    if (settings.speed() == 0) {
      return;
    }
    long dueNanos = (long) (rows * ROW_NANOS / settings.speed());
    long aheadNanos = dueNanos - (System.nanoTime() - startNanos);
    while (aheadNanos > 0) {
      TimeUnit.NANOSECONDS.sleep(Math.min(aheadNanos, settings.progressInterval().toNanos()));
      report();
      aheadNanos = dueNanos - (System.nanoTime() - startNanos);
    }
  }

  private void awaitRoom() throws IOException, InterruptedException {
    while (!publisher.awaitRoom(settings.progressInterval())) {
      requireMoving();
    }
  }

  private void awaitAcknowledgements() throws IOException, InterruptedException {
    while (!publisher.awaitIdle(settings.progressInterval())) {
      requireMoving();
    }
    SimulatorStatus status = status();
    progress.accept(status);
    if (status.acknowledged() != rows) {
      throw new PublishException(
          "%s refused %d of %d rows: %s"
              .formatted(target.shown(), status.rejected(), rows, status.lastError()));
    }
  }

  private void requireMoving() throws PublishException {
    report();
    SimulatorStatus status = status();
    long nowNanos = System.nanoTime();
    if (status.acknowledged() + status.rejected() != acknowledgedThen) {
      acknowledgedThen = status.acknowledged() + status.rejected();
      movedNanos = nowNanos;
    } else if (nowNanos - movedNanos > settings.stallTimeout().toNanos()) {
      throw new PublishException(
          "%s has acknowledged nothing for %d s (%d of %d rows so far): %s"
              .formatted(
                  target.shown(),
                  settings.stallTimeout().toSeconds(),
                  status.acknowledged(),
                  rows,
                  status.lastError() == null ? "no error was reported" : status.lastError()));
    }
  }

  private void report() {
    long nowNanos = System.nanoTime();
    if (nowNanos - reportedNanos >= settings.progressInterval().toNanos()) {
      reportedNanos = nowNanos;
      progress.accept(status());
    }
  }

  private SimulatorStatus status() {
    return publisher.status(true, rows, 0);
  }
}
