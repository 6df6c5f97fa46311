package twin.core.audit;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * The heads that a seal is over: a line for each machine, in the order of the ids' bytes,
 * compressed by gzip. Written and read as a stream.
 */
final class HeadsFile {

  private static final int BUFFER = 8192;

  /** A line is an id, a number and a hash: what is longer is no head. */
  private static final int LINE_MAX = 160;

  private HeadsFile() {}

  /** Writes heads one after another, and makes sure at the end that the disk has them. */
  static final class Writer implements AutoCloseable {
    private final Path file;
    private final BufferedWriter lines;
    private final MerkleTree tree = new MerkleTree();
    private String last = "";

    Writer(Path file) throws IOException {
      this.file = file;
      lines =
          new BufferedWriter(
              new OutputStreamWriter(
                  new GZIPOutputStream(Files.newOutputStream(file), BUFFER),
                  StandardCharsets.UTF_8));
    }

    void add(Head head) throws IOException {
      if (head.machineId().compareTo(last) <= 0) {
        throw new IllegalStateException(head.machineId() + " comes after " + last);
      }
      last = head.machineId();
      tree.add(head);
      lines.write(head.line());
      lines.write('\n');
    }

    MerkleTree tree() {
      return tree;
    }

    @Override
    public void close() throws IOException {
      lines.close();
      try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
        channel.force(true);
      }
    }
  }

  /** Reads heads one after another. */
  static final class Reader implements AutoCloseable {
    private final BufferedReader lines;
    private String last = "";

    Reader(Path file) throws IOException {
      lines =
          new BufferedReader(
              new InputStreamReader(
                  new GZIPInputStream(Files.newInputStream(file), BUFFER), StandardCharsets.UTF_8));
    }

    /**
     * The next head, or null behind the last.
     *
     * @throws IOException also when the file is damaged
     */
    @Nullable Head next() throws IOException {
      StringBuilder line = new StringBuilder(LINE_MAX);
      int next = lines.read();
      if (next < 0) {
        return null;
      }
      while (next != '\n') {
        if (next < 0 || line.length() == LINE_MAX) {
          throw new IOException("a line does not end");
        }
        line.append((char) next);
        next = lines.read();
      }
      Head head;
      try {
        head = Head.of(line.toString());
      } catch (IllegalArgumentException e) {
        throw new IOException(e.getMessage(), e);
      }
      if (head.machineId().compareTo(last) <= 0) {
        throw new IOException("%s comes after %s".formatted(head.machineId(), last));
      }
      last = head.machineId();
      return head;
    }

    @Override
    public void close() throws IOException {
      lines.close();
    }
  }
}
