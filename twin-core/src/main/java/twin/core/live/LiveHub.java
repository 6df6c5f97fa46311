package twin.core.live;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceQueueWithComplete;
import twin.core.machine.TwinChanged;

/**
 * Tells watchers on this node what happens to the machines here. A watcher that does not keep up
 * loses the oldest changes; nobody waits for it.
 *
 * <p>Safe for use by many threads.
 */
public final class LiveHub implements Consumer<TwinChanged> {

  private final List<Consumer<TwinChanged>> watchers = new CopyOnWriteArrayList<>();

  @Override
  public void accept(TwinChanged changed) {
    for (Consumer<TwinChanged> watcher : watchers) {
      watcher.accept(changed);
    }
  }

  /** Calls a watcher with every change from now on; it must neither block nor throw. */
  public void subscribe(Consumer<TwinChanged> watcher) {
    watchers.add(watcher);
  }

  /**
   * Every change from the moment of running on. Each run is a watcher of its own.
   *
   * @param bufferSize how many changes wait for a slow consumer before the oldest are dropped
   */
  public Source<TwinChanged, NotUsed> changes(int bufferSize) {
    return Source.<TwinChanged>queue(bufferSize, OverflowStrategy.dropHead())
        .mapMaterializedValue(this::attach);
  }

  /** How many watch now. */
  public int watchers() {
    return watchers.size();
  }

  private NotUsed attach(SourceQueueWithComplete<TwinChanged> queue) {
    Consumer<TwinChanged> watcher = queue::offer;
    watchers.add(watcher);
    queue.watchCompletion().whenComplete((done, failure) -> watchers.remove(watcher));
    return NotUsed.getInstance();
  }
}
