package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
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
        .isThrownBy(
            () -> new FleetSettings("lathe", 1, 1, 1, Profile.NORMAL, Duration.ofSeconds(1)))
        .withMessage("There is no simulated machine of type 'lathe'; there is milling.");
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
  @EnumSource(Profile.class)
  void profilesAreFoundByTheirName(Profile profile) {
    assertThat(Profile.of(profile.wireName())).isEqualTo(profile);
  }

  @Test
  void anUnknownProfileIsAnsweredWithThoseThatAre() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Profile.of("OVERSTRAIN"))
        .withMessage(
            "There is no profile 'OVERSTRAIN'; a milling machine has normal, overstrain,"
                + " heat_dissipation, power_failure, tool_wear, sensor_fault.");
  }
}
