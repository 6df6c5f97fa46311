package twin.core.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MachineTypeJsonTest {

  private static final MachineTypes SHIPPED =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").getConfig("twin.types"));

  @ParameterizedTest
  @ValueSource(strings = {"milling", "turbofan", "pump", "auto"})
  void everyShippedTypeComesBackAsItWas(String name) {
    MachineType type = SHIPPED.find(name).orElseThrow();
    assertThat(MachineTypeJson.read(name, MachineTypeJson.write(type))).isEqualTo(type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"milling", "turbofan", "pump", "auto"})
  void everyShippedTypeCanBeWrittenAsConfiguration(String name) {
    MachineType type = SHIPPED.find(name).orElseThrow();
    MachineTypes read =
        MachineTypeReader.readAll(
            ConfigFactory.parseString(MachineTypeWriter.write(type))
                .withFallback(ConfigFactory.parseString(MachineTypeWriter.write(SHIPPED.auto())))
                .getConfig("twin.types"));
    assertThat(read.find(name)).contains(type);
  }

  @Test
  void refusesWhatIsOfAnotherKind() {
    for (String wrong :
        List.of(
            "\"commissioning_readings\":1.5",
            "\"commissioning_readings\":-1",
            "\"commissioning_readings\":\"7\"",
            "\"gate_threshold\":\"NaN\"",
            "\"rul_horizon\":\"Infinity\"",
            "\"rul_unit\":1",
            "\"attributes\":[true]",
            "\"learns_channels\":\"true\"")) {
      assertThatThrownBy(
              () ->
                  MachineTypeJson.read(
                      "press", "{\"channels\":[{\"name\":\"a\"}],%s}".formatted(wrong)))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void channelsAloneMakeATypeWhoseMachinesAreJudged() {
    MachineType type =
        MachineTypeJson.read("press", "{\"channels\":[{\"name\":\"oil_bar\",\"max\":null}]}");
    assertThat(type.channels())
        .containsExactly(
            new Channel(
                "oil_bar", "", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, true, 0));
    assertThat(type.baselineColumns()).containsExactly("oil_bar");
    assertThat(type.alertRules()).extracting(AlertRule::name).containsExactly("anomaly");
    assertThat(type.silence()).isEqualTo(Duration.ofMinutes(5));
    assertThat(type.learnsChannels()).isFalse();
    assertThat(MachineTypeJson.write(type)).doesNotContain("Infinity", "null");
  }

  @Test
  void whatIsGivenHolds() {
    MachineType type =
        MachineTypeJson.read(
            "press",
            """
            {"name":"press","channels":[{"name":"oil_bar","unit":"bar","min":0,"max":300}],
             "features":[],"silence":"PT30S",
             "alert_rules":[{"name":"a","kind":"anomaly","on":1.5,"severity":"high"}]}
            """);
    assertThat(type.features()).isEmpty();
    assertThat(type.silence()).isEqualTo(Duration.ofSeconds(30));
    assertThat(type.alertRules())
        .containsExactly(
            new AlertRule("a", AlertRule.Kind.ANOMALY, "", 1.5, 1.5, 1, 1, Severity.HIGH));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[]|must be a JSON object",
        "{|no JSON",
        "{\"name\":\"lathe\"}|'lathe', not 'press'",
        "{\"chanels\":[]}|chanels is not known; known are alert_rules",
        "{\"channels\":[{\"name\":\"x\",\"nam\":\"x\"}]}|nam is not known in channels[0]",
        "{\"channels\":[{\"unit\":\"bar\"}]}|missing in channels[0].name",
        "{\"channels\":[{\"name\":\"x\",\"min\":\"low\"}]}|channels[0].min",
        "{\"channels\":[{\"name\":\"x\",\"min\":2,\"max\":1}]}|range from 2.0 to 1.0 is empty",
        "{\"silence\":\"soon\"}|'soon' is no duration",
        "{\"silence\":\"-PT1S\"}|is no duration",
        "{\"alert_rules\":[{\"name\":\"a\",\"kind\":\"odd\",\"on\":1,\"severity\":\"low\"}]}|"
            + "'odd' is no one of failure, anomaly",
        "{\"alert_rules\":[{\"name\":\"a\",\"kind\":\"anomaly\",\"severity\":\"low\"}]}|missing in"
            + " alert_rules[0].on",
        "{\"features\":[{\"name\":\"f\",\"kind\":\"mean\",\"inputs\":[\"y\"]}]}|refers to y"
      })
  void saysWhereADocumentIsWrong(String json, String expected) {
    assertThatThrownBy(() -> MachineTypeJson.read("press", json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(expected)
        .hasMessageNotContaining("twin.core");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Press", "7up", "../x", "a b", ""})
  void aNameThatCouldLeadAstrayIsRefused(String name) {
    assertThatThrownBy(() -> MachineTypeJson.read(name, "{}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must match");
  }
}
