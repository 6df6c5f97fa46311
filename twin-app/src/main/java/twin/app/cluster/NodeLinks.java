package twin.app.cluster;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ways between the nodes of this machine, which can be cut. Each node is reached through a port
 * of this process, and goes out from a loopback address of its own, by which is known who comes.
 *
 * <p>What travels on a way that is cut is held back, as by a network that lets nothing through: no
 * connection ends by it, a new one gets no answer, and nobody is told. Once the way is open again
 * it goes on, as what was lost is sent again by TCP. Thread-safe.
 */
final class NodeLinks implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(NodeLinks.class);
  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int WAITING_CONNECTIONS_MAX = 50;
  private static final int NOBODY = 0;

  private final List<Integer> targets;
  private final List<ServerSocket> doors = new ArrayList<>();
  private final Set<Closeable> sockets = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private int isolated = NOBODY;
  private boolean closed;

  private NodeLinks(List<Integer> targets) {
    this.targets = targets;
  }

  /**
   * Opens a way to each node.
   *
   * @param targets the ports that the nodes listen on, in the order of their numbers
   * @throws IOException also where the machine has no other loopback addresses than 127.0.0.1
   */
  static NodeLinks open(List<Integer> targets) throws IOException {
    NodeLinks links = new NodeLinks(List.copyOf(targets));
    boolean whole = false;
    try {
      for (int number = 1; number <= targets.size(); number++) {
        requireAddress(addressOf(number));
        ServerSocket door =
            new ServerSocket(0, WAITING_CONNECTIONS_MAX, InetAddress.getLoopbackAddress());
        links.doors.add(door);
        int to = number;
        Thread.ofVirtual().name("way-to-" + number).start(() -> links.admit(door, to));
      }
      whole = true;
      return links;
    } finally {
      if (!whole) {
        links.close();
      }
    }
  }

  private static void requireAddress(String address) throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getByName(address))) {
      log.debug("{} is there", probe.getLocalSocketAddress());
    } catch (IOException e) {
      throw new IOException(
          "Nodes can be cut off only where each can have a loopback address of its own, and %s is none: %s"
              .formatted(address, e.getMessage()),
          e);
    }
  }

  /** The address from which a node has to go out. */
  static String addressOf(int number) {
    return "127.0.1." + number;
  }

  /** The ports by which the nodes are reached, in the order of their numbers. */
  List<Integer> ports() {
    return doors.stream().map(ServerSocket::getLocalPort).toList();
  }

  /** Cuts one node off from all others, in both directions. */
  void isolate(int number) {
    change(number);
  }

  /** Opens all ways. */
  void heal() {
    change(NOBODY);
  }

  private void change(int number) {
    lock.lock();
    try {
      isolated = number;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits while the way between two nodes is cut. */
  private void awaitOpen(int from, int to) throws IOException {
    lock.lock();
    try {
      while (!closed && (from == isolated) != (to == isolated)) {
        changed.awaitUninterruptibly();
      }
      if (closed) {
        throw new IOException("closed");
      }
    } finally {
      lock.unlock();
    }
  }

  private void admit(ServerSocket door, int to) {
    try {
      while (true) {
        Socket near = door.accept();
        int from = near.getInetAddress().getAddress()[3];
        sockets.add(near);
        Thread.ofVirtual().start(() -> connect(near, from, to));
      }
    } catch (IOException e) {
      log.debug("the way to node {} is closed", to, e);
    }
  }

  private void connect(Socket near, int from, int to) {
    Socket far = new Socket();
    try {
      awaitOpen(from, to);
      far.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), targets.get(to - 1)));
      far.setTcpNoDelay(true);
      near.setTcpNoDelay(true);
      sockets.add(far);
    } catch (IOException e) {
      log.debug("node {} is not there", to, e);
      end(near, far);
      return;
    }
    Thread.ofVirtual().start(() -> carry(near, far, from, to));
    carry(far, near, from, to);
  }

  /** One direction of a connection; its end is carried on too. */
  private void carry(Socket source, Socket target, int from, int to) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try {
      InputStream in = source.getInputStream();
      OutputStream out = target.getOutputStream();
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        awaitOpen(from, to);
        out.write(buffer, 0, length);
      }
      awaitOpen(from, to);
      target.shutdownOutput();
      if (source.isOutputShutdown()) {
        end(source, target);
      }
    } catch (IOException e) {
      log.debug("a connection from node {} to node {} broke", from, to, e);
      endWhenOpen(source, target, from, to);
    }
  }

  /** That a process has gone is not known behind a cut. */
  private void endWhenOpen(Socket source, Socket target, int from, int to) {
    try {
      awaitOpen(from, to);
    } catch (IOException e) {
      log.debug("closed meanwhile", e);
    }
    end(source, target);
  }

  private void end(Socket... ended) {
    for (Socket socket : ended) {
      close(socket);
      sockets.remove(socket);
    }
  }

  private static void close(Closeable socket) {
    try {
      socket.close();
    } catch (IOException e) {
      log.debug("could not be closed", e);
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    doors.forEach(NodeLinks::close);
    sockets.forEach(NodeLinks::close);
  }
}
