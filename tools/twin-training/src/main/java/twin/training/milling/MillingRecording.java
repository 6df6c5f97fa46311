package twin.training.milling;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.training.bundle.BundleFolder;
import twin.training.replay.ReplayedTwins;

/**
 * A recorded file of AI4I 2020 data, in the order of its UDI. Every stretch without a gap in UDI is
 * a machine of its own.
 *
 * @param sha256 digest of the file
 * @param machines the rows of each machine
 */
record MillingRecording(String sha256, List<List<MillingRow>> machines) {
  static final String TYPE = "milling";

  /** The failure modes, by the name of their column, in the order in which models give them. */
  static final Map<String, String> FAILURE_MODES = failureModes();

  /** The time of row 0. Recorded rows have no times: a fixed one makes every run the same. */
  private static final Instant EPOCH = Instant.parse("2024-01-01T00:00:00Z");

  private static final String NUMBER = "UDI";
  private static final String FAILED = "Machine failure";

  MillingRecording {
    machines = machines.stream().map(List::copyOf).toList();
  }

  private static Map<String, String> failureModes() {
    Map<String, String> modes = new LinkedHashMap<>();
    modes.put("HDF", "heat_dissipation");
    modes.put("PWF", "power");
    modes.put("OSF", "overstrain");
    modes.put("TWF", "tool_wear");
    return modes;
  }

  /** Reads a file that has the readings and what came of them. */
  static MillingRecording read(Path file) throws IOException {
    return read(file, file);
  }

  /**
   * Reads the readings from one file and what came of them from another.
   *
   * @throws IllegalArgumentException when a file is not as expected, saying where
   */
  static MillingRecording read(Path data, Path truth) throws IOException {
    Map<Integer, Map<String, String>> outcomes = new HashMap<>();
    for (Map<String, String> line : lines(truth)) {
      outcomes.put(integer(line, NUMBER), line);
    }
    List<MillingRow> rows = new ArrayList<>();
    for (Map<String, String> line : lines(data)) {
      int udi = integer(line, NUMBER);
      Map<String, String> outcome = outcomes.get(udi);
      if (outcome == null) {
        throw new IllegalArgumentException("%s has no row with UDI %d".formatted(truth, udi));
      }
      rows.add(row(udi, line, outcome));
    }
    rows.sort(Comparator.comparingInt(MillingRow::udi));
    return new MillingRecording(BundleFolder.sha256(Files.readAllBytes(data)), machines(rows));
  }

  private static MillingRow row(int udi, Map<String, String> line, Map<String, String> outcome) {
    Set<String> modes = new HashSet<>();
    FAILURE_MODES.forEach(
        (column, mode) -> {
          if (integer(outcome, column) == 1) {
            modes.add(mode);
          }
        });
    return new MillingRow(
        udi,
        text(line, "Type"),
        number(line, "Air temperature [K]"),
        number(line, "Process temperature [K]"),
        number(line, "Rotational speed [rpm]"),
        number(line, "Torque [Nm]"),
        number(line, "Tool wear [min]"),
        integer(outcome, FAILED) == 1,
        modes);
  }

  private static List<List<MillingRow>> machines(List<MillingRow> rows) {
    List<List<MillingRow>> machines = new ArrayList<>();
    int next = Integer.MIN_VALUE;
    for (MillingRow row : rows) {
      if (row.udi() != next) {
        machines.add(new ArrayList<>());
      }
      machines.getLast().add(row);
      next = row.udi() + 1;
    }
    return machines;
  }

  /** All rows, machine after machine. */
  List<MillingRow> rows() {
    return machines.stream().flatMap(List::stream).toList();
  }

  /** The state of each row's twin just after its row, machine after machine. */
  List<MachineState> statesAfter(ReplayedTwins twins) {
    List<MachineState> states = new ArrayList<>();
    for (List<MillingRow> of : machines) {
      String machineId = "recorded-" + of.getFirst().udi();
      states.addAll(twins.statesAfter(of.stream().map(row -> reading(machineId, row)).toList()));
    }
    return states;
  }

  /** The row as its machine would have sent it. */
  private static SubmittedReading reading(String machineId, MillingRow row) {
    return new SubmittedReading(
        machineId,
        TYPE,
        EPOCH.plus(Duration.ofMinutes(row.udi())),
        (long) row.udi(),
        null,
        Map.of(
            "air_temp_k", row.airTempK(),
            "process_temp_k", row.processTempK(),
            "rpm", row.rpm(),
            "torque_nm", row.torqueNm(),
            "tool_wear_min", row.toolWearMin()),
        Map.of("variant", row.variant()));
  }

  private static List<Map<String, String>> lines(Path file) throws IOException {
    List<String> lines = Files.readAllLines(file);
    if (lines.size() < 2) {
      throw new IllegalArgumentException(file + " has no rows");
    }
    // A byte order mark is common in published tables.
    String[] names = lines.getFirst().replace("\uFEFF", "").split(",", -1);
    List<Map<String, String>> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      String[] values = lines.get(i).split(",", -1);
      if (values.length != names.length) {
        throw new IllegalArgumentException(
            "%s, line %d: %d values for %d columns"
                .formatted(file, i + 1, values.length, names.length));
      }
      Map<String, String> row = new HashMap<>();
      for (int column = 0; column < names.length; column++) {
        row.put(names[column].strip(), values[column].strip());
      }
      rows.add(row);
    }
    return rows;
  }

  private static String text(Map<String, String> row, String column) {
    String text = row.get(column);
    if (text == null) {
      throw new IllegalArgumentException("there is no column '" + column + "'");
    }
    return text;
  }

  private static double number(Map<String, String> row, String column) {
    return Double.parseDouble(text(row, column));
  }

  private static int integer(Map<String, String> row, String column) {
    return Integer.parseInt(text(row, column));
  }
}
