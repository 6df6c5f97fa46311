package twin.ingest;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A clock that goes on when everything due has been done, one thing after the other. */
final class VirtualTime implements Retrying.Timer {

  private record Task(long atMillis, long number, Runnable task) {}

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atMillis).thenComparing(Task::number));
  private long nowMillis;
  private long number;

  long nowMillis() {
    return nowMillis;
  }

  void after(long millis, Runnable task) {
    tasks.add(new Task(nowMillis + millis, number++, task));
  }

  @Override
  public void after(Duration pause, Runnable task) {
    after(pause.toMillis(), task);
  }

  /** Does what is due until then. */
  void runUntil(long endMillis) {
    while (!tasks.isEmpty() && tasks.element().atMillis() <= endMillis) {
      Task next = tasks.remove();
      nowMillis = next.atMillis();
      next.task().run();
    }
    nowMillis = endMillis;
  }
}
