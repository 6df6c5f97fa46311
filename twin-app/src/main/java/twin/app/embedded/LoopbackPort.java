package twin.app.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;
import twin.app.embedded.EmbeddedServiceException.Reason;

/** Binding ports of the loopback address, the only one that the embedded services listen on. */
final class LoopbackPort {

  /** Written out, because {@code localhost} may also be {@code ::1}. */
  static final String HOST = "127.0.0.1";

  private LoopbackPort() {}

  /**
   * Binds a port, any free one for 0.
   *
   * @param option the option of the program that changes the port, for the message to the user
   */
  static ServerSocketChannel bind(int port, int backlog, String service, String option)
      throws EmbeddedServiceException {
    ServerSocketChannel channel = null;
    try {
      channel = ServerSocketChannel.open();
      channel.bind(address(port), backlog);
      return channel;
    } catch (IOException e) {
      if (channel != null) {
        closeAfterFailure(channel, e);
      }
      throw new EmbeddedServiceException(
          Reason.PORT_IN_USE,
          "Port %d for %s cannot be used (%s). Choose another with %s PORT, or 0 for any free one."
              .formatted(port, service, e.getMessage(), option),
          e);
    }
  }

  /** The number of a port that is free now: the given one, or any for 0. */
  static int free(int port, String service, String option) throws EmbeddedServiceException {
    try (ServerSocketChannel channel = bind(port, 1, service, option)) {
      return portOf(channel);
    } catch (IOException e) {
      throw new EmbeddedServiceException(
          Reason.PORT_IN_USE, "No port for %s: %s".formatted(service, e.getMessage()), e);
    }
  }

  static int portOf(ServerSocketChannel channel) throws IOException {
    return ((InetSocketAddress) channel.getLocalAddress()).getPort();
  }

  /** A port's address, by number: nothing is looked up, and it is never {@code ::1}. */
  static InetSocketAddress address(int port) throws UnknownHostException {
    return new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port);
  }

  private static void closeAfterFailure(ServerSocketChannel channel, IOException failure) {
    try {
      channel.close();
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }
}
