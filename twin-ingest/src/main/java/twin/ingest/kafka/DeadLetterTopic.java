package twin.ingest.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/**
 * Where records go that cannot be recorded, with their key, their bytes and why. The producer is
 * made with the first of them. Thread-safe.
 */
final class DeadLetterTopic implements AutoCloseable {

  private final KafkaSettings.Source settings;
  private final Executor blocking;
  private @Nullable Producer<byte[], byte[]> producer;
  private boolean closed;

  /**
   * A topic of dead letters.
   *
   * @param blocking runs what may have to wait for the broker
   */
  DeadLetterTopic(KafkaSettings.Source settings, Executor blocking) {
    this.settings = settings;
    this.blocking = blocking;
  }

  /** Writes a record there; completes when all of Kafka's copies that are in sync have it. */
  CompletionStage<Done> send(KafkaRecord record, String reason) {
    return sendOnce(dead(record, reason, false))
        .exceptionallyCompose(
            failure ->
                // With its headers it is longer than the broker takes. It still is where it was.
                causeOf(failure) instanceof RecordTooLargeException
                    ? sendOnce(dead(record, reason, true))
                    : CompletableFuture.failedStage(failure));
  }

  private ProducerRecord<byte[], byte[]> dead(
      KafkaRecord record, String reason, boolean withoutValue) {
    List<Header> headers =
        new ArrayList<>(
            List.of(
                header("reason", reason),
                header("topic", record.partition().topic()),
                header("partition", Integer.toString(record.partition().partition())),
                header("offset", Long.toString(record.offset()))));
    if (withoutValue) {
      headers.add(header("left-out", record.value().length + " bytes"));
    }
    return new ProducerRecord<>(
        settings.deadLetterTopic(record.partition().topic()),
        null,
        record.key(),
        withoutValue ? null : record.record().value(),
        headers);
  }

  private static Header header(String name, String value) {
    return new RecordHeader(name, value.getBytes(UTF_8));
  }

  private CompletionStage<Done> sendOnce(ProducerRecord<byte[], byte[]> record) {
    CompletableFuture<Done> sent = new CompletableFuture<>();
    // It may wait for the topic's metadata.
    blocking.execute(
        () -> {
          try {
            var unused =
                producer()
                    .send(
                        record,
                        (metadata, failure) -> {
                          if (failure == null) {
                            sent.complete(Done.getInstance());
                          } else {
                            sent.completeExceptionally(failure);
                          }
                        });
          } catch (RuntimeException e) {
            sent.completeExceptionally(e);
          }
        });
    return sent;
  }

  private synchronized Producer<byte[], byte[]> producer() {
    if (closed) {
      throw new IllegalStateException("the source has been stopped");
    }
    Producer<byte[], byte[]> present = producer;
    if (present == null) {
      present =
          new KafkaProducer<>(properties(), new ByteArraySerializer(), new ByteArraySerializer());
      producer = present;
    }
    return present;
  }

  private Map<String, Object> properties() {
    Map<String, Object> properties = new HashMap<>(settings.properties().asMap());
    long millis = settings.requestTimeout().toMillis();
    properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, millis);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 5);
    properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(millis));
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Math.toIntExact(millis) + 5);
    return properties;
  }

  private static Throwable causeOf(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  @Override
  public void close() {
    Producer<byte[], byte[]> present;
    synchronized (this) {
      closed = true;
      present = producer;
      producer = null;
    }
    if (present != null) {
      // Nobody waits for what has not been written: it was not committed either.
      present.close(Duration.ZERO);
    }
  }
}
