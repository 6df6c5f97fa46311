package twin.http.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValueFactory;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import twin.core.store.SiteScope;
import twin.http.Role;

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
    ApiKeys list =
        hocon("[{name = ops, key = %s}, {name = line-3, key = %s, role = viewer}]".formatted(A, B));
    for (ApiKeys keys : new ApiKeys[] {text("ops:%s, line-3:%s:viewer".formatted(A, B)), list}) {
      assertThat(keys.all())
          .containsExactly(
              new ApiKey("ops", A, Role.ADMINISTRATOR, SiteScope.ALL),
              new ApiKey("line-3", B, Role.VIEWER, SiteScope.ALL));
    }
    assertThat(
            hocon("[{name = a, key = %s, role = operator, sites = [S1, S2]}]".formatted(A)).all())
        .containsExactly(new ApiKey("a", A, Role.OPERATOR, new SiteScope(Set.of("S1", "S2"))));
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
        "o+ps:0123456789abcdef0123456789abcdef",
        "ops:0123456789abcdef0123456789abcdef:",
        "ops:0123456789abcdef0123456789abcdef:boss",
        "ops:0123456789abcdef0123456789abcdef:viewer:all",
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
  @ValueSource(
      strings = {
        "{}",
        "7",
        "[a]",
        "[{name = ops}]",
        "[{name = ops, key = 7}]",
        "[{name = ops, key = 0123456789abcdef0123456789abcdef, rights = all}]",
        "[{name = ops, key = 0123456789abcdef0123456789abcdef, role = operator, sites = S1}]",
        "[{name = ops, key = 0123456789abcdef0123456789abcdef, role = operator, sites = [\"\"]}]",
        "[{name = ops, key = 0123456789abcdef0123456789abcdef, sites = [S1]}]"
      })
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
    assertThat(new ApiKey("ops", A, Role.OPERATOR, SiteScope.ALL).toString()).doesNotContain(A);
    assertThat(text("ops:" + A).toString()).contains("ops").doesNotContain(A);
  }
}
