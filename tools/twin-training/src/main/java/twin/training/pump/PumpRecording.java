package twin.training.pump;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import twin.core.reading.SubmittedReading;
import twin.training.bundle.BundleFolder;

/**
 * A recorded file of the Skoltech Anomaly Benchmark: one machine, from its commissioning on.
 *
 * @param name the file, as seen from the folder that was read
 * @param sha256 digest of the file
 * @param labelled whether the file says which rows are anomalous
 * @param readings the rows as the machine would have sent them
 * @param anomalous which rows are anomalous; none where the file does not say
 */
@SuppressWarnings("ArrayRecordComponent") // Read once and never compared.
record PumpRecording(
    String name,
    String sha256,
    boolean labelled,
    List<SubmittedReading> readings,
    boolean[] anomalous) {
  static final String TYPE = "pump";

  private static final String TIME = "datetime";
  private static final String LABEL = "anomaly";
  private static final DateTimeFormatter TIMES = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss");
  private static final Map<String, String> CHANNELS = channels();

  PumpRecording {
    readings = List.copyOf(readings);
  }

  private static Map<String, String> channels() {
    Map<String, String> channels = new LinkedHashMap<>();
    channels.put("Accelerometer1RMS", "accelerometer_1_rms");
    channels.put("Accelerometer2RMS", "accelerometer_2_rms");
    channels.put("Current", "current");
    channels.put("Pressure", "pressure");
    channels.put("Temperature", "temperature");
    channels.put("Thermocouple", "thermocouple");
    channels.put("Voltage", "voltage");
    channels.put("Volume Flow RateRMS", "flow_rate");
    return channels;
  }

  /**
   * Reads a file, or every .csv file under a folder, in the order of their names.
   *
   * @throws IllegalArgumentException when a file is not as expected, saying where
   */
  static List<PumpRecording> readAll(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return List.of(read(path, path.getFileName().toString()));
    }
    List<Path> files;
    try (Stream<Path> found = Files.walk(path)) {
      files = found.filter(file -> file.toString().endsWith(".csv")).sorted().toList();
    }
    if (files.isEmpty()) {
      throw new IllegalArgumentException("there is no .csv file in " + path);
    }
    List<PumpRecording> recordings = new ArrayList<>();
    for (Path file : files) {
      recordings.add(read(file, path.relativize(file).toString().replace('\\', '/')));
    }
    return recordings;
  }

  private static PumpRecording read(Path file, String name) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    List<String> lines = Files.readAllLines(file);
    if (lines.size() < 2) {
      throw new IllegalArgumentException(file + " has no rows");
    }
    List<String> columns =
        Arrays.stream(lines.getFirst().replace("\uFEFF", "").split(";", -1))
            .map(String::strip)
            .toList();
    boolean labelled = columns.contains(LABEL);
    List<SubmittedReading> readings = new ArrayList<>();
    boolean[] anomalous = new boolean[lines.size() - 1];
    for (int i = 1; i < lines.size(); i++) {
      String[] cells = lines.get(i).split(";", -1);
      if (cells.length != columns.size()) {
        throw new IllegalArgumentException(
            "%s, line %d: %d values for %d columns"
                .formatted(file, i + 1, cells.length, columns.size()));
      }
      Map<String, String> row = new HashMap<>();
      for (int column = 0; column < cells.length; column++) {
        row.put(columns.get(column), cells[column].strip());
      }
      try {
        readings.add(reading(machineId(name), i, row));
        anomalous[i - 1] = labelled && Double.parseDouble(row.getOrDefault(LABEL, "")) > 0.5;
      } catch (NumberFormatException | DateTimeParseException e) {
        throw new IllegalArgumentException(
            "%s, line %d: %s".formatted(file, i + 1, e.getMessage()), e);
      }
    }
    return new PumpRecording(name, BundleFolder.sha256(bytes), labelled, readings, anomalous);
  }

  private static String machineId(String name) {
    String plain = name.replaceAll("[^A-Za-z0-9._-]", "-");
    return "recorded-" + plain.substring(Math.max(0, plain.length() - 50));
  }

  /** A column that the file does not have is a sensor that the machine does not have. */
  private static SubmittedReading reading(String machineId, int seq, Map<String, String> row) {
    Map<String, Double> values = new HashMap<>();
    CHANNELS.forEach(
        (column, channel) -> {
          String cell = row.getOrDefault(column, "");
          if (!cell.isEmpty()) {
            values.put(channel, Double.valueOf(cell));
          }
        });
    return new SubmittedReading(
        machineId,
        TYPE,
        LocalDateTime.parse(row.getOrDefault(TIME, ""), TIMES).toInstant(ZoneOffset.UTC),
        (long) seq,
        null,
        values,
        Map.of());
  }

  /** Some of the rows as a recording of its own: another machine that is commissioned anew. */
  PumpRecording stretch(int from, int to) {
    return new PumpRecording(
        name + "[" + from + "]",
        sha256,
        labelled,
        readings.subList(from, to),
        Arrays.copyOfRange(anomalous, from, to));
  }
}
