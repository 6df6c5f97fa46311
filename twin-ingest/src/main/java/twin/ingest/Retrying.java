package twin.ingest;

import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * Does something again until it succeeds, a bounded number of times and with growing pauses. The
 * last failure is what comes out when no attempt succeeded. Thread-safe.
 */
final class Retrying {

  /** Does something later. */
  interface Timer {
    void after(Duration pause, Runnable task);
  }

  private final IngestSettings.Retry settings;
  private final Timer timer;

  /** Pauses by the clock of an actor system. */
  Retrying(IngestSettings.Retry settings, ActorSystem<?> system) {
    this(
        settings,
        (pause, task) -> system.scheduler().scheduleOnce(pause, task, system.executionContext()));
  }

  Retrying(IngestSettings.Retry settings, Timer timer) {
    this.settings = settings;
    this.timer = timer;
  }

  /**
   * Tries.
   *
   * @param wanted asked before each attempt, which is not made when it says no
   * @param onRetry told of each failure that is followed by another attempt
   */
  <T> CompletionStage<T> run(
      Supplier<CompletionStage<T>> attempt, BooleanSupplier wanted, Consumer<Throwable> onRetry) {
    CompletableFuture<T> result = new CompletableFuture<>();
    tryOnce(1, attempt, wanted, onRetry, result);
    return result;
  }

  private <T> void tryOnce(
      int number,
      Supplier<CompletionStage<T>> attempt,
      BooleanSupplier wanted,
      Consumer<Throwable> onRetry,
      CompletableFuture<T> result) {
    if (!wanted.getAsBoolean()) {
      result.completeExceptionally(new CancellationException("nobody waits for it any more"));
      return;
    }
    begin(attempt)
        .whenComplete(
            (value, failure) -> {
              if (failure == null) {
                result.complete(value);
              } else if (number >= settings.attemptsMax()) {
                result.completeExceptionally(causeOf(failure));
              } else {
                onRetry.accept(causeOf(failure));
                timer.after(
                    settings.pauseAfter(number),
                    () -> tryOnce(number + 1, attempt, wanted, onRetry, result));
              }
            });
  }

  private static <T> CompletionStage<T> begin(Supplier<CompletionStage<T>> attempt) {
    try {
      return attempt.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  static Throwable causeOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }
}
