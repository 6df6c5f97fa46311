package twin.ingest.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class KafkaSettingsTest {

  @Test
  void isOffUnlessSwitchedOn() {
    assertThat(KafkaSettings.from(ConfigFactory.load()).sources()).isEmpty();
  }

  @Test
  void hasTheDefaultsThatStandInTheConfiguration() {
    KafkaSettings.Source source = only("enabled = on");
    assertThat(source.name()).isEqualTo("kafka");
    assertThat(source.topics()).containsExactly("sensor-raw-data");
    assertThat(source.deadLetterTopic("sensor-raw-data")).isEqualTo("sensor-raw-data.dlq");
    assertThat(source.sessionTimeout()).isEqualTo(Duration.ofSeconds(6));
    assertThat(source.properties().asMap()).isEmpty();
  }

  @Test
  void aSourceMaySetAnythingForItself() {
    List<KafkaSettings.Source> sources =
        read("""
        enabled = on
        group-id = plant
        properties { "sasl.jaas.config" = "password=hunter2" }
        sources = [
          {name = kafka}
          {name = second, topics = [presses, ovens], bootstrap-servers = "other:9092"}
        ]
        """)
            .sources();
    assertThat(sources).extracting(KafkaSettings.Source::name).containsExactly("kafka", "second");
    assertThat(sources).extracting(KafkaSettings.Source::groupId).containsOnly("plant");
    assertThat(sources.get(1).topics()).containsExactly("presses", "ovens");
    assertThat(sources.get(1).bootstrapServers()).isEqualTo("other:9092");
    assertThat(sources.get(0).properties().asMap()).isNotEmpty();
    assertThat(sources.get(1).properties().asMap()).as("not the secrets of the other").isEmpty();
  }

  @Test
  void handsOnWhatIsMeantForTheClientsAndNeverShowsIt() {
    KafkaSettings.Source source =
        only(
            """
            enabled = on
            properties {
              security.protocol = SASL_SSL
              "sasl.jaas.config" = "user=plant password=hunter2"
            }
            """);
    assertThat(source.properties().asMap())
        .containsEntry("security.protocol", "SASL_SSL")
        .containsEntry("sasl.jaas.config", "user=plant password=hunter2");
    assertThat(source.toString())
        .contains("[sasl.jaas.config, security.protocol]")
        .doesNotContain("hunter2");
  }

  @Test
  void refusesWhatItDependsOn() {
    assertThatThrownBy(() -> read("enabled = on, properties { enable.auto.commit = true }"))
        .hasMessageContaining("enable.auto.commit");
    assertThatThrownBy(() -> read("enabled = on, topics = []"))
        .hasMessage("twin.ingest.kafka.topics must name at least one topic");
    assertThatThrownBy(() -> read("enabled = on, sources = [{name = a}, {name = a}]"))
        .hasMessage("twin.ingest.kafka.sources has the name a twice");
    assertThatThrownBy(() -> read("enabled = on, sources = [{name = mqtt}]"))
        .hasMessageContaining("that of another source");
    assertThatThrownBy(() -> read("enabled = on, topics = [a, a.dlq]"))
        .hasMessageContaining("must not hold the dead letters of a");
  }

  private static KafkaSettings.Source only(String block) {
    List<KafkaSettings.Source> sources = read(block).sources();
    assertThat(sources).hasSize(1);
    return sources.getFirst();
  }

  private static KafkaSettings read(String block) {
    Config given = ConfigFactory.parseString("twin.ingest.kafka {\n" + block + "\n}");
    return KafkaSettings.from(given.withFallback(ConfigFactory.load()));
  }
}
