package twin.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedTurbofanTest {
  private static final String VALUES =
      " -0.0007 -0.0004 100.0 518.67 641.82 1589.70 1400.60 14.62 21.61 554.36 2388.06 9046.19 1.30"
          + " 47.47 521.66 2388.02 8138.62 8.4195 0.03 392 2388 100.00 39.06 23.4190  ";

  @TempDir private Path folder;

  @Test
  void aRowBecomesAReading() throws IOException {
    Path file = file("train_FD001.txt", "12 1" + VALUES, "12 2" + VALUES);

    List<Reading> readings = read(file);

    assertThat(new String(readings.get(1).json(), UTF_8))
        .isEqualTo(
            "{\"machine_id\":\"train_FD001-012\",\"machine_type\":\"turbofan\","
                + "\"timestamp\":\"2020-01-01T02:00:00.000Z\",\"seq\":2,"
                + "\"setting_1\":-0.0007,\"setting_2\":-0.0004,\"setting_3\":100.0,"
                + "\"s_1\":518.67,\"s_2\":641.82,\"s_3\":1589.70,\"s_4\":1400.60,\"s_5\":14.62,"
                + "\"s_6\":21.61,\"s_7\":554.36,\"s_8\":2388.06,\"s_9\":9046.19,\"s_10\":1.30,"
                + "\"s_11\":47.47,\"s_12\":521.66,\"s_13\":2388.02,\"s_14\":8138.62,"
                + "\"s_15\":8.4195,\"s_16\":0.03,\"s_17\":392,\"s_18\":2388,\"s_19\":100.00,"
                + "\"s_20\":39.06,\"s_21\":23.4190}");
  }

  @Test
  void everyEngineIsAMachineAndAFolderIsAllItsFiles() throws IOException {
    file("train_FD001.txt", "1 1" + VALUES, "1 2" + VALUES, "2 1" + VALUES);
    file("train_FD002.txt", "1 1" + VALUES, "");
    file("RUL_FD001.txt", "112");

    try (Recorded recorded = RecordedTurbofan.open(folder)) {
      List<String> ids = new ArrayList<>();
      for (Reading r = recorded.next(); r != null; r = recorded.next()) {
        ids.add(r.machineId() + "@" + r.seq());
      }
      assertThat(ids)
          .containsExactly(
              "train_FD001-001@1", "train_FD001-001@2", "train_FD001-002@1", "train_FD002-001@1");
      assertThat(recorded.machines()).isEqualTo(3);
    }
  }

  @Test
  void saysWhatIsWrongAndWhere() throws IOException {
    refuses("line 1 has 3 values, not 26", "1 1 2");
    refuses("line 2 has cycle 3 where 2 should be", "1 1" + VALUES, "1 3" + VALUES);
    refuses("line 1 has 'x' for the engine", "x 1" + VALUES);
    refuses("line 1 has 'NaN' for s_2", "1 1" + VALUES.replace("641.82", "NaN"));
    assertThatThrownBy(() -> RecordedTurbofan.open(Files.createDirectory(folder.resolve("empty"))))
        .isInstanceOf(RecordedDataException.class)
        .hasMessageContaining("no file train_");
  }

  private void refuses(String message, String... lines) throws IOException {
    Path file = file("train_bad.txt", lines);
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(RecordedDataException.class)
        .hasMessageContaining("train_bad.txt")
        .hasMessageContaining(message);
  }

  private Path file(String name, String... lines) throws IOException {
    return Files.write(folder.resolve(name), List.of(lines));
  }

  private static List<Reading> read(Path path) throws IOException {
    List<Reading> readings = new ArrayList<>();
    try (Recorded recorded = RecordedTurbofan.open(path)) {
      for (Reading r = recorded.next(); r != null; r = recorded.next()) {
        readings.add(r);
      }
    }
    return readings;
  }
}
