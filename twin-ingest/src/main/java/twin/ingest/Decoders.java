package twin.ingest;

import com.typesafe.config.Config;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.ingest.codec.CodecSettings;
import twin.ingest.codec.Decoder;
import twin.ingest.codec.ReadingCodec;
import twin.ingest.mapping.Mapping;

/**
 * How the messages of each source are read: by the source's mapping, and where it has none as flat
 * JSON objects. Read once at start, from what stands as {@code mapping} in each of the sources of
 * each protocol; immutable and thread-safe.
 */
final class Decoders {

  private static final Logger log = LoggerFactory.getLogger(Decoders.class);

  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_-]{0,31}");
  private static final List<String> PROTOCOLS = List.of("mqtt", "kafka");

  private final Map<String, Mapping> mappings;
  private final Map<String, Decoder> decoders;

  private Decoders(Map<String, Mapping> mappings, Map<String, Decoder> decoders) {
    this.mappings = Map.copyOf(mappings);
    this.decoders = Map.copyOf(decoders);
  }

  /**
   * Reads the mappings of all sources.
   *
   * @param root the whole configuration
   * @throws IllegalArgumentException for a mapping or name that cannot be, with what to do
   */
  static Decoders from(Config root, CodecSettings settings) {
    Decoder plain = plain(settings);
    Map<String, Mapping> mappings = new TreeMap<>();
    Map<String, Decoder> decoders = new TreeMap<>(Map.of(HttpIngest.SOURCE, plain));
    for (String protocol : PROTOCOLS) {
      String path = "twin.ingest.%s.sources".formatted(protocol);
      if (!root.hasPath(path)) {
        continue;
      }
      for (Config source : root.getConfigList(path)) {
        String name = name(source);
        if (decoders.containsKey(name)) {
          throw new IllegalArgumentException(
              "%s: %s: a source is already called '%s': give each a name of its own"
                  .formatted(source.origin().description(), path, name));
        }
        if (source.hasPath("mapping")) {
          Mapping mapping = Mapping.read(source.getConfig("mapping"));
          warnOfTimeOfReceipt(name, mapping);
          mappings.put(name, mapping);
          decoders.put(name, mapping.decoder(settings));
        } else {
          decoders.put(name, plain);
        }
      }
    }
    return new Decoders(mappings, decoders);
  }

  /** The name of a source as its block has it. */
  static String name(Config source) {
    String name = source.hasPath("name") ? source.getString("name") : "";
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "%s: a source's name is up to 32 lower-case letters, digits, '_' and '-', and not '%s'"
              .formatted(source.origin().description(), name));
    }
    return name;
  }

  private static void warnOfTimeOfReceipt(String name, Mapping mapping) {
    if (mapping.takesTimeOfReceipt()) {
      log.warn(
          "Source {} takes the time of receipt for the time of a reading: a message that is"
              + " delivered twice is recorded twice",
          name);
    }
  }

  private static Decoder plain(CodecSettings settings) {
    ReadingCodec codec = new ReadingCodec(settings);
    return message -> codec.decode(message.payload(), message.machineId());
  }

  /** How a source's messages are read, if there is such a source. */
  Optional<Decoder> of(String source) {
    return Optional.ofNullable(decoders.get(source));
  }

  /** What a source subscribes to by its mapping, if that says so. */
  Optional<String> topicFilter(String source) {
    return Optional.ofNullable(mappings.get(source)).flatMap(Mapping::topicFilter);
  }
}
