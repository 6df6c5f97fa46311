package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class TrainingTableTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  private Database database;
  private TrainingTable table;

  @BeforeEach
  void open() {
    database = TestDatabase.open(TestDatabase.create());
    table = new TrainingTable(database);
  }

  @AfterEach
  void close() {
    database.close();
  }

  private static <T> T get(CompletionStage<T> stage) {
    return stage.toCompletableFuture().join();
  }

  private boolean begin(String id, String type, @Nullable Instant scheduled, long seconds) {
    Instant now = START.plusSeconds(seconds);
    return get(
        table.begin(
            new TrainingRun(
                id,
                type,
                START.minusSeconds(86_400),
                START,
                scheduled,
                "anna",
                now,
                null,
                null,
                "",
                null),
            now.plusSeconds(60)));
  }

  @Test
  void oneRunsAtATimeAndTheNextAfterItsEnd() {
    assertThat(begin("a", "milling", null, 0)).isTrue();
    assertThat(begin("b", "pump", null, 1)).isFalse();
    assertThat(get(table.running()).orElseThrow().id()).isEqualTo("a");
    assertThat(
            get(table.end("a", START.plusSeconds(2), "trained", "", "{\"outcome\": \"trained\"}")))
        .isEqualTo(1);
    assertThat(get(table.running())).isEmpty();
    assertThat(begin("b", "pump", null, 3)).isTrue();
    TrainingRun ended = get(table.newest("milling", 5)).getFirst();
    assertThat(ended.outcome()).isEqualTo("trained");
    assertThat(ended.report()).isEqualTo("{\"outcome\": \"trained\"}");
    assertThat(ended.endedAt()).isEqualTo(START.plusSeconds(2));
    assertThat(get(table.end("a", START.plusSeconds(9), "failed", "too late", null))).isZero();
  }

  @Test
  void oneWhoseNodeHasGoneHoldsUpNobodyForLong() {
    assertThat(begin("a", "milling", null, 0)).isTrue();
    assertThat(get(table.alive("a", START.plusSeconds(100)))).isEqualTo(1);
    assertThat(begin("b", "milling", null, 99)).isFalse();
    assertThat(begin("b", "milling", null, 101)).isTrue();
    TrainingRun gone = get(table.newest("milling", 5)).getLast();
    assertThat(gone.outcome()).isEqualTo("failed");
    assertThat(gone.detail()).isEqualTo("the node that ran it has gone");
  }

  @Test
  void aTimeOfTheScheduleIsSeenToOnceForEachType() {
    assertThat(begin("a", "milling", START, 0)).isTrue();
    assertThat(get(table.end("a", START.plusSeconds(1), "skipped", "3 days", null))).isEqualTo(1);
    assertThat(begin("b", "milling", START, 2)).isFalse();
    assertThat(begin("c", "pump", START, 3)).isTrue();
    assertThat(get(table.end("c", START.plusSeconds(4), "skipped", "", null))).isEqualTo(1);
    assertThat(begin("d", "milling", START.plusSeconds(86_400), 86_400)).isTrue();
  }
}
