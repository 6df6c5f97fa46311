package twin.http.idempotency;

import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.regex.Pattern;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.IdempotencyKeys;
import twin.core.store.IdempotencyKeys.Answer;
import twin.core.store.IdempotencyKeys.Attempt;
import twin.core.store.IdempotencyKeys.Claim;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Problem;
import twin.http.ProblemException;

/**
 * Lets a caller who heard no answer send a call again (the header {@code Idempotency-Key} of the
 * IETF's draft): it is done once, and both get the same answer. What the server is to blame for is
 * not kept, so that it can be tried again.
 */
public final class Idempotency {

  private static final Logger LOG = LoggerFactory.getLogger(Idempotency.class);

  private static final String HEADER = "Idempotency-Key";
  private static final Pattern KEY = Pattern.compile("[\\x21-\\x7e]{1,128}");
  private static final int SERVER_ERROR = 500;

  private final IdempotencyKeys keys;
  private final InstantSource clock;

  public Idempotency(IdempotencyKeys keys, InstantSource clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /** What a handler does, once for each key that a caller gives. */
  public Endpoint.Handler once(Endpoint.Handler handler) {
    return call -> {
      Optional<String> key = call.header(HEADER);
      return key.isEmpty() ? handler.handle(call) : once(handler, call, proper(key.get()));
    };
  }

  private static String proper(String key) {
    if (!KEY.matcher(key).matches()) {
      throw Problem.badRequest(
              "The header Idempotency-Key takes 1 to 128 visible characters, such as a UUID.")
          .toException();
    }
    return key;
  }

  private CompletionStage<HttpResponse> once(Endpoint.Handler handler, Call arrived, String key) {
    return arrived
        .buffered()
        .thenCompose(
            call -> {
              Attempt attempt =
                  new Attempt(
                      call.caller().name(),
                      key,
                      call.digest(),
                      clock.instant().truncatedTo(ChronoUnit.MILLIS));
              return keys.claim(attempt)
                  .thenCompose(claim -> answer(claim, attempt, handler, call));
            });
  }

  private CompletionStage<HttpResponse> answer(
      Claim claim, Attempt attempt, Endpoint.Handler handler, Call call) {
    return switch (claim) {
      case Claim.First first -> first(attempt, handler, call);
      case Claim.Answered(Answer answer) -> CompletableFuture.completedFuture(again(answer));
      case Claim.Running running ->
          throw Problem.conflict(
                  "The call with this Idempotency-Key is still being made. Ask again.")
              .with("Retry-After", "1")
              .toException();
      case Claim.Other other ->
          throw Problem.of(
                  StatusCodes.UNPROCESSABLE_CONTENT,
                  "This Idempotency-Key stands for another call. Give each call a key of its own.")
              .toException();
      case Claim.TooMany tooMany ->
          throw Problem.of(
                  StatusCodes.TOO_MANY_REQUESTS,
                  "You have used as many keys as are remembered (twin.idempotency.keys-max). Send"
                      + " the call without Idempotency-Key, or wait until older ones are"
                      + " forgotten.")
              .with("Retry-After", "60")
              .toException();
    };
  }

  private static HttpResponse again(Answer answer) {
    HttpResponse response =
        HttpResponse.create()
            .withStatus(answer.status())
            .withEntity(ContentTypes.parse(answer.contentType()), answer.body())
            .addHeader(RawHeader.create("Idempotency-Replayed", "true"));
    String location = answer.location();
    return location == null ? response : response.addHeader(RawHeader.create("Location", location));
  }

  private CompletionStage<HttpResponse> first(
      Attempt attempt, Endpoint.Handler handler, Call call) {
    return made(handler, call)
        .exceptionally(failure -> refusal(failure).toResponse())
        .exceptionallyCompose(
            failure ->
                noted(keys.failed(attempt))
                    .thenCompose(done -> CompletableFuture.failedFuture(failure)))
        .thenCompose(response -> kept(attempt, response, call));
  }

  private static CompletionStage<HttpResponse> made(Endpoint.Handler handler, Call call) {
    try {
      return handler.handle(call);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** What the caller is told who asked for what cannot be; fails with any other failure. */
  private static Problem refusal(Throwable failure) {
    if (Problem.rootOf(failure) instanceof ProblemException known
        && known.problem().status().intValue() < SERVER_ERROR) {
      return known.problem();
    }
    throw failure instanceof CompletionException wrapped
        ? wrapped
        : new CompletionException(failure);
  }

  private CompletionStage<HttpResponse> kept(Attempt attempt, HttpResponse response, Call call) {
    if (response.status().intValue() >= SERVER_ERROR) {
      return noted(keys.failed(attempt)).thenApply(done -> response);
    }
    return call.buffered(response)
        .thenCompose(
            body -> {
              Answer answer =
                  new Answer(
                      response.status().intValue(),
                      body.getContentType().toString(),
                      response.getHeader("Location").map(HttpHeader::value).orElse(null),
                      body.getData().toArray());
              return noted(keys.answered(attempt, answer))
                  .thenApply(done -> response.withEntity(body));
            });
  }

  /** What cannot be noted must not keep the caller from the answer: the call has been made. */
  private static CompletionStage<Boolean> noted(CompletionStage<Boolean> note) {
    return note.exceptionally(
        failure -> {
          LOG.warn("an answer could not be kept for its Idempotency-Key", failure);
          return false;
        });
  }
}
