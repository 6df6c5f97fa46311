package twin.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;

/**
 * Cuts a stream of bytes into its lines. Of a line over the bound only the beginning is kept, and
 * the stream goes on behind it: one bad line must not cost the others. One stream's alone.
 */
final class NdjsonLines {

  /**
   * A line.
   *
   * @param number counted from 1, with those that are blank
   * @param isCut whether it was longer than what is kept of it
   */
  record Line(long number, ByteString bytes, boolean isCut) {

    boolean isBlank() {
      for (int i = 0; i < bytes.size(); i++) {
        if (bytes.apply(i) != ' ' && bytes.apply(i) != '\r' && bytes.apply(i) != '\t') {
          return false;
        }
      }
      return true;
    }
  }

  private final int bytesMax;
  private long number = 1;
  private ByteString begun = ByteString.emptyByteString();
  private boolean isCut;

  private NdjsonLines(int bytesMax) {
    this.bytesMax = bytesMax;
  }

  /**
   * The lines of a stream that are not blank.
   *
   * @param bytesMax the most of a line that is kept
   */
  static Flow<ByteString, Line, NotUsed> flow(int bytesMax) {
    return Flow.<ByteString>create()
        .<NdjsonLines, List<Line>>statefulMap(
            () -> new NdjsonLines(bytesMax),
            (lines, bytes) -> Pair.create(lines, lines.endedBy(bytes)),
            lines -> Optional.of(lines.rest()))
        .mapConcat(lines -> lines)
        .filterNot(Line::isBlank);
  }

  private List<Line> endedBy(ByteString bytes) {
    List<Line> ended = new ArrayList<>();
    int from = 0;
    for (int end = bytes.indexOf('\n', from); end >= 0; end = bytes.indexOf('\n', from)) {
      append(bytes.slice(from, end));
      ended.add(line());
      from = end + 1;
    }
    append(bytes.drop(from));
    return ended;
  }

  private List<Line> rest() {
    return List.of(line());
  }

  private void append(ByteString part) {
    int room = bytesMax - begun.size();
    isCut |= part.size() > room;
    begun = begun.concat(part.take(room));
  }

  private Line line() {
    Line line = new Line(number++, begun, isCut);
    begun = ByteString.emptyByteString();
    isCut = false;
    return line;
  }
}
