package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.projection.javadsl.Handler;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The whole way from the journal into tables, in a cluster of one node. */
final class ReadSideTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final Config CONFIG =
      ConfigFactory.parseString(Tally.SERIALIZATION)
          .withFallback(
              ConfigFactory.parseString(
                  """
                  twin.cluster.port = 0
                  pekko.remote.artery.canonical.port = 0
                  pekko.coordinated-shutdown.exit-jvm = off
                  """))
          .withFallback(TestDatabase.create());
  private static ActorTestKit kit;
  private static Database database;
  private static CoarseEvents events;
  private static ReadSide readSide;

  @BeforeAll
  static void start() throws SQLException {
    database = TestDatabase.open(CONFIG);
    kit = ActorTestKit.create("readside", CONFIG);
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    ReadSideSettings settings = ReadSideSettings.from(CONFIG);
    events = new CoarseEvents(database, settings, kit.system());
    readSide = new ReadSide(database, events, settings, kit.system());
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      Sql.of("create table seen (n bigserial, id text, revision bigint)").update(connection);
    }
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
    database.close();
  }

  @Test
  void countsEachEventOnceThoughTheHandlerFails() {
    AtomicInteger calls = new AtomicInteger();
    readSide.keepTables(
        "seen",
        () ->
            (transaction, event) -> {
              String id = event.persistenceId();
              transaction.run(
                  c ->
                      Sql.of(
                              "insert into seen (id, revision) values (?, ?)",
                              id,
                              event.sequenceNumber())
                          .update(c));
              int call = calls.incrementAndGet();
              if (call == 3 || call == 12 || call == 40) {
                throw new IllegalStateException("fails now and then, after it has written");
              }
            });
    TestProbe<Done> done = kit.createTestProbe();
    int machines = 10;
    int notes = 6;
    for (int m = 0; m < machines; m++) {
      ActorRef<Tally.Command> tally = kit.spawn(Tally.create("once-" + m));
      for (int n = 0; n < notes; n++) {
        List<Tally.Noted> pair =
            List.of(new Tally.Noted("readings", "r"), new Tally.Noted("alert", "a"));
        tally.tell(new Tally.Note(pair, done.ref()));
      }
    }
    done.receiveSeveralMessages(machines * notes, PATIENCE);
    done.awaitAssert(
        PATIENCE, () -> assertThat(seen("once-")).hasSizeGreaterThanOrEqualTo(machines * notes));
    assertThat(calls.get()).as("calls, some of them rolled back").isGreaterThan(machines * notes);
    for (int m = 0; m < machines; m++) {
      String id = "once-" + m;
      assertThat(seen(id))
          .isEqualTo(IntStream.rangeClosed(1, notes).mapToObj(n -> id + " " + 2 * n).toList());
    }
  }

  @Test
  void publishesEachEventAndReportsItsDelay() throws InterruptedException {
    BlockingQueue<String> published = new LinkedBlockingQueue<>();
    readSide.publish(
        "published",
        () ->
            Handler.fromFunction(
                event -> {
                  published.add(event.persistenceId() + " " + event.sequenceNumber());
                  return CompletableFuture.completedFuture(Done.done());
                }));
    TestProbe<Done> done = kit.createTestProbe();
    ActorRef<Tally.Command> tally = kit.spawn(Tally.create("delay"));
    List<Long> delaysMs = new ArrayList<>();
    for (int n = 1; n <= 40; n++) {
      tally.tell(new Tally.Note(List.of(new Tally.Noted("alert", "a")), done.ref()));
      done.receiveMessage(PATIENCE);
      long persisted = System.nanoTime();
      String next = published.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      while (next != null && !next.startsWith("delay ")) {
        next = published.poll(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      }
      assertThat(next).isEqualTo("delay " + n);
      delaysMs.add(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - persisted));
    }
    // The first one also waits for the projection to start.
    List<Long> sorted = delaysMs.stream().skip(1).sorted().toList();
    System.out.println(
        "delay from persisted to handled, ms: median "
            + sorted.get(sorted.size() / 2)
            + ", longest "
            + sorted.getLast());
  }

  @Test
  void tellsHowFarAnOpenTransactionHoldsItBack() throws SQLException {
    try (Connection open = TestDatabase.connect(CONFIG)) {
      open.setAutoCommit(false);
      Sql.of("insert into seen (id, revision) values ('held', 0)").update(open);
      for (int i = 0; i < 5; i++) {
        database
            .update(c -> Sql.of("select pg_current_xact_id()").first(c, row -> row.getString(1)))
            .toCompletableFuture()
            .join();
      }
      ReadLag lag = events.lag().toCompletableFuture().join();
      assertThat(lag.openTransactions()).isGreaterThanOrEqualTo(5);
      assertThat(lag.oldestOpenFor()).isPositive();
      open.rollback();
    }
  }

  private static List<String> seen(String prefix) {
    return database
        .read(
            c ->
                Sql.of(
                        "select id || ' ' || revision from seen where id like ? order by n",
                        prefix + "%")
                    .list(c, row -> row.getString(1)))
        .toCompletableFuture()
        .join();
  }
}
