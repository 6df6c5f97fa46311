package twin.ingest.mapping;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import twin.core.type.Channel;
import twin.ingest.codec.Payload;

/**
 * Reads one block of a mapping file. Whatever it does not know or cannot mean is refused with the
 * line, the key and what to do. Used once.
 */
final class MappingReader {

  private static final String POINTER = "pointer";
  private static final String MESSAGE_POINTER = "message-pointer";
  private static final String TOPIC_LEVEL = "topic-level";
  private static final String HEADER = "header";
  private static final String KEY = "key";
  private static final String CONSTANT = "constant";
  private static final String RECEIVE_TIME = "receive-time";
  private static final String RECORD_TIME = "record-time";

  private static final String POINTER_EXAMPLE = "a JSON Pointer such as \"/data/speed\"";
  private static final String ANYWHERE =
      "say where it is with one of pointer, message-pointer, topic-level, header, key, constant";

  private final ConfigObject block;
  private final String path;

  MappingReader(ConfigObject block, String path) {
    this.block = block;
    this.path = path;
  }

  Shape shape() {
    only(
        "topic",
        "machine-id",
        "machine-type",
        "timestamp",
        "seq",
        "attributes",
        "channels",
        "channels-from",
        "samples");
    TopicPattern topic = topic();
    Shape.Samples samples = samples();
    MappingReader machineId =
        required(
            "machine-id",
            "say where the machine's id is, for example machine-id { pointer = \"/device\" } or"
                + " machine-id { topic-level = 2 }");
    MappingReader timestamp =
        required(
            "timestamp",
            "say where the time of a reading is, for example timestamp { pointer = \"/ts\" }, or"
                + " timestamp { receive-time = true } where devices send none");
    Shape shape =
        new Shape(
            topic,
            machineId.place(topic, samples, "prefix"),
            machineId.prefix(),
            optional("machine-type")
                .map(topic, samples, value -> Channel.isName(value), "the name of a machine type"),
            timestamp.time(topic, samples),
            timestamp.format(),
            seq(samples),
            attributes(topic, samples),
            channels(samples),
            channelsFrom(samples),
            samples);
    check(shape);
    return shape;
  }

  private void check(Shape shape) {
    if (shape.channels().isEmpty() && shape.channelsFrom() == null) {
      throw refuse(
          "",
          "no channel is mapped: add channels { rpm = \"/speed\" }, or channels-from = \"/values\""
              + " for an object whose numbers are channels");
    }
    for (String name : shape.attributes().keySet()) {
      if (shape.channels().containsKey(name)) {
        throw refuse(
            "attributes." + name, "a channel has the same name: call one of them otherwise");
      }
    }
    if (shape.machineId() instanceof Place.Constant constant
        && !Payload.isMachineId(shape.machineIdPrefix() + constant.value())) {
      throw refuse(
          "machine-id.constant",
          "'%s' must be 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit"
              .formatted(shape.machineIdPrefix() + constant.value()));
    }
    if (shape.timestamp() instanceof Place.ReceiveTime && shape.seq() != null) {
      throw refuse(
          "seq",
          "with the time of receipt a message that is delivered twice would look like a device that"
              + " began to count anew: leave seq out, or take the timestamp from the message");
    }
    Shape.Samples samples = shape.samples();
    if (samples == null) {
      return;
    }
    boolean ownTime = shape.timestamp() instanceof Place.InReading;
    if (ownTime && samples.interval() != null) {
      throw refuse(
          "samples.interval",
          "each sample has a time of its own (timestamp.pointer): leave the interval out, or take"
              + " the time of the first from the message with timestamp.message-pointer");
    }
    if (!ownTime && samples.interval() == null && shape.seq() == null) {
      throw refuse(
          "samples",
          "all samples of a message would have the same time, and so be one reading: add"
              + " samples.interval, or a timestamp.pointer or seq.pointer within each sample");
    }
  }

  private @Nullable TopicPattern topic() {
    ConfigValue topic = block.get("topic");
    return topic == null
        ? null
        : checked("topic", topic, () -> TopicPattern.parse(text("topic", topic)));
  }

  private Shape.@Nullable Samples samples() {
    ConfigValue value = block.get("samples");
    if (value == null) {
      return null;
    }
    if (value.valueType() == ConfigValueType.STRING) {
      return new Shape.Samples(pointer("samples", value), null);
    }
    MappingReader samples = block("samples", value, "a JSON Pointer, or { pointer, interval }");
    samples.only(POINTER, "interval");
    ConfigValue pointer =
        samples.value(POINTER, "say where the array of samples is, with a JSON Pointer");
    ConfigValue interval = samples.block.get("interval");
    return new Shape.Samples(
        samples.pointer(POINTER, pointer),
        interval == null ? null : samples.duration("interval", interval));
  }

  private @Nullable Place seq(Shape.@Nullable Samples samples) {
    ConfigValue value = block.get("seq");
    if (value == null) {
      return null;
    }
    if (value.valueType() == ConfigValueType.STRING) {
      return new Place.InReading(pointer("seq", value));
    }
    MappingReader seq = block("seq", value, POINTER_EXAMPLE);
    seq.only(POINTER, HEADER);
    Place place = seq.place(null, samples);
    if (samples != null && place instanceof Place.Header) {
      throw refuse(
          "seq",
          "all samples of a message would have the same number: take it from each with pointer");
    }
    return place;
  }

  private Map<String, Place> attributes(
      @Nullable TopicPattern topic, Shape.@Nullable Samples samples) {
    Map<String, Place> attributes = new LinkedHashMap<>();
    MappingReader entries = optional("attributes");
    for (Map.Entry<String, ConfigValue> entry : entries.block.entrySet()) {
      String name = entries.channelName(entry.getKey());
      attributes.put(name, entries.shortOrLong(name, entry.getValue(), topic, samples));
    }
    return attributes;
  }

  private Map<String, Shape.Scaled> channels(Shape.@Nullable Samples samples) {
    Map<String, Shape.Scaled> channels = new LinkedHashMap<>();
    MappingReader entries = optional("channels");
    for (Map.Entry<String, ConfigValue> entry : entries.block.entrySet()) {
      String name = entries.channelName(entry.getKey());
      ConfigValue value = entry.getValue();
      if (value.valueType() == ConfigValueType.STRING) {
        channels.put(
            name, new Shape.Scaled(new Place.InReading(entries.pointer(name, value)), 1, 0));
        continue;
      }
      MappingReader channel = entries.block(name, value, POINTER_EXAMPLE);
      channel.only(POINTER, MESSAGE_POINTER, "factor", "offset");
      Place.InJson place = channel.inJson(samples);
      double factor = channel.number("factor", 1);
      if (factor == 0) {
        throw channel.refuse("factor", "must not be 0, or every value would be the offset");
      }
      channels.put(name, new Shape.Scaled(place, factor, channel.number("offset", 0)));
    }
    return channels;
  }

  private Shape.@Nullable MembersOf channelsFrom(Shape.@Nullable Samples samples) {
    ConfigValue value = block.get("channels-from");
    if (value == null) {
      return null;
    }
    if (value.valueType() == ConfigValueType.STRING) {
      return new Shape.MembersOf(new Place.InReading(pointer("channels-from", value)), Map.of());
    }
    MappingReader from = block("channels-from", value, "a JSON Pointer, or { pointer, rename }");
    from.only(POINTER, MESSAGE_POINTER, "rename");
    Map<String, String> rename = new LinkedHashMap<>();
    MappingReader renamed = from.optional("rename");
    for (Map.Entry<String, ConfigValue> entry : renamed.block.entrySet()) {
      String name = renamed.channelName(renamed.text(entry.getKey(), entry.getValue()));
      if (rename.containsValue(name)) {
        throw renamed.refuse(entry.getKey(), "two members would be called '%s'".formatted(name));
      }
      rename.put(entry.getKey(), name);
    }
    return new Shape.MembersOf(from.inJson(samples), rename);
  }

  // ---- One block that says where something is

  private @Nullable Place map(
      @Nullable TopicPattern topic,
      Shape.@Nullable Samples samples,
      Function<String, Boolean> isFit,
      String what) {
    if (block.isEmpty()) {
      return null;
    }
    Place place = place(topic, samples);
    if (place instanceof Place.Constant constant && !isFit.apply(constant.value())) {
      throw refuse(CONSTANT, "must be %s, and is '%s'".formatted(what, constant.value()));
    }
    return place;
  }

  private Place time(@Nullable TopicPattern topic, Shape.@Nullable Samples samples) {
    if (block.containsKey(CONSTANT)) {
      throw refuse(CONSTANT, "the time of all readings cannot be the same");
    }
    for (String own : List.of(RECEIVE_TIME, RECORD_TIME)) {
      ConfigValue value = block.get(own);
      if (value != null) {
        only(own);
        if (!Boolean.TRUE.equals(value.unwrapped())) {
          throw refuse(own, "must be true, or left out");
        }
        return own.equals(RECEIVE_TIME) ? new Place.ReceiveTime() : new Place.RecordTime();
      }
    }
    return place(topic, samples, "format");
  }

  private TimeFormat format() {
    ConfigValue format = block.get("format");
    return format == null
        ? TimeFormat.DETECT
        : checked("format", format, () -> TimeFormat.of(text("format", format)));
  }

  private String prefix() {
    ConfigValue prefix = block.get("prefix");
    return prefix == null ? "" : text("prefix", prefix);
  }

  /** A pointer, or a block that says where it is. */
  private Place shortOrLong(
      String key,
      ConfigValue value,
      @Nullable TopicPattern topic,
      Shape.@Nullable Samples samples) {
    if (value.valueType() == ConfigValueType.STRING) {
      return new Place.InReading(pointer(key, value));
    }
    return block(key, value, POINTER_EXAMPLE).place(topic, samples);
  }

  private Place place(
      @Nullable TopicPattern topic, Shape.@Nullable Samples samples, String... others) {
    List<String> ways = List.of(POINTER, MESSAGE_POINTER, TOPIC_LEVEL, HEADER, KEY, CONSTANT);
    List<String> known = new ArrayList<>(ways);
    known.addAll(List.of(others));
    only(known.toArray(String[]::new));
    List<String> said = ways.stream().filter(block::containsKey).toList();
    if (said.isEmpty()) {
      throw refuse("", ANYWHERE);
    }
    if (said.size() > 1) {
      throw refuse("", "%s are both there: leave one out".formatted(String.join(" and ", said)));
    }
    String way = said.getFirst();
    ConfigValue value = value(way, ANYWHERE);
    return switch (way) {
      case POINTER -> new Place.InReading(pointer(way, value));
      case MESSAGE_POINTER -> inMessage(pointer(way, value), samples);
      case TOPIC_LEVEL -> topicLevel(value, topic);
      case HEADER -> new Place.Header(nonEmpty(way, value));
      case KEY -> {
        if (!Boolean.TRUE.equals(value.unwrapped())) {
          throw refuse(KEY, "must be true: it is the key of the Kafka record");
        }
        yield new Place.Key();
      }
      default -> new Place.Constant(nonEmpty(way, value));
    };
  }

  private Place.InJson inJson(Shape.@Nullable Samples samples) {
    ConfigValue around = block.get(MESSAGE_POINTER);
    ConfigValue own = block.get(POINTER);
    if (around != null && own != null) {
      throw refuse("", "pointer and message-pointer are both there: leave one out");
    }
    return around == null
        ? new Place.InReading(
            pointer(POINTER, value(POINTER, "say where it is with " + POINTER_EXAMPLE)))
        : inMessage(pointer(MESSAGE_POINTER, around), samples);
  }

  private Place.InJson inMessage(Pointer pointer, Shape.@Nullable Samples samples) {
    if (samples == null) {
      throw refuse(
          MESSAGE_POINTER,
          "only where a message has samples is there a message around them: pointer");
    }
    if (pointer.startsWith(samples.pointer())) {
      throw refuse(
          MESSAGE_POINTER,
          "'%s' leads into the samples at '%s': use pointer, which begins at each sample"
              .formatted(pointer.text(), samples.pointer().text()));
    }
    return new Place.InMessage(pointer);
  }

  private Place topicLevel(ConfigValue value, @Nullable TopicPattern topic) {
    String text = text(TOPIC_LEVEL, value);
    if (text.matches("[0-9]{1,3}")) {
      int number = Integer.parseInt(text);
      if (number < 1) {
        throw refuse(TOPIC_LEVEL, "levels are counted from 1");
      }
      return new Place.TopicLevel(number - 1, text);
    }
    if (topic == null) {
      throw refuse(
          TOPIC_LEVEL,
          "'%s' is no number, and there is no topic in which a level has this name: add topic ="
                  .formatted(text)
              + " \"plant/{%s}/data\", or count from 1".formatted(text));
    }
    int index = topic.names().indexOf(text);
    if (text.isEmpty() || index < 0) {
      throw refuse(TOPIC_LEVEL, "the topic '%s' has no level {%s}".formatted(topic.text(), text));
    }
    return new Place.TopicLevel(index, text);
  }

  // ---- Values

  private void only(String... names) {
    List<String> known = List.of(names);
    for (Map.Entry<String, ConfigValue> entry : block.entrySet()) {
      if (!known.contains(entry.getKey())) {
        throw refuse(
            entry.getKey(),
            "is not known here; known are %s".formatted(String.join(", ", new TreeSet<>(known))));
      }
    }
  }

  /** The block; a text stands for a pointer. */
  private MappingReader required(String key, String whatToDo) {
    ConfigValue value = value(key, whatToDo);
    return value.valueType() == ConfigValueType.STRING
        ? new MappingReader(
            ConfigFactory.empty().root().withValue(POINTER, value).withOrigin(value.origin()),
            joined(key))
        : block(key, value, whatToDo);
  }

  /** The block, empty where it is missing. A text stands for a constant. */
  private MappingReader optional(String key) {
    ConfigValue value = block.get(key);
    if (value == null) {
      return new MappingReader(ConfigFactory.empty().root(), joined(key));
    }
    if (key.equals("machine-type") && value.valueType() == ConfigValueType.STRING) {
      return new MappingReader(
          ConfigFactory.empty().root().withValue(CONSTANT, value), joined(key));
    }
    return block(key, value, "a block in braces");
  }

  private MappingReader block(String key, ConfigValue value, String expected) {
    if (value instanceof ConfigObject object) {
      return new MappingReader(object, joined(key));
    }
    throw refuse(key, "must be %s, and is %s".formatted(expected, value.render()));
  }

  private ConfigValue value(String key, String whatToDo) {
    ConfigValue value = block.get(key);
    if (value == null) {
      throw new MappingException(block.origin(), path.isEmpty() ? key : joined(key), whatToDo);
    }
    return value;
  }

  private String text(String key, ConfigValue value) {
    return switch (value.valueType()) {
      case STRING, NUMBER, BOOLEAN -> String.valueOf(value.unwrapped());
      case OBJECT, LIST, NULL -> throw refuse(key, "must be a text, and is " + value.render());
    };
  }

  private String nonEmpty(String key, ConfigValue value) {
    String text = text(key, value);
    if (text.isEmpty()) {
      throw refuse(key, "must not be empty");
    }
    return text;
  }

  private Pointer pointer(String key, ConfigValue value) {
    return checked(key, value, () -> Pointer.parse(text(key, value)));
  }

  private double number(String key, double otherwise) {
    ConfigValue value = block.get(key);
    if (value == null) {
      return otherwise;
    }
    try {
      double number = Double.parseDouble(text(key, value));
      if (Double.isFinite(number)) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, as a number that is not finite is.
    }
    throw refuse(key, "must be a number, and is " + value.render());
  }

  private Duration duration(String key, ConfigValue value) {
    try {
      Duration duration = block.toConfig().getDuration(key);
      if (duration.isPositive()) {
        return duration;
      }
    } catch (ConfigException e) {
      // Refused below, as one that is not positive is.
    }
    throw refuse(key, "must be a time such as 10 ms, and is " + value.render());
  }

  private String channelName(String name) {
    if (!Channel.isName(name)) {
      throw refuse(
          name,
          "a name begins with a letter or '_' and has letters, digits, '_', '.' and '-', 64 at"
              + " most");
    }
    return name;
  }

  private interface Parsing<T> {
    T parse();
  }

  private <T> T checked(String key, ConfigValue value, Parsing<T> parsing) {
    try {
      return parsing.parse();
    } catch (MappingException e) {
      throw e;
    } catch (IllegalArgumentException e) {
      String why = e.getMessage();
      throw new MappingException(value.origin(), joined(key), why == null ? e.toString() : why);
    }
  }

  private MappingException refuse(String key, String whatToDo) {
    ConfigValue value = block.get(key);
    return new MappingException(
        value == null ? block.origin() : value.origin(), joined(key), whatToDo);
  }

  private String joined(String key) {
    if (key.isEmpty() || path.isEmpty()) {
      return key + path;
    }
    return path + "." + key;
  }
}
