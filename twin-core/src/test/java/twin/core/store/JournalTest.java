package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The plugin itself, configured as in production, on the migrated schema. */
final class JournalTest {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Config CONFIG =
      ConfigFactory.parseString(Tally.SERIALIZATION)
          .withFallback(
              ConfigFactory.parseString(
                  "pekko.actor.provider = local, pekko.coordinated-shutdown.exit-jvm = off"))
          .withFallback(TestDatabase.create());
  private static ActorTestKit kit;

  @BeforeAll
  static void start() {
    TestDatabase.open(CONFIG).close();
    kit = ActorTestKit.create("journal", CONFIG);
  }

  @AfterAll
  static void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void recoversWhatItPersistedAndKnowsTheTransaction() throws SQLException {
    ActorRef<Tally.Command> first = kit.spawn(Tally.create("recovers"));
    TestProbe<Done> done = kit.createTestProbe();
    List<String> texts = IntStream.range(0, 12).mapToObj(i -> "event " + i).toList();
    for (String text : texts) {
      first.tell(new Tally.Note(List.of(new Tally.Noted("alert", text)), done.ref()));
      done.receiveMessage(PATIENCE);
    }
    kit.stop(first);
    ActorRef<Tally.Command> second = kit.spawn(Tally.create("recovers"));
    TestProbe<Tally.State> state = kit.createTestProbe();
    second.tell(new Tally.Get(state.ref()));
    assertThat(state.receiveMessage(PATIENCE).texts()).isEqualTo(texts);
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      assertThat(
              Sql.of(
                      "select tx::text::bigint from event_journal where persistence_id = 'recovers'"
                          + " order by sequence_number")
                  .list(connection, row -> row.getLong(1)))
          .hasSize(12)
          .isSorted()
          .doesNotHaveDuplicates()
          .allMatch(tx -> tx > 0);
      assertThat(
              Sql.of("select count(*) from snapshot where persistence_id = 'recovers'")
                  .first(connection, row -> row.getLong(1)))
          .hasValueSatisfying(snapshots -> assertThat(snapshots).isPositive());
    }
  }

  @Test
  void insertsManyRowsWithOneStatement() throws SQLException {
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      Sql.of(
              """
              create table statements (row_count bigint);
              create function count_rows() returns trigger language plpgsql as $$
              begin
                insert into statements select count(*) from inserted;
                return null;
              end $$;
              create trigger count_rows after insert on event_journal
                referencing new table as inserted
                for each statement execute function count_rows()
              """)
          .update(connection);
      TestProbe<Done> done = kit.createTestProbe();
      int actors = 20;
      int events = 64;
      for (int i = 0; i < actors; i++) {
        List<Tally.Noted> batch =
            IntStream.range(0, events).mapToObj(n -> new Tally.Noted("readings", "r" + n)).toList();
        kit.spawn(Tally.create("batch-" + i)).tell(new Tally.Note(batch, done.ref()));
      }
      for (int i = 0; i < actors; i++) {
        done.receiveMessage(PATIENCE);
      }
      List<Long> counts =
          Sql.of("select row_count from statements order by 1 desc")
              .list(connection, row -> row.getLong(1));
      assertThat(counts.stream().mapToLong(Long::longValue).sum())
          .isEqualTo((long) actors * events);
      assertThat(counts.getFirst()).isGreaterThanOrEqualTo(events);
      System.out.println("rows of each insert: " + counts);
      Sql.of("drop trigger count_rows on event_journal").update(connection);
    }
  }
}
