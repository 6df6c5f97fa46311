package twin.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Map;

/** What a node is configured with, and where the program lies. */
public final class NodeConfig {

  private static final String HOST = "twin.cluster.host";
  private static final String OWN_HOST = "own";

  private NodeConfig() {}

  /**
   * The whole configuration: system properties before what is given, that before the program's own
   * {@code application.conf}, that before each module's defaults. Members of the cluster tell each
   * other the program's version: while several are in it, shards go to nodes of the newest.
   *
   * @throws ConfigException when it is not whole, or says of joining a cluster what cannot be
   */
  public static Config with(Config given) {
    Config config =
        ConfigFactory.defaultOverrides()
            .withFallback(given)
            .withFallback(
                ConfigFactory.parseMap(Map.of("pekko.cluster.app-version", Version.text())))
            .withFallback(ConfigFactory.defaultApplication())
            .withFallback(ConfigFactory.defaultReferenceUnresolved());
    Config resolved = config.resolve();
    if (resolved.getString(HOST).equals(OWN_HOST)) {
      resolved = ConfigFactory.parseMap(Map.of(HOST, ownAddress())).withFallback(config).resolve();
    }
    Joining unused = Joining.of(resolved);
    return resolved;
  }

  private static String ownAddress() {
    try {
      return InetAddress.getLocalHost().getHostAddress();
    } catch (UnknownHostException e) {
      throw new ConfigException.BadValue(
          HOST, "this machine's name leads to no address: " + e.getMessage(), e);
    }
  }

  /** A path that the configuration names, relative to where the program lies. */
  public static Path path(String configured) {
    return home().resolve(configured);
  }

  /** Where the program lies: what the launcher says, else the present directory. */
  public static Path home() {
    return Path.of(System.getProperty("twin.home", ""));
  }
}
