package twin.http;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import twin.core.store.IdempotencyKeys;

/** Remembers calls for as long as the test runs. */
final class TestIdempotencyKeys implements IdempotencyKeys {

  private record Known(Attempt attempt, @Nullable Answer answer) {}

  private final Map<String, Known> calls = new ConcurrentHashMap<>();

  private static String name(Attempt attempt) {
    return attempt.caller() + " " + attempt.key();
  }

  @Override
  public CompletionStage<Claim> claim(Attempt attempt) {
    Known known = calls.putIfAbsent(name(attempt), new Known(attempt, null));
    return CompletableFuture.completedFuture(
        known == null ? new Claim.First() : of(known, attempt));
  }

  private static Claim of(Known known, Attempt attempt) {
    if (!Arrays.equals(known.attempt().request(), attempt.request())) {
      return new Claim.Other();
    }
    Answer answer = known.answer();
    return answer == null ? new Claim.Running() : new Claim.Answered(answer);
  }

  @Override
  public CompletionStage<Boolean> answered(Attempt attempt, Answer answer) {
    calls.put(name(attempt), new Known(attempt, answer));
    return CompletableFuture.completedFuture(true);
  }

  @Override
  public CompletionStage<Boolean> failed(Attempt attempt) {
    return CompletableFuture.completedFuture(calls.remove(name(attempt)) != null);
  }
}
