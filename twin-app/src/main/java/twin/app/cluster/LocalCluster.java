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

/**
 * Nodes of one cluster as processes of this machine. Each has a port of its own that it keeps when
 * it is started again, so that the others and their users find it where it was. Not thread-safe.
 */
public final class LocalCluster implements AutoCloseable {

  private static final String HOST = "127.0.0.1";

  private final Path directory;
  private final Map<String, Object> settings;
  private final List<Integer> clusterPorts;
  private final List<Integer> httpPorts;
  private final List<NodeProcess> nodes = new ArrayList<>();

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
    this.directory = Files.createDirectories(directory);
    this.settings = Map.copyOf(settings);
    List<Integer> free = freePorts(2 * size);
    this.clusterPorts = free.subList(0, size);
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

  private NodeProcess start(int number) throws IOException {
    return NodeProcess.start(
        number,
        configuration(number),
        directory.resolve("node-%d.log".formatted(number)),
        "http://%s:%d".formatted(HOST, httpPorts.get(number - 1)),
        clusterPorts.size());
  }

  /** Holds the database's password, so that nobody else may read it. */
  private Path configuration(int number) throws IOException {
    Map<String, Object> own = new HashMap<>(settings);
    own.put("twin.cluster.host", HOST);
    own.put("twin.cluster.port", clusterPorts.get(number - 1));
    own.put("twin.http.address", HOST);
    own.put("twin.http.port", httpPorts.get(number - 1));
    String seeds =
        clusterPorts.stream()
            .map(port -> "\"pekko://twin@%s:%d\"".formatted(HOST, port))
            .collect(Collectors.joining(", "));
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
            + "pekko.cluster.seed-nodes = [%s]\n".formatted(seeds);
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
  }
}
