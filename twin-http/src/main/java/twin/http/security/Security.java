package twin.http.security;

import com.typesafe.config.Config;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.AccountStore;
import twin.http.Access;
import twin.http.Endpoint;
import twin.http.Problem;

/**
 * Who may call this node: made once, when it starts, before it serves. Reads the accounts again
 * every few seconds until the actor system ends. Thread-safe.
 */
public final class Security {

  private static final Logger log = LoggerFactory.getLogger(Security.class);

  private final SecuritySettings settings;
  private final CallerAccess access;
  private final List<Endpoint> endpoints;

  private Security(SecuritySettings settings, CallerAccess access, List<Endpoint> endpoints) {
    this.settings = settings;
    this.access = access;
    this.endpoints = List.copyOf(endpoints);
  }

  /**
   * Reads the accounts, and makes a first administrator where callers must say who they are and
   * there is nobody.
   *
   * @param http the block {@code twin.http}
   * @param home what paths in it are relative to
   * @throws IllegalArgumentException when a setting is of no use
   */
  public static Security start(
      ActorSystem<?> system, Config http, Path home, AccountStore store, InstantSource clock) {
    SecuritySettings settings = SecuritySettings.of(http);
    Passwords passwords = new Passwords(settings.argon2());
    KnownCallers callers = new KnownCallers(settings.keys(), store, clock);
    if (settings.on()) {
      FirstAdministrator.makeIfNobody(
          settings.administrator(), home, store, passwords, clock.instant());
    }
    callers.reload().toCompletableFuture().join();
    keepReloading(system, settings, callers);
    Tokens tokens = new Tokens(secret(settings, store), clock);
    RateLimits limits = new RateLimits(settings.limits(), settings.proxies(), clock);
    CallerAccess access = new CallerAccess(callers, tokens, limits);
    return new Security(
        settings,
        access,
        Stream.of(
                new AuthEndpoints(
                        settings, store, callers, tokens, access, limits, passwords, clock)
                    .all(),
                new UserEndpoints(store, callers, passwords, settings.usersMax(), clock).all(),
                new KeyEndpoints(store, callers, settings.usersMax(), clock).all())
            .flatMap(List::stream)
            .toList());
  }

  private static String secret(SecuritySettings settings, AccountStore store) {
    return settings.tokenSecret().isPresent()
        ? settings.tokenSecret().value()
        : store.tokenSecret(Digests.random()).toCompletableFuture().join();
  }

  private static void keepReloading(
      ActorSystem<?> system, SecuritySettings settings, KnownCallers callers) {
    AtomicBoolean running = new AtomicBoolean();
    AtomicBoolean told = new AtomicBoolean();
    var unused =
        system
            .scheduler()
            .scheduleWithFixedDelay(
                settings.reload(),
                settings.reload(),
                () -> {
                  if (running.getAndSet(true)) {
                    return;
                  }
                  callers
                      .reload()
                      .whenComplete(
                          (done, failure) -> {
                            running.set(false);
                            if (failure == null) {
                              told.set(false);
                            } else if (!told.getAndSet(true)) {
                              log.warn(
                                  "the accounts cannot be read; those go on that are known: {}",
                                  Problem.rootOf(failure).getMessage());
                            }
                          });
                },
                system.executionContext());
  }

  /** Lets through who says who they are; where nobody has to, whoever reaches this machine. */
  public Access access() {
    return settings.on() ? access : Access.anyone();
  }

  /** Signing in and out, users and keys. */
  public List<Endpoint> endpoints() {
    return endpoints;
  }
}
