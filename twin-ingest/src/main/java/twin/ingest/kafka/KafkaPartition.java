package twin.ingest.kafka;

/**
 * A partition of a topic, told apart from that of a topic which had the same name and was deleted:
 * there the offsets began at 0 too.
 *
 * @param topicId Kafka's own id of the topic
 */
public record KafkaPartition(String topic, int partition, String topicId) {

  /** So much of the id tells a topic from its predecessors of the same name. */
  private static final int ID_LENGTH = 8;

  /** Its name in the causes of events, where it has to be short. */
  public String queue() {
    return "%s/%d/%s"
        .formatted(topic, partition, topicId.substring(0, Math.min(ID_LENGTH, topicId.length())));
  }

  @Override
  public String toString() {
    return topic + "-" + partition;
  }
}
