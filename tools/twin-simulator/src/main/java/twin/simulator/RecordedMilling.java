package twin.simulator;

import java.io.BufferedReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the public AI4I 2020 file row by row. Every stretch without a gap in UDI is a machine of
 * its own, called {@code ai4i-} and the stretch's first UDI in four digits; {@code seq} is the UDI
 * and the timestamp is {@link Recorded#EPOCH} and UDI minutes, the same in every run. Product id
 * and labels never become channels. Not thread-safe.
 */
final class RecordedMilling implements Recorded {
  private static final String UDI = "UDI";
  private static final String TYPE = "Type";
  private static final Map<String, String> COLUMN_OF_CHANNEL = new LinkedHashMap<>();

  static {
    COLUMN_OF_CHANNEL.put("air_temp_k", "Air temperature [K]");
    COLUMN_OF_CHANNEL.put("process_temp_k", "Process temperature [K]");
    COLUMN_OF_CHANNEL.put("rpm", "Rotational speed [rpm]");
    COLUMN_OF_CHANNEL.put("torque_nm", "Torque [Nm]");
    COLUMN_OF_CHANNEL.put("tool_wear_min", "Tool wear [min]");
  }

  private final Path file;
  private final BufferedReader lines;
  private final List<String> header;
  private int lineNumber = 1;
  private long machines;
  private long lastUdi;
  private String machineId = "";

  private RecordedMilling(Path file, BufferedReader lines, List<String> header) {
    this.file = file;
    this.lines = lines;
    this.header = header;
  }

  /**
   * Opens the file and reads its header.
   *
   * @throws RecordedDataException when it cannot be read or a column is missing
   */
  static RecordedMilling open(Path file) throws IOException {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new RecordedDataException(file + " cannot be read: there is no such file, or no right");
    }
    BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.UTF_8);
    try {
      return new RecordedMilling(file, lines, header(file, lines.readLine()));
    } catch (IOException | RuntimeException e) {
      lines.close();
      throw e;
    }
  }

  @Override
  public @Nullable Reading next() throws IOException {
    String line = lines.readLine();
    lineNumber++;
    while (line != null && line.isBlank()) {
      line = lines.readLine();
      lineNumber++;
    }
    return line == null ? null : reading(cells(line));
  }

  @Override
  public long machines() {
    return machines;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }

  private Reading reading(List<String> cells) throws RecordedDataException {
    if (cells.size() != header.size()) {
      throw bad("has %d cells, the header has %d".formatted(cells.size(), header.size()));
    }
    long udi = udi(cell(cells, UDI));
    if (machines == 0 || udi != lastUdi + 1) {
      machines++;
      machineId = String.format(Locale.ROOT, "ai4i-%04d", udi);
    }
    lastUdi = udi;
    return new Reading(
        machineId,
        "milling",
        EPOCH.plus(Duration.ofMinutes(udi)),
        udi,
        Map.of("variant", variant(cell(cells, TYPE))),
        channels(cells));
  }

  private long udi(String cell) throws RecordedDataException {
    long udi;
    try {
      udi = Long.parseLong(cell);
    } catch (NumberFormatException e) {
      throw bad("has '%s' for UDI, not a whole number".formatted(cell));
    }
    if (udi <= lastUdi) {
      throw bad("has UDI %d after %d; UDI must grow from 1".formatted(udi, lastUdi));
    }
    return udi;
  }

  private String variant(String cell) throws RecordedDataException {
    if (Arrays.stream(Variant.values()).noneMatch(variant -> variant.name().equals(cell))) {
      throw bad("has '%s' for Type, not L, M or H".formatted(cell));
    }
    return cell;
  }

  private Map<String, ChannelValue> channels(List<String> cells) throws RecordedDataException {
    Map<String, ChannelValue> channels = new LinkedHashMap<>();
    for (Map.Entry<String, String> entry : COLUMN_OF_CHANNEL.entrySet()) {
      String cell = cell(cells, entry.getValue());
      try {
        channels.put(entry.getKey(), new ChannelValue.Measured(new BigDecimal(cell)));
      } catch (NumberFormatException e) {
        throw bad("has '%s' for %s, not a number".formatted(cell, entry.getValue()));
      }
    }
    return channels;
  }

  private String cell(List<String> cells, String column) {
    return cells.get(header.indexOf(column));
  }

  private RecordedDataException bad(String what) {
    return new RecordedDataException("%s: line %d %s.".formatted(file, lineNumber, what));
  }

  private static List<String> header(Path file, @Nullable String line)
      throws RecordedDataException {
    // The published file begins with a byte order mark.
    List<String> header = line == null ? List.of() : cells(line.replace("\uFEFF", ""));
    List<String> missing = new ArrayList<>(List.of(UDI, TYPE));
    missing.addAll(COLUMN_OF_CHANNEL.values());
    missing.removeAll(header);
    if (!missing.isEmpty()) {
      throw new RecordedDataException(
          "%s: no column %s; the header must be that of the AI4I 2020 file."
              .formatted(file, String.join(", ", missing)));
    }
    return header;
  }

  private static List<String> cells(String line) {
    return Arrays.stream(line.split(",", -1)).map(String::strip).toList();
  }
}
