package twin.http.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ApiKeysTest {

  private static final String A = "0123456789abcdef0123456789abcdef";
  private static final String B = "fedcba9876543210fedcba9876543210";

  private static ApiKeys text(String pairs) {
    return ApiKeys.of(
        ConfigFactory.empty().withValue("api-keys", ConfigValueFactory.fromAnyRef(pairs)));
  }

  private static ApiKeys hocon(String value) {
    Config config = ConfigFactory.parseString("api-keys = " + value);
    return ApiKeys.of(config);
  }

  @Test
  void readsATextOrAList() {
    ApiKeys list = hocon("[{name = ops, key = %s}, {name = line-3, key = %s}]".formatted(A, B));
    for (ApiKeys keys : new ApiKeys[] {text("ops:%s, line-3:%s".formatted(A, B)), list}) {
      assertThat(keys.presented(A).map(ApiKey::name)).contains("ops");
      assertThat(keys.presented(B).map(ApiKey::name)).contains("line-3");
      assertThat(keys.presented(A.substring(1))).isEmpty();
      assertThat(keys.presented(A + "0")).isEmpty();
      assertThat(keys.presented(A.toUpperCase(Locale.ROOT))).isEmpty();
      assertThat(keys.presented("")).isEmpty();
    }
    assertThat(text("").isEmpty()).isTrue();
    assertThat(text(" ").isEmpty()).isTrue();
    assertThat(hocon("[]").isEmpty()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef:ops",
        "ops:0123456789abcdef0123456789abcde",
        "ops:0123456789abcdef 0123456789abcdef",
        "ops:0123456789abcdef0123456789abcdef,",
        "o.ps:0123456789abcdef0123456789abcdef",
        ":0123456789abcdef0123456789abcdef",
        "anonymous:0123456789abcdef0123456789abcdef",
        "ops:0123456789abcdef0123456789abcdef,ops:fedcba9876543210fedcba9876543210",
        "ops:0123456789abcdef0123456789abcdef,dev:0123456789abcdef0123456789abcdef"
      })
  void refusesWhatIsOfNoUseWithoutShowingIt(String pairs) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> text(pairs))
        .withMessageStartingWith("twin.http.api-keys (TWIN_API_KEYS)")
        .satisfies(refusal -> assertThat(refusal.getMessage()).doesNotContain("abcdef", "fedcba"));
  }

  @Test
  void saysHowToMakeAKey() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> text("ops:short"))
        .withMessageContaining("entry 1")
        .withMessageContaining("5 characters")
        .withMessageContaining("openssl rand -hex 32");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "7", "[a]", "[{name = ops}]", "[{name = ops, key = 7}]"})
  void refusesAnotherShape(String value) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> hocon(value))
        .withMessageStartingWith("twin.http.api-keys (TWIN_API_KEYS)");
  }

  @Test
  void boundsHowManyThereAre() {
    String many =
        IntStream.rangeClosed(0, 100)
            .mapToObj(i -> "key-%d:%s%03d".formatted(i, A, i))
            .collect(Collectors.joining(","));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> text(many))
        .withMessageContaining("100 keys, not 101");
  }

  @Test
  void neverShowsAKey() {
    assertThat(new ApiKey("ops", A)).hasToString("ApiKey[name=ops]");
  }

  @ParameterizedTest
  @ValueSource(strings = {"127.0.0.1", "localhost", "::1", "127.0.0.2"})
  void loopbackNeedsNoKey(String address) {
    assertThatCode(() -> text("").requireFor(address)).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0.0.0.0", "::", "192.0.2.1", "10.0.0.1"})
  void anyOtherAddressNeedsOne(String address) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> text("").requireFor(address))
        .withMessageContaining("TWIN_API_KEYS=name:key");
    assertThatCode(() -> text("ops:" + A).requireFor(address)).doesNotThrowAnyException();
  }
}
