package twin.ingest.mqtt;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/** A network between client and broker that can be cut, frozen and made to tell lies. */
final class TcpProxy implements AutoCloseable {

  /** How the proxy answers a CONNECT of MQTT 5. */
  enum Version5 {
    ACCEPT,
    /** As a broker does that knows MQTT 5 well enough to refuse it: CONNACK 0x84. */
    REFUSE,
    /** As a broker of MQTT 3.1.1 does: CONNACK of that version with return code 1. */
    REFUSE_AS_VERSION_3,
    HANG_UP;

    private byte[] answer() {
      return switch (this) {
        case REFUSE -> new byte[] {0x20, 0x03, 0x00, (byte) 0x84, 0x00};
        case REFUSE_AS_VERSION_3 -> new byte[] {0x20, 0x02, 0x00, 0x01};
        case ACCEPT, HANG_UP -> new byte[0];
      };
    }
  }

  private final ServerSocket server;
  private final int brokerPort;
  private final Version5 version5;
  private final UnaryOperator<byte[]> onConnectPacket;
  private final List<Socket> sockets = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition thawed = lock.newCondition();
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger version5Refused = new AtomicInteger();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private boolean frozen;

  private TcpProxy(int brokerPort, Version5 version5, UnaryOperator<byte[]> onConnectPacket)
      throws IOException {
    this.brokerPort = brokerPort;
    this.version5 = version5;
    this.onConnectPacket = onConnectPacket;
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    thread(this::accept);
  }

  static TcpProxy to(int brokerPort) {
    return to(brokerPort, Version5.ACCEPT, UnaryOperator.identity());
  }

  static TcpProxy to(int brokerPort, Version5 version5, UnaryOperator<byte[]> onConnectPacket) {
    try {
      return new TcpProxy(brokerPort, version5, onConnectPacket);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getLocalPort();
  }

  /** How many connections have been carried to the broker. */
  int connections() {
    return connections.get();
  }

  int version5Refused() {
    return version5Refused.get();
  }

  /** The types of the packets that the client has sent after CONNECT, in their order. */
  List<Integer> packetTypesSaid() {
    byte[] bytes;
    synchronized (said) {
      bytes = said.toByteArray();
    }
    List<Integer> types = new ArrayList<>();
    for (int i = 0; i + 1 < bytes.length; i += 2 + bytes[i + 1]) {
      // None of what a subscriber says is 128 bytes long or longer.
      types.add((bytes[i] & 0xF0) >> 4);
    }
    return types;
  }

  /** Ends all connections as a broken network does. */
  void cut() {
    List<Socket> current = new ArrayList<>(sockets);
    sockets.removeAll(current);
    current.forEach(TcpProxy::reset);
  }

  /** Lets connections stand but carries nothing more over them. */
  void freeze() {
    lock.lock();
    try {
      frozen = true;
    } finally {
      lock.unlock();
    }
  }

  /** Carries again, and what was held up too. */
  void thaw() {
    lock.lock();
    try {
      frozen = false;
      thawed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        sockets.add(client);
        thread(() -> connect(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    try {
      byte[] connect = readPacket(client.getInputStream());
      boolean speaks5 = connect[protocolLevelAt(connect)] == 5;
      if (speaks5 && version5 != Version5.ACCEPT) {
        version5Refused.incrementAndGet();
        client.getOutputStream().write(version5.answer());
        client.getOutputStream().flush();
        client.shutdownOutput();
        return;
      }
      Socket broker = new Socket(InetAddress.getLoopbackAddress(), brokerPort);
      sockets.add(broker);
      broker.getOutputStream().write(onConnectPacket.apply(connect));
      broker.getOutputStream().flush();
      connections.incrementAndGet();
      thread(() -> carry(client, broker, said));
      thread(() -> carry(broker, client, OutputStream.nullOutputStream()));
    } catch (IOException brokerAway) {
      reset(client);
    }
  }

  private void carry(Socket from, Socket to, OutputStream record) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[16 * 1024];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        waitWhileFrozen();
        synchronized (record) {
          record.write(buffer, 0, read);
        }
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException ended) {
      // One side has gone, and with it the other.
    }
  }

  private void waitWhileFrozen() {
    lock.lock();
    try {
      while (frozen) {
        thawed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private static byte[] readPacket(InputStream in) throws IOException {
    List<Byte> header = new ArrayList<>();
    header.add((byte) in.read());
    int remaining = 0;
    int shift = 0;
    int digit;
    do {
      digit = in.read();
      if (digit < 0) {
        throw new IOException("The client hung up");
      }
      header.add((byte) digit);
      remaining |= (digit & 0x7F) << shift;
      shift += 7;
    } while ((digit & 0x80) != 0);
    byte[] packet = new byte[header.size() + remaining];
    for (int i = 0; i < header.size(); i++) {
      packet[i] = header.get(i);
    }
    if (in.readNBytes(packet, header.size(), remaining) < remaining) {
      throw new IOException("The client hung up");
    }
    return packet;
  }

  /** The byte behind the fixed header, the length of the protocol's name and the name "MQTT". */
  static int protocolLevelAt(byte[] connect) {
    int position = 1;
    while ((connect[position] & 0x80) != 0) {
      position++;
    }
    return position + 1 + 2 + 4;
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException alreadyClosed) {
      // That was the purpose.
    }
  }

  private static void thread(Runnable task) {
    Thread thread = new Thread(task, "tcp-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thaw();
    cut();
  }
}
