package twin.ingest;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.util.ByteString;
import org.apache.pekko.util.ByteStringBuilder;
import twin.core.machine.MachineReply.Outcome;
import twin.core.machine.MachineReply.Result;

/**
 * The answer to a stream of readings, as a stream: a line for each reading, in their order, and a
 * last one that counts them. A last line with {@code status} instead says why it ends too early;
 * readings without a line are to be sent again. One request's alone.
 */
final class NdjsonAnswer {

  static final ContentType TYPE = ContentTypes.parse("application/x-ndjson");

  private static final ByteString NEWLINE = ByteString.fromString("\n");

  /**
   * What became of a reading.
   *
   * @param line the line that it was on
   */
  record LineOutcome(long line, Outcome outcome) {}

  private final Map<Result, Long> counts = new EnumMap<>(Result.class);

  private NdjsonAnswer() {}

  /** Outcomes, as they become known, to lines. Nothing comes out where nothing came in. */
  static Flow<List<LineOutcome>, ByteString, NotUsed> flow() {
    return Flow.<List<LineOutcome>>create()
        .statefulMap(
            NdjsonAnswer::new,
            (answer, outcomes) -> Pair.create(answer, answer.lines(outcomes)),
            NdjsonAnswer::summary);
  }

  private ByteString lines(List<LineOutcome> outcomes) {
    ByteStringBuilder lines = new ByteStringBuilder();
    for (LineOutcome each : outcomes) {
      counts.merge(each.outcome().result(), 1L, Long::sum);
      lines.append(
          line(
              HttpAnswer.encode(
                  generator -> {
                    generator.writeNumberField("line", each.line());
                    HttpAnswer.writeFields(generator, each.outcome());
                  })));
    }
    return lines.result();
  }

  private Optional<ByteString> summary() {
    if (counts.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        line(
            HttpAnswer.encode(
                generator -> {
                  for (Result result : Result.values()) {
                    generator.writeNumberField(
                        HttpAnswer.nameOf(result), counts.getOrDefault(result, 0L));
                  }
                })));
  }

  /** The last line when the rest of the readings could not be taken. */
  static ByteString problem(int status, String title, String detail) {
    return line(HttpAnswer.encode(HttpAnswer.problemFields(status, title, detail)));
  }

  private static ByteString line(byte[] json) {
    return ByteString.fromArrayUnsafe(json).concat(NEWLINE);
  }
}
