package twin.app;

import com.typesafe.config.ConfigFactory;
import java.net.http.HttpRequest;
import java.util.Optional;
import java.util.regex.Pattern;
import twin.http.security.ApiKey;
import twin.http.security.ApiKeys;
import twin.http.security.SecuritySettings;

/** The API key with which this program calls a node, if there is one. Immutable. */
public final class ClientKey {

  /** The environment variable that holds it. */
  public static final String VARIABLE = "TWIN_API_KEY";

  private static final Pattern SENDABLE = Pattern.compile("[\\x21-\\x7e]+");

  private final Optional<String> key;

  private ClientKey(Optional<String> key) {
    this.key = key;
  }

  /** What the environment holds for calling another program's server. */
  public static ClientKey fromEnvironment() {
    Optional<String> key =
        Optional.ofNullable(System.getenv(VARIABLE))
            .map(String::strip)
            .filter(text -> !text.isEmpty());
    if (key.isPresent() && !SENDABLE.matcher(key.get()).matches()) {
      throw new NodeException(VARIABLE + " holds characters that no API key has");
    }
    return new ClientKey(key);
  }

  /** For calling a server that has these keys. */
  public static ClientKey of(ApiKeys keys) {
    return new ClientKey(keys.first().map(ApiKey::secret));
  }

  /**
   * The keys of servers that are started with this program's environment and no file.
   *
   * @throws IllegalArgumentException when one is of no use
   */
  public static ApiKeys serverKeys() {
    return SecuritySettings.of(NodeConfig.with(ConfigFactory.empty()).getConfig("twin.http"))
        .keys();
  }

  /** A request with the key. */
  public HttpRequest.Builder on(HttpRequest.Builder request) {
    return key.map(text -> request.header("X-Api-Key", text)).orElse(request);
  }

  /** Whether there is one. */
  public boolean isPresent() {
    return key.isPresent();
  }
}
