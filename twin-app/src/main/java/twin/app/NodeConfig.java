package twin.app;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a node is configured with, and where the program lies. */
public final class NodeConfig {

  private static final String HOST = "twin.cluster.host";
  private static final String OWN_HOST = "own";

  private static final String TLS = "twin.cluster.tls";
  private static final List<String> TLS_FILES = List.of("certificate", "key", "ca");

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
    return resolved.hasPath(TLS) ? encrypted(resolved) : resolved;
  }

  /** With TLS among nodes, if the configuration names the files for it. */
  private static Config encrypted(Config config) {
    Config tls = config.getConfig(TLS);
    Map<String, String> files = new TreeMap<>();
    for (String name : TLS_FILES) {
      String file = tls.getString(name);
      if (!file.isEmpty()) {
        files.put(name, file);
      }
    }
    if (files.isEmpty()) {
      return config;
    }
    for (String name : TLS_FILES) {
      String file = files.getOrDefault(name, "");
      if (!Files.isReadable(Path.of(file)) || file.isEmpty()) {
        throw new ConfigException.BadValue(
            TLS + "." + name,
            file.isEmpty() ? "TLS needs this file too" : "%s cannot be read".formatted(file));
      }
    }
    return ConfigFactory.parseString(
            """
            pekko.remote.artery {
              transport = tls-tcp
              ssl {
                ssl-engine-provider = "org.apache.pekko.remote.artery.tcp.ssl.RotatingKeysSSLEngineProvider"
                rotating-keys-engine {
                  cert-file = ${twin.cluster.tls.certificate}
                  key-file = ${twin.cluster.tls.key}
                  ca-cert-file = ${twin.cluster.tls.ca}
                  ssl-context-cache-ttl = ${twin.cluster.tls.read-every}
                }
              }
            }
            """)
        .withFallback(config)
        .resolve();
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

  /** The folders of model bundles that a configuration names; fetched ones go into the last. */
  public static List<Path> modelFolders(Config config) {
    Path folder = path(config.getString("twin.models.folder"));
    String fetched = config.getString("twin.models.fetched-folder");
    return fetched.isEmpty() ? List.of(folder) : List.of(folder, path(fetched));
  }

  /** Where the program lies: what the launcher says, else the present directory. */
  public static Path home() {
    return Path.of(System.getProperty("twin.home", ""));
  }
}
