package twin.http.live;

import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceQueueWithComplete;
import twin.core.live.LiveHub;
import twin.http.HttpSettings;

/**
 * What happens to machines now, wherever in the cluster they are: here by the node's own hub, on
 * other nodes by what their relays send while somebody listens here. Best effort: an alert that has
 * to reach somebody is in the alerts' table and in the audit trail. Thread-safe.
 */
public final class LiveChanges {

  private final LiveHub hub;
  private final InstantSource clock;
  private final List<Consumer<LiveChange>> listeners = new CopyOnWriteArrayList<>();
  private final ActorRef<LiveRelay.Command> relay;

  /** Starts the relay of this node. */
  public LiveChanges(
      ActorSystem<?> system,
      LiveHub hub,
      InstantSource clock,
      HttpSettings.StreamSettings settings) {
    this.hub = hub;
    this.clock = clock;
    this.relay =
        system.systemActorOf(
            LiveRelay.create(hub, clock, settings, this::told), "live-relay", Props.empty());
  }

  /** A change on another node. */
  private void told(LiveChange changed) {
    listeners.forEach(listener -> listener.accept(changed));
  }

  /**
   * Every change from the moment of running on.
   *
   * @param bufferSize how many changes wait for a slow consumer before the oldest are dropped; the
   *     same again for those of other nodes
   */
  Source<LiveChange, NotUsed> changes(int bufferSize) {
    Source<LiveChange, NotUsed> elsewhere =
        Source.<LiveChange>queue(bufferSize, OverflowStrategy.dropHead())
            .mapMaterializedValue(this::attach);
    return hub.changes(bufferSize).map(changed -> LiveChange.of(changed, clock)).merge(elsewhere);
  }

  private NotUsed attach(SourceQueueWithComplete<LiveChange> queue) {
    Consumer<LiveChange> listener = queue::offer;
    listeners.add(listener);
    relay.tell(new LiveRelay.Listening(1));
    queue
        .watchCompletion()
        .whenComplete(
            (done, failure) -> {
              listeners.remove(listener);
              relay.tell(new LiveRelay.Listening(-1));
            });
    return NotUsed.getInstance();
  }
}
