package twin.ingest.kafka;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.typesafe.config.Config;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.pekko.Done;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.audit.Seal;
import twin.core.audit.SealOutlet;

/**
 * The topic that seals go to, a line of JSON each. It has one partition, for their order, and keeps
 * them for ever. It is made with the first of them. Thread-safe.
 */
public final class SealTopic implements SealOutlet, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SealTopic.class);

  private final KafkaSettings.Source settings;
  private final String topic;
  private final RecordWriter writer;

  SealTopic(KafkaSettings.Source settings, String topic, Executor blocking) {
    this.settings = settings;
    this.topic = topic;
    this.writer = new RecordWriter(settings, blocking, this::makeTopic);
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
    return writer.write(
        new ProducerRecord<>(topic, seal.log().getBytes(UTF_8), seal.json().getBytes(UTF_8)));
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

  @Override
  public void close() {
    writer.close();
  }
}
