package twin.http.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SecuritySettingsTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";

  private static SecuritySettings of(String settings) {
    return SecuritySettings.of(
        ConfigFactory.parseString(settings)
            .withFallback(ConfigFactory.parseResources("reference.conf").getConfig("twin.http"))
            .resolve());
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost", "::1", "127.0.0.2"})
  void nobodyHasToSayWhoTheyAreOnLoopback(String address) {
    assertThat(of("address = \"%s\"".formatted(address)).on()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1", "10.0.0.1"})
  void everybodyHasToOnAnyOtherAddress(String address) {
    assertThat(of("address = \"%s\"".formatted(address)).on()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("address = \"%s\", authentication = off".formatted(address)))
        .withMessageContaining("is not a loopback address");
  }

  @Test
  void everybodyHasToOnceThereIsSomethingToSay() {
    assertThat(of("authentication = on").on()).isTrue();
    assertThat(of("api-keys = \"ops:%s\"".formatted(KEY)).on()).isTrue();
    assertThat(of("security.first-administrator.password = \"twelve chars\"").on()).isTrue();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of("authentication = off, api-keys = \"ops:%s\"".formatted(KEY)))
        .withMessageContaining("although there are API keys");
    assertThatIllegalArgumentException().isThrownBy(() -> of("authentication = perhaps"));
  }

  @Test
  void hashesAsOwaspRecommends() {
    assertThat(of("").argon2()).isEqualTo(new SecuritySettings.Argon2(19 * 1024, 2, 1, 2, 32));
    assertThat(of("").accessTokenLength()).isEqualTo(Duration.ofMinutes(10));
  }

  @Test
  void showsNoSecret() {
    String all =
        of("""
        api-keys = "ops:%s"
        security.first-administrator.password = "twelve chars"
        security.token-secret = "a secret that is long enough to be one"
        """
                .formatted(KEY))
            .toString();
    assertThat(all).contains("ops").doesNotContain(KEY, "twelve chars", "a secret that");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "security.first-administrator.password = tiny",
        "security.token-secret = tiny",
        "security.pause-max = 1s",
        "security.wrong-passwords-max = 0",
        "security.limits.caller-burst = 0",
        "security.argon2.iterations = 0",
        "security.access-token-length = 0s",
        "security.proxies = -1"
      })
  void refusesWhatIsOfNoUse(String setting) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> of(setting))
        .satisfies(refusal -> assertThat(refusal.getMessage()).doesNotContain("tiny"));
  }
}
