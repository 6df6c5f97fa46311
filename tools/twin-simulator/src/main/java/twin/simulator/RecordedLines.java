package twin.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The lines of a recorded file with their numbers, for messages that say where. */
final class RecordedLines implements AutoCloseable {
  private final Path file;
  private final BufferedReader lines;
  private int lineNumber;

  private RecordedLines(Path file, BufferedReader lines) {
    this.file = file;
    this.lines = lines;
  }

  static RecordedLines open(Path file) throws IOException {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new RecordedDataException(file + " cannot be read: there is no such file, or no right");
    }
    return new RecordedLines(file, Files.newBufferedReader(file, StandardCharsets.UTF_8));
  }

  /** The next line that is not blank, without the byte order mark that some files begin with. */
  @Nullable String next() throws IOException {
    String line = lines.readLine();
    lineNumber++;
    while (line != null && line.isBlank()) {
      line = lines.readLine();
      lineNumber++;
    }
    return line == null ? null : line.replace("\uFEFF", "");
  }

  BigDecimal number(String cell, String column) throws RecordedDataException {
    try {
      return new BigDecimal(cell);
    } catch (NumberFormatException e) {
      throw bad("has '%s' for %s, not a number".formatted(cell, column));
    }
  }

  /** The file's name without its ending. */
  String name() {
    return nameOf(file);
  }

  static String nameOf(Path file) {
    return file.getFileName().toString().replaceFirst("\\.[^.]*$", "");
  }

  RecordedDataException bad(String what) {
    return new RecordedDataException("%s: line %d %s.".formatted(file, lineNumber, what));
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
