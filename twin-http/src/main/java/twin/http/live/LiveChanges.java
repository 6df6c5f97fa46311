package twin.http.live;

import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import twin.core.live.LiveHub;
import twin.http.HttpSettings;

/**
 * What happens to machines now, wherever in the cluster they are: states here by the node's own
 * hub, on other nodes by what their relays send while somebody listens here; changes of alerts from
 * the database. All streams of a node share what is kept and encoded, and move on together: at each
 * tick, and when an alert has changed. While nobody listens it costs nothing. Thread-safe.
 */
public final class LiveChanges {

  private final ActorSystem<?> system;
  private final HttpSettings.StreamSettings settings;
  private final LiveStates states;
  private final LiveAlerts alerts;
  private final ActorRef<LiveRelay.Command> relay;
  private volatile CompletableFuture<Done> something = new CompletableFuture<>();
  private Cancellable ticks = Cancellable.alreadyCancelled();
  private int streams;

  /** Starts the relay of this node. */
  public LiveChanges(
      ActorSystem<?> system,
      LiveHub hub,
      AlertTrail trail,
      InstantSource clock,
      HttpSettings.StreamSettings settings) {
    this.system = system;
    this.settings = settings;
    this.states = new LiveStates(settings.machinesMax());
    this.alerts = new LiveAlerts(trail, settings.alertsMax());
    hub.subscribe(changed -> states.offer(() -> LiveChange.of(changed, clock)));
    this.relay =
        system.systemActorOf(
            LiveRelay.create(hub, clock, settings, changed -> states.offer(() -> changed)),
            "live-relay",
            Props.empty());
  }

  LiveStates states() {
    return states;
  }

  LiveAlerts alerts() {
    return alerts;
  }

  /** How many streams are open. */
  public synchronized int streams() {
    return streams;
  }

  /** A stream was opened. */
  synchronized void opened() {
    if (streams == 0) {
      states.open(true);
      ticks =
          system
              .scheduler()
              .scheduleWithFixedDelay(
                  settings.interval(), settings.interval(), this::tick, system.executionContext());
      look();
    }
    streams++;
    relay.tell(new LiveRelay.Listening(1));
  }

  /** A stream was closed. */
  synchronized void closed() {
    streams--;
    relay.tell(new LiveRelay.Listening(-1));
    if (streams == 0) {
      ticks.cancel();
      states.open(false);
      alerts.close();
    }
  }

  /** Completes when there may be something to tell, after a tick at the latest. */
  CompletionStage<Done> something() {
    return something;
  }

  private void tick() {
    states.publish();
    wake();
    look();
  }

  private void look() {
    alerts
        .look()
        .thenAccept(
            found -> {
              if (found) {
                wake();
              }
            });
  }

  private void wake() {
    CompletableFuture<Done> happened = something;
    something = new CompletableFuture<>();
    happened.complete(Done.done());
  }
}
