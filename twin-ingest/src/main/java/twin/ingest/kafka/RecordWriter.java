package twin.ingest.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/**
 * Writes records to the Kafka of a source. The producer is made with the first of them, since most
 * nodes never write any. Thread-safe.
 */
final class RecordWriter implements AutoCloseable {

  private final KafkaSettings.Source settings;
  private final Executor blocking;
  private final Runnable beforeFirst;
  private @Nullable Producer<byte[], byte[]> producer;
  private boolean closed;

  /**
   * A writer that has no connection yet.
   *
   * @param blocking runs what may have to wait for the broker
   * @param beforeFirst what has to be done before the first record is written; when it throws, that
   *     record fails and it is tried again before the next
   */
  RecordWriter(KafkaSettings.Source settings, Executor blocking, Runnable beforeFirst) {
    this.settings = settings;
    this.blocking = blocking;
    this.beforeFirst = beforeFirst;
  }

  /** Writes a record; completes when all of Kafka's copies that are in sync have it. */
  CompletionStage<Done> write(ProducerRecord<byte[], byte[]> record) {
    CompletableFuture<Done> written = new CompletableFuture<>();
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
                            written.complete(Done.getInstance());
                          } else {
                            written.completeExceptionally(failure);
                          }
                        });
          } catch (RuntimeException e) {
            written.completeExceptionally(e);
          }
        });
    return written;
  }

  private synchronized Producer<byte[], byte[]> producer() {
    if (closed) {
      throw new IllegalStateException("the node stops");
    }
    Producer<byte[], byte[]> present = producer;
    if (present == null) {
      beforeFirst.run();
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

  /** Ends the connection. Nobody waits for what has not been written: it is written again. */
  @Override
  public void close() {
    Producer<byte[], byte[]> present;
    synchronized (this) {
      closed = true;
      present = producer;
      producer = null;
    }
    if (present != null) {
      present.close(Duration.ZERO);
    }
  }
}
