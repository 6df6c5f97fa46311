package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

final class PendingAsksTest {

  private final PendingAsks asks = new PendingAsks();

  @Test
  void handsAnAnswerOn() {
    CompletableFuture<String> asked = new CompletableFuture<>();
    CompletableFuture<String> answer = asks.await(asked).toCompletableFuture();

    asked.complete("here");

    assertThat(answer).isCompletedWithValue("here");
    assertThat(asks.count()).isZero();
  }

  @Test
  void handsAFailureOn() {
    CompletableFuture<String> asked = new CompletableFuture<>();
    CompletableFuture<String> answer = asks.await(asked).toCompletableFuture();

    asked.completeExceptionally(new IllegalArgumentException("no"));

    assertThat(answer).failsWithin(0, TimeUnit.SECONDS);
    assertThat(asks.count()).isZero();
  }

  @Test
  void failsWhatIsAwaitedWhenANodeDies() {
    CompletableFuture<String> asked = new CompletableFuture<>();
    CompletableFuture<String> answer = asks.await(asked).toCompletableFuture();

    asks.nodeDied();

    assertThat(answer)
        .isCompletedExceptionally()
        .failsWithin(0, TimeUnit.SECONDS)
        .withThrowableOfType(ExecutionException.class)
        .withCauseInstanceOf(PendingAsks.NodeDied.class);
    assertThat(asks.count()).isZero();
  }

  @Test
  void letsALateAnswerBe() {
    CompletableFuture<String> asked = new CompletableFuture<>();
    CompletableFuture<String> answer = asks.await(asked).toCompletableFuture();
    asks.nodeDied();

    asked.complete("too late");

    assertThat(answer).isCompletedExceptionally();
  }

  @Test
  void failsNothingThatIsAskedAfterwards() {
    asks.nodeDied();
    CompletableFuture<String> asked = new CompletableFuture<>();

    CompletableFuture<String> answer = asks.await(asked).toCompletableFuture();

    assertThat(answer).isNotDone();
  }
}
