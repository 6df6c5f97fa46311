package twin.app.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A file of an export while it is written: under another name until it is whole, so that nobody
 * takes a part of it for all. Counts its rows and works out its digest on the way. Empty lines are
 * left out; in NDJSON they say only that the answer goes on, and CSV has none.
 */
final class ExportedFile implements AutoCloseable {

  private static final String UNFINISHED = ".part";

  private final Path file;
  private final Path unfinished;
  private final OutputStream out;
  private final boolean quotes;
  private final MessageDigest digest = sha256();
  private boolean quoted;
  private boolean inLine;
  private long lines;
  private long bytes;

  /**
   * Begins anew; what an earlier attempt has left is overwritten.
   *
   * @param quotes whether a line may end within quotation marks without being over, as in CSV
   */
  ExportedFile(Path file, boolean quotes) throws IOException {
    this.file = file;
    this.quotes = quotes;
    this.unfinished = file.resolveSibling(file.getFileName() + UNFINISHED);
    this.out = new BufferedOutputStream(Files.newOutputStream(unfinished));
  }

  /**
   * A file that is whole.
   *
   * @param rows its lines without its header
   */
  record Whole(long rows, long bytes, String sha256) {}

  void write(byte[] some, int count) throws IOException {
    int from = 0;
    for (int i = 0; i < count; i++) {
      byte each = some[i];
      if (each == '"' && quotes) {
        quoted = !quoted;
      }
      if (each != '\n') {
        inLine = true;
      } else if (inLine && !quoted) {
        inLine = false;
        lines++;
      } else if (!inLine) {
        keep(some, from, i - from);
        from = i + 1;
      }
    }
    keep(some, from, count - from);
  }

  void write(byte[] all) throws IOException {
    write(all, all.length);
  }

  private void keep(byte[] some, int offset, int count) throws IOException {
    out.write(some, offset, count);
    digest.update(some, offset, count);
    bytes += count;
  }

  /** Lines so far. */
  long lines() {
    return lines;
  }

  /**
   * Gives the file its name.
   *
   * @param headers how many of its lines are no rows
   */
  Whole finish(int headers) throws IOException {
    out.close();
    Files.move(
        unfinished, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    return new Whole(lines - headers, bytes, HexFormat.of().formatHex(digest.digest()));
  }

  /** What is not finished stays under its other name and is overwritten by the next attempt. */
  @Override
  public void close() throws IOException {
    out.close();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
