package twin.core.notify;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Posts JSON over HTTP and tells what the answer means. An attempt as a whole has the channel's
 * timeout. No redirect is followed, and of an answer only so much is read.
 */
final class Posting implements AutoCloseable {

  private static final int ANSWER_BYTES_MAX = 16 * 1024;
  private static final int SHOWN_MAX = 200;

  private static final int TIMEOUT = 408;
  private static final int TOO_MANY = 429;

  private final HttpClient client;
  private final URI to;
  private final Duration timeout;
  private final InstantSource clock;

  /**
   * Connects to nothing yet.
   *
   * @param plainHttpTo hosts that may be sent to without encryption
   * @throws IllegalArgumentException when the address is no URL that may be sent to; it does not
   *     tell the URL, which may be a secret
   */
  Posting(
      String setting, String url, List<String> plainHttpTo, Duration timeout, InstantSource clock) {
    this.to = address(setting, url, plainHttpTo);
    this.timeout = timeout;
    this.clock = clock;
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(timeout)
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  private static URI address(String setting, String url, List<String> plainHttpTo) {
    URI address;
    try {
      address = URI.create(url.strip());
    } catch (IllegalArgumentException e) {
      // Without its cause, which tells the URL.
      throw new IllegalArgumentException(setting + " is no URL");
    }
    String host = address.getHost();
    boolean plain = "http".equalsIgnoreCase(address.getScheme());
    if (host == null || !(plain || "https".equalsIgnoreCase(address.getScheme()))) {
      throw new IllegalArgumentException(setting + " must be a URL that begins with https://");
    }
    if (plain && !plainHttpTo.contains(host)) {
      throw new IllegalArgumentException(
          setting
              + " must begin with https://; what may go unencrypted is listed in plain-http-to");
    }
    return address;
  }

  /** What was answered: the status, and the beginning of the body. */
  record Answer(int status, String body, Optional<Duration> after) {

    /** What a status means by itself. */
    Outcome outcome() {
      if (status >= 200 && status < 300) {
        return new Outcome.Delivered();
      }
      String why = "the receiver answered " + status + (body.isBlank() ? "" : ": " + shown());
      return status >= 500 || status == TOO_MANY || status == TIMEOUT
          ? new Outcome.Again(why, after)
          : new Outcome.Refused(why);
    }

    private String shown() {
      String plain = body.replaceAll("\\p{Cntrl}+", " ").strip();
      return plain.length() <= SHOWN_MAX ? plain : plain.substring(0, SHOWN_MAX) + "…";
    }
  }

  /** Somebody who answered, or why nobody did. */
  sealed interface Result {
    /** An answer. */
    record Answered(Answer answer) implements Result {}

    /** No answer. */
    record Silent(Outcome.Again outcome) implements Result {}
  }

  /** Posts and waits for the answer. */
  Result post(Map<String, String> headers, byte[] body) throws InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(to)
            .timeout(timeout)
            .header("Content-Type", "application/json; charset=utf-8")
            .header("User-Agent", "twin")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach(request::header);
    ByteArrayOutputStream begun = new ByteArrayOutputStream();
    CompletableFuture<HttpResponse<Void>> answering =
        client.sendAsync(
            request.build(),
            HttpResponse.BodyHandlers.ofByteArrayConsumer(
                part -> part.ifPresent(bytes -> keep(begun, bytes))));
    try {
      HttpResponse<Void> response = answering.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      return new Result.Answered(
          new Answer(
              response.statusCode(),
              begun.toString(StandardCharsets.UTF_8),
              response.headers().firstValue("Retry-After").flatMap(this::until)));
    } catch (TimeoutException e) {
      answering.cancel(true);
      return silent("the receiver did not answer within " + timeout.toMillis() + " ms");
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return silent(
          cause instanceof IOException
              ? "the receiver cannot be reached: " + described(cause)
              : "sending failed: " + described(cause));
    } catch (InterruptedException e) {
      answering.cancel(true);
      throw e;
    }
  }

  private static Result silent(String why) {
    return new Result.Silent(new Outcome.Again(why));
  }

  /** The kind of failure; what it says may hold the URL. */
  private static String described(Throwable failure) {
    return failure.getClass().getSimpleName();
  }

  private static void keep(ByteArrayOutputStream begun, byte[] part) {
    int room = ANSWER_BYTES_MAX - begun.size();
    if (room > 0) {
      begun.write(part, 0, Math.min(room, part.length));
    }
  }

  /** Seconds, or a time. */
  private Optional<Duration> until(String retryAfter) {
    try {
      return Optional.of(Duration.ofSeconds(Long.parseLong(retryAfter.strip())))
          .filter(each -> !each.isNegative());
    } catch (NumberFormatException e) {
      return time(retryAfter).map(each -> Duration.between(clock.instant(), each));
    }
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(
          ZonedDateTime.parse(text.strip(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
