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

  private static final String PRESS =
      """
      {"channels": [{"name": "bar", "min": 0, "max": 300}, {"name": "load"}],
       "operating_modes": [
         {"name": "running", "ranges": [{"channel": "load", "min": 20, "max": 100}]}],
       "alert_rules": [%s]}
      """;

  private static final String EACH_KIND =
      """
      {"name": "hh", "kind": "high_high", "channel": "bar", "on": 80, "off": 75, "severity": "high",
       "on_delay": "PT30S", "off_delay": "PT1M", "modes": ["running"]},
      {"name": "h", "kind": "high", "channel": "bar", "on": 80, "severity": "high", "on_readings": 2},
      {"name": "l", "kind": "low", "channel": "bar", "on": 8.5, "severity": "low"},
      {"name": "ll", "kind": "low_low", "channel": "bar", "on": 5, "severity": "low"},
      {"name": "roc", "kind": "rate_of_change", "channel": "bar", "on": -5, "off": -3,
       "window": "PT1M", "severity": "low", "times": 3, "within": "PT10M"},
      {"name": "rul", "kind": "rul_below", "on": 10, "bound": "lower", "severity": "low"},
      {"name": "silent", "kind": "silence", "severity": "medium", "escalate_after": "PT15M"},
      {"name": "both", "severity": "critical",
       "all": [{"kind": "low", "channel": "bar", "on": 5},
               {"kind": "failure", "failure_mode": "crack", "on": 0.5, "off": 0.25}]},
      {"name": "either", "severity": "critical",
       "any": [{"kind": "rate_of_change", "channel": "load", "on": 5, "window": "PT30S",
                "window_readings": 20},
               {"kind": "rul_below", "bound": "upper", "on": 2}]}
      """;

  @Test
  void rulesOfEachKindAreWrittenAsTheyAreRead() {
    MachineType type = MachineTypeJson.read("press", PRESS.formatted(EACH_KIND));
    assertThat(type.alertRules()).hasSize(9);
    assertThat(type.alertRules().get(4).windowReadings()).isEqualTo(60);
    assertThat(type.alertRules().get(7).kind()).isEqualTo(AlertRule.Kind.ALL);
    assertThat(type.windowReadings()).isEqualTo(60);
    assertThat(MachineTypeJson.read("press", MachineTypeJson.write(type))).isEqualTo(type);
    MachineTypes fromConfiguration =
        MachineTypeReader.readAll(
            ConfigFactory.parseString(MachineTypeWriter.write(type))
                .withFallback(ConfigFactory.parseString(MachineTypeWriter.write(SHIPPED.auto())))
                .getConfig("twin.types"));
    assertThat(fromConfiguration.find("press")).contains(type);
    assertThat(MachineTypeJson.write(SHIPPED.find("milling").orElseThrow()))
        .as("what a rule does not use is not shown")
        .doesNotContain(
            "channel\":\"", "window_readings\":0", "on_delay", "\"modes\"", "conditions");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"kind\":\"high\",\"on\":80|which channel it watches",
        "\"kind\":\"high\",\"channel\":\"oil\",\"on\":80|does not have",
        "\"kind\":\"high\",\"channel\":\"bar\",\"on\":301|not within 0.0 to 300.0",
        "\"kind\":\"high\",\"channel\":\"bar\",\"on\":80,\"off\":81|before it goes on",
        "\"kind\":\"low\",\"channel\":\"bar\",\"on\":80,\"off\":79|before it goes on",
        "\"kind\":\"anomaly\",\"channel\":\"bar\",\"on\":1|only limits and rates",
        "\"kind\":\"rate_of_change\",\"channel\":\"bar\",\"on\":1|needs a window",
        "\"kind\":\"rate_of_change\",\"channel\":\"bar\",\"on\":0,\"window\":\"PT1M\"|other than 0",
        "\"kind\":\"anomaly\",\"on\":1,\"bound\":\"lower\"|only remaining life",
        "\"kind\":\"anomaly\",\"on\":1,\"on_delay\":\"PT0S\"|longer than 0",
        "\"kind\":\"anomaly\",\"on\":1,\"times\":11,\"within\":\"PT1M\"|2 to 10 times",
        "\"kind\":\"anomaly\",\"on\":1,\"times\":3|a time within which",
        "\"kind\":\"anomaly\",\"on\":1,\"within\":\"PT1M\"|2 to 10 times",
        "\"kind\":\"anomaly\",\"on\":1,\"modes\":[\"flying\"]|operating mode flying",
        "\"kind\":\"silence\",\"on_delay\":\"PT1M\"|nothing more can be asked",
        "\"all\":[{\"kind\":\"anomaly\",\"on\":1}]|2 to 8",
        "\"all\":[{\"kind\":\"anomaly\",\"on\":1},{\"kind\":\"silence\"}]|cannot be combined",
        "\"all\":[{\"kind\":\"anomaly\",\"on\":1},{\"kind\":\"low\",\"channel\":\"x\",\"on\":1}]|does"
            + " not have",
      })
  void refusesRulesThatCouldNeverHold(String members, String why) {
    assertThatThrownBy(
            () ->
                MachineTypeJson.read(
                    "press",
                    PRESS.formatted("{\"name\":\"r\",\"severity\":\"low\",%s}".formatted(members))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
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
