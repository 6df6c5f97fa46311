package twin.simulator;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a C-MAPSS file row by row: engine, cycle, three settings and 21 sensors, separated by
 * spaces. Every engine is a machine, called by the file and its number there; {@code seq} is the
 * cycle, and the timestamp is {@link Recorded#EPOCH} and a cycle's length for each. Not
 * thread-safe.
 */
final class RecordedTurbofan implements Recorded {
  /** A cycle is a flight; the data does not say how long it takes. */
  static final Duration CYCLE = Duration.ofHours(1);

  private static final int SETTINGS = 3;
  private static final int SENSORS = 21;
  private static final int COLUMNS = 2 + SETTINGS + SENSORS;

  private final RecordedLines lines;
  private long machines;
  private long engine = -1;
  private long cycle;

  private RecordedTurbofan(RecordedLines lines) {
    this.lines = lines;
  }

  /** A file, or of a folder all files that are called {@code train_….txt}. */
  static Recorded open(Path path) throws IOException {
    return RecordedFiles.open(
        path,
        "file train_….txt",
        name -> name.startsWith("train_") && name.endsWith(".txt"),
        file -> new RecordedTurbofan(RecordedLines.open(file)));
  }

  @Override
  public @Nullable Reading next() throws IOException {
    String line = lines.next();
    return line == null ? null : reading(line.strip().split("\\s+", -1));
  }

  @Override
  public long machines() {
    return machines;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private Reading reading(String[] cells) throws RecordedDataException {
    if (cells.length != COLUMNS) {
      throw lines.bad("has %d values, not %d".formatted(cells.length, COLUMNS));
    }
    long number = whole(cells[0], "the engine");
    long expected = number == engine ? cycle + 1 : 1;
    if (number != engine) {
      machines++;
    }
    engine = number;
    cycle = whole(cells[1], "the cycle");
    if (cycle != expected) {
      throw lines.bad("has cycle %d where %d should be".formatted(cycle, expected));
    }
    return new Reading(
        String.format(Locale.ROOT, "%s-%03d", Ids.of(lines.name()), engine),
        "turbofan",
        EPOCH.plus(CYCLE.multipliedBy(cycle)),
        cycle,
        Map.of(),
        channels(cells));
  }

  private Map<String, ChannelValue> channels(String[] cells) throws RecordedDataException {
    Map<String, ChannelValue> channels = new LinkedHashMap<>();
    for (int i = 1; i <= SETTINGS + SENSORS; i++) {
      String channel = i <= SETTINGS ? "setting_" + i : "s_" + (i - SETTINGS);
      channels.put(channel, new ChannelValue.Measured(lines.number(cells[1 + i], channel)));
    }
    return channels;
  }

  private long whole(String cell, String column) throws RecordedDataException {
    try {
      return Long.parseLong(cell);
    } catch (NumberFormatException e) {
      throw lines.bad("has '%s' for %s, not a whole number".formatted(cell, column));
    }
  }
}
