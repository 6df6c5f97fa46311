package twin.ingest;

import com.fasterxml.jackson.core.Base64Variants;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import org.apache.pekko.Done;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.reading.Times;
import twin.core.store.DeadLetter;

/**
 * Where what cannot be recorded goes: first into the table, then, best effort, out to whoever
 * listens. Whoever puts something here acknowledges it to its source only afterwards, so a database
 * that is away holds acknowledgements back. Thread-safe.
 */
final class DeadLetters {

  private static final Logger log = LoggerFactory.getLogger(DeadLetters.class);

  /** Where dead letters are kept; completes once they are durable. */
  interface Table {
    CompletionStage<?> insert(List<DeadLetter.Arrival> letters);
  }

  /** Tells of a dead letter; must neither block nor throw, and may drop it. */
  interface Outlet {
    void publish(byte[] json);
  }

  private final Table table;
  private final Outlet outlet;
  private final Retrying retrying;
  private final IngestMetrics metrics;
  private final int publishedBytesMax;
  private final JsonFactory json = new JsonFactory();

  /**
   * Dead letters.
   *
   * @param publishedBytesMax of each payload at most this much is published
   */
  DeadLetters(
      Table table, Outlet outlet, Retrying retrying, IngestMetrics metrics, int publishedBytesMax) {
    this.table = table;
    this.outlet = outlet;
    this.retrying = retrying;
    this.metrics = metrics;
    this.publishedBytesMax = publishedBytesMax;
  }

  /**
   * Keeps letters.
   *
   * @param wanted whether anybody still waits; when not, no further attempt is made
   * @return completes once they are in the table, fails when they could not be put there
   */
  CompletionStage<Done> keep(List<DeadLetter.Arrival> letters, BooleanSupplier wanted) {
    if (letters.isEmpty()) {
      return CompletableFuture.completedStage(Done.getInstance());
    }
    return retrying
        .run(
            () -> table.insert(letters).thenApply(inserted -> Done.getInstance()),
            wanted,
            failure ->
                log.warn(
                    "{} dead letters could not be kept; trying again: {}",
                    letters.size(),
                    failure.toString()))
        .thenApply(
            done -> {
              letters.forEach(this::tell);
              return done;
            });
  }

  private void tell(DeadLetter.Arrival letter) {
    metrics.countDeadLetter(letter.reason());
    outlet.publish(encode(letter));
  }

  private byte[] encode(DeadLetter.Arrival letter) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (JsonGenerator generator = json.createGenerator(bytes)) {
      generator.writeStartObject();
      generator.writeStringField("source", letter.source());
      generator.writeStringField("topic", letter.topic());
      generator.writeStringField("reason", letter.reason() + ": " + letter.detail());
      generator.writeStringField("received_at", Times.text(letter.receivedAt()));
      generator.writeFieldName("payload_base64");
      generator.writeBinary(
          Base64Variants.MIME_NO_LINEFEEDS,
          letter.payload(),
          0,
          Math.min(letter.payload().length, publishedBytesMax));
      generator.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("bytes in memory cannot fail to be written", e);
    }
    return bytes.toByteArray();
  }
}
