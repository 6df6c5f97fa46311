package twin.http.security;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/** The keys that a node knows, from {@code twin.http.api-keys}. Immutable. */
public final class ApiKeys {

  /** So that the work of looking at a call has a bound. */
  private static final int KEYS_MAX = 100;

  private static final String SETTING = "twin.http.api-keys (TWIN_API_KEYS)";

  private final List<Known> known;

  /** A key with its digest, which alone is compared with what callers send. */
  @SuppressWarnings("ArrayRecordComponent") // Compared by nobody.
  private record Known(ApiKey key, byte[] digest) {}

  private ApiKeys(List<ApiKey> keys) {
    Set<String> names = new HashSet<>();
    Set<String> secrets = new HashSet<>();
    for (ApiKey key : keys) {
      if (!names.add(key.name()) || !secrets.add(key.secret())) {
        throw new IllegalArgumentException(SETTING + ": two entries have the same name or key");
      }
    }
    if (keys.size() > KEYS_MAX) {
      throw new IllegalArgumentException(
          "%s: there may be %d keys, not %d".formatted(SETTING, KEYS_MAX, keys.size()));
    }
    this.known = keys.stream().map(key -> new Known(key, digest(key.secret()))).toList();
  }

  /**
   * From the block {@code twin.http}: a list of names and keys, or a text of {@code name:key} pairs
   * with commas between them, as an environment variable has it.
   *
   * @throws IllegalArgumentException when a key is of no use, with a line that shows no key
   */
  public static ApiKeys of(Config http) {
    ConfigValue value = http.getValue("api-keys");
    boolean text = value.valueType() == ConfigValueType.STRING;
    if (!text && value.valueType() != ConfigValueType.LIST) {
      throw new IllegalArgumentException(SETTING + " must be name:key,… or a list of {name, key}");
    }
    List<ApiKey> keys = new ArrayList<>();
    if (text) {
      String pairs = http.getString("api-keys").strip();
      for (String pair : pairs.isEmpty() ? new String[0] : pairs.split(",", -1)) {
        keys.add(entry(keys.size() + 1, () -> ofPair(pair.strip())));
      }
    } else {
      for (ConfigValue each : http.getList("api-keys")) {
        keys.add(entry(keys.size() + 1, () -> ofObject(each)));
      }
    }
    return new ApiKeys(keys);
  }

  private static ApiKey entry(int number, Supplier<ApiKey> read) {
    try {
      return read.get();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "%s, entry %d: %s".formatted(SETTING, number, e.getMessage()), e);
    }
  }

  private static ApiKey ofPair(String pair) {
    int colon = pair.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("it must be name:key, with a colon between them");
    }
    return new ApiKey(pair.substring(0, colon), pair.substring(colon + 1));
  }

  private static ApiKey ofObject(ConfigValue value) {
    if (!(value instanceof ConfigObject object)
        || !object.keySet().equals(Set.of("name", "key"))
        || object.values().stream().anyMatch(each -> each.valueType() != ConfigValueType.STRING)) {
      throw new IllegalArgumentException("it must be {name = \"…\", key = \"…\"}");
    }
    return new ApiKey(object.toConfig().getString("name"), object.toConfig().getString("key"));
  }

  /**
   * Makes sure that nobody can reach a server without a key but from its own machine.
   *
   * @throws IllegalArgumentException when it could be, with a line that says what to do
   */
  public void requireFor(String address) {
    if (known.isEmpty() && !isLoopback(address)) {
      throw new IllegalArgumentException(
          ("%s is not a loopback address: who reaches it needs an API key. Make one with openssl"
                  + " rand -hex 32 and start with TWIN_API_KEYS=name:key in the environment, or"
                  + " listen on 127.0.0.1")
              .formatted(address));
    }
  }

  private static boolean isLoopback(String address) {
    try {
      return InetAddress.getByName(address).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("%s: there is no such address".formatted(address), e);
    }
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return known.isEmpty();
  }

  /** The first one, with which a program can call its own server. */
  public Optional<ApiKey> first() {
    return known.stream().findFirst().map(Known::key);
  }

  Optional<ApiKey> named(String name) {
    return known.stream().map(Known::key).filter(key -> key.name().equals(name)).findFirst();
  }

  /** The key that somebody presents; it takes as long for a wrong one as for a right one. */
  Optional<ApiKey> presented(String secret) {
    if (!ApiKey.mayBe(secret)) {
      return Optional.empty();
    }
    byte[] digest = digest(secret);
    Optional<ApiKey> found = Optional.empty();
    for (Known each : known) {
      if (MessageDigest.isEqual(each.digest(), digest)) {
        found = Optional.of(each.key());
      }
    }
    return found;
  }

  private static byte[] digest(String secret) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(secret.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
