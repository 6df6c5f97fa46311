package twin.app.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Nodes of one cluster as processes of this machine. Each has a port of its own that it keeps when
 * it is started again, so that the others and their users find it where it was. Not thread-safe.
 */
public final class LocalCluster implements AutoCloseable {

  private static final String HOST = "127.0.0.1";

  /** What the database is told of who writes the journal. */
  private static final String JOURNAL_NAME =
      "pekko-persistence-jdbc.shared-databases.slick.db.properties.ApplicationName";

  private final Path directory;
  private final Map<String, Object> settings;
  private final List<Integer> boundPorts;
  private final List<Integer> clusterPorts;
  private final List<Integer> httpPorts;
  private final @Nullable NodeLinks links;
  private final List<NodeProcess> nodes = new ArrayList<>();
  private int started;
  private int founder;
  private int release = 1;

  /**
   * Starts nothing yet.
   *
   * @param directory for the nodes' configurations and logs
   * @param settings what all of them are configured with
   * @param size how many nodes there will be
   * @param httpPort of the first; 0: any free ones
   */
  public LocalCluster(Path directory, Map<String, Object> settings, int size, int httpPort)
      throws IOException {
    this(directory, settings, size, httpPort, false);
  }

  /** The same with nodes that can be cut off from one another: all that they say goes by here. */
  public static LocalCluster cuttable(
      Path directory, Map<String, Object> settings, int size, int httpPort) throws IOException {
    return new LocalCluster(directory, settings, size, httpPort, true);
  }

  private LocalCluster(
      Path directory, Map<String, Object> settings, int size, int httpPort, boolean cuttable)
      throws IOException {
    this.directory = Files.createDirectories(directory);
    this.settings = Map.copyOf(settings);
    List<Integer> free = freePorts(2 * size);
    this.boundPorts = free.subList(0, size);
    this.links = cuttable ? NodeLinks.open(boundPorts) : null;
    this.clusterPorts = links == null ? boundPorts : links.ports();
    List<Integer> given = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      given.add(httpPort == 0 ? free.get(size + i) : Integer.valueOf(httpPort + i));
    }
    this.httpPorts = given;
  }

  /** All at once, so that no two are the same. */
  private static List<Integer> freePorts(int count) throws IOException {
    List<ServerSocket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < count; i++) {
        sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
      }
      return sockets.stream().map(ServerSocket::getLocalPort).toList();
    } finally {
      for (ServerSocket socket : sockets) {
        socket.close();
      }
    }
  }

  /** The nodes, by number. */
  public List<NodeProcess> nodes() {
    return List.copyOf(nodes);
  }

  /** Starts the next node. */
  public NodeProcess add() throws IOException {
    NodeProcess node = start(nodes.size() + 1);
    nodes.add(node);
    return node;
  }

  /** Starts a node again that has ended. */
  public NodeProcess restart(NodeProcess ended) throws IOException {
    NodeProcess node = start(ended.number());
    nodes.set(ended.number() - 1, node);
    return node;
  }

  /** Those that are started from now on say that they are of a newer version of the program. */
  public void upgrade() {
    release++;
  }

  /**
   * Cuts one node off from all others; users, database and brokers reach it still.
   *
   * @throws IllegalStateException when this cluster cannot be cut
   */
  public void isolate(NodeProcess node) {
    links().isolate(node.number());
  }

  /** Lets all nodes reach one another again. */
  public void heal() {
    links().heal();
  }

  private NodeLinks links() {
    if (links == null) {
      throw new IllegalStateException("this cluster cannot be cut");
    }
    return links;
  }

  private NodeProcess start(int number) throws IOException {
    started++;
    String name = "node-%d.%d".formatted(number, started);
    return NodeProcess.start(
        number,
        name,
        configuration(number, name),
        directory.resolve("node-%d.log".formatted(number)),
        "http://%s:%d".formatted(HOST, httpPorts.get(number - 1)),
        clusterPorts.size());
  }

  /**
   * Whether a node may begin a cluster when it finds none: the first seed node does so, and one
   * that is started again while it is cut off would begin a second cluster beside the first. So
   * only one does, and only when no other node serves.
   */
  private boolean mayFound(int number) {
    boolean others =
        nodes.stream()
            .anyMatch(
                node ->
                    node.number() != number
                        && node.isAlive()
                        && (node.isReady() || node.number() == founder));
    if (!others) {
      founder = number;
    }
    return !others;
  }

  /** Where to ask, in this order. Who is the first in its own list may begin a cluster. */
  private String seeds(int number) {
    List<Integer> order = new ArrayList<>();
    for (int each = 1; each <= clusterPorts.size(); each++) {
      if (each != number) {
        order.add(each);
      }
    }
    order.add(mayFound(number) ? 0 : order.size(), number);
    return order.stream()
        .map(each -> "\"pekko://twin@%s:%d\"".formatted(HOST, clusterPorts.get(each - 1)))
        .collect(Collectors.joining(", "));
  }

  /** Holds the database's password, so that nobody else may read it. */
  private Path configuration(int number, String name) throws IOException {
    Map<String, Object> own = new HashMap<>(settings);
    own.put("twin.cluster.host", HOST);
    own.put("twin.cluster.port", clusterPorts.get(number - 1));
    own.put(JOURNAL_NAME, name);
    if (release > 1) {
      own.put("pekko.cluster.app-version", "0.0." + release);
    }
    if (links != null) {
      own.put("pekko.remote.artery.bind.hostname", HOST);
      own.put("pekko.remote.artery.bind.port", boundPorts.get(number - 1));
      own.put(
          "pekko.remote.artery.advanced.tcp.outbound-client-hostname", NodeLinks.addressOf(number));
    }
    own.put("twin.http.address", HOST);
    own.put("twin.http.port", httpPorts.get(number - 1));
    String text =
        new TreeMap<>(own)
                .entrySet().stream()
                    .map(
                        each ->
                            "%s = \"%s\"\n"
                                .formatted(
                                    each.getKey(),
                                    each.getValue().toString().replace("\\", "\\\\")))
                    .collect(Collectors.joining())
            + "pekko.cluster.seed-nodes = [%s]\n".formatted(seeds(number));
    Path file = directory.resolve("node-%d.conf".formatted(number));
    if (Files.notExists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    return Files.writeString(
        file, text, StandardCharsets.UTF_8, StandardOpenOption.TRUNCATE_EXISTING);
  }

  /** Stops all of them, one after the other, so that the last can take what the others leave. */
  @Override
  public void close() {
    nodes.forEach(NodeProcess::terminate);
    nodes.forEach(NodeProcess::close);
    if (links != null) {
      links.close();
    }
  }
}
