package twin.core.store;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;

/**
 * The plugin's own rate on this machine: actors that persist one 200-byte event after the other,
 * without snapshots. The tests' server does not wait for the disk (fsync is off), so this is the
 * processors' share of the work. Run by hand; arguments: actors, seconds.
 */
public final class JournalRate {
  private JournalRate() {}

  private record Next(ActorRef<Done> replyTo) {}

  private static final class Writer extends EventSourcedBehavior<Next, Tally.Noted, Long> {
    private static final Tally.Noted EVENT = new Tally.Noted("readings", "x".repeat(200));

    Writer(String id) {
      super(PersistenceId.ofUniqueId(id));
    }

    @Override
    public Long emptyState() {
      return 0L;
    }

    @Override
    public CommandHandler<Next, Tally.Noted, Long> commandHandler() {
      return (state, next) ->
          Effect().persist(EVENT).thenRun(() -> next.replyTo().tell(Done.done()));
    }

    @Override
    public EventHandler<Long, Tally.Noted> eventHandler() {
      return (state, event) -> state + 1;
    }
  }

  /** Prints a figure a second. */
  public static void main(String[] arguments) throws SQLException {
    int actors = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1000;
    int seconds = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 30;
    Config config =
        ConfigFactory.parseString(Tally.SERIALIZATION)
            .withFallback(
                ConfigFactory.parseString(
                    "pekko.actor.provider = local, pekko.coordinated-shutdown.exit-jvm = off"))
            .withFallback(TestDatabase.create());
    TestDatabase.open(config).close();
    ActorTestKit kit = ActorTestKit.create("rate", config);
    AtomicLong persisted = new AtomicLong();
    List<ActorRef<Next>> writers = new ArrayList<>();
    for (int i = 0; i < actors; i++) {
      writers.add(kit.spawn(new Writer("writer-" + i)));
    }
    for (ActorRef<Next> writer : writers) {
      kit.spawn(driver(writer, persisted));
    }
    try (Connection clock = TestDatabase.connect(config)) {
      long before = 0;
      for (int second = 1; second <= seconds; second++) {
        Sql.of("select pg_sleep(1)::text").first(clock, row -> row.getString(1));
        long now = persisted.get();
        System.out.println("second " + second + ": " + (now - before) + " events");
        before = now;
      }
      System.out.println(
          "bytes an event on disk, with indexes: "
              + Sql.of(
                      "select pg_total_relation_size('event_journal') / count(*)"
                          + " from event_journal")
                  .first(clock, row -> row.getLong(1))
                  .orElseThrow());
    }
    System.exit(0);
  }

  /** Has one write after the other in flight, as a twin has. */
  private static Behavior<Done> driver(ActorRef<Next> writer, AtomicLong persisted) {
    return Behaviors.setup(
        context -> {
          writer.tell(new Next(context.getSelf()));
          return Behaviors.receiveMessage(
              done -> {
                persisted.incrementAndGet();
                writer.tell(new Next(context.getSelf()));
                return Behaviors.same();
              });
        });
  }
}
