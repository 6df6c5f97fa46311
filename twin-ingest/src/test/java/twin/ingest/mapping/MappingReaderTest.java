package twin.ingest.mapping;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MappingReaderTest {

  private static final String WHOLE =
      "machine-id = \"/m\"\ntimestamp = \"/ts\"\nchannels { x = \"/x\" }\n";

  private final Path directory;

  MappingReaderTest(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void namesFileLineAndKeyOfWhatIsWrong() throws Exception {
    Path file = directory.resolve("press.conf");
    Files.writeString(file, WHOLE + "\nchannels {\n  rpm { pointer = \"/r\", factor = fast }\n}\n");
    assertThatThrownBy(() -> Mapping.read(ConfigFactory.parseFile(file.toFile())))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining(
            "press.conf: 6: channels.rpm.factor: must be a number, and is \"fast\"");
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of("timestamp = \"/t\"\nchannels { x = \"/x\" }", "machine-id: say where"),
        Arguments.of("machine-id = \"/m\"\nchannels { x = \"/x\" }", "timestamp: say where"),
        Arguments.of("machine-id = \"/m\"\ntimestamp = \"/t\"", "no channel is mapped"),
        Arguments.of(WHOLE + "chanels { y = \"/y\" }", "4: chanels: is not known here; known are"),
        Arguments.of(WHOLE + "channels.y = y", "channels.y: the JSON Pointer 'y' must begin with"),
        Arguments.of(WHOLE + "channels.y = \"/a~b\"", "neither '~0'"),
        Arguments.of(WHOLE + "channels.y = \"" + "/a".repeat(17) + "\"", "more than 16 deep"),
        Arguments.of(WHOLE + "channels.\"a b\" = \"/y\"", "a name begins with a letter"),
        Arguments.of(WHOLE + "channels.y { pointer = \"/y\", factor = 0 }", "must not be 0"),
        Arguments.of(WHOLE + "channels.y { factor = 2 }", "channels.y.pointer: say where"),
        Arguments.of(WHOLE + "channels.y = [1]", "channels.y: must be"),
        Arguments.of(WHOLE + "channels.torque.mean = \"/y\"", "torque.mean: is not known here"),
        Arguments.of(WHOLE + "attributes.x = \"/y\"", "a channel has the same name"),
        Arguments.of(WHOLE + "machine-id { topic-level = line }", "there is no topic"),
        Arguments.of(WHOLE + "topic = \"a/{b}\"\nmachine-type { topic-level = c }", "no level {c}"),
        Arguments.of(WHOLE + "machine-type { topic-level = 0 }", "counted from 1"),
        Arguments.of(WHOLE + "machine-type { pointer = \"/a\", header = b }", "leave one out"),
        Arguments.of(WHOLE + "machine-type = \"no type\"", "name of a machine type"),
        Arguments.of(WHOLE + "topic = \"a/#/b\"", "nothing may follow '#'"),
        Arguments.of(WHOLE + "topic = \"a/b{c}\"", "the level 'b{c}' must be"),
        Arguments.of(WHOLE + "timestamp { pointer = \"/t\", format = unix }", "rfc3339, epoch-sec"),
        Arguments.of(WHOLE + "timestamp { constant = now }", "cannot be the same"),
        Arguments.of(WHOLE + "timestamp = null\ntimestamp { receive-time = yes }", "must be true"),
        Arguments.of(
            "machine-id = \"/m\"\nchannels { x = \"/x\" }\ntimestamp { receive-time = true }\n"
                + "seq = \"/n\"",
            "seq: with the time of receipt a message that is delivered twice"),
        Arguments.of(WHOLE + "samples { pointer = \"/d\", interval = 1 s }", "leave the interval"),
        Arguments.of(
            "machine-id = \"/m\"\nchannels { x = \"/x\" }\nsamples = \"/d\"\n"
                + "timestamp { message-pointer = \"/t\" }",
            "all samples of a message would have the same time"),
        Arguments.of(
            "machine-id = \"/m\"\nchannels { x = \"/x\" }\nsamples = \"/d\"\n"
                + "timestamp { message-pointer = \"/d/0/t\" }",
            "leads into the samples"),
        Arguments.of(
            WHOLE + "seq { message-pointer = \"/n\" }", "seq.message-pointer: is not known"),
        Arguments.of(WHOLE + "attributes.a { message-pointer = \"/n\" }", "samples"),
        Arguments.of(
            WHOLE + "channels-from { pointer = \"/v\", rename { a = c, b = c } }",
            "two members would be called 'c'"),
        Arguments.of(
            "machine-id { constant = \"a b\" }\ntimestamp = \"/t\"\nchannels { x = \"/x\" }",
            "machine-id.constant: 'a b' must be"));
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void refusesWhatCannotBeMeant(String mapping, String message) {
    assertThatThrownBy(() -> Mapping.read(ConfigFactory.parseString(mapping)))
        .isInstanceOf(MappingException.class)
        .hasMessageContaining(message);
  }

  @Test
  void tellsWhatToSubscribeTo() {
    Mapping open = Mapping.read(ConfigFactory.parseString(WHOLE + "topic = \"a/{b}/+/c/#\""));
    assertThat(open.topicFilter()).contains("a/+/+/c/#");
    assertThat(open.onlyTopic()).isEmpty();
    assertThat(open.needsTopic()).isTrue();
    assertThat(open.takesTimeOfReceipt()).isFalse();
    Mapping one = Mapping.read(ConfigFactory.parseString(WHOLE + "topic = \"a/b\""));
    assertThat(one.onlyTopic()).contains("a/b");
    assertThat(Mapping.read(ConfigFactory.parseString(WHOLE)).topicFilter()).isEmpty();
  }
}
