package twin.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.store.IdempotencyKeys.Answer;
import twin.core.store.IdempotencyKeys.Attempt;
import twin.core.store.IdempotencyKeys.Claim;

final class IdempotencyTableTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final Answer CREATED =
      new Answer(201, "application/json", "/api/v1/machines/m-1", bytes("{}"));

  private final Config config = TestDatabase.create();
  private Database database;
  private Database elsewhere;

  /** The same table as two nodes have it. */
  private IdempotencyTable table;

  private IdempotencyTable other;

  @BeforeEach
  void open() {
    IdempotencySettings settings =
        new IdempotencySettings(Duration.ofHours(24), Duration.ofMinutes(1), 5);
    database = TestDatabase.open(config);
    elsewhere = TestDatabase.open(config);
    table = new IdempotencyTable(database, settings);
    other = new IdempotencyTable(elsewhere, settings);
  }

  @AfterEach
  void close() {
    elsewhere.close();
    database.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Attempt attempt(String key, String request, Duration after) {
    return new Attempt("anna", key, bytes(request), START.plus(after));
  }

  private static Claim claim(IdempotencyTable table, Attempt attempt) {
    return table.claim(attempt).toCompletableFuture().join();
  }

  private static boolean join(java.util.concurrent.CompletionStage<Boolean> done) {
    return done.toCompletableFuture().join();
  }

  @Test
  void givesTheSameAnswerOnAnyNode() {
    Attempt first = attempt("k", "register", Duration.ZERO);
    assertThat(claim(table, first)).isInstanceOf(Claim.First.class);
    Attempt again = attempt("k", "register", Duration.ofSeconds(5));
    assertThat(claim(other, again)).isInstanceOf(Claim.Running.class);
    assertThat(join(table.answered(first, CREATED))).isTrue();
    assertThat(claim(other, again))
        .isInstanceOfSatisfying(
            Claim.Answered.class,
            known -> {
              assertThat(known.answer().status()).isEqualTo(201);
              assertThat(known.answer().location()).isEqualTo("/api/v1/machines/m-1");
              assertThat(known.answer().body()).asString().isEqualTo("{}");
            });
  }

  @Test
  void takesAKeyForOneCallOfOneCaller() {
    assertThat(claim(table, attempt("k", "register", Duration.ZERO)))
        .isInstanceOf(Claim.First.class);
    assertThat(claim(other, attempt("k", "something else", Duration.ZERO)))
        .isInstanceOf(Claim.Other.class);
    assertThat(claim(other, new Attempt("berta", "k", bytes("something else"), START)))
        .isInstanceOf(Claim.First.class);
  }

  @Test
  void hasOneFirstOfManyAtATime() {
    List<CompletableFuture<Claim>> claims =
        IntStream.range(0, 16)
            .mapToObj(
                i ->
                    (i % 2 == 0 ? table : other)
                        .claim(attempt("k", "register", Duration.ofMillis(i)))
                        .toCompletableFuture())
            .toList();
    assertThat(claims.stream().filter(each -> each.join() instanceof Claim.First)).hasSize(1);
    assertThat(claims.stream().filter(each -> each.join() instanceof Claim.Running)).hasSize(15);
  }

  @Test
  void maySendAgainWhatFailedOrWasAbandoned() {
    Attempt first = attempt("k", "register", Duration.ZERO);
    claim(table, first);
    assertThat(join(table.failed(first))).isTrue();
    Attempt second = attempt("k", "register", Duration.ofSeconds(1));
    assertThat(claim(other, second)).isInstanceOf(Claim.First.class);
    Attempt third = attempt("k", "register", Duration.ofSeconds(62));
    assertThat(claim(table, third)).isInstanceOf(Claim.First.class);
    // Whoever was thought to have ended says nothing about the new attempt.
    assertThat(join(other.answered(second, CREATED))).isFalse();
    assertThat(join(other.failed(second))).isFalse();
    assertThat(join(table.answered(third, CREATED))).isTrue();
  }

  @Test
  void forgetsAfterADayAndTakesNoMoreThanItsBound() throws Exception {
    for (int i = 0; i < 5; i++) {
      claim(table, attempt("k" + i, "register", Duration.ZERO));
    }
    assertThat(claim(table, attempt("one more", "register", Duration.ofHours(23))))
        .isInstanceOf(Claim.TooMany.class);
    assertThat(claim(table, attempt("one more", "register", Duration.ofHours(25))))
        .isInstanceOf(Claim.First.class);
    assertThat(TestDatabase.text(config, "select count(*)::text from idempotency")).isEqualTo("1");
  }
}
