package twin.training.pump;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/** Recordings of pumps that a test makes, in the benchmark's format. */
final class MadePumps {

  /** How many rows a file has, and how many of them are of its fault. */
  static final int ROWS = 1200;

  static final int FAULT_ROWS = 300;

  private static final int FAULT_FROM = 650;
  private static final List<String> COLUMNS =
      List.of(
          "Accelerometer1RMS",
          "Accelerometer2RMS",
          "Current",
          "Pressure",
          "Temperature",
          "Thermocouple",
          "Voltage",
          "Volume Flow RateRMS");
  private static final double[] LEVELS = {0.03, 0.04, 1, 0.1, 70, 25, 230, 32};
  private static final double[] SPREADS = {0.0005, 0.0005, 0.3, 0.2, 0.3, 0.05, 5, 0.4};

  enum Fault {
    NONE,
    FLOW,
    SHAKE
  }

  private MadePumps() {}

  /** A run free of anomalies and three labelled files. */
  static void folder(Path folder) throws IOException {
    write(folder.resolve("normal.csv"), 1, Fault.NONE, false, COLUMNS.size());
    write(folder.resolve("faults/flow.csv"), 2, Fault.FLOW, true, COLUMNS.size());
    write(folder.resolve("faults/shake.csv"), 3, Fault.SHAKE, true, COLUMNS.size());
    write(folder.resolve("faults/quiet.csv"), 4, Fault.NONE, true, COLUMNS.size());
  }

  /** One file, with the first so many of the sensors. */
  static void write(Path file, long seed, Fault fault, boolean labelled, int sensors)
      throws IOException {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder("datetime");
    COLUMNS.subList(0, sensors).forEach(column -> text.append(';').append(column));
    text.append(labelled ? ";anomaly;changepoint\n" : "\n");
    LocalDateTime start = LocalDateTime.of(2024, 1, 1, 0, 0);
    for (int row = 0; row < ROWS; row++) {
      boolean faulty = fault != Fault.NONE && row >= FAULT_FROM && row < FAULT_FROM + FAULT_ROWS;
      text.append(
          DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss").format(start.plusSeconds(row)));
      for (int i = 0; i < COLUMNS.size(); i++) {
        double value = LEVELS[i] + SPREADS[i] * random.nextGaussian();
        if (faulty && fault == Fault.FLOW && i == 7) {
          value -= 6 * SPREADS[i];
        }
        if (faulty && fault == Fault.SHAKE && i < 2) {
          value += 5 * SPREADS[i];
        }
        if (i < sensors) {
          text.append(String.format(Locale.ROOT, ";%.6f", value));
        }
      }
      text.append(labelled ? ";%s;0.0\n".formatted(faulty ? "1.0" : "0.0") : "\n");
    }
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
  }
}
