package twin.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.persistence.typed.PersistenceId;
import org.apache.pekko.persistence.typed.javadsl.CommandHandler;
import org.apache.pekko.persistence.typed.javadsl.EventHandler;
import org.apache.pekko.persistence.typed.javadsl.EventSourcedBehavior;
import twin.core.store.Database;
import twin.core.store.DatabaseSettings;

/**
 * What the journal takes by itself, with the settings of a node: by the persistence plugin, with
 * actors that do nothing but persist, and by batched inserts alone. No twin can be faster than the
 * first.
 */
final class JournalRun {

  private static final int EVENT_BYTES = 200;
  private static final int ROWS = 400;
  private static final int WRITERS = 4;
  private static final String DATABASE_URL = "twin.database.url";
  private static final String JOURNAL_URL = "pekko-persistence-jdbc.shared-databases.slick.db.url";
  private static final int WARM_UP_SECONDS = 5;

  private final Config config;

  /**
   * On a server, in a database of its own.
   *
   * @param node configuration of a node that uses the server
   */
  static JournalRun beside(Config node) throws SQLException {
    String url = node.getString(DATABASE_URL);
    String own = url.substring(0, url.lastIndexOf('/') + 1) + "journal_alone";
    JournalRun journal =
        new JournalRun(
            ConfigFactory.parseMap(Map.of(DATABASE_URL, own, JOURNAL_URL, own), "bench")
                .withFallback(node));
    execute(node, "create database journal_alone");
    Database.open(DatabaseSettings.from(journal.config)).close();
    // The events of this benchmark are not told from those that the read side wants; readings are
    // not in its index.
    execute(journal.config, "drop index event_journal_coarse_idx");
    return journal;
  }

  private JournalRun(Config config) {
    this.config = config;
  }

  /** Says that the one before is durable. */
  private enum Persist {
    NEXT
  }

  /** Persists one event after another. */
  private static final class Writer extends EventSourcedBehavior<Persist, byte[], Long> {

    private final ActorRef<Persist> self;
    private final LongAdder durable;

    Writer(String id, ActorRef<Persist> self, LongAdder durable) {
      super(PersistenceId.ofUniqueId(id));
      this.self = self;
      this.durable = durable;
    }

    @Override
    public Long emptyState() {
      return 0L;
    }

    @Override
    public CommandHandler<Persist, byte[], Long> commandHandler() {
      return (state, command) ->
          Effect()
              .persist(new byte[EVENT_BYTES])
              .thenRun(
                  after -> {
                    durable.increment();
                    self.tell(Persist.NEXT);
                  });
    }

    @Override
    public EventHandler<Long, byte[]> eventHandler() {
      return (state, event) -> state + 1;
    }
  }

  /**
   * Events a second through the plugin, in each of some rounds.
   *
   * @param actors how many persist at the same time, each with one event at a time
   */
  List<Double> throughPlugin(int actors, int rounds, int seconds) throws InterruptedException {
    LongAdder durable = new LongAdder();
    Behavior<Void> all =
        Behaviors.setup(
            context -> {
              for (int i = 0; i < actors; i++) {
                String id = "bench|" + i;
                context
                    .spawn(
                        Behaviors.<Persist>setup(own -> new Writer(id, own.getSelf(), durable)),
                        "writer-" + i)
                    .tell(Persist.NEXT);
              }
              return Behaviors.empty();
            });
    Config local =
        ConfigFactory.parseString(
                "pekko.actor.provider = local, pekko.coordinated-shutdown.exit-jvm = off,"
                    + " pekko.actor.allow-java-serialization = off")
            .withFallback(config);
    ActorSystem<Void> system = ActorSystem.create(all, "journal", local.resolve());
    try {
      return rounds(durable, rounds, seconds);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  /** Rows a second by batched inserts into the same table, in each of some rounds. */
  List<Double> byInserts(int rounds, int seconds) throws Exception {
    LongAdder durable = new LongAdder();
    try (ExecutorService writers = Executors.newFixedThreadPool(WRITERS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < WRITERS; i++) {
        String id = "raw|" + i;
        running.add(writers.submit(() -> insert(id, durable)));
      }
      List<Double> measured = rounds(durable, rounds, seconds);
      writers.shutdownNow();
      for (Future<?> each : running) {
        try {
          each.get();
        } catch (ExecutionException e) {
          throw new IllegalStateException("an insert failed: " + e.getCause(), e);
        }
      }
      return measured;
    }
  }

  private static void execute(Config config, String text) throws SQLException {
    try (Connection connection = connect(config);
        Statement statement = connection.createStatement()) {
      statement.execute(text);
    }
  }

  private static Connection connect(Config config) throws SQLException {
    return DriverManager.getConnection(
        config.getString(DATABASE_URL) + "?reWriteBatchedInserts=true",
        config.getString("twin.database.user"),
        config.getString("twin.database.password"));
  }

  private static List<Double> rounds(LongAdder durable, int rounds, int seconds)
      throws InterruptedException {
    TimeUnit.SECONDS.sleep(WARM_UP_SECONDS);
    List<Double> measured = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      long before = durable.sum();
      long beganNanos = System.nanoTime();
      TimeUnit.SECONDS.sleep(seconds);
      measured.add((durable.sum() - before) / ((System.nanoTime() - beganNanos) / 1e9));
    }
    return measured;
  }

  private void insert(String id, LongAdder durable) {
    try (Connection connection = connect(config);
        PreparedStatement row =
            connection.prepareStatement(
                "insert into event_journal (persistence_id, sequence_number, writer,"
                    + " write_timestamp, event_ser_id, event_ser_manifest, event_payload,"
                    + " adapter_manifest) values (?, ?, 'bench', ?, 4, 'readings', ?, '')")) {
      connection.setAutoCommit(false);
      long number = 0;
      while (!Thread.currentThread().isInterrupted()) {
        for (int i = 0; i < ROWS; i++) {
          row.setString(1, id);
          row.setLong(2, ++number);
          row.setLong(3, number);
          row.setBytes(4, new byte[EVENT_BYTES]);
          row.addBatch();
        }
        row.executeBatch();
        connection.commit();
        durable.add(ROWS);
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
  }
}
