package twin.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.StatusCode;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.http.scaladsl.model.ExceptionWithErrorInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.archive.ArchiveException;
import twin.core.audit.AuditException;
import twin.core.history.MissingEventException;
import twin.core.store.StoreException;

/**
 * An answer that says what went wrong and what to do about it (RFC 9457, {@code
 * application/problem+json}). An immutable value.
 *
 * @param status the status of the answer
 * @param detail what to do, in a sentence or two
 * @param headers further headers of the answer
 * @param members further members of the document
 */
public record Problem(
    StatusCode status, String detail, Map<String, String> headers, Map<String, Object> members) {

  private static final Logger LOG = LoggerFactory.getLogger(Problem.class);

  private static final MediaType.WithFixedCharset PROBLEM_JSON =
      MediaTypes.customWithFixedCharset(
          "application", "problem+json", HttpCharsets.UTF_8, Map.of(), false);

  private static final String RETRY_AFTER_SECONDS = "1";

  public Problem {
    headers = Map.copyOf(headers);
    members = Map.copyOf(members);
  }

  /** A problem with a status and what to do. */
  public static Problem of(StatusCode status, String detail) {
    return new Problem(status, detail, Map.of(), Map.of());
  }

  /** The request cannot be meant like this: 400. */
  public static Problem badRequest(String detail) {
    return of(StatusCodes.BAD_REQUEST, detail);
  }

  /** There is no such thing: 404. */
  public static Problem notFound(String detail) {
    return of(StatusCodes.NOT_FOUND, detail);
  }

  /** The state of the thing does not allow it: 409. */
  public static Problem conflict(String detail) {
    return of(StatusCodes.CONFLICT, detail);
  }

  /** It may well work in a moment: 503 with {@code Retry-After}. */
  public static Problem unavailable(String detail) {
    return of(StatusCodes.SERVICE_UNAVAILABLE, detail).with("Retry-After", RETRY_AFTER_SECONDS);
  }

  /** This problem with a header more. */
  public Problem with(String header, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(header, value);
    return new Problem(status, detail, more, members);
  }

  /** This problem with a member more; the value is anything that Jackson can write. */
  public Problem withMember(String name, Object value) {
    Map<String, Object> more = new TreeMap<>(members);
    more.put(name, value);
    return new Problem(status, detail, headers, more);
  }

  /** This problem as something that can be thrown. */
  public ProblemException toException() {
    return new ProblemException(this);
  }

  /**
   * The problem behind a failure. One that nobody expected is logged with an id, and only the id is
   * told to the outside.
   */
  public static Problem of(Throwable failure) {
    return switch (rootOf(failure)) {
      case ProblemException known -> known.problem();
      case EntityStreamSizeException tooLarge ->
          of(
              StatusCodes.CONTENT_TOO_LARGE,
              "The body is larger than what this call takes. Send it in smaller pieces.");
      case ExceptionWithErrorInfo illegal ->
          badRequest("The request cannot be read: " + illegal.info().summary());
      case TimeoutException late ->
          unavailable(
              "No answer came in time; a machine may just be moving to another node. Ask again.");
      case AuditException audit -> conflict("%s.".formatted(audit.getMessage()));
      case MissingEventException missing -> notFound(String.valueOf(missing.getMessage()));
      case ArchiveException archive -> {
        LOG.error("an archive file is of no use", archive);
        yield of(
            StatusCodes.INTERNAL_SERVER_ERROR,
            "%s. ./twin audit verify tells all that is wrong with the history."
                .formatted(archive.getMessage()));
      }
      case StoreException store -> unexpected(store, "The database did not answer.", true);
      default -> unexpected(failure, "Something went wrong inside.", false);
    };
  }

  /** A stage's failure as something that can be thrown on. */
  public static RuntimeException rethrown(Throwable failure) {
    return failure instanceof RuntimeException known ? known : new CompletionException(failure);
  }

  /** What a stage failed with, without the wrappings of stages. */
  public static Throwable rootOf(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean wrapping =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    return wrapping && cause != null ? rootOf(cause) : failure;
  }

  private static Problem unexpected(Throwable failure, String what, boolean retry) {
    String id = UUID.randomUUID().toString();
    LOG.error("problem {}", id, failure);
    Problem problem =
        of(
                retry ? StatusCodes.SERVICE_UNAVAILABLE : StatusCodes.INTERNAL_SERVER_ERROR,
                "%s The log has the cause under problem %s.".formatted(what, id))
            .withMember("problem_id", id);
    return retry ? problem.with("Retry-After", RETRY_AFTER_SECONDS) : problem;
  }

  /** The answer. */
  public HttpResponse toResponse() {
    ObjectNode document = Json.object();
    document.put("type", "about:blank");
    document.put("title", status.reason());
    document.put("status", status.intValue());
    document.put("detail", detail);
    members.forEach((name, value) -> document.set(name, Json.MAPPER.valueToTree(value)));
    HttpResponse response =
        HttpResponse.create()
            .withStatus(status)
            .withEntity(ContentTypes.create(PROBLEM_JSON), bytes(document));
    for (Map.Entry<String, String> header : headers.entrySet()) {
      response = response.addHeader(RawHeader.create(header.getKey(), header.getValue()));
    }
    return response;
  }

  private static byte[] bytes(ObjectNode document) {
    try {
      return Json.MAPPER.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of JSON can always be written", e);
    }
  }
}
