package twin.app.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class NodeLinksTest {

  private static final int NOTHING_FOR_MILLIS = 200;

  private ServerSocket one;
  private ServerSocket two;
  private ServerSocket three;
  private NodeLinks links;

  @BeforeEach
  void open() throws IOException {
    one = listening();
    two = listening();
    three = listening();
    links = NodeLinks.open(List.of(one.getLocalPort(), two.getLocalPort(), three.getLocalPort()));
  }

  @AfterEach
  void close() throws IOException {
    links.close();
    one.close();
    two.close();
    three.close();
  }

  private static ServerSocket listening() throws IOException {
    return new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
  }

  private Socket connect(int from, int to) throws IOException {
    return new Socket(
        InetAddress.getLoopbackAddress(),
        links.ports().get(to - 1),
        InetAddress.getByName(NodeLinks.addressOf(from)),
        0);
  }

  private static void expectNothing(Socket socket) throws IOException {
    socket.setSoTimeout(NOTHING_FOR_MILLIS);
    InputStream in = socket.getInputStream();
    assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
    socket.setSoTimeout(0);
  }

  @Test
  void aConnectionOverACutGivesNothingInEitherDirectionAndGoesOnAfterwards() throws IOException {
    try (Socket near = connect(1, 2);
        Socket far = two.accept()) {
      near.getOutputStream().write(1);
      assertThat(far.getInputStream().read()).isEqualTo(1);
      links.isolate(2);
      near.getOutputStream().write(2);
      far.getOutputStream().write(3);
      expectNothing(far);
      expectNothing(near);
      links.heal();
      assertThat(far.getInputStream().read()).isEqualTo(2);
      assertThat(near.getInputStream().read()).isEqualTo(3);
    }
  }

  @Test
  void theEndOfAProcessIsNotKnownBehindACut() throws IOException {
    try (Socket near = connect(1, 2);
        Socket far = two.accept()) {
      near.getOutputStream().write(1);
      assertThat(far.getInputStream().read()).isEqualTo(1);
      links.isolate(1);
      near.shutdownOutput();
      expectNothing(far);
      links.heal();
      assertThat(far.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void aNewConnectionGetsThroughOnlyAfterTheCutAndTheOthersAlways() throws IOException {
    links.isolate(3);
    two.setSoTimeout(NOTHING_FOR_MILLIS);
    try (Socket fromThree = connect(3, 2)) {
      fromThree.getOutputStream().write(1);
      assertThatThrownBy(two::accept).isInstanceOf(SocketTimeoutException.class);
      two.setSoTimeout(0);
      try (Socket fromOne = connect(1, 2);
          Socket atTwo = two.accept()) {
        fromOne.getOutputStream().write(2);
        assertThat(atTwo.getInputStream().read()).isEqualTo(2);
      }
      links.heal();
      try (Socket atTwo = two.accept()) {
        assertThat(atTwo.getInputStream().read()).isEqualTo(1);
      }
    }
  }
}
