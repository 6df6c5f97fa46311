package twin.core.store;

import java.time.Instant;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Remembers what calls were answered that may be sent again. Thread-safe. */
public interface IdempotencyKeys {

  /**
   * A call that somebody may send again.
   *
   * @param caller who makes it
   * @param key what they call it
   * @param request a digest of what it asks for
   * @param begunAt when it came, in whole milliseconds
   */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Attempt(String caller, String key, byte[] request, Instant begunAt) {}

  /** What a call was answered. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  record Answer(int status, String contentType, @Nullable String location, byte[] body) {}

  /** What is known of a key. */
  sealed interface Claim {
    /** Nobody has made this call: make it, and say what it was answered. */
    record First() implements Claim {}

    /** It is being made. */
    record Running() implements Claim {}

    /** The key stands for another call. */
    record Other() implements Claim {}

    /** The caller has as many keys as a caller may. */
    record TooMany() implements Claim {}

    /** It has been made. */
    record Answered(Answer answer) implements Claim {}
  }

  /** Asks for a key; of those who ask at the same time, one is the first. */
  CompletionStage<Claim> claim(Attempt attempt);

  /** Says what the first call was answered. */
  CompletionStage<Boolean> answered(Attempt attempt, Answer answer);

  /** Says that the first call has come to nothing, so that it may be made again. */
  CompletionStage<Boolean> failed(Attempt attempt);
}
