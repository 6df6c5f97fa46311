package twin.app;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;

/** Carries connections to a port of this machine, and takes its time when it is told to. */
final class SlowLink implements AutoCloseable {

  private final ServerSocket server;
  private final int target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile Duration delay = Duration.ZERO;

  SlowLink(int target) {
    this.target = target;
    try {
      server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    thread(this::accept);
  }

  int port() {
    return server.getLocalPort();
  }

  /** From now on everything that is sent, either way, arrives so much later. */
  void delay(Duration newDelay) {
    delay = newDelay;
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Socket behind = new Socket(InetAddress.getLoopbackAddress(), target);
        for (Socket socket : new Socket[] {client, behind}) {
          socket.setTcpNoDelay(true);
          sockets.add(socket);
        }
        thread(() -> carry(client, behind));
        thread(() -> carry(behind, client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void carry(Socket from, Socket to) {
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      byte[] buffer = new byte[64 * 1024];
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        LockSupport.parkNanos(delay.toNanos());
        out.write(buffer, 0, read);
        out.flush();
      }
    } catch (IOException ended) {
      // One side has gone, and with it the other.
    }
    sockets.remove(from);
  }

  private static void thread(Runnable task) {
    Thread.ofPlatform().daemon().name("slow-link").start(task);
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
