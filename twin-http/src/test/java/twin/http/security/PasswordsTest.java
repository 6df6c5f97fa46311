package twin.http.security;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

final class PasswordsTest {

  private final Passwords passwords = new Passwords(new SecuritySettings.Argon2(64, 1, 1, 1, 8));

  private String hash(String password) {
    return passwords.hash(password).toCompletableFuture().join();
  }

  private boolean matches(String password, String hash) {
    return passwords.matches(password, hash).toCompletableFuture().join();
  }

  @Test
  void recognisesAPasswordByItsHash() {
    String hash = hash("correct horse");
    assertThat(hash).startsWith("$argon2id$v=19$m=64,t=1,p=1$").doesNotContain("horse");
    assertThat(matches("correct horse", hash)).isTrue();
    assertThat(matches("Correct horse", hash)).isFalse();
    assertThat(matches("", hash)).isFalse();
    assertThat(hash("correct horse")).isNotEqualTo(hash);
  }

  /** From the tests of the reference implementation (phc-winner-argon2, test.c). */
  @Test
  void agreesWithTheReferenceImplementationWhateverItsOwnFigures() {
    String reference =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assertThat(matches("password", reference)).isTrue();
    assertThat(matches("differentpassword", reference)).isFalse();
  }

  @Test
  void nobodysPasswordIsNoOnes() {
    assertThat(passwords.matchesNobodys("").toCompletableFuture().join()).isFalse();
  }

  @Test
  void refusesWhatIsEasilyFoundOut() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Passwords.requireGood("eve", "elevenchars"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Passwords.requireGood("eve", "x".repeat(257)));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Passwords.requireGood("eve", "whoever else"));
    assertThatCode(() -> Passwords.requireGood("eve", "twelve chars")).doesNotThrowAnyException();
  }
}
