package twin.app.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * How long a command runs: until its time is up, the node stops by itself, or the process is told
 * to end (Ctrl-C, SIGTERM). In the last case the process waits, within a bound, until the command
 * has closed what it had opened.
 */
final class Lifetime implements AutoCloseable {

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(30);

  private final CountDownLatch end = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);

  private Lifetime() {}

  static Lifetime ofThisProcess() {
    Lifetime lifetime = new Lifetime();
    Runtime.getRuntime().addShutdownHook(new Thread(lifetime::endAndWait, "end"));
    return lifetime;
  }

  private void endAndWait() {
    end.countDown();
    try {
      closed.await(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the wait. */
  void end() {
    end.countDown();
  }

  /** Whether the end has been asked for. */
  boolean hasEnded() {
    return end.getCount() == 0;
  }

  /**
   * Waits for the end.
   *
   * @param seconds for at most so long; 0: without a bound
   */
  void await(long seconds) throws InterruptedException {
    if (seconds == 0) {
      end.await();
    } else if (!end.await(seconds, TimeUnit.SECONDS)) {
      end.countDown();
    }
  }

  /** Waits for so long, or until the end is asked for. */
  void pause(long seconds) throws InterruptedException {
    end.await(seconds, TimeUnit.SECONDS);
  }

  /** Everything has been closed: the process may end. */
  @Override
  public void close() {
    closed.countDown();
  }
}
