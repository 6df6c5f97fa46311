package twin.app;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Answers each question for an IPv4 address, of whatever name, with the same addresses. */
final class NameServer implements AutoCloseable {

  private static final int HEADER_BYTES = 12;
  private static final short ANSWER_WITHOUT_ERROR = (short) 0x8180;
  private static final short NAME_OF_THE_QUESTION = (short) (0xC000 | HEADER_BYTES);
  private static final short IPV4_ADDRESS = 1;
  private static final short INTERNET = 1;
  private static final int KEPT_FOR_SECONDS = 1;

  private final DatagramSocket socket;
  private final List<InetAddress> addresses;

  NameServer(List<InetAddress> addresses) throws IOException {
    this.addresses = List.copyOf(addresses);
    this.socket = new DatagramSocket(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofPlatform().daemon().name("name-server").start(this::serve);
  }

  int port() {
    return socket.getLocalPort();
  }

  private void serve() {
    try {
      while (true) {
        DatagramPacket question = new DatagramPacket(new byte[512], 512);
        socket.receive(question);
        byte[] answer = answer(Arrays.copyOf(question.getData(), question.getLength()));
        socket.send(new DatagramPacket(answer, answer.length, question.getSocketAddress()));
      }
    } catch (SocketException e) {
      // Closed.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] answer(byte[] question) {
    int end = HEADER_BYTES;
    while (question[end] != 0) {
      end += 1 + question[end];
    }
    end += 1;
    boolean known = ByteBuffer.wrap(question).getShort(end) == IPV4_ADDRESS;
    ByteBuffer answer = ByteBuffer.allocate(512);
    answer.put(question, 0, 2).putShort(ANSWER_WITHOUT_ERROR).putShort((short) 1);
    answer.putShort((short) (known ? addresses.size() : 0)).putShort((short) 0).putShort((short) 0);
    answer.put(question, HEADER_BYTES, end + 4 - HEADER_BYTES);
    if (known) {
      for (InetAddress address : addresses) {
        answer.putShort(NAME_OF_THE_QUESTION).putShort(IPV4_ADDRESS).putShort(INTERNET);
        answer.putInt(KEPT_FOR_SECONDS).putShort((short) 4).put(address.getAddress());
      }
    }
    return Arrays.copyOf(answer.array(), answer.position());
  }

  @Override
  public void close() {
    socket.close();
  }
}
