package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MqttSourceSettingsTest {

  private static final String MAPPING =
      """
      mapping {
        topic = "kilns/{kiln}/telemetry"
        machine-id { topic-level = kiln }
        timestamp = "/ts"
        channels-from = "/values"
      }
      """;

  @Test
  void isOneSourceUnlessThereAreMore() {
    List<MqttSourceSettings> sources = read("");
    assertThat(sources).singleElement().extracting(MqttSourceSettings::name).isEqualTo("mqtt");
    assertThat(sources.getFirst().mqtt().subscribe().topicFilters())
        .containsExactly("twin/v1/machines/+/readings");
    assertThat(sources.getFirst().mqtt().subscribe().clientId()).isEqualTo("twin");
  }

  @Test
  void hasWhatItDoesNotSayFromTheOthers() {
    MqttSourceSettings kilns =
        read("""
        sources = [{name = mqtt}, {name = kilns, subscribe.receive-maximum = 7, %s}]
        broker { host = broker-1, user = line, password = secret }
        subscribe.client-id = plant
        """
                .formatted(MAPPING))
            .get(1);
    assertThat(kilns.mqtt().subscribe().topicFilters()).containsExactly("kilns/+/telemetry");
    assertThat(kilns.mqtt().subscribe().clientId()).isEqualTo("plant-kilns");
    assertThat(kilns.mqtt().subscribe().receiveMaximum()).isEqualTo(7);
    assertThat(kilns.mqtt().broker().host()).isEqualTo("broker-1");
    assertThat(kilns.mqtt().broker().user()).isEqualTo("line");
  }

  @Test
  void takesAMappingFromAFileBesideItsOwn(@TempDir Path directory) throws Exception {
    Files.writeString(
        directory.resolve("kilns.conf"),
        MAPPING.replace("mapping {", "").replaceFirst("}\\s*$", ""));
    Path file = directory.resolve("plant.conf");
    Files.writeString(
        file,
        """
        twin.ingest.mqtt.sources = [
          {name = mqtt}
          {name = kilns, mapping { include required("kilns.conf") }}
        ]
        """);
    Config root = ConfigFactory.parseFile(file.toFile()).withFallback(ConfigFactory.load());
    Decoders decoders = Decoders.from(root, IngestSettings.from(root).codec());
    assertThat(decoders.topicFilter("kilns")).contains("kilns/+/telemetry");

    Files.writeString(
        directory.resolve("kilns.conf"), "topic = \"a\"\nmachine-id = m\ntimestamp = \"/t\"");
    Config mistaken = ConfigFactory.parseFile(file.toFile()).withFallback(ConfigFactory.load());
    assertThatThrownBy(() -> Decoders.from(mistaken, IngestSettings.from(mistaken).codec()))
        .hasMessageContaining("kilns.conf: 2: machine-id.pointer");
  }

  @Test
  void showsNoSecretsToAnotherBroker() {
    MqttSourceSettings kilns =
        read("""
        sources = [{name = mqtt}, {name = kilns, broker.host = other, %s}]
        broker { user = line, password = secret, tls { enabled = on, key-store = "/k" } }
        """
                .formatted(MAPPING))
            .get(1);
    assertThat(kilns.mqtt().broker().user()).isEmpty();
    assertThat(kilns.mqtt().broker().password().isEmpty()).isTrue();
    assertThat(kilns.mqtt().broker().tls().enabled()).isFalse();
    assertThat(kilns.mqtt().broker().tls().keyStore()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{name = kilns} | it needs subscribe.topic-filters",
        "{name = Kilns} | a source's name is up to 32",
        "{} | a source's name is up to 32",
        "{name = mqtt} | already called 'mqtt'",
        "{name = http, subscribe.topic-filters = [a]} | already called 'http'",
        "{name = kilns, subscribe.topic-filters = [\"twin/#\"]} | make their topic-filters"
            + " disjoint",
        "{name = kilns, subscribe { topic-filters = [a], client-id = twin }} | the same subscribe",
        "{name = kilns, subscribe { topic-filters = [a], qos = 2 }} | source kilns of twin.ingest",
        "{name = kilns, mapping { machine-id = \"/m\" }} | timestamp: say where"
      })
  void refusesSourcesThatCannotBe(String source, String message) {
    assertThatThrownBy(() -> read("sources = [{name = mqtt}, %s]".formatted(source)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource({
    "a/b, a/b, true",
    "a/+, a/b, true",
    "a/#, a, true",
    "a/#, a/b/c, true",
    "+/b, a/+, true",
    "#, a, true",
    "a/b, a, false",
    "a/+/c, a/b, false",
    "a/b, a/c, false",
    "+/b/c, a/+/d, false"
  })
  void tellsFiltersApart(String one, String other, boolean overlap) {
    List<String> a = List.of(one.split("/"));
    List<String> b = List.of(other.split("/"));
    assertThat(MqttSourceSettings.overlap(a, b)).isEqualTo(overlap);
    assertThat(MqttSourceSettings.overlap(b, a)).isEqualTo(overlap);
  }

  private static List<MqttSourceSettings> read(String mqtt) {
    Config root =
        ConfigFactory.parseString("twin.ingest.mqtt {\n%s\n}".formatted(mqtt))
            .withFallback(ConfigFactory.load());
    return MqttSourceSettings.from(root, Decoders.from(root, IngestSettings.from(root).codec()));
  }
}
