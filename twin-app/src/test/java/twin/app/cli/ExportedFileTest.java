package twin.app.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ExportedFileTest {

  private final Path path;

  ExportedFileTest(@TempDir Path directory) {
    path = directory.resolve("rows");
  }

  private ExportedFile.Whole written(String text, boolean csv, int together) throws Exception {
    byte[] bytes = text.getBytes(UTF_8);
    try (ExportedFile file = new ExportedFile(path, csv)) {
      for (int from = 0; from < bytes.length; from += together) {
        byte[] some = new byte[Math.min(together, bytes.length - from)];
        System.arraycopy(bytes, from, some, 0, some.length);
        file.write(some);
      }
      assertThat(Files.exists(path)).as("before it is whole").isFalse();
      return file.finish(csv ? 1 : 0);
    }
  }

  @Test
  void countsRowsOfCsvWithTextsOfSeveralLines() throws Exception {
    String csv = "a,b\r\n1,\"two\r\nlines, \"\"quoted\"\"\"\r\n2,\r\n";
    for (int together = 1; together <= csv.length(); together++) {
      Files.deleteIfExists(path);
      ExportedFile.Whole whole = written(csv, true, together);
      assertThat(whole.rows()).isEqualTo(2);
      assertThat(Files.readString(path)).isEqualTo(csv);
    }
  }

  @Test
  void leavesTheEmptyLinesOfNdjsonOut() throws Exception {
    String kept = "{\"a\":\"say \\\"\"}\n{\"a\":2}\n";
    String sent = "\n\n{\"a\":\"say \\\"\"}\n\n{\"a\":2}\n\n";
    for (int together = 1; together <= sent.length(); together++) {
      Files.deleteIfExists(path);
      ExportedFile.Whole whole = written(sent, false, together);
      assertThat(whole.rows()).isEqualTo(2);
      assertThat(Files.readString(path)).isEqualTo(kept);
      assertThat(whole.bytes()).isEqualTo(kept.length());
      assertThat(whole.sha256())
          .isEqualTo(
              HexFormat.of()
                  .formatHex(MessageDigest.getInstance("SHA-256").digest(kept.getBytes(UTF_8))));
    }
  }
}
