package twin.http.security;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import twin.core.store.AccountStore;
import twin.core.store.SiteScope;
import twin.http.Caller;
import twin.http.Role;

/**
 * Who may call, as this node knows it: the keys of the configuration, and a copy of the accounts
 * that is read again every few seconds and after each change made here. So no call waits for the
 * database, and when it is away those go on that were known. Thread-safe.
 */
final class KnownCallers {

  /**
   * A key, whether of the configuration or made at run time.
   *
   * @param digest what it is recognised by
   */
  record Key(
      String name,
      String digest,
      Role role,
      SiteScope sites,
      @Nullable Instant expiresAt,
      @Nullable Instant createdAt,
      @Nullable String createdBy) {

    boolean isConfigured() {
      return createdBy == null;
    }

    @Override
    public String toString() {
      return "Key[name=%s]".formatted(name);
    }
  }

  private record Copy(
      long number,
      Map<String, AccountStore.User> users,
      Map<String, Key> keysByName,
      Map<String, Key> keysByDigest,
      Set<String> endedSessions) {}

  private final List<Key> configured;
  private final AccountStore store;
  private final InstantSource clock;
  private final AtomicLong loads = new AtomicLong();
  private volatile Copy copy;

  KnownCallers(ApiKeys keys, AccountStore store, InstantSource clock) {
    this.configured =
        keys.all().stream()
            .map(
                key ->
                    new Key(
                        key.name(),
                        Digests.sha256(key.secret()),
                        key.role(),
                        key.sites(),
                        null,
                        null,
                        null))
            .toList();
    this.store = store;
    this.clock = clock;
    this.copy = copyOf(0, new AccountStore.Accounts(List.of(), List.of(), Set.of()));
  }

  /** Reads the accounts again. */
  CompletionStage<Void> reload() {
    long number = loads.incrementAndGet();
    return store.load(clock.instant()).thenAccept(accounts -> take(copyOf(number, accounts)));
  }

  /** What was begun earlier and comes later is out of date. */
  private synchronized void take(Copy newer) {
    if (newer.number() > copy.number()) {
      copy = newer;
    }
  }

  private Copy copyOf(long number, AccountStore.Accounts accounts) {
    Map<String, AccountStore.User> users = new HashMap<>();
    accounts.users().forEach(user -> users.put(user.name(), user));
    List<Key> keys = new ArrayList<>();
    for (AccountStore.Key key : accounts.keys()) {
      keys.add(known(key));
    }
    // The configuration has the last word.
    keys.addAll(configured);
    Map<String, Key> byName = new HashMap<>();
    Map<String, Key> byDigest = new HashMap<>();
    for (Key key : keys) {
      byName.put(key.name(), key);
      byDigest.put(key.digest(), key);
    }
    return new Copy(number, users, byName, byDigest, new HashSet<>(accounts.endedSessions()));
  }

  static Key known(AccountStore.Key key) {
    return new Key(
        key.name(),
        key.digest(),
        Grants.role(key.role()),
        key.sites(),
        key.expiresAt(),
        key.createdAt(),
        key.createdBy());
  }

  List<AccountStore.User> users() {
    return copy.users().values().stream()
        .sorted(Comparator.comparing(AccountStore.User::name))
        .toList();
  }

  List<Key> keys() {
    return copy.keysByName().values().stream().sorted(Comparator.comparing(Key::name)).toList();
  }

  Optional<AccountStore.User> user(String name) {
    return Optional.ofNullable(copy.users().get(name));
  }

  Optional<Key> key(String name) {
    return Optional.ofNullable(copy.keysByName().get(name));
  }

  /**
   * The key that somebody presents. It is looked up by its digest: how long that takes tells
   * something of the digest at most, from which nothing follows for the key.
   */
  Optional<Key> presented(String secret) {
    return ApiKey.mayBe(secret)
        ? Optional.ofNullable(copy.keysByDigest().get(Digests.sha256(secret))).filter(this::isGood)
        : Optional.empty();
  }

  private boolean isGood(Key key) {
    return key.expiresAt() == null || clock.instant().isBefore(key.expiresAt());
  }

  /** Who has a token with these claims, if it is still good. */
  Optional<Caller> holder(Tokens tokens, Tokens.Claims claims, Caller.Means means) {
    if (copy.endedSessions().contains(claims.session())) {
      return Optional.empty();
    }
    return switch (claims.holder()) {
      case USER ->
          user(claims.name())
              .filter(user -> !user.disabled())
              .filter(user -> Long.toString(user.epoch()).equals(claims.version()))
              .map(user -> new Caller(user.name(), means, Grants.role(user.role()), user.sites()));
      case KEY ->
          key(claims.name())
              .filter(this::isGood)
              .filter(key -> tokens.versionOfKey(key.digest()).equals(claims.version()))
              .map(key -> caller(key, means));
    };
  }

  static Caller caller(Key key, Caller.Means means) {
    return new Caller(key.name(), means, key.role(), key.sites());
  }
}
