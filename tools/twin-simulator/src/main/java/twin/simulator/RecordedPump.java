package twin.simulator;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file of the Skoltech Anomaly Benchmark row by row. Every file is a machine, called {@code
 * skab-}, its folder and its name; {@code seq} is the row, and the timestamp is the one of the row,
 * taken for UTC. Not thread-safe.
 */
final class RecordedPump implements Recorded {
  private static final String SEPARATOR = ";";
  private static final String TIME = "datetime";
  private static final DateTimeFormatter TIMES = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
  private static final Map<String, String> CHANNEL_OF_COLUMN = new LinkedHashMap<>();

  static {
    CHANNEL_OF_COLUMN.put("Accelerometer1RMS", "accelerometer_1_rms");
    CHANNEL_OF_COLUMN.put("Accelerometer2RMS", "accelerometer_2_rms");
    CHANNEL_OF_COLUMN.put("Current", "current");
    CHANNEL_OF_COLUMN.put("Pressure", "pressure");
    CHANNEL_OF_COLUMN.put("Temperature", "temperature");
    CHANNEL_OF_COLUMN.put("Thermocouple", "thermocouple");
    CHANNEL_OF_COLUMN.put("Voltage", "voltage");
    CHANNEL_OF_COLUMN.put("Volume Flow RateRMS", "flow_rate");
  }

  private final RecordedLines lines;
  private final List<String> header;
  private final String machineId;
  private long row;

  private RecordedPump(RecordedLines lines, List<String> header, String machineId) {
    this.lines = lines;
    this.header = header;
    this.machineId = machineId;
  }

  /** A file, or all {@code .csv} files of a folder. */
  static Recorded open(Path path) throws IOException {
    return RecordedFiles.open(
        path, "file ending in .csv", name -> name.endsWith(".csv"), RecordedPump::openFile);
  }

  private static Recorded openFile(Path file) throws IOException {
    RecordedLines lines = RecordedLines.open(file);
    try {
      String line = lines.next();
      List<String> header = line == null ? List.of() : cells(line);
      if (!header.contains(TIME) || !header.containsAll(CHANNEL_OF_COLUMN.keySet())) {
        throw lines.bad(
            "is not the header of a SKAB file: it needs %s and %s"
                .formatted(TIME, String.join(", ", CHANNEL_OF_COLUMN.keySet())));
      }
      return new RecordedPump(lines, header, machineId(file));
    } catch (IOException | RuntimeException e) {
      lines.close();
      throw e;
    }
  }

  /** Files of several folders have the same names. */
  private static String machineId(Path file) {
    Path folder = file.toAbsolutePath().normalize().getParent();
    String name = RecordedLines.nameOf(file);
    return folder == null || folder.getFileName() == null
        ? Ids.of("skab-" + name)
        : Ids.of("skab-" + folder.getFileName() + "-" + name);
  }

  @Override
  public @Nullable Reading next() throws IOException {
    String line = lines.next();
    return line == null ? null : reading(cells(line));
  }

  @Override
  public long machines() {
    return row == 0 ? 0 : 1;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private Reading reading(List<String> cells) throws RecordedDataException {
    if (cells.size() != header.size()) {
      throw lines.bad("has %d cells, the header has %d".formatted(cells.size(), header.size()));
    }
    row++;
    Map<String, ChannelValue> channels = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : CHANNEL_OF_COLUMN.entrySet()) {
      String cell = cells.get(header.indexOf(entry.getKey()));
      channels.put(entry.getValue(), new ChannelValue.Measured(lines.number(cell, entry.getKey())));
    }
    return new Reading(
        machineId, "pump", time(cells.get(header.indexOf(TIME))), row, Map.of(), channels);
  }

  private Instant time(String cell) throws RecordedDataException {
    try {
      return LocalDateTime.parse(cell, TIMES).toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      throw lines.bad("has '%s' for %s, not a time".formatted(cell, TIME));
    }
  }

  private static List<String> cells(String line) {
    return Arrays.stream(line.split(SEPARATOR, -1)).map(String::strip).toList();
  }
}
