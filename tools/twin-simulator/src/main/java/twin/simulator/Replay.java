package twin.simulator;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Publishes recorded data, each row one reading, with the same ids, {@code seq} and timestamps in
 * every run: whoever replays a file twice has sent every reading twice, not new ones.
 *
 * <p>Rows go out in the order of the file, one interval of the type apart divided by the speed; a
 * gap in the file and the way to the next machine take no longer than any other step. Nothing is
 * dropped: the replay waits for a broker that is slow or away, and gives up when nothing moves for
 * the stall timeout.
 */
public final class Replay {
  private final ReplaySettings settings;
  private final ReadingTarget target;
  private final Consumer<SimulatorStatus> progress;
  private final ReadingPublisher publisher;
  private final FaultyNetwork network;
  private final double rowNanos;
  private final RateMeter takenRate = new RateMeter(System.nanoTime());
  private final long startNanos = System.nanoTime();
  private long rows;
  private long messages;
  private long reportedNanos = startNanos;
  private long movedNanos = startNanos;
  private long acknowledgedThen;

  private Replay(
      ReplaySettings settings,
      ReadingTarget target,
      Consumer<SimulatorStatus> progress,
      ReadingPublisher publisher) {
    this.settings = settings;
    this.target = target;
    this.progress = progress;
    this.publisher = publisher;
    network = new FaultyNetwork(settings.faults());
    rowNanos = SimulatedType.of(settings.machineType()).rowInterval().toNanos();
  }

  /**
   * Replays the file and returns when the broker has acknowledged every row. The whole file is
   * checked before the first row goes out.
   *
   * @param progress is called from this thread, about once in the progress interval
   * @throws RecordedDataException when the data is not what it should be; nothing was sent
   * @throws PublishException when the broker refused a row or did not answer in time
   * @throws IOException when the file cannot be read
   * @throws InterruptedException when the calling thread is asked to stop
   */
  public static ReplayReport run(
      ReplaySettings settings, ReadingTarget target, Consumer<SimulatorStatus> progress)
      throws IOException, InterruptedException {
    check(settings);
    try (var publisher = ReadingPublisher.start(target)) {
      return new Replay(settings, target, progress, publisher).send();
    }
  }

  private static Recorded open(ReplaySettings settings) throws IOException {
    return SimulatedType.of(settings.machineType()).open(settings.file());
  }

  private static void check(ReplaySettings settings) throws IOException {
    try (Recorded recorded = open(settings)) {
      boolean more = true;
      while (more) {
        more = recorded.next() != null;
      }
    }
  }

  private ReplayReport send() throws IOException, InterruptedException {
    try (Recorded recorded = open(settings)) {
      @Nullable Reading reading = recorded.next();
      while (reading != null) {
        awaitTurn();
        network.take(reading, System.nanoTime());
        rows++;
        takenRate.count(System.nanoTime());
        handOver();
        report();
        reading = recorded.next();
      }
      network.release(System.nanoTime());
      handOver();
      awaitAcknowledgements();
      return new ReplayReport(
          rows,
          recorded.machines(),
          network.counts(),
          Duration.ofNanos(System.nanoTime() - startNanos));
    }
  }

  private void handOver() throws IOException, InterruptedException {
    FaultyNetwork.Passage passage = network.poll(System.nanoTime());
    while (passage != null) {
      awaitRoom();
      network.handedOver(passage, publisher.offer(passage.reading()));
      messages++;
      passage = network.poll(System.nanoTime());
    }
  }

  private void awaitTurn() throws IOException, InterruptedException {
    if (settings.speed() == 0) {
      return;
    }
    long dueNanos = (long) (rows * rowNanos / settings.speed());
    long aheadNanos = dueNanos - (System.nanoTime() - startNanos);
    while (aheadNanos > 0) {
      long pauseNanos = Math.min(aheadNanos, settings.progressInterval().toNanos());
      TimeUnit.NANOSECONDS.sleep(Math.min(pauseNanos, network.nanosUntilNext(System.nanoTime())));
      handOver();
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
    if (status.acknowledged() != messages) {
      throw new PublishException(
          "%s refused %d of %d messages: %s"
              .formatted(target.shown(), status.rejected(), messages, status.lastError()));
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
          "%s has acknowledged nothing for %d s (%d of %d messages so far): %s"
              .formatted(
                  target.shown(),
                  settings.stallTimeout().toSeconds(),
                  status.acknowledged(),
                  messages,
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
    return publisher
        .delivery()
        .status(true, rows, takenRate.perSecond(System.nanoTime()), 0, network.counts());
  }
}
