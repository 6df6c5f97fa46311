package twin.app.rate;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import org.apache.pekko.serialization.SerializerWithStringManifest;

/**
 * The journal's plugin alone: actors that persist an event of 200 bytes, and when it is durable the
 * next. Whatever a twin does besides is not in it, so no twin can be faster.
 */
final class PluginLoad implements Load {

  static final String SERIALIZATION =
      """
      pekko.actor {
        serializers.rate = "twin.app.rate.PluginLoad$WrittenSerializer"
        serialization-bindings { "twin.app.rate.PluginLoad$Written" = rate }
      }
      """;

  private final List<ActorRef<Next>> writers = new ArrayList<>();
  private final LongAdder persisted = new LongAdder();
  private final Phaser writing = new Phaser(1);
  private volatile boolean running;

  PluginLoad(ActorSystem<?> system, int actors) {
    for (int i = 0; i < actors; i++) {
      String id = "writer-" + i;
      writers.add(
          system.systemActorOf(
              Behaviors.setup(context -> new Writer(id, context.getSelf())), id, Props.empty()));
    }
  }

  private record Next() {}

  /** An event; what is in it does not matter. */
  record Written() {}

  @Override
  public String name() {
    return "plugin alone";
  }

  @Override
  public void start() {
    running = true;
    for (ActorRef<Next> writer : writers) {
      writing.register();
      writer.tell(new Next());
    }
  }

  @Override
  public Durable durable() {
    return new Durable(persisted.sum(), persisted.sum());
  }

  @Override
  public void stop() {
    running = false;
    writing.arriveAndAwaitAdvance();
  }

  private final class Writer extends EventSourcedBehavior<Next, Written, Long> {

    private static final Written EVENT = new Written();

    private final ActorRef<Next> self;

    Writer(String id, ActorRef<Next> self) {
      super(PersistenceId.ofUniqueId("rate|" + id));
      this.self = self;
    }

    @Override
    public Long emptyState() {
      return 0L;
    }

    @Override
    public CommandHandler<Next, Written, Long> commandHandler() {
      return (state, next) -> Effect().persist(EVENT).thenRun(after -> written());
    }

    private void written() {
      persisted.increment();
      if (running) {
        self.tell(new Next());
      } else {
        writing.arriveAndDeregister();
      }
    }

    @Override
    public EventHandler<Long, Written> eventHandler() {
      return (state, event) -> state + 1;
    }
  }

  /** Under the manifest of readings, so that the read side leaves these events alone as well. */
  static final class WrittenSerializer extends SerializerWithStringManifest {

    @Override
    public int identifier() {
      return 77_002;
    }

    @Override
    public String manifest(Object object) {
      return "readings";
    }

    @Override
    public byte[] toBinary(Object object) {
      return new byte[200];
    }

    @Override
    public Object fromBinary(byte[] bytes, String manifest) {
      return new Written();
    }
  }
}
