package twin.app.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import twin.app.ClientKey;

/** A node that runs elsewhere and is asked over HTTP. */
final class RunningNode {

  private static final Duration CONNECT_WITHIN = Duration.ofSeconds(5);
  private static final Duration ANSWER_WITHIN = Duration.ofSeconds(60);
  private static final Duration SILENT_AT_MOST = Duration.ofMinutes(2);
  private static final int FIRST_FAILURE = 400;
  private static final int NO_KEY = 401;
  private static final Set<Integer> COME_BACK = Set.of(429, 502, 503, 504);
  private static final ObjectMapper JSON = new ObjectMapper();

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "A running node (default: ${DEFAULT-VALUE}).")
  private URI url = URI.create("http://127.0.0.1:8080");

  @Mixin private Trust trust = new Trust();

  private @Nullable HttpClient streaming;

  /** The node could not be asked, or said no; one line says why. */
  static class Failed extends RuntimeException {
    private static final long serialVersionUID = 1;

    Failed(String message) {
      super(message);
    }
  }

  /** It did not work now and may work when it is asked again. */
  static final class Busy extends Failed {
    private static final long serialVersionUID = 1;

    Busy(String message) {
      super(message);
    }
  }

  JsonNode get(String path) throws IOException, InterruptedException {
    return send(request(path).GET());
  }

  JsonNode post(String path, JsonNode body) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
  }

  JsonNode delete(String path) throws IOException, InterruptedException {
    return send(request(path).DELETE());
  }

  JsonNode delete(String path, JsonNode body) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .method("DELETE", HttpRequest.BodyPublishers.ofString(body.toString())));
  }

  /** A text as one segment of a path. */
  static String segment(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /**
   * An answer that may be long, as it comes. Reading it fails when it breaks off, or when nothing
   * comes for two minutes.
   */
  InputStream stream(String path, String mediaType) throws IOException, InterruptedException {
    HttpResponse<InputStream> answer;
    try {
      answer =
          streaming()
              .send(
                  request(path).header("Accept", mediaType).GET().build(),
                  HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new Busy(noAnswer(e));
    }
    if (answer.statusCode() < FIRST_FAILURE) {
      return new NeverSilent(answer.body(), SILENT_AT_MOST);
    }
    try (InputStream body = answer.body()) {
      throw failed(answer.statusCode(), JSON.readTree(body));
    }
  }

  /** One for all streams, so that they share a connection; its threads end with the process. */
  private HttpClient streaming() {
    HttpClient present = streaming;
    if (present == null) {
      present = client().build();
      streaming = present;
    }
    return present;
  }

  private Failed failed(int status, JsonNode problem) {
    if (status == NO_KEY) {
      return new Failed(
          ClientKey.fromEnvironment().isPresent()
              ? "the node at %s does not know the key in %s".formatted(url, ClientKey.VARIABLE)
              : "the node at %s wants an API key: put it into the environment as %s"
                  .formatted(url, ClientKey.VARIABLE));
    }
    String why = problem.path("detail").asText("the node answered " + status);
    return COME_BACK.contains(status) ? new Busy(why) : new Failed(why);
  }

  private HttpClient.Builder client() {
    try {
      return trust.client().connectTimeout(CONNECT_WITHIN);
    } catch (IllegalArgumentException e) {
      throw new Failed(String.valueOf(e.getMessage()));
    }
  }

  private String noAnswer(IOException failure) {
    if (failure instanceof SSLException) {
      return ("the node at %s is not trusted, or speaks no TLS (%s); name the certificate of who"
              + " signed its own with --ca")
          .formatted(url, failure.getMessage());
    }
    return "no node answers at %s (%s); start one, or say where it is with --url"
        .formatted(url, failure.getClass().getSimpleName());
  }

  private HttpRequest.Builder request(String path) {
    return ClientKey.fromEnvironment()
        .on(HttpRequest.newBuilder(url.resolve(path)).timeout(ANSWER_WITHIN));
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    HttpResponse<byte[]> answer;
    try (HttpClient client = client().build()) {
      answer = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new Busy(noAnswer(e));
    }
    JsonNode body = JSON.readTree(answer.body());
    if (answer.statusCode() >= FIRST_FAILURE) {
      throw failed(answer.statusCode(), body);
    }
    return body;
  }
}
