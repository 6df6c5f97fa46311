package twin.app.chaos;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Asks every machine through every node that is left, until each has answered. */
final class Recovery implements AutoCloseable {

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  // So many that those which have to wait do not keep the others from being asked.
  private static final int AT_ONCE = 1_000;
  private static final int OK = 200;

  private final NodeClient nodes;
  private final ExecutorService asking =
      Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory());
  private final List<Duration> taken = Collections.synchronizedList(new ArrayList<>());

  Recovery(NodeClient nodes) {
    this.nodes = nodes;
  }

  /**
   * Asks, and keeps how long each machine took from now on.
   *
   * @throws IllegalStateException when one does not answer at all
   */
  void follow(List<String> machineIds, List<URI> survivors) throws InterruptedException {
    long startNanos = System.nanoTime();
    List<Future<Duration>> asked = new ArrayList<>();
    for (String machineId : machineIds) {
      asked.add(
          asking.submit(
              () -> {
                for (URI node : survivors) {
                  nodes.await(
                      node.resolve("/api/v1/machines/" + machineId + "/state"), OK, PATIENCE);
                }
                return since(startNanos);
              }));
    }
    for (Future<Duration> each : asked) {
      try {
        taken.add(each.get());
      } catch (ExecutionException e) {
        throw new IllegalStateException("a machine did not answer: " + e.getMessage(), e);
      }
    }
  }

  private static Duration since(long startNanos) {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** The middle one of all times. */
  Duration median() {
    List<Duration> sorted = new ArrayList<>(taken);
    Collections.sort(sorted);
    return sorted.isEmpty() ? Duration.ZERO : sorted.get(sorted.size() / 2);
  }

  /** The longest. */
  Duration max() {
    return taken.isEmpty() ? Duration.ZERO : Collections.max(taken);
  }

  @Override
  public void close() {
    asking.shutdownNow();
  }
}
