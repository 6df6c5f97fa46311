package twin.app.cli;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A stream that fails when nothing has come for a while, in place of one that is waited for without
 * end when the other side has gone without a word. Closing it in the middle of a read ends the
 * read, which must hold for the stream within.
 */
final class NeverSilent extends FilterInputStream {

  private final Duration silentAtMost;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile boolean heard;
  private volatile boolean silent;

  NeverSilent(InputStream in, Duration silentAtMost) {
    super(in);
    this.silentAtMost = silentAtMost;
    Thread.ofVirtual().name("silence").start(this::watch);
  }

  private void watch() {
    try {
      do {
        heard = false;
        if (closed.await(silentAtMost.toMillis(), TimeUnit.MILLISECONDS)) {
          return;
        }
      } while (heard);
      silent = true;
      in.close();
    } catch (IOException | InterruptedException e) {
      // Then the read ends by itself, or nobody reads any more.
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    int count;
    try {
      count = in.read(into, offset, length);
    } catch (IOException e) {
      throw silent ? new IOException("nothing came for " + silentAtMost, e) : e;
    }
    if (silent) {
      throw new IOException("nothing came for " + silentAtMost);
    }
    heard = true;
    return count;
  }

  @Override
  public void close() throws IOException {
    closed.countDown();
    in.close();
  }
}
