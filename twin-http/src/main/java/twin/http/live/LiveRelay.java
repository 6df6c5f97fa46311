package twin.http.live;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;
import twin.core.live.LiveHub;
import twin.core.machine.Message;
import twin.http.HttpSettings;

/**
 * Tells the other nodes what happens to the machines here, as long as somebody listens there. A
 * node on which a stream is open says so by the cluster's receptionist; where nobody does, a change
 * costs nothing. Of each machine only the newest state goes out, once an interval.
 */
final class LiveRelay {

  private static final ServiceKey<Command> LISTENING =
      ServiceKey.create(Command.class, "live-listening");

  /** A message has to fit into a frame between nodes, with room for what surrounds it. */
  private static final int MESSAGE_BYTES_MAX = 200_000;

  private final ActorContext<Command> context;
  private final Consumer<LiveChange> here;
  private final InstantSource clock;
  private final Set<ActorRef<Command>> others = new HashSet<>();
  private final Outbox outbox;
  private int streams;

  private LiveRelay(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      LiveHub hub,
      InstantSource clock,
      HttpSettings.StreamSettings settings,
      Consumer<LiveChange> here) {
    this.context = context;
    this.here = here;
    this.clock = clock;
    this.outbox = new Outbox(settings.machinesMax());
    hub.subscribe(changed -> outbox.offer(() -> LiveChange.of(changed, this.clock)));
    timers.startTimerWithFixedDelay(new Send(), half(settings.interval()));
    context
        .getSystem()
        .receptionist()
        .tell(
            Receptionist.subscribe(
                LISTENING, context.messageAdapter(Receptionist.Listing.class, Listed::new)));
  }

  private static Duration half(Duration interval) {
    return interval.dividedBy(2);
  }

  /** What a relay is told. */
  sealed interface Command {}

  /** Streams were opened on this node, or closed. */
  record Listening(int change) implements Command {}

  private record Listed(Receptionist.Listing listing) implements Command {}

  private record Send() implements Command {}

  /** What happened on another node. */
  record Relayed(List<Item> items) implements Command, Message {
    Relayed {
      items = List.copyOf(items);
    }
  }

  /**
   * A change on the way between nodes.
   *
   * @param state as JSON
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Item(String machineId, @Nullable String site, byte[] state) {
    static Item of(LiveChange changed) {
      return new Item(changed.machineId(), changed.site(), changed.state().get());
    }

    LiveChange change() {
      return new LiveChange(machineId, site, () -> state);
    }
  }

  static Behavior<Command> create(
      LiveHub hub,
      InstantSource clock,
      HttpSettings.StreamSettings settings,
      Consumer<LiveChange> here) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new LiveRelay(context, timers, hub, clock, settings, here).behavior()));
  }

  private Behavior<Command> behavior() {
    return Behaviors.receive(Command.class)
        .onMessage(Listening.class, this::listening)
        .onMessage(Listed.class, this::listed)
        .onMessage(Send.class, send -> send())
        .onMessage(Relayed.class, this::relayed)
        .build();
  }

  private Behavior<Command> listening(Listening listening) {
    int before = streams;
    streams += listening.change();
    if (before == 0 && streams > 0) {
      context.getSystem().receptionist().tell(Receptionist.register(LISTENING, context.getSelf()));
    } else if (before > 0 && streams == 0) {
      context
          .getSystem()
          .receptionist()
          .tell(Receptionist.deregister(LISTENING, context.getSelf()));
    }
    return Behaviors.same();
  }

  private Behavior<Command> listed(Listed listed) {
    others.clear();
    others.addAll(listed.listing().getServiceInstances(LISTENING));
    others.remove(context.getSelf());
    outbox.open(!others.isEmpty());
    return Behaviors.same();
  }

  private Behavior<Command> relayed(Relayed relayed) {
    relayed.items().forEach(item -> here.accept(item.change()));
    return Behaviors.same();
  }

  private Behavior<Command> send() {
    List<Item> message = new ArrayList<>();
    int bytes = 0;
    for (LiveChange changed : outbox.take()) {
      Item item = Item.of(changed);
      if (bytes + item.state().length > MESSAGE_BYTES_MAX && !message.isEmpty()) {
        tell(message);
        message = new ArrayList<>();
        bytes = 0;
      }
      message.add(item);
      bytes += item.state().length;
    }
    if (!message.isEmpty()) {
      tell(message);
    }
    return Behaviors.same();
  }

  private void tell(List<Item> items) {
    Relayed message = new Relayed(items);
    others.forEach(other -> other.tell(message));
  }
}
