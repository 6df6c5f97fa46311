package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes of alerts are followed while several write them and commit in any order. */
final class AlertTrailTableTest {

  private static final Config CONFIG = TestDatabase.create();
  private static final Database DATABASE = TestDatabase.open(CONFIG);
  private static final Instant AT = Instant.parse("2025-11-07T15:00:00Z");

  private final AlertTable alerts = new AlertTable(DATABASE);
  private final AlertTrailTable trail = new AlertTrailTable(DATABASE);

  @AfterAll
  static void close() {
    DATABASE.close();
  }

  @BeforeEach
  void empty() throws SQLException {
    TestDatabase.empty(CONFIG, "alerts", "alert_changes", "deadlines");
  }

  private void write(Transaction transaction, String machine, long revision) {
    alerts.upsert(
        transaction,
        new AlertRow(
            machine + "-1",
            machine,
            new AlertRow.Origin("milling", "Nord", null, "L1"),
            "hot",
            "overstrain",
            "high",
            "unacknowledged",
            AT,
            AT,
            revision,
            AlertRow.Judged.NOTHING,
            null,
            0,
            null));
    alerts.add(transaction, change(machine, revision, "unacknowledged", "{\"score\":1.5}"));
  }

  private static AlertChange change(String machine, long revision, String to, String detail) {
    return new AlertChange(
        machine + "-1",
        revision,
        AT,
        "normal",
        to,
        "high",
        true,
        new AlertChange.By("source", "mqtt:plant", ""),
        detail);
  }

  private AlertSteps after(CoarseOffset place, int limit) {
    return trail.after(place, limit).toCompletableFuture().join();
  }

  private static List<Long> revisions(AlertSteps steps) {
    return steps.steps().stream().map(AlertStep::revision).toList();
  }

  @Test
  void waitsForATransactionThatBeganBeforeAndSkipsNothing() throws SQLException {
    CoarseOffset begin = trail.end().toCompletableFuture().join();
    try (Connection slow = TestDatabase.connect(CONFIG);
        Connection quick = TestDatabase.connect(CONFIG)) {
      slow.setAutoCommit(false);
      quick.setAutoCommit(false);
      write(new Transaction(slow), "slow", 1);
      write(new Transaction(quick), "quick", 2);
      quick.commit();
      AlertSteps meanwhile = after(begin, 10);
      assertThat(meanwhile.steps()).as("what is behind an open transaction").isEmpty();
      slow.commit();
      assertThat(revisions(after(meanwhile.reached(), 10))).containsExactly(1L, 2L);
    }
  }

  @Test
  void tellsOfAChangeWhatStreamsTellAndOfAVerdictNothing() throws SQLException {
    CoarseOffset begin = trail.end().toCompletableFuture().join();
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      Transaction transaction = new Transaction(connection);
      write(transaction, "m", 7);
      alerts.add(
          transaction,
          change(
              "m",
              8,
              "normal",
              "{\"reading\":{\"timestamp\":\"2025-11-07T14:59:00Z\"},\"rul\":{\"p50\":12}}"));
      alerts.add(
          transaction,
          new AlertChange(
              "m-1",
              9,
              AT,
              null,
              null,
              null,
              false,
              new AlertChange.By("principal", "kim", ""),
              "{}"));
    }
    AlertSteps found = after(begin, 10);
    assertThat(found.more()).isFalse();
    assertThat(found.steps())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("place")
        .containsExactly(
            new AlertStep(
                begin,
                "m",
                "Nord",
                "m-1",
                "overstrain",
                "high",
                "unacknowledged",
                AT,
                7,
                1.5,
                null),
            new AlertStep(
                begin,
                "m",
                "Nord",
                "m-1",
                "overstrain",
                "high",
                "normal",
                AT.minusSeconds(60),
                8,
                null,
                12.0));
    assertThat(CoarseOffset.parse(found.steps().getFirst().place().toString()))
        .isEqualTo(found.steps().getFirst().place());
  }

  @Test
  void countsWhatFollowsUpToABoundAndKnowsAPlaceOfAnotherDatabase() throws SQLException {
    CoarseOffset begin = trail.end().toCompletableFuture().join();
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      for (int revision = 1; revision <= 5; revision++) {
        write(new Transaction(connection), "m", revision);
      }
    }
    assertThat(trail.countAfter(begin, 100).toCompletableFuture().join()).hasValue(5);
    assertThat(trail.countAfter(begin, 3).toCompletableFuture().join()).hasValue(3);
    AlertSteps first = after(begin, 3);
    assertThat(first.more()).isTrue();
    assertThat(trail.countAfter(first.reached(), 100).toCompletableFuture().join()).hasValue(2);
    CoarseOffset end = trail.end().toCompletableFuture().join();
    assertThat(trail.countAfter(end, 100).toCompletableFuture().join()).hasValue(0);
    assertThat(
            trail
                .countAfter(new CoarseOffset(end.transaction() + 1000, 0), 100)
                .toCompletableFuture()
                .join())
        .isEmpty();
  }

  /** Four projections write in transactions of several machines, and two follow from anywhere. */
  @Test
  void followersSeeEveryChangeOnceAndThoseOfAMachineInOrder() {
    CoarseOffset begin = trail.end().toCompletableFuture().join();
    int writers = 4;
    int transactions = 25;
    long seed = new Random().nextLong();
    System.out.println("seed " + seed);
    try (ExecutorService threads = Executors.newFixedThreadPool(writers + 2)) {
      List<CompletableFuture<Void>> writing = new ArrayList<>();
      for (int writer = 0; writer < writers; writer++) {
        int number = writer;
        writing.add(
            CompletableFuture.runAsync(
                () -> writeAll(number, transactions, new Random(seed + number)), threads));
      }
      CompletableFuture<Void> written =
          CompletableFuture.allOf(writing.toArray(CompletableFuture[]::new));
      List<CompletableFuture<List<AlertStep>>> following = new ArrayList<>();
      for (int limit : new int[] {3, 50}) {
        following.add(CompletableFuture.supplyAsync(() -> follow(begin, limit, written), threads));
      }
      written.join();
      List<AlertStep> one = following.getFirst().join();
      assertThat(one).isEqualTo(following.getLast().join());
      assertThat(one)
          .hasSize(writers * transactions * 4)
          .doesNotHaveDuplicates()
          .isSortedAccordingTo(Comparator.comparing(AlertStep::place));
      Map<String, Long> newest = new TreeMap<>();
      for (AlertStep step : one) {
        Long before = newest.put(step.machineId(), step.revision());
        assertThat(step.revision()).isEqualTo(before == null ? 1 : before + 1);
      }
    }
  }

  private void writeAll(int writer, int transactions, Random random) {
    Map<String, Long> revisions = new TreeMap<>();
    try (Connection connection = TestDatabase.connect(CONFIG)) {
      connection.setAutoCommit(false);
      for (int i = 0; i < transactions; i++) {
        for (int change = 0; change < 4; change++) {
          String machine = "m-%d-%d".formatted(writer, random.nextInt(3));
          write(
              new Transaction(connection),
              machine,
              revisions.merge(machine, 1L, (before, one) -> before + one));
        }
        connection.commit();
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<AlertStep> follow(CoarseOffset begin, int limit, CompletableFuture<Void> written) {
    List<AlertStep> seen = new ArrayList<>();
    CoarseOffset place = begin;
    while (true) {
      boolean last = written.isDone();
      AlertSteps next = after(place, limit);
      seen.addAll(next.steps());
      place = next.reached();
      if (last && !next.more()) {
        return seen;
      }
    }
  }
}
