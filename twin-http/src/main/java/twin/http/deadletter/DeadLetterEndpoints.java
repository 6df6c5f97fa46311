package twin.http.deadletter;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import twin.core.store.DeadLetter;
import twin.core.store.Page;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;

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

  private final Listing letters;

  public DeadLetterEndpoints(Listing letters) {
    this.letters = letters;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(Endpoint.get("/api/v1/dead-letters", this::list).taking("limit", "cursor"));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    int limit = call.integer("limit", 1, Integer.MAX_VALUE, DEFAULT_LIMIT);
    @Nullable String cursor = call.text("cursor").orElse(null);
    return Call.checked(() -> letters.list(limit, cursor))
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
