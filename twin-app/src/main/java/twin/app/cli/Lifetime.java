package twin.app.cli;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * How long a command runs: until its time is up, the node stops by itself, or the process is told
 * to end (Ctrl-C, SIGTERM). A command that is told to end while it starts stops at its next step,
 * by an {@link Ended}, and closes what it had opened; the process exits after that.
 */
final class Lifetime implements AutoCloseable {

  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(30);

  /** What a shell gives for a process that a signal ended: this and the signal's number. */
  private static final int SIGNALLED = 128;

  /** The end was asked for before the command had started. */
  static final class Ended extends Exception {
    private static final long serialVersionUID = 1;

    /** All that there is to say of it. */
    static final String LINE = "stopped before it was ready";

    Ended(@Nullable Throwable instead) {
      super(LINE, instead);
    }
  }

  private final CountDownLatch end = new CountDownLatch(1);
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile int exitStatus;
  private @Nullable Thread waiting;

  Lifetime() {}

  static Lifetime ofThisProcess() {
    Lifetime lifetime = new Lifetime();
    Signals.onEnd(lifetime::signalled);
    // For an end that no signal of ours announces.
    Runtime.getRuntime().addShutdownHook(new Thread(lifetime::endAndWait, "end"));
    return lifetime;
  }

  private void signalled(int number) {
    // Repeated by who is impatient, and by supervisors that tell the process and then its group.
    if (!hasEnded()) {
      exitStatus = SIGNALLED + number;
      end();
    }
  }

  private void endAndWait() {
    end();
    try {
      closed.await(CLOSE_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the wait, and the step that {@link #interruptibly} is doing. */
  synchronized void end() {
    end.countDown();
    Thread thread = waiting;
    if (thread != null) {
      thread.interrupt();
    }
  }

  /** Whether the end has been asked for. */
  boolean hasEnded() {
    return end.getCount() == 0;
  }

  /** 0, or what tells of the signal that ended the process. */
  int exitStatus() {
    return exitStatus;
  }

  /**
   * Does a step of the start that is to be finished even when the end is asked for meanwhile.
   *
   * @throws Ended when the end has been asked for before it
   */
  <T> T step(Callable<T> step) throws Exception {
    if (hasEnded()) {
      throw new Ended(null);
    }
    try {
      return step.call();
    } catch (Exception e) {
      if (hasEnded()) {
        throw new Ended(e);
      }
      throw e;
    }
  }

  /**
   * Does a step of the start that gives up when its thread is interrupted, and interrupts it when
   * the end is asked for.
   *
   * @throws Ended when the end has been asked for before it or during it
   */
  <T> T interruptibly(Callable<T> step) throws Exception {
    synchronized (this) {
      if (hasEnded()) {
        throw new Ended(null);
      }
      waiting = Thread.currentThread();
    }
    try {
      return step.call();
    } catch (Exception e) {
      if (hasEnded()) {
        throw new Ended(e);
      }
      throw e;
    } finally {
      synchronized (this) {
        waiting = null;
        // The interrupt may have come too late for the step; it must not disturb the closing.
        if (hasEnded()) {
          var unused = Thread.interrupted();
        }
      }
    }
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
  void pause(Duration duration) throws InterruptedException {
    end.await(duration.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Everything has been closed: the process may end. */
  @Override
  public void close() {
    closed.countDown();
  }
}
