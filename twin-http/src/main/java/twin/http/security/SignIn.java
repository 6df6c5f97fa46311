package twin.http.security;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.AccountStore;
import twin.http.Problem;

/**
 * Checks names and passwords. A wrong name takes as long as a wrong password and is answered the
 * same, so that nobody finds out who there is. Thread-safe.
 */
final class SignIn {

  private static final Logger log = LoggerFactory.getLogger(SignIn.class);

  private final AccountStore store;
  private final Passwords passwords;
  private final AccountStore.Lockout lockout;
  private final InstantSource clock;

  SignIn(
      AccountStore store, Passwords passwords, AccountStore.Lockout lockout, InstantSource clock) {
    this.store = store;
    this.passwords = passwords;
    this.lockout = lockout;
    this.clock = clock;
  }

  /** Whose name and password these are; a problem of 401 when they are nobody's. */
  CompletionStage<AccountStore.User> check(String given, String password) {
    if (password.length() > Passwords.LONGEST) {
      throw Problem.badRequest("No password is that long.").toException();
    }
    // What cannot be a name is nobody's.
    String name = Names.isName(given) ? given : "";
    Instant now = clock.instant();
    return store
        .user(name)
        .thenCompose(
            found ->
                found
                    .map(user -> passwords.matches(password, user.passwordHash()))
                    .orElseGet(() -> passwords.matchesNobodys(password))
                    .thenCompose(right -> noted(name, right, now))
                    .thenApply(may -> may ? found : Optional.<AccountStore.User>empty()))
        .thenApply(
            found ->
                found.orElseThrow(
                    () -> {
                      // The name may be a password in the wrong field.
                      log.info("a sign-in was refused");
                      return CallerAccess.refused(
                          "The name or the password is not right, or too many wrong passwords have"
                              + " locked the account for a while.");
                    }));
  }

  private CompletionStage<Boolean> noted(String name, boolean right, Instant now) {
    return right
        ? store.noteRightPassword(name, now)
        : store.noteWrongPassword(name, now, lockout).thenApply(done -> false);
  }
}
