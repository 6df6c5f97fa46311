package twin.ingest.mapping;

import com.typesafe.config.Config;
import java.util.Optional;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Decoder;

/**
 * How the messages of a source become readings, as a mapping file says. Read and checked once at
 * start; immutable and thread-safe.
 */
public final class Mapping {

  private final Shape shape;

  private Mapping(Shape shape) {
    this.shape = shape;
  }

  /**
   * Reads a mapping.
   *
   * @throws MappingException when it cannot be meant as it is written
   */
  public static Mapping read(Config config) {
    return new Mapping(new MappingReader(config.root(), "").shape());
  }

  /** Reads messages in this way, within the bounds of the settings. */
  public Decoder decoder(CodecSettings settings) {
    return new MappedDecoder(shape, settings);
  }

  /** What to subscribe to for the topics that the mapping is for, if it names any. */
  public Optional<String> topicFilter() {
    return Optional.ofNullable(shape.topic()).map(TopicPattern::filter);
  }

  /** The one topic that the mapping is for, if there is only one. */
  public Optional<String> onlyTopic() {
    return Optional.ofNullable(shape.topic())
        .filter(topic -> !topic.isOpen())
        .map(TopicPattern::text);
  }

  /**
   * Whether a reading's time is that of its receipt. A message that is delivered twice is then two
   * readings.
   */
  public boolean takesTimeOfReceipt() {
    return shape.timestamp() instanceof Place.ReceiveTime;
  }

  /** Whether anything is taken from the topic. */
  public boolean needsTopic() {
    return shape.topic() != null
        || shape.machineId() instanceof Place.TopicLevel
        || shape.timestamp() instanceof Place.TopicLevel
        || shape.machineType() instanceof Place.TopicLevel
        || shape.attributes().values().stream().anyMatch(Place.TopicLevel.class::isInstance);
  }
}
