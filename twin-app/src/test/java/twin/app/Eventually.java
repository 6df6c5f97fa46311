package twin.app;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Waits for what a program of its own does in its own time, within a bound against hanging. */
final class Eventually {

  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration BETWEEN = Duration.ofMillis(50);

  private Eventually() {}

  /**
   * Asks until the answer is as wanted, and returns that answer.
   *
   * @throws AssertionError when it has not become so within a minute, with the last answer
   */
  static <T> T get(String wanted, Callable<T> question, Predicate<T> asWanted) throws Exception {
    return get(wanted, PATIENCE, question, asWanted);
  }

  static <T> T get(String wanted, Duration patience, Callable<T> question, Predicate<T> asWanted)
      throws Exception {
    long deadlineNanos = System.nanoTime() + patience.toNanos();
    T answer = question.call();
    while (!asWanted.test(answer)) {
      if (System.nanoTime() > deadlineNanos) {
        throw new AssertionError(
            "not within %d s: %s; last: %s".formatted(patience.toSeconds(), wanted, answer));
      }
      if (Thread.interrupted()) {
        throw new InterruptedException("while waiting for: " + wanted);
      }
      LockSupport.parkNanos(BETWEEN.toNanos());
      answer = question.call();
    }
    return answer;
  }
}
