package twin.core.live;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import twin.core.machine.TwinChanged;

/**
 * Tells watchers on this node what happens to the machines here.
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
}
