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

class RecordedPumpTest {
  private static final String HEADER =
      "datetime;Accelerometer1RMS;Accelerometer2RMS;Current;Pressure;Temperature;Thermocouple;"
          + "Voltage;Volume Flow RateRMS";
  private static final String VALUES =
      ";0.0265878;0.0401113;1.3302;0.054711;79.3366;26.0199;233.062;32.0";

  @TempDir private Path folder;

  @Test
  void aRowBecomesAReadingWithoutLabels() throws IOException {
    Path file =
        file(
            "valve1/0.csv",
            HEADER + ";anomaly;changepoint",
            "2020-03-09 10:14:33" + VALUES + ";0.0;0.0",
            "2020-03-09 10:14:35" + VALUES + ";1.0;1.0");

    List<String> json =
        read(file).stream().map(reading -> new String(reading.json(), UTF_8)).toList();

    assertThat(json)
        .hasSize(2)
        .last()
        .isEqualTo(
            "{\"machine_id\":\"skab-valve1-0\",\"machine_type\":\"pump\","
                + "\"timestamp\":\"2020-03-09T10:14:35.000Z\",\"seq\":2,"
                + "\"accelerometer_1_rms\":0.0265878,\"accelerometer_2_rms\":0.0401113,"
                + "\"current\":1.3302,\"pressure\":0.054711,\"temperature\":79.3366,"
                + "\"thermocouple\":26.0199,\"voltage\":233.062,\"flow_rate\":32.0}");
  }

  @Test
  void everyFileOfAFolderIsAMachine() throws IOException {
    file("valve1/0.csv", HEADER, "2020-03-09 10:14:33" + VALUES);
    file("valve2/0.csv", HEADER, "2020-03-09 11:14:33" + VALUES, "2020-03-09 11:14:34" + VALUES);
    file("README.md", "No data.");

    assertThat(read(folder))
        .extracting(reading -> reading.machineId() + "@" + reading.seq())
        .containsExactly("skab-valve1-0@1", "skab-valve2-0@1", "skab-valve2-0@2");
  }

  @Test
  void saysWhatIsWrongAndWhere() throws IOException {
    refuses("line 1 is not the header of a SKAB file", "a;b", "1;2");
    refuses("is not the header of a SKAB file", "");
    refuses("line 2 has 'noon' for datetime", HEADER, "noon" + VALUES);
    refuses("line 2 has 2 cells, the header has 9", HEADER, "2020-03-09 10:14:33;1");
    refuses(
        "line 2 has 'x' for Current, not a number",
        HEADER,
        "2020-03-09 10:14:33" + VALUES.replace("1.3302", "x"));
  }

  private void refuses(String message, String... lines) throws IOException {
    Path file = file("bad.csv", lines);
    assertThatThrownBy(() -> read(file))
        .isInstanceOf(RecordedDataException.class)
        .hasMessageContaining("bad.csv")
        .hasMessageContaining(message);
  }

  private Path file(String name, String... lines) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.write(file, List.of(lines));
  }

  private static List<Reading> read(Path path) throws IOException {
    List<Reading> readings = new ArrayList<>();
    try (Recorded recorded = RecordedPump.open(path)) {
      for (Reading r = recorded.next(); r != null; r = recorded.next()) {
        readings.add(r);
      }
    }
    return readings;
  }
}
