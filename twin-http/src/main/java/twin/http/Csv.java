package twin.http;

import java.time.Instant;
import java.time.temporal.ChronoField;
import java.util.List;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.HttpCharsets;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.jspecify.annotations.Nullable;

/**
 * How the API writes CSV (RFC 4180): in UTF-8, with a header and lines that end in CR LF. Numbers
 * and times are written as in JSON, with all digits of a time; what is unknown is empty.
 *
 * <p>A text that a spreadsheet would take for a formula gets an apostrophe before it, since texts
 * come from whoever sends readings.
 */
public final class Csv {

  /** What it is sent as. */
  public static final ContentType CONTENT_TYPE =
      MediaTypes.TEXT_CSV.toContentType(HttpCharsets.UTF_8);

  private static final int NANOS_PER_MILLI = 1_000_000;
  private static final double EXACT_IN_DOUBLE = 1L << 53;

  private Csv() {}

  /** A line with its end. A cell is a number, a truth, a time, a text or null. */
  public static void line(StringBuilder out, List<? extends @Nullable Object> cells) {
    for (int i = 0; i < cells.size(); i++) {
      if (i > 0) {
        out.append(',');
      }
      cell(out, cells.get(i));
    }
    out.append("\r\n");
  }

  private static void cell(StringBuilder out, @Nullable Object cell) {
    switch (cell) {
      case null -> {}
      case Double number -> number(out, number);
      case Float number -> {
        if (Float.isFinite(number)) {
          out.append(number.floatValue());
        }
      }
      case Long number -> out.append(number.longValue());
      case Integer number -> out.append(number.intValue());
      case Boolean truth -> out.append(truth.booleanValue());
      case Instant time ->
          out.append(
              time.get(ChronoField.NANO_OF_SECOND) % NANOS_PER_MILLI == 0
                  ? Json.time(time)
                  : time.toString());
      default -> text(out, cell.toString());
    }
  }

  private static void number(StringBuilder out, double number) {
    if (number == Math.rint(number) && Math.abs(number) < EXACT_IN_DOUBLE) {
      out.append((long) number);
    } else if (Double.isFinite(number)) {
      out.append(number);
    }
  }

  private static void text(StringBuilder out, String text) {
    String safe = isFormula(text) ? "'" + text : text;
    boolean quoted = safe.chars().anyMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
    out.append(quoted ? '"' + safe.replace("\"", "\"\"") + '"' : safe);
  }

  private static boolean isFormula(String text) {
    return !text.isEmpty() && "=+-@\t\r\n".indexOf(text.charAt(0)) >= 0;
  }
}
