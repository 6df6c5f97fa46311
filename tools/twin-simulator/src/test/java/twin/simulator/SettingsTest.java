package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
  @Test
  void fleetsHaveBounds() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FleetSettings.milling(0, 1, 1))
        .withMessage("machines must be from 1 to 100000, not 0.");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FleetSettings.milling(1, Double.NaN, 1))
        .withMessage("rate must be above 0 and at most 1000 Hz, not NaN.");
    assertThatIllegalArgumentException().isThrownBy(() -> FleetSettings.milling(1, 0, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FleetSettings.of("lathe", 1, 1, 1))
        .withMessage(
            "There is no simulated machine of type 'lathe'; there are milling, turbofan, pump.");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FleetSettings.of("pump", 1, 1, 1).withProfile("overstrain"))
        .withMessage(
            "There is no profile 'overstrain'; a pump has normal, valve_closing, cavitation.");
  }

  @Test
  void idsAreThoseOfTheTypeOrBeginAsAsked() {
    assertThat(FleetSettings.of("turbofan", 1, 1, 1).idPrefix()).isEqualTo("engine");
    assertThat(FleetSettings.of("pump", 1, 1, 1).withIdPrefix("hall-2.pump").idPrefix())
        .isEqualTo("hall-2.pump");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FleetSettings.of("pump", 1, 1, 1).withIdPrefix("-pump"))
        .withMessageContaining("'-pump'");
  }

  @Test
  void faultsArePartsOfAWhole() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NetworkFaults.of(1.5, 0, Duration.ZERO, 0, Duration.ZERO, 1))
        .withMessage("duplicates must be from 0 to 1, not 1.5.");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NetworkFaults.of(0, Double.NaN, Duration.ZERO, 0, Duration.ZERO, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NetworkFaults.of(0, 0, Duration.ofMillis(-1), 0, Duration.ZERO, 1))
        .withMessageContaining("delay-ms");
  }

  @Test
  void replaysHaveBounds() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ReplaySettings.of(Path.of("x"), -1))
        .withMessageContaining("speed must be 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ReplaySettings.of(Path.of("x"), Double.POSITIVE_INFINITY));
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost:1883", "http://localhost", "mqtt:///x", "mqtt://me:pw@host"})
  void anAddressThatIsNoBrokerIsRefused(String address) {
    assertThatIllegalArgumentException().isThrownBy(() -> MqttTarget.of(URI.create(address)));
  }

  @Test
  void aBrokerHasItsUsualPort() {
    assertThat(MqttTarget.of(URI.create("mqtt://broker")).port()).isEqualTo(1883);
    assertThat(MqttTarget.of(URI.create("mqtts://broker")).port()).isEqualTo(8883);
    assertThat(MqttTarget.of(URI.create("mqtt://broker:99")).port()).isEqualTo(99);
  }

  @Test
  void aPasswordIsNeverShown() {
    assertThat(MqttTarget.of(URI.create("mqtt://b")).withCredentials("me", "secret").toString())
        .contains("me")
        .doesNotContain("secret");
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "http://localhost:9092", "a:1 b:2", "", "a:1,"})
  void anAddressThatIsNoKafkaIsRefused(String servers) {
    assertThatIllegalArgumentException().isThrownBy(() -> KafkaTarget.of(servers));
  }

  @Test
  void aPasswordForKafkaIsNeverShown() {
    var target = KafkaTarget.of("a:1,b:2").withProperties(Map.of("sasl.jaas.config", "secret"));

    assertThat(target.toString()).contains("a:1,b:2").doesNotContain("secret");
  }

  @Test
  void typesAndProfilesAreThoseOfTheContract() {
    assertThat(SimulatedType.names()).containsExactly("milling", "turbofan", "pump");
    assertThat(SimulatedType.of("milling").profileNames())
        .containsExactly(
            "normal",
            "overstrain",
            "heat_dissipation",
            "power_failure",
            "tool_wear",
            "sensor_fault");
    assertThat(SimulatedType.of("turbofan").profileNames()).containsExactly("normal", "degrading");
    assertThat(SimulatedType.of("pump").profileNames())
        .containsExactly("normal", "valve_closing", "cavitation");
  }

  @Test
  void anUnknownProfileIsAnsweredWithThoseThatAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FleetSettings.milling(1, 1, 1).withProfile("OVERSTRAIN"))
        .withMessage(
            "There is no profile 'OVERSTRAIN'; a milling machine has normal, overstrain,"
                + " heat_dissipation, power_failure, tool_wear, sensor_fault.");
  }
}
