package twin.core.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Where it is kept who may call: people with passwords, programs with keys, and what has been given
 * out to them. No password, key or token is in it, only what it can be recognised by. Thread-safe.
 */
public interface AccountStore {

  /**
   * Somebody with a password.
   *
   * @param passwordHash by which the password is recognised
   * @param role as the table calls it
   * @param epoch grows with whatever ends what has been given out
   * @param lockedUntil until when no password is taken, after too many wrong ones
   */
  record User(
      String name,
      String passwordHash,
      String role,
      SiteScope sites,
      boolean disabled,
      long epoch,
      @Nullable Instant lockedUntil,
      Instant createdAt,
      String createdBy,
      @Nullable Instant lastLoginAt) {

    /** The name and the role: a hash belongs nowhere else. */
    @Override
    public String toString() {
      return "User[name=%s, role=%s]".formatted(name, role);
    }
  }

  /**
   * A program with a key.
   *
   * @param digest SHA-256 of the key in hexadecimal digits
   * @param role as the table calls it
   */
  record Key(
      String name,
      String digest,
      String role,
      SiteScope sites,
      @Nullable Instant expiresAt,
      Instant createdAt,
      String createdBy) {

    /** The name and the role. */
    @Override
    public String toString() {
      return "Key[name=%s, role=%s]".formatted(name, role);
    }
  }

  /** Everything that decides whether a call may be made. */
  record Accounts(List<User> users, List<Key> keys, Set<String> endedSessions) {
    public Accounts {
      users = List.copyOf(users);
      keys = List.copyOf(keys);
      endedSessions = Set.copyOf(endedSessions);
    }
  }

  /**
   * What to do about wrong passwords.
   *
   * @param after how many in a row are let pass
   * @param pause how long no password is taken then; it doubles with each further wrong one
   * @param pauseMax the longest pause
   */
  record Lockout(int after, Duration pause, Duration pauseMax) {}

  /** What is to be changed of a user; null leaves it as it is. */
  record UserChange(@Nullable String role, @Nullable SiteScope sites, @Nullable Boolean disabled) {}

  /** What became of a change. */
  enum Changed {
    DONE,
    /** There is no such user. */
    NOT_FOUND,
    /** Nobody would be left who can change it back. */
    LAST_ADMINISTRATOR
  }

  /**
   * A refresh token that was given out.
   *
   * @param digest SHA-256 of the token in hexadecimal digits
   * @param session names all that follows from one sign-in
   * @param epoch the user's, when they signed in
   */
  record RefreshToken(
      String digest, String session, String userName, long epoch, Instant expiresAt) {}

  /** What became of the exchange of a refresh token. */
  sealed interface Exchange {
    /** It was good, and the next one is in its place. */
    record Exchanged(RefreshToken before) implements Exchange {}

    /** It had been exchanged before: somebody else has it. */
    record UsedAgain(RefreshToken before) implements Exchange {}

    /** It was never given out, or has run out, or its session has ended. */
    record Unknown() implements Exchange {}
  }

  /** Everything that decides whether a call may be made at that time. */
  CompletionStage<Accounts> load(Instant now);

  /** The secret that signs tokens: the one that is kept, else this one, which then is. */
  CompletionStage<String> tokenSecret(String ifAbsent);

  /** A user as they are now. */
  CompletionStage<Optional<User>> user(String name);

  /** Adds a user; false when there is one of that name. */
  CompletionStage<Boolean> addUser(User user);

  /** Adds the first user; false when there is any. */
  CompletionStage<Boolean> addFirstUser(User user);

  /** Changes a user, and ends what was given out to them. */
  CompletionStage<Changed> changeUser(String name, UserChange change);

  /** Sets a password, and ends what was given out to its user; false when there is no such user. */
  CompletionStage<Boolean> setPassword(String name, String passwordHash);

  /**
   * Notes a wrong password, which may lock the user out; for a user that is not there, too, so that
   * it takes as long. One that comes during a pause changes nothing.
   */
  CompletionStage<Void> noteWrongPassword(String name, Instant now, Lockout lockout);

  /**
   * Notes a right password; false when the user may not sign in: they are locked out or disabled.
   */
  CompletionStage<Boolean> noteRightPassword(String name, Instant now);

  /** Adds a key; false when there is one of that name. */
  CompletionStage<Boolean> addKey(Key key);

  /** Takes a key away; false when there is none of that name. */
  CompletionStage<Boolean> removeKey(String name);

  /** Keeps a refresh token. */
  CompletionStage<Void> addRefreshToken(RefreshToken token);

  /**
   * Exchanges a refresh token for the next one of its session.
   *
   * @param nextDigest SHA-256 of the next one
   * @param nextExpiresAt when that runs out
   */
  CompletionStage<Exchange> exchange(
      String digest, String nextDigest, Instant nextExpiresAt, Instant now);

  /**
   * Ends a session: its refresh tokens at once, its other tokens as soon as a node has looked.
   *
   * @param until when its last token runs out by itself
   */
  CompletionStage<Void> endSession(String session, Instant now, Instant until);
}
