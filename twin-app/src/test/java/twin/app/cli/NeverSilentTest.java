package twin.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class NeverSilentTest {

  /** A side that has gone: it sends nothing, and does not end either, until it is closed. */
  private static final class Gone extends InputStream {
    private final CountDownLatch closed = new CountDownLatch(1);

    @Override
    public int read() throws IOException {
      return read(new byte[1], 0, 1);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      try {
        closed.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
      return -1;
    }

    @Override
    public void close() {
      closed.countDown();
    }
  }

  @Test
  void endsAReadForWhichNothingComes() throws Exception {
    try (NeverSilent stream = new NeverSilent(new Gone(), Duration.ofMillis(50))) {
      assertThatThrownBy(stream::read)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("nothing came for PT0.05S");
    }
  }

  @Test
  void givesWhatComes() throws Exception {
    try (NeverSilent stream =
        new NeverSilent(new ByteArrayInputStream("a\nb".getBytes(UTF_8)), Duration.ofMinutes(1))) {
      assertThat(stream.read()).isEqualTo('a');
      assertThat(stream.readAllBytes()).asString(UTF_8).isEqualTo("\nb");
      assertThat(stream.read()).isEqualTo(-1);
    }
  }
}
