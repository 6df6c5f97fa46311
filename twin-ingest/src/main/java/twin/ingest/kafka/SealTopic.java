package twin.ingest.kafka;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.audit.Seal;
import twin.core.audit.SealOutlet;

/**
 * The topic that seals go to, a line of JSON each. It has one partition, for their order, and keeps
 * them for ever. The producer is made with the first of them. Thread-safe.
 */
public final class SealTopic implements SealOutlet, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SealTopic.class);

  private final KafkaSettings.Source settings;
  private final String topic;
  private final Executor blocking;
  private @Nullable Producer<String, String> producer;
  private boolean closed;

  SealTopic(KafkaSettings.Source settings, String topic, Executor blocking) {
    this.settings = settings;
    this.topic = topic;
    this.blocking = blocking;
  }

  /**
   * The topic of {@code twin.audit.topic} on the Kafka of the first source; none where that is
   * empty or Kafka is off.
   *
   * @param blocking runs what may have to wait for the broker
   */
  public static Optional<SealTopic> from(Config root, Executor blocking) {
    String topic = root.getString("twin.audit.topic");
    return topic.isBlank()
        ? Optional.empty()
        : KafkaSettings.from(root).sources().stream()
            .findFirst()
            .map(source -> new SealTopic(source, topic, blocking));
  }

  @Override
  public CompletionStage<Done> publish(Seal seal) {
    CompletableFuture<Done> sent = new CompletableFuture<>();
    blocking.execute(
        () -> {
          try {
            var unused =
                producer()
                    .send(
                        new ProducerRecord<>(topic, seal.log(), seal.json()),
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

  private synchronized Producer<String, String> producer() {
    if (closed) {
      throw new IllegalStateException("the node stops");
    }
    Producer<String, String> present = producer;
    if (present == null) {
      makeTopic();
      present = new KafkaProducer<>(properties(), new StringSerializer(), new StringSerializer());
      producer = present;
    }
    return present;
  }

  /** A topic that the broker makes by itself would forget seals after a week. */
  private void makeTopic() {
    Map<String, Object> properties = new HashMap<>(settings.properties().asMap());
    properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
    Duration patience = settings.requestTimeout();
    properties.put(
        AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(patience.toMillis()));
    properties.put(
        AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(patience.toMillis()));
    NewTopic kept =
        new NewTopic(topic, Optional.of(1), Optional.empty())
            .configs(Map.of(TopicConfig.RETENTION_MS_CONFIG, "-1"));
    try (Admin admin = Admin.create(properties)) {
      admin.createTopics(List.of(kept)).all().get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        // It may be there, and we be allowed to write to it but not to make it.
        log.warn("the topic {} could not be made: {}", topic, String.valueOf(e.getCause()));
      }
    } catch (TimeoutException e) {
      throw new IllegalStateException("Kafka does not answer", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("the node stops", e);
    }
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

  @Override
  public void close() {
    Producer<String, String> present;
    synchronized (this) {
      closed = true;
      present = producer;
      producer = null;
    }
    if (present != null) {
      // What has not gone is published after the next start.
      present.close(Duration.ZERO);
    }
  }
}
