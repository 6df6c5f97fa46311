package twin.core.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class MachineTypeReaderTest {

  private static final MachineTypes SHIPPED =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));

  private static final String LATHE =
      """
      channels = [{name = speed, unit = rpm, min = 0, max = 100}, {name = load, required = false}]
      attributes = [variant]
      lateness-bound = 60s, future-bound = 30s, silence = 2m
      commissioning-readings = 10, gate-threshold = 6
      """;

  private static MachineType lathe(String more) {
    return MachineTypeReader.read("lathe", ConfigFactory.parseString(LATHE + more));
  }

  @Test
  void theShippedMillingMachineHasItsPublicChannelsAndTimes() {
    MachineType milling = SHIPPED.find("milling").orElseThrow();
    assertThat(milling.channels())
        .extracting(Channel::name)
        .containsExactly("air_temp_k", "process_temp_k", "rpm", "torque_nm", "tool_wear_min");
    assertThat(milling.channels())
        .extracting(Channel::unit)
        .containsExactly("K", "K", "rpm", "Nm", "min");
    assertThat(milling.channels()).allMatch(Channel::required);
    assertThat(milling.attributes()).containsExactly("variant");
    assertThat(milling.latenessBound()).isEqualTo(Duration.ofSeconds(60));
    assertThat(milling.futureBound()).isEqualTo(Duration.ofSeconds(60));
    assertThat(milling.commissioningReadings()).isZero();
    assertThat(milling.rulUnit()).isEqualTo("min");
    assertThat(milling.windowReadings()).isEqualTo(60);
    assertThat(milling.learnsChannels()).isFalse();
    assertThat(milling.alertRules())
        .contains(
            new AlertRule(
                "overstrain",
                AlertRule.Kind.FAILURE,
                "overstrain",
                0.5,
                0.3,
                2,
                5,
                Severity.CRITICAL));
  }

  @Test
  void theShippedAutoTypeLearnsItsChannelsIn120Readings() {
    MachineType auto = SHIPPED.auto();
    assertThat(auto.learnsChannels()).isTrue();
    assertThat(auto.channels()).isEmpty();
    assertThat(auto.commissioningReadings()).isEqualTo(120);
    assertThat(auto.gateThreshold()).isEqualTo(6);
    assertThat(auto.rulUnit()).isEmpty();
    assertThat(auto.alertRules())
        .containsExactly(
            new AlertRule("anomaly", AlertRule.Kind.ANOMALY, "", 1, 0.7, 3, 10, Severity.MEDIUM));
  }

  @Test
  void whatIsLeftOutHasItsDefault() {
    MachineType type = lathe("alerts = [{name = x, kind = anomaly, on = 2, severity = low}]");
    assertThat(type.channels())
        .containsExactly(
            new Channel("speed", "rpm", 0, 100, true, 0),
            new Channel("load", "", Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, false, 0));
    assertThat(type.alertRules())
        .containsExactly(new AlertRule("x", AlertRule.Kind.ANOMALY, "", 2, 2, 1, 1, Severity.LOW));
    assertThat(type.operatingModes()).isEmpty();
    assertThat(type.rulHorizon()).isZero();
  }

  @Test
  void readsOperatingModesWithTheirRanges() {
    assertThat(lathe("operating-modes = [{name = idle, ranges {speed = [0, 5]}}]").operatingModes())
        .containsExactly(
            new OperatingMode("idle", List.of(new OperatingMode.Range("speed", 0, 5)), null));
  }

  @Test
  void readsWhatIsNominalInAnOperatingMode() {
    assertThat(
            lathe(
                    "operating-modes = [{name = idle, ranges {speed = [0, 5]}"
                        + ", nominal {speed = [2, 0.5]}}]")
                .operatingModes()
                .getFirst()
                .nominal("speed"))
        .contains(new OperatingMode.Nominal("speed", 2, 0.5));
  }

  @Test
  void aFeatureForEachOfSomeNamesIsOneLine() {
    MachineType type =
        lathe(
            """
            channels = [{name = a}, {name = b}]
            features = [
              {name = "*.twice", kind = product, of = ["*"], factor = 2, each = [a, b]}
              {name = "*.mean", kind = mean, of = ["*.twice"], seconds = 30, each = [a, b]}
            ]
            """);
    assertThat(type.features())
        .extracting(FeatureSpec::name)
        .containsExactly("a.twice", "b.twice", "a.mean", "b.mean");
    assertThat(type.features().getLast())
        .isEqualTo(
            new FeatureSpec(
                "b.mean",
                FeatureSpec.Kind.MEAN,
                List.of("b.twice"),
                FeatureSpec.MAX_WINDOW_READINGS,
                1,
                "",
                30));
    assertThat(type.columns()).containsExactly("a", "b", "a.twice", "b.twice");
  }

  static Stream<Arguments> mistakes() {
    return Stream.of(
        Arguments.of("silence = soon", "silence"),
        Arguments.of("gate-threshold = null", "gate-threshold"),
        Arguments.of("channels = [{unit = K}]", "name"),
        Arguments.of("channels = [{name = \"a b\"}]", "'a b'"),
        Arguments.of("channels = [{name = a, min = 2, max = 1}]", "channel a: its range"),
        Arguments.of("channels = [{name = a, stuck-after-readings = 1}]", "stuck after 1"),
        Arguments.of("channels = [{name = a}, {name = a}]", "channel or attribute a twice"),
        Arguments.of("channels = [{name = variant}]", "channel or attribute variant twice"),
        Arguments.of("features = [{name = f, kind = mean, of = [wind]}]", "refers to wind"),
        Arguments.of("features = [{name = f, kind = mean, of = [variant]}]", "refers to variant"),
        Arguments.of("features = [{name = f, kind = attribute, of = [speed]}]", "refers to speed"),
        Arguments.of("features = [{name = f, kind = median, of = [speed]}]", "median"),
        Arguments.of(
            "features = [{name = f, kind = difference, of = [speed]}]", "takes 2 inputs, not 1"),
        Arguments.of("features = [{name = f, kind = product, of = []}]", "takes 1 inputs, not 0"),
        Arguments.of(
            "features = [{name = f, kind = mean, of = [speed], readings = 1025}]",
            "outside 1 to 1024"),
        Arguments.of(
            "features = [{name = f, kind = value, of = [speed]},"
                + " {name = f, kind = value, of = [load]}]",
            "feature f twice"),
        Arguments.of(
            "alerts = [{name = x, kind = anomaly, on = 1, off = 2, severity = low}]",
            "it would go off at 2.0 before it goes on at 1.0"),
        Arguments.of(
            "alerts = [{name = x, kind = rul_below, on = 2, off = 1, severity = low}]",
            "it would go off at 1.0 before it goes on at 2.0"),
        Arguments.of(
            "alerts = [{name = x, kind = anomaly, on = 1, on-readings = 0, severity = low}]",
            "at least one reading"),
        Arguments.of("alerts = [{name = x, kind = anomaly, on = 1, severity = grave}]", "grave"),
        Arguments.of("operating-modes = [{name = idle, ranges {}}]", "idle has no range"),
        Arguments.of("operating-modes = [{name = idle, ranges {wind = [0, 5]}}]", "refers to wind"),
        Arguments.of("operating-modes = [{name = idle, ranges {speed = [5]}}]", "speed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("mistakes")
  void saysWhichTypeIsNotWellFormedAndWhy(String mistake, String why) {
    assertThatThrownBy(() -> lathe(mistake))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("lathe")
        .hasMessageContaining(why);
  }

  @Test
  void anUnknownWordIsAnsweredWithTheKnownOnes() {
    assertThatThrownBy(() -> lathe("features = [{name = f, kind = median, of = [speed]}]"))
        .hasMessageContaining("mean, standard_deviation, minimum")
        .hasMessageNotContaining("enum");
  }

  @Test
  void typesWithoutAutoAreRefused() {
    assertThatThrownBy(() -> new MachineTypes(List.of(lathe(""))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'auto' is missing");
  }

  @Test
  void aMachineIsOfTheOneTypeOfWhichItSendsEveryRequiredChannel() {
    MachineTypes types =
        new MachineTypes(
            List.of(
                SHIPPED.auto(),
                lathe(""),
                MachineTypeReader.read(
                    "drill",
                    ConfigFactory.parseString(
                        LATHE + "channels = [{name = speed}, {name = feed}]"))));
    assertThat(types.matching(Set.of("speed", "other")).name()).isEqualTo("lathe");
    assertThat(types.matching(Set.of("load")).name()).isEqualTo("auto");
    assertThat(types.matching(Set.of()).name()).isEqualTo("auto");
    assertThat(types.matching(Set.of("speed", "feed")).name())
        .as("both match, which says nothing")
        .isEqualTo("auto");
  }

  @Test
  void aLearnedChannelBringsItsFeatures() {
    MachineType learned = SHIPPED.auto().withLearnedChannel("pressure_bar");
    assertThat(learned.channels()).containsExactly(Channel.learned("pressure_bar"));
    assertThat(learned.features())
        .containsExactly(
            FeatureSpec.of("pressure_bar.mean_60", FeatureSpec.Kind.MEAN, "pressure_bar", 60),
            FeatureSpec.of(
                "pressure_bar.sd_60", FeatureSpec.Kind.STANDARD_DEVIATION, "pressure_bar", 60));
    assertThat(learned.alertRules()).isEqualTo(SHIPPED.auto().alertRules());
  }
}
