package twin.http.security;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import twin.core.store.SiteScope;
import twin.http.Role;

/** The keys that a node knows, from {@code twin.http.api-keys}. Immutable. */
public final class ApiKeys {

  /** So that the work of looking at a call has a bound. */
  private static final int KEYS_MAX = 100;

  private static final String SETTING = "twin.http.api-keys (TWIN_API_KEYS)";

  private static final Set<String> REQUIRED = Set.of("name", "key");
  private static final Set<String> MEMBERS = Set.of("name", "key", "role", "sites");
  private static final String SHAPE =
      "it must be {name = \"…\", key = \"…\"}, and may have role = \"…\" and sites = [\"…\"]";

  private final List<ApiKey> keys;

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
    this.keys = List.copyOf(keys);
  }

  /**
   * From the block {@code twin.http}: a list of objects, or a text of {@code name:key} or {@code
   * name:key:role} with commas between them, as an environment variable has it. Without a role a
   * key is an administrator's.
   *
   * @throws IllegalArgumentException when a key is of no use, with a line that shows no key
   */
  public static ApiKeys of(Config http) {
    ConfigValue value = http.getValue("api-keys");
    boolean text = value.valueType() == ConfigValueType.STRING;
    if (!text && value.valueType() != ConfigValueType.LIST) {
      throw new IllegalArgumentException(
          SETTING + " must be name:key,… or a list of {name, key, role, sites}");
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

  private static ApiKey ofPair(String text) {
    String[] parts = text.split(":", -1);
    if (parts.length != 2 && parts.length != 3) {
      throw new IllegalArgumentException(
          "it must be name:key or name:key:role, with colons between them");
    }
    Role role = parts.length == 3 ? Grants.role(parts[2]) : Role.ADMINISTRATOR;
    return new ApiKey(parts[0], parts[1], role, SiteScope.ALL);
  }

  private static ApiKey ofObject(ConfigValue value) {
    if (!(value instanceof ConfigObject object)
        || !MEMBERS.containsAll(object.keySet())
        || !object.keySet().containsAll(REQUIRED)) {
      throw new IllegalArgumentException(SHAPE);
    }
    Config key = object.toConfig();
    try {
      return new ApiKey(
          text(object, "name"),
          text(object, "key"),
          object.containsKey("role") ? Grants.role(text(object, "role")) : Role.ADMINISTRATOR,
          object.containsKey("sites") ? Grants.sites(key.getStringList("sites")) : SiteScope.ALL);
    } catch (ConfigException e) {
      // Its message would quote the value.
      throw new IllegalArgumentException(SHAPE);
    }
  }

  private static String text(ConfigObject object, String name) {
    ConfigValue value = object.get(name);
    if (value == null || !(value.unwrapped() instanceof String text)) {
      throw new IllegalArgumentException(SHAPE);
    }
    return text;
  }

  /** Whether there is none. */
  public boolean isEmpty() {
    return keys.isEmpty();
  }

  /** The first one, with which a program can call its own server. */
  public Optional<ApiKey> first() {
    return keys.stream().findFirst();
  }

  List<ApiKey> all() {
    return keys;
  }

  /** Their names and roles. */
  @Override
  public String toString() {
    return keys.toString();
  }
}
