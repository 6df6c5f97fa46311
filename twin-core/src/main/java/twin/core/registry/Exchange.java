package twin.core.registry;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import twin.core.registry.RegistryException.Reason;

/**
 * Asks a registry over HTTP, and asks again for a while when it is busy or away. An attempt as a
 * whole has a timeout, no redirect is followed, and of an answer only so much is read. Every
 * request that registries make may be sent twice. Thread-safe.
 */
final class Exchange implements AutoCloseable {

  private static final int SHOWN_MAX = 200;
  private static final int TIMEOUT = 408;
  private static final int TOO_MANY = 429;
  private static final int FIRST_SERVER_FAILURE = 500;

  private final String place;
  private final HttpSettings settings;
  private final HttpClient client;

  /**
   * How a registry is asked.
   *
   * @param timeout how long an attempt may take
   * @param attempts how often in all
   * @param retryWait how long before the second attempt; twice as long before each further one
   */
  record HttpSettings(Duration timeout, int attempts, Duration retryWait) {
    HttpSettings {
      if (timeout.isNegative() || timeout.isZero() || attempts < 1 || retryWait.isNegative()) {
        throw new IllegalArgumentException(
            "twin.models.registry: timeout must be above 0, attempts 1 or more, retry-wait not"
                + " negative");
      }
    }
  }

  /** What was answered. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared, and handed over.
  record Answer(int status, HttpHeaders headers, byte[] body) {

    String shown() {
      String plain =
          new String(body, StandardCharsets.UTF_8).replaceAll("\\p{Cntrl}+", " ").strip();
      return plain.length() <= SHOWN_MAX ? plain : plain.substring(0, SHOWN_MAX) + "…";
    }
  }

  /** Makes a request anew for each attempt. */
  interface Making {
    HttpRequest.Builder make() throws RegistryException;
  }

  /**
   * Connects to nothing yet.
   *
   * @param place what it is called in reasons
   */
  Exchange(String place, HttpSettings settings) {
    this.place = place;
    this.settings = settings;
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(settings.timeout())
            .followRedirects(HttpClient.Redirect.NEVER)
            .version(HttpClient.Version.HTTP_1_1)
            .build();
  }

  /**
   * An address that may be asked; what goes with it is secret, so it is encrypted or stays here.
   */
  static URI address(String setting, String url, boolean plainHttp) {
    URI address;
    try {
      address = URI.create(url.strip().replaceFirst("/+$", ""));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(setting + " is no URL", e);
    }
    boolean http = "http".equalsIgnoreCase(address.getScheme());
    if (address.getHost() == null
        || address.getRawQuery() != null
        || address.getRawUserInfo() != null
        || !(http || "https".equalsIgnoreCase(address.getScheme()))) {
      throw new IllegalArgumentException(
          setting + " must be a URL such as https://registry.example.com, without user or query");
    }
    if (http && !plainHttp) {
      throw new IllegalArgumentException(
          setting
              + " must begin with https://; set twin.models.registry.plain-http if it may go"
              + " unencrypted");
    }
    return address;
  }

  /**
   * Sends a request and waits for the answer, whatever its status, but for those that may pass.
   *
   * @param bytesMax how many bytes the answer may have
   */
  Answer send(Making request, long bytesMax) throws RegistryException, InterruptedException {
    Duration wait = settings.retryWait();
    for (int attempt = 1; ; attempt++) {
      String trouble;
      try {
        Answer answer = once(request.make().timeout(settings.timeout()).build(), bytesMax);
        if (!mayPass(answer.status())) {
          return answer;
        }
        trouble = "it answered %d %s".formatted(answer.status(), answer.shown());
      } catch (IOException e) {
        trouble = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      }
      if (attempt == settings.attempts()) {
        throw new RegistryException(
            Reason.UNAVAILABLE,
            "%s cannot be asked, after %d attempts: %s".formatted(place, attempt, trouble));
      }
      TimeUnit.MILLISECONDS.sleep(wait.toMillis());
      wait = wait.multipliedBy(2);
    }
  }

  private static boolean mayPass(int status) {
    return status >= FIRST_SERVER_FAILURE || status == TOO_MANY || status == TIMEOUT;
  }

  private Answer once(HttpRequest request, long bytesMax)
      throws IOException, InterruptedException, RegistryException {
    ByteArrayOutputStream kept = new ByteArrayOutputStream();
    AtomicLong received = new AtomicLong();
    CompletableFuture<HttpResponse<Void>> answering =
        client.sendAsync(
            request,
            HttpResponse.BodyHandlers.ofByteArrayConsumer(
                part ->
                    part.ifPresent(
                        bytes -> {
                          if (received.addAndGet(bytes.length) <= bytesMax) {
                            kept.writeBytes(bytes);
                          }
                        })));
    try {
      HttpResponse<Void> response =
          answering.get(settings.timeout().toMillis(), TimeUnit.MILLISECONDS);
      if (received.get() > bytesMax) {
        throw Listing.tooLarge("the answer of " + place, bytesMax);
      }
      return new Answer(response.statusCode(), response.headers(), kept.toByteArray());
    } catch (TimeoutException e) {
      answering.cancel(true);
      throw new IOException("no answer within " + settings.timeout().toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause
          ? cause
          : new IOException(String.valueOf(e.getCause()), e);
    } catch (InterruptedException e) {
      answering.cancel(true);
      throw e;
    }
  }

  /** Why a registry did not do what it was asked. */
  RegistryException refused(String what, Answer answer) {
    boolean forbidden = answer.status() == 401 || answer.status() == 403;
    return new RegistryException(
        forbidden ? Reason.FORBIDDEN : Reason.UNAVAILABLE,
        "%s does not %s (%d)%s: %s"
            .formatted(
                place,
                what,
                answer.status(),
                forbidden ? "; look at its credentials and what they permit" : "",
                answer.shown()));
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
