package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class DeadLetterTableTest {
  private final Config config = TestDatabase.create();
  private Database database;
  private DeadLetterTable table;

  @BeforeEach
  void open() {
    database = TestDatabase.open(config);
    table = new DeadLetterTable(database, new DeadLetterSettings(100, 16, 4));
  }

  @AfterEach
  void close() {
    database.close();
  }

  @Test
  void keepsTheNewestAndATenthMoreAtMost() {
    for (int batch = 0; batch < 60; batch++) {
      insert(batch * 7, 7);
    }
    List<DeadLetter> kept = all();
    assertThat(kept).hasSizeBetween(100, 110);
    assertThat(kept)
        .extracting(DeadLetter::detail)
        .startsWith("419", "418", "417")
        .hasSameElementsAs(
            IntStream.range(420 - kept.size(), 420).mapToObj(Integer::toString).toList());
  }

  @Test
  void pagesThroughAllOfThemNewestFirst() {
    insert(0, 25);
    assertThat(all()).extracting(DeadLetter::detail).hasSize(25).doesNotHaveDuplicates();
    assertThatThrownBy(() -> table.list(10, "x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> table.list(0, null)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keepsThePayloadUpToItsBoundAndListsItsBeginning() {
    insertOne("0123456789");
    insertOne("0123456789abcdefghij");
    List<DeadLetter> letters = all();
    assertThat(letters).extracting(DeadLetter::truncated).containsExactly(true, false);
    assertThat(letters).extracting(DeadLetter::payloadBytes).containsExactly(16, 10);
    assertThat(letters.getLast().payload()).asString().isEqualTo("0123");
    DeadLetter whole = table.get(letters.getLast().id()).toCompletableFuture().join().orElseThrow();
    assertThat(whole.payload()).asString().isEqualTo("0123456789");
    assertThat(table.get(-1).toCompletableFuture().join()).isEmpty();
  }

  @Test
  void countsRetries() {
    insertOne("x");
    long id = all().getFirst().id();
    assertThat(table.markRetried(id, "a", "first").toCompletableFuture().join()).isTrue();
    assertThat(table.markRetried(id, "b", "no\0w").toCompletableFuture().join()).isTrue();
    assertThat(table.markRetried(id + 1, "b", "now").toCompletableFuture().join()).isFalse();
    DeadLetter letter = table.get(id).toCompletableFuture().join().orElseThrow();
    assertThat(letter.attempts()).isEqualTo(2);
    assertThat(letter.retriedAt()).isNotNull();
    assertThat(letter.reason()).isEqualTo("b");
    assertThat(letter.detail()).isEqualTo("no\uFFFDw");
  }

  @Test
  void takesAwayWhatHasBeenRecorded() {
    insertOne("x");
    insertOne("y");
    long id = all().getLast().id();
    assertThat(table.remove(id).toCompletableFuture().join()).isTrue();
    assertThat(table.remove(id).toCompletableFuture().join()).isFalse();
    assertThat(all()).singleElement().satisfies(left -> assertThat(left.id()).isNotEqualTo(id));
  }

  @Test
  void keepsWhatHasNulInItsText() {
    table
        .insert(
            List.of(
                new DeadLetter.Arrival(
                    Instant.EPOCH, "mqtt", "a\0b", null, "no_json", "at \0", new byte[] {0})))
        .toCompletableFuture()
        .join();
    assertThat(all().getFirst().topic()).isEqualTo("a\uFFFDb");
  }

  private void insert(int from, int count) {
    table
        .insert(
            IntStream.range(from, from + count)
                .mapToObj(i -> arrival(Integer.toString(i), "payload"))
                .toList())
        .toCompletableFuture()
        .join();
  }

  private void insertOne(String payload) {
    table.insert(List.of(arrival("one", payload))).toCompletableFuture().join();
  }

  private static DeadLetter.Arrival arrival(String detail, String payload) {
    return new DeadLetter.Arrival(
        Instant.parse("2025-11-07T15:10:01Z"),
        "mqtt",
        "twin/v1/machines/m/readings",
        "m",
        "no_json",
        detail,
        payload.getBytes(StandardCharsets.UTF_8));
  }

  private List<DeadLetter> all() {
    List<DeadLetter> result = new ArrayList<>();
    Page<DeadLetter> page = table.list(10, null).toCompletableFuture().join();
    result.addAll(page.items());
    while (page.nextCursor() != null) {
      page = table.list(10, page.nextCursor()).toCompletableFuture().join();
      result.addAll(page.items());
    }
    return result;
  }
}
