package twin.ingest.mapping;

import java.util.List;
import org.jspecify.annotations.Nullable;
import twin.ingest.codec.Message;
import twin.ingest.codec.Texts;

/** What a message has around its JSON: its topic, key, headers and times. */
final class Surroundings {

  private static final int QUOTED_LENGTH_MAX = 80;

  private final Message message;
  private final Shape shape;
  private final List<String> levels;

  Surroundings(Message message, Shape shape) {
    this.message = message;
    this.shape = shape;
    this.levels = List.of(message.topic().split("/", -1));
  }

  Message message() {
    return message;
  }

  boolean isOfTopic() {
    TopicPattern topic = shape.topic();
    return topic == null || topic.fits(levels);
  }

  Fault wrongTopic() {
    TopicPattern topic = shape.topic();
    return new Fault(
        "wrong_topic",
        "the topic '%s' is none of those that the mapping is for, '%s'"
            .formatted(
                Texts.kept(message.topic(), QUOTED_LENGTH_MAX), topic == null ? "" : topic.text()));
  }

  /**
   * The machine, where the JSON is not needed to know it. What the source takes for the machine is
   * not asked: the mapping alone says where it is.
   */
  @Nullable String machineId() {
    String found = shape.machineId() instanceof Place.Beside beside ? textAt(beside) : null;
    if (found != null) {
      return shape.machineIdPrefix() + found;
    }
    return message.again() ? message.machineId() : null;
  }

  /** What is at a place outside the JSON, or null. */
  @Nullable String textAt(Place.Beside place) {
    return switch (place) {
      case Place.TopicLevel level ->
          level.index() < levels.size() ? levels.get(level.index()) : null;
      case Place.Header header -> message.headers().get(header.name());
      case Place.Key key -> message.key();
      case Place.Constant constant -> constant.value();
    };
  }

  /** Why there is nothing at a place outside the JSON. */
  String missing(Place.Beside place) {
    return switch (place) {
      case Place.TopicLevel level ->
          "the topic '%s' has no level %s"
              .formatted(Texts.kept(message.topic(), QUOTED_LENGTH_MAX), level.shown());
      case Place.Header header ->
          message.headers().isEmpty()
              ? "the message has no headers, and should have '%s'".formatted(header.name())
              : "the message has no header '%s'; it has %s"
                  .formatted(
                      header.name(),
                      Texts.kept(
                          String.join(", ", message.headers().keySet().stream().sorted().toList()),
                          QUOTED_LENGTH_MAX));
      case Place.Key key -> "the message has no key";
      case Place.Constant constant -> "it is not there";
    };
  }
}
