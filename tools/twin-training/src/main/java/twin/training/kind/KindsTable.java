package twin.training.kind;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import twin.training.onnx.Served;

/**
 * Kinds of models in a table in Markdown: how good each is, how large its file is, and how long one
 * run of one row takes. The times are of one machine on one day, which is why a training does not
 * make the table anew: it takes the one that {@code ./twin compare} printed last.
 */
public final class KindsTable {
  private static final String STORED = "kinds.md";

  private final String figureFormat;
  private final StringBuilder text = new StringBuilder();

  /**
   * A table without rows.
   *
   * @param decimals of each figure
   * @param figures what the figures are called
   */
  public KindsTable(int decimals, String... figures) {
    this.figureFormat = "%." + decimals + "f | ";
    text.append("| kind | ").append(String.join(" | ", figures)).append(" | bytes | µs |\n");
    text.append("|---|").append("---|".repeat(figures.length + 2)).append('\n');
  }

  /** Adds a kind, and runs its file to see how long that takes. */
  public void add(String kind, byte[] file, double... figures) {
    text.append("| ").append(kind).append(" | ");
    for (double figure : figures) {
      text.append(String.format(Locale.ROOT, figureFormat, figure));
    }
    try (Served served = new Served(file)) {
      text.append(String.format(Locale.ROOT, "%,d | %.1f |\n", file.length, served.microsARun()));
    }
  }

  /** The table that is kept for a machine type, as a resource beside one of its classes. */
  public static String stored(Class<?> beside) {
    try (InputStream in = beside.getResourceAsStream(STORED)) {
      if (in == null) {
        throw new IllegalStateException("the table " + STORED + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
