package twin.http.deadletter;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.jspecify.annotations.Nullable;
import twin.core.store.DeadLetter;
import twin.core.store.Page;
import twin.core.store.Retried;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;

/** What could not be read, newest first. */
public final class DeadLetterEndpoints {

  private static final int DEFAULT_LIMIT = 50;

  /** Where the dead letters are looked up. */
  @FunctionalInterface
  public interface Listing {
    /**
     * A page, the newest first.
     *
     * @throws IllegalArgumentException for a cursor or limit that cannot be
     */
    CompletionStage<Page<DeadLetter>> list(int limit, @Nullable String cursor);
  }

  /** Reads dead letters again. */
  @FunctionalInterface
  public interface Retry {
    /** What came of reading one again, once that is durable. */
    CompletionStage<Retried> retry(long id);
  }

  /** What the endpoints need of the rest of the program. */
  public record Letters(Listing listing, Retry retry) {}

  private final Letters letters;

  public DeadLetterEndpoints(Letters letters) {
    this.letters = letters;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/dead-letters", this::list).taking("limit", "cursor").forAllSites(),
        Endpoint.post("/api/v1/dead-letters/{id}/retry", this::retry).forAllSites());
  }

  private CompletionStage<HttpResponse> retry(Call call) {
    String id = call.segment("id");
    return letters.retry().retry(number(id)).thenApply(retried -> answer(id, retried));
  }

  private static long number(String id) {
    try {
      return Long.parseLong(id);
    } catch (NumberFormatException e) {
      throw gone().toException();
    }
  }

  private static HttpResponse answer(String id, Retried retried) {
    return switch (retried) {
      case Retried.Taken taken ->
          Json.ok(
              out -> {
                out.writeStartObject();
                out.writeStringField("id", id);
                out.writeNumberField("recorded", taken.recorded());
                out.writeNumberField("duplicate", taken.duplicates());
                out.writeEndObject();
              });
      case Retried.StillDead dead ->
          Problem.of(
                  StatusCodes.UNPROCESSABLE_CONTENT,
                  "It still cannot be recorded (%s): %s".formatted(dead.reason(), dead.detail()))
              .withMember("reason", dead.reason())
              .toResponse();
      case Retried.Gone gone -> gone().toResponse();
      case Retried.Impossible impossible ->
          Problem.conflict("The dead letter cannot be retried: " + impossible.why()).toResponse();
    };
  }

  private static Problem gone() {
    return Problem.notFound(
        "There is no dead letter with this id; one that has been recorded is no more. GET"
            + " /api/v1/dead-letters lists those there are.");
  }

  private CompletionStage<HttpResponse> list(Call call) {
    int limit = call.integer("limit", 1, Integer.MAX_VALUE, DEFAULT_LIMIT);
    @Nullable String cursor = call.text("cursor").orElse(null);
    return Call.checked(() -> letters.listing().list(limit, cursor))
        .thenApply(page -> Json.list(page.items(), page.nextCursor(), DeadLetterEndpoints::write));
  }

  private static void write(JsonGenerator out, DeadLetter letter) throws IOException {
    out.writeStartObject();
    out.writeStringField("id", Long.toString(letter.id()));
    Json.time(out, "received_at", letter.receivedAt());
    out.writeStringField("source", letter.source());
    out.writeStringField("topic", letter.topic());
    Json.text(out, "machine_id", letter.machineId());
    out.writeStringField("reason", letter.reason());
    out.writeStringField("detail", letter.detail());
    out.writeStringField("payload_base64", Base64.getEncoder().encodeToString(letter.payload()));
    out.writeNumberField("payload_bytes", letter.payloadBytes());
    out.writeBooleanField("truncated", letter.truncated());
    out.writeNumberField("attempts", letter.attempts());
    Json.time(out, "retried_at", letter.retriedAt());
    out.writeEndObject();
  }
}
