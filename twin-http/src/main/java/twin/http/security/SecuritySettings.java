package twin.http.security;

import com.typesafe.config.Config;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.stream.Stream;
import twin.core.store.AccountStore;

/**
 * Whether callers must say who they are, and what they may do how often, from {@code twin.http}.
 *
 * @param on whether callers must say who they are
 * @param keys the keys of the configuration
 * @param sessionLength how long a browser's session lasts
 * @param accessTokenLength how long an access token lasts
 * @param refreshTokenLength how long a refresh token can be exchanged for the next
 * @param reload how often the accounts are read again
 * @param usersMax the most users, and again the most keys that are made at run time
 * @param lockout what to do about wrong passwords
 * @param argon2 what a password's hash costs
 * @param administrator who is made when there is nobody
 * @param limits how often somebody may call
 * @param proxies how many proxies of ours are in front and say in X-Forwarded-For who calls
 */
public record SecuritySettings(
    boolean on,
    ApiKeys keys,
    Secret tokenSecret,
    Duration sessionLength,
    Duration accessTokenLength,
    Duration refreshTokenLength,
    Duration reload,
    int usersMax,
    AccountStore.Lockout lockout,
    Argon2 argon2,
    Administrator administrator,
    Limits limits,
    int proxies) {

  private static final int TOKEN_SECRET_SHORTEST = 32;

  /** Something that no log shows; empty when there is none. */
  public record Secret(String value) {
    boolean isPresent() {
      return !value.isEmpty();
    }

    @Override
    public String toString() {
      return "Secret[]";
    }
  }

  /**
   * What a password's hash costs.
   *
   * @param concurrentMax how many are computed at a time
   * @param waitingMax how many may wait; whoever comes then is told to come again
   */
  public record Argon2(
      int memoryKib, int iterations, int parallelism, int concurrentMax, int waitingMax) {
    public Argon2 {
      requirePositive("argon2.memory", memoryKib);
      requirePositive("argon2.iterations", iterations);
      requirePositive("argon2.parallelism", parallelism);
      requirePositive("argon2.concurrent-max", concurrentMax);
      requirePositive("argon2.waiting-max", waitingMax);
    }
  }

  /**
   * Who is made when there is nobody.
   *
   * @param password empty for a random one, which is put into the file
   * @param passwordFile relative to where the program lies
   */
  public record Administrator(String name, Secret password, String passwordFile) {}

  /**
   * How often somebody may call, as tokens of a bucket: so many a second on the long run, so many
   * at once.
   *
   * @param signInsPerMinute how often an address may try to sign in
   * @param bucketsMax of how many callers and addresses this is known
   */
  public record Limits(
      int callerPerSecond,
      int callerBurst,
      int addressPerSecond,
      int addressBurst,
      int signInsPerMinute,
      int bucketsMax) {
    public Limits {
      requirePositive("limits.caller-per-second", callerPerSecond);
      requirePositive("limits.caller-burst", callerBurst);
      requirePositive("limits.address-per-second", addressPerSecond);
      requirePositive("limits.address-burst", addressBurst);
      requirePositive("limits.sign-ins-per-minute", signInsPerMinute);
      requirePositive("limits.buckets-max", bucketsMax);
    }
  }

  public SecuritySettings {
    for (Duration each :
        new Duration[] {sessionLength, accessTokenLength, refreshTokenLength, reload}) {
      if (!each.isPositive()) {
        throw new IllegalArgumentException(
            "twin.http.session-length and the times of twin.http.security must be above zero");
      }
    }
    if (tokenSecret.isPresent() && tokenSecret.value().length() < TOKEN_SECRET_SHORTEST) {
      throw new IllegalArgumentException(
          "twin.http.security.token-secret (TWIN_TOKEN_SECRET) must have %d characters or more; make one with: openssl rand -hex 32"
              .formatted(TOKEN_SECRET_SHORTEST));
    }
    requirePositive("users-max", usersMax);
    requirePositive("wrong-passwords-max", lockout.after());
    if (!lockout.pause().isPositive() || lockout.pauseMax().compareTo(lockout.pause()) < 0) {
      throw new IllegalArgumentException(
          "twin.http.security.pause must be above zero and pause-max no shorter");
    }
    if (proxies < 0) {
      throw new IllegalArgumentException("twin.http.security.proxies must be 0 or more");
    }
    Names.requireName(administrator.name());
    if (administrator.password().isPresent()) {
      Passwords.requireGood(administrator.name(), administrator.password().value());
    }
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(
          "twin.http.security.%s must be above zero".formatted(name));
    }
  }

  /**
   * From the block {@code twin.http}.
   *
   * @throws IllegalArgumentException when something is of no use, with a line that shows no secret
   */
  public static SecuritySettings of(Config http) {
    Config security = http.getConfig("security");
    Config administrator = security.getConfig("first-administrator");
    ApiKeys keys = ApiKeys.of(http);
    Secret password = new Secret(administrator.getString("password"));
    boolean on =
        isOn(
            http.getString("authentication"),
            http.getString("address"),
            !keys.isEmpty() || password.isPresent());
    return new SecuritySettings(
        on,
        keys,
        new Secret(security.getString("token-secret")),
        http.getDuration("session-length"),
        security.getDuration("access-token-length"),
        security.getDuration("refresh-token-length"),
        security.getDuration("reload"),
        security.getInt("users-max"),
        new AccountStore.Lockout(
            security.getInt("wrong-passwords-max"),
            security.getDuration("pause"),
            security.getDuration("pause-max")),
        new Argon2(
            Math.toIntExact(security.getBytes("argon2.memory") / 1024),
            security.getInt("argon2.iterations"),
            security.getInt("argon2.parallelism"),
            security.getInt("argon2.concurrent-max"),
            security.getInt("argon2.waiting-max")),
        new Administrator(
            administrator.getString("name"), password, administrator.getString("password-file")),
        new Limits(
            security.getInt("limits.caller-per-second"),
            security.getInt("limits.caller-burst"),
            security.getInt("limits.address-per-second"),
            security.getInt("limits.address-burst"),
            security.getInt("limits.sign-ins-per-minute"),
            security.getInt("limits.buckets-max")),
        security.getInt("proxies"));
  }

  /** Nobody can reach a server without saying who they are, but from its own machine. */
  private static boolean isOn(String authentication, String address, boolean wanted) {
    boolean loopback = isLoopback(address);
    return switch (authentication) {
      case "on" -> true;
      case "auto" -> wanted || !loopback;
      case "off" -> {
        if (!loopback) {
          throw new IllegalArgumentException(
              ("%s is not a loopback address: who reaches it has to say who they are. Leave"
                      + " twin.http.authentication at auto, or listen on 127.0.0.1")
                  .formatted(address));
        }
        if (wanted) {
          throw new IllegalArgumentException(
              "twin.http.authentication is off although there are API keys (TWIN_API_KEYS) or an"
                  + " administrator's password (TWIN_ADMIN_PASSWORD): take these away, or leave it"
                  + " at auto");
        }
        yield false;
      }
      default ->
          throw new IllegalArgumentException(
              "twin.http.authentication must be auto, on or off, not '%s'"
                  .formatted(authentication));
    };
  }

  private static boolean isLoopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("%s: there is no such address".formatted(address), e);
    }
  }

  /** How long something that was given out in a session may still be good after its end. */
  Duration longest() {
    return Stream.of(sessionLength, accessTokenLength).max(Duration::compareTo).orElseThrow();
  }
}
