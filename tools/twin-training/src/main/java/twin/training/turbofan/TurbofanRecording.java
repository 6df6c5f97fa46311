package twin.training.turbofan;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import twin.core.reading.SubmittedReading;
import twin.training.bundle.BundleFolder;

/**
 * Recorded engines: a line a cycle, with the engine's number, the cycle's, three settings and 21
 * sensors, separated by spaces.
 *
 * @param sha256 digest of the files, one after another
 * @param engines in the order of the files
 */
record TurbofanRecording(String sha256, List<Engine> engines) {
  static final String TYPE = "turbofan";

  private static final Instant EPOCH = Instant.parse("2024-01-01T00:00:00Z");
  private static final int SETTINGS = 3;
  private static final int SENSORS = 21;
  private static final int COLUMNS = 2 + SETTINGS + SENSORS;

  /**
   * An engine.
   *
   * @param file the name of the file that it is from, without its ending
   * @param number its number there
   * @param readings a reading a cycle
   */
  record Engine(String file, int number, List<SubmittedReading> readings) {
    Engine {
      readings = List.copyOf(readings);
    }

    String machineId() {
      return machineId(file, number);
    }

    static String machineId(String file, int number) {
      return "recorded-%s-%d".formatted(file, number);
    }

    int cycles() {
      return readings.size();
    }

    /** Whether it flies in more than one regime: at more than one altitude. */
    boolean manyRegimes() {
      return readings.stream()
              .map(reading -> Math.round(reading.numbers().getOrDefault("setting_1", 0.0)))
              .distinct()
              .count()
          > 1;
    }
  }

  TurbofanRecording {
    engines = List.copyOf(engines);
  }

  /**
   * Reads one file, or of a directory all files whose name begins with {@code train_}.
   *
   * @throws IllegalArgumentException when a file is not as expected, saying where
   */
  static TurbofanRecording read(Path data) throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(data)) {
      try (Stream<Path> listed = Files.list(data)) {
        listed
            .filter(file -> file.getFileName().toString().startsWith("train_"))
            .sorted()
            .forEach(files::add);
      }
      if (files.isEmpty()) {
        throw new IllegalArgumentException(data + " has no file whose name begins with train_");
      }
    } else {
      files.add(data);
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    List<Engine> engines = new ArrayList<>();
    for (Path file : files) {
      all.writeBytes(Files.readAllBytes(file));
      engines.addAll(enginesOf(file));
    }
    return new TurbofanRecording(BundleFolder.sha256(all.toByteArray()), engines);
  }

  /** Reads what remained for each engine of a recording: a whole number a line. */
  static List<Integer> readTruth(Path file) throws IOException {
    List<Integer> remaining = new ArrayList<>();
    for (String line : Files.readAllLines(file)) {
      if (!line.isBlank()) {
        try {
          remaining.add(Integer.valueOf(line.strip()));
        } catch (NumberFormatException e) {
          throw new IllegalArgumentException(
              "%s, line %d: not a whole number".formatted(file, remaining.size() + 1), e);
        }
      }
    }
    return remaining;
  }

  private static List<Engine> enginesOf(Path file) throws IOException {
    String name = file.getFileName().toString().replaceAll("\\.[^.]*$", "");
    List<Engine> engines = new ArrayList<>();
    List<SubmittedReading> readings = new ArrayList<>();
    int engine = -1;
    int line = 0;
    for (String text : Files.readAllLines(file)) {
      line++;
      if (text.isBlank()) {
        continue;
      }
      double[] row = numbers(file, line, text);
      if (engine != (int) row[0] && !readings.isEmpty()) {
        engines.add(new Engine(name, engine, readings));
        readings.clear();
      }
      engine = (int) row[0];
      if ((int) row[1] != readings.size() + 1) {
        throw new IllegalArgumentException(
            "%s, line %d: the cycles of an engine count from 1".formatted(file, line));
      }
      readings.add(reading(Engine.machineId(name, engine), row));
    }
    if (readings.isEmpty()) {
      throw new IllegalArgumentException(file + " has no rows");
    }
    engines.add(new Engine(name, engine, readings));
    return engines;
  }

  private static double[] numbers(Path file, int line, String text) {
    String[] words = text.strip().split("\\s+", -1);
    if (words.length != COLUMNS) {
      throw new IllegalArgumentException(
          "%s, line %d: %d values, not %d".formatted(file, line, words.length, COLUMNS));
    }
    double[] numbers = new double[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
      try {
        numbers[i] = Double.parseDouble(words[i]);
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "%s, line %d: %s is not a number".formatted(file, line, words[i]), e);
      }
    }
    return numbers;
  }

  private static SubmittedReading reading(String machineId, double[] row) {
    Map<String, Double> values = new HashMap<>();
    for (int i = 1; i <= SETTINGS; i++) {
      values.put("setting_" + i, row[1 + i]);
    }
    for (int i = 1; i <= SENSORS; i++) {
      values.put("s_" + i, row[1 + SETTINGS + i]);
    }
    long cycle = (long) row[1];
    return new SubmittedReading(
        machineId, TYPE, EPOCH.plus(Duration.ofHours(cycle)), cycle, null, values, Map.of());
  }
}
