package twin.ingest.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of a source's topics and group apart from their records: the topics' ids, and how
 * far the group is behind. Thread-safe.
 */
final class GroupWatch implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(GroupWatch.class);

  private final KafkaSettings.Source settings;
  private @Nullable Admin admin;
  private boolean closed;

  GroupWatch(KafkaSettings.Source settings) {
    this.settings = settings;
  }

  /** The ids of the source's topics; fails when one of them is missing. */
  CompletionStage<Map<String, String>> topicIds() {
    return withAdmin(
            used -> used.describeTopics(settings.topics()).allTopicNames().toCompletionStage())
        .thenApply(
            topics -> {
              Map<String, String> ids = new HashMap<>();
              for (TopicDescription topic : topics.values()) {
                ids.put(topic.name(), topic.topicId().toString());
              }
              return ids;
            })
        .exceptionallyCompose(failure -> CompletableFuture.failedStage(explained(failure)));
  }

  private Throwable explained(Throwable failure) {
    Throwable cause = causeOf(failure);
    return cause instanceof UnknownTopicOrPartitionException
        ? new IllegalStateException(
            "not all of the topics %s are there at %s: create what is missing"
                .formatted(settings.topics(), settings.bootstrapServers()),
            cause)
        : cause;
  }

  /**
   * Creates the topics of dead letters that are missing. Where that is not allowed somebody else
   * has to; until then the first dead letter holds its partition.
   */
  CompletionStage<Done> createDeadLetterTopics() {
    List<NewTopic> topics =
        settings.topics().stream()
            .map(settings::deadLetterTopic)
            .map(name -> new NewTopic(name, Optional.of(1), Optional.empty()))
            .toList();
    return withAdmin(
        used -> {
          List<CompletableFuture<?>> created =
              used.createTopics(topics).values().entrySet().stream()
                  .<CompletableFuture<?>>map(
                      entry ->
                          entry
                              .getValue()
                              .toCompletionStage()
                              .exceptionally(failure -> notCreated(entry.getKey(), failure))
                              .toCompletableFuture())
                  .toList();
          return CompletableFuture.allOf(created.toArray(CompletableFuture<?>[]::new))
              .thenApply(all -> Done.getInstance());
        });
  }

  private static @Nullable Void notCreated(String topic, Throwable failure) {
    Throwable cause = causeOf(failure);
    if (!(cause instanceof TopicExistsException)) {
      log.warn("The topic {} for dead letters could not be created: {}", topic, cause.toString());
    }
    return null;
  }

  /**
   * How many records of these partitions the group has not committed yet.
   *
   * @return by partition as {@code topic-number}
   */
  CompletionStage<Map<String, Long>> lag(Set<TopicPartition> partitions) {
    CompletionStage<Map<TopicPartition, OffsetAndMetadata>> committed =
        withAdmin(
            used ->
                used.listConsumerGroupOffsets(settings.groupId())
                    .partitionsToOffsetAndMetadata()
                    .toCompletionStage());
    return committed.thenCompose(
        offsets -> {
          Set<TopicPartition> fresh = new LinkedHashSet<>(partitions);
          fresh.removeIf(partition -> offsets.get(partition) != null);
          return offsets(fresh, OffsetSpec.earliest())
              .thenCombine(
                  offsets(partitions, OffsetSpec.latest()),
                  (first, last) -> lag(last, offsets, first));
        });
  }

  private static Map<String, Long> lag(
      Map<TopicPartition, Long> last,
      Map<TopicPartition, OffsetAndMetadata> committed,
      Map<TopicPartition, Long> first) {
    Map<String, Long> lag = new TreeMap<>();
    last.forEach(
        (partition, end) -> {
          OffsetAndMetadata done = committed.get(partition);
          long begin = done == null ? first.getOrDefault(partition, end) : done.offset();
          lag.put(partition.toString(), Math.max(0, end - begin));
        });
    return lag;
  }

  private CompletionStage<Map<TopicPartition, Long>> offsets(
      Set<TopicPartition> partitions, OffsetSpec which) {
    if (partitions.isEmpty()) {
      return CompletableFuture.completedStage(Map.of());
    }
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    partitions.forEach(partition -> asked.put(partition, which));
    return withAdmin(
        used ->
            used.listOffsets(asked)
                .all()
                .toCompletionStage()
                .thenApply(
                    answers -> {
                      Map<TopicPartition, Long> offsets = new HashMap<>();
                      for (Map.Entry<TopicPartition, ListOffsetsResultInfo> answer :
                          answers.entrySet()) {
                        offsets.put(answer.getKey(), answer.getValue().offset());
                      }
                      return offsets;
                    }));
  }

  private interface Question<T> {
    CompletionStage<T> ask(Admin admin);
  }

  private <T> CompletionStage<T> withAdmin(Question<T> question) {
    try {
      return question.ask(admin());
    } catch (RuntimeException e) {
      // Among others: no address can be resolved, or a property is wrong.
      return CompletableFuture.failedStage(e);
    }
  }

  private synchronized Admin admin() {
    if (closed) {
      throw new IllegalStateException("the source has been stopped");
    }
    Admin present = admin;
    if (present == null) {
      Map<String, Object> properties = new HashMap<>(settings.properties().asMap());
      int millis = Math.toIntExact(settings.requestTimeout().toMillis());
      properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrapServers());
      properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, millis);
      properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, millis);
      present = Admin.create(properties);
      admin = present;
    }
    return present;
  }

  static Throwable causeOf(Throwable failure) {
    Throwable cause = failure.getCause();
    boolean wrapped =
        failure instanceof CompletionException || failure instanceof ExecutionException;
    return wrapped && cause != null ? causeOf(cause) : failure;
  }

  @Override
  public void close() {
    Admin present;
    synchronized (this) {
      closed = true;
      present = admin;
      admin = null;
    }
    if (present != null) {
      present.close(Duration.ZERO);
    }
  }
}
