package twin.http;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import twin.core.store.AccountStore;
import twin.core.store.SiteScope;

/** Accounts in memory, which several servers can share as nodes share a database. */
public final class TestAccounts implements AccountStore {

  private final Map<String, User> users = new TreeMap<>();
  private final Map<String, Integer> wrong = new HashMap<>();
  private final Map<String, Key> keys = new TreeMap<>();
  private final Map<String, RefreshToken> refreshTokens = new HashMap<>();
  private final Map<String, Boolean> used = new HashMap<>();
  private final Map<String, Instant> ended = new HashMap<>();
  private @Nullable String secret;

  private static <T> CompletionStage<T> done(T value) {
    return CompletableFuture.completedFuture(value);
  }

  private static User with(
      User user,
      String hash,
      String role,
      SiteScope sites,
      boolean disabled,
      long epoch,
      @Nullable Instant lockedUntil) {
    return new User(
        user.name(),
        hash,
        role,
        sites,
        disabled,
        epoch,
        lockedUntil,
        user.createdAt(),
        user.createdBy(),
        user.lastLoginAt());
  }

  @Override
  public synchronized CompletionStage<Accounts> load(Instant now) {
    Set<String> sessions =
        ended.entrySet().stream()
            .filter(each -> now.isBefore(each.getValue()))
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    return done(new Accounts(List.copyOf(users.values()), List.copyOf(keys.values()), sessions));
  }

  @Override
  public synchronized CompletionStage<String> tokenSecret(String ifAbsent) {
    String kept = secret == null ? ifAbsent : secret;
    secret = kept;
    return done(kept);
  }

  @Override
  public synchronized CompletionStage<Optional<User>> user(String name) {
    return done(Optional.ofNullable(users.get(name)));
  }

  @Override
  public synchronized CompletionStage<Boolean> addUser(User user) {
    return done(users.putIfAbsent(user.name(), user) == null);
  }

  @Override
  public synchronized CompletionStage<Boolean> addFirstUser(User user) {
    return users.isEmpty() ? addUser(user) : done(false);
  }

  @Override
  public synchronized CompletionStage<Changed> changeUser(String name, UserChange change) {
    User user = users.get(name);
    if (user == null) {
      return done(Changed.NOT_FOUND);
    }
    String role = change.role();
    SiteScope sites = change.sites();
    Boolean disabled = change.disabled();
    users.put(
        name,
        with(
            user,
            user.passwordHash(),
            role == null ? user.role() : role,
            sites == null ? user.sites() : sites,
            disabled == null ? user.disabled() : disabled,
            user.epoch() + 1,
            user.lockedUntil()));
    boolean somebodyLeft =
        users.values().stream()
            .anyMatch(each -> each.role().equals("administrator") && !each.disabled());
    if (!somebodyLeft) {
      users.put(name, user);
      return done(Changed.LAST_ADMINISTRATOR);
    }
    return done(Changed.DONE);
  }

  @Override
  public synchronized CompletionStage<Boolean> setPassword(String name, String passwordHash) {
    wrong.remove(name);
    User set =
        users.computeIfPresent(
            name,
            (key, user) ->
                with(
                    user,
                    passwordHash,
                    user.role(),
                    user.sites(),
                    user.disabled(),
                    user.epoch() + 1,
                    null));
    return done(set != null);
  }

  private static boolean isLocked(User user, Instant now) {
    Instant until = user.lockedUntil();
    return until != null && now.isBefore(until);
  }

  @Override
  public synchronized CompletionStage<Void> noteWrongPassword(
      String name, Instant now, Lockout lockout) {
    User user = users.get(name);
    if (user != null && !isLocked(user, now)) {
      int times = wrong.merge(name, 1, Integer::sum);
      Instant until = null;
      if (times >= lockout.after()) {
        Duration pause = lockout.pause().multipliedBy(1L << (times - lockout.after()));
        until = now.plus(pause.compareTo(lockout.pauseMax()) < 0 ? pause : lockout.pauseMax());
      }
      users.put(
          name,
          with(
              user,
              user.passwordHash(),
              user.role(),
              user.sites(),
              user.disabled(),
              user.epoch(),
              until));
    }
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletionStage<Boolean> noteRightPassword(String name, Instant now) {
    User user = users.get(name);
    if (user == null || user.disabled() || isLocked(user, now)) {
      return done(false);
    }
    wrong.remove(name);
    return done(true);
  }

  @Override
  public synchronized CompletionStage<Boolean> addKey(Key key) {
    return done(keys.putIfAbsent(key.name(), key) == null);
  }

  @Override
  public synchronized CompletionStage<Boolean> removeKey(String name) {
    return done(keys.remove(name) != null);
  }

  @Override
  public synchronized CompletionStage<Void> addRefreshToken(RefreshToken token) {
    refreshTokens.put(token.digest(), token);
    return CompletableFuture.completedFuture(null);
  }

  @Override
  public synchronized CompletionStage<Exchange> exchange(
      String digest, String nextDigest, Instant nextExpiresAt, Instant now) {
    RefreshToken token = refreshTokens.get(digest);
    if (token == null || !now.isBefore(token.expiresAt())) {
      return done(new Exchange.Unknown());
    }
    if (used.put(digest, true) != null) {
      return done(new Exchange.UsedAgain(token));
    }
    refreshTokens.put(
        nextDigest,
        new RefreshToken(
            nextDigest, token.session(), token.userName(), token.epoch(), nextExpiresAt));
    return done(new Exchange.Exchanged(token));
  }

  @Override
  public synchronized CompletionStage<Void> endSession(String session, Instant now, Instant until) {
    refreshTokens.values().removeIf(token -> token.session().equals(session));
    ended.put(session, until);
    return CompletableFuture.completedFuture(null);
  }
}
