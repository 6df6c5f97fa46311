package twin.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordedMillingTest {
  static final String HEADER =
      "UDI,Product ID,Type,Air temperature [K],Process temperature [K],Rotational speed [rpm],"
          + "Torque [Nm],Tool wear [min],Machine failure,TWF,HDF,PWF,OSF,RNF";

  @TempDir private Path folder;

  @Test
  void aRowBecomesAReadingWithoutLabels() throws IOException {
    List<Reading> readings = read(HEADER, "251,M14860,M,298.1,308.6,1551,42.8,0,0,0,0,0,0,0");

    assertThat(new String(readings.get(0).json(), UTF_8))
        .isEqualTo(
            "{\"machine_id\":\"ai4i-0251\",\"machine_type\":\"milling\","
                + "\"timestamp\":\"2020-01-01T04:11:00.000Z\",\"seq\":251,\"variant\":\"M\","
                + "\"air_temp_k\":298.1,\"process_temp_k\":308.6,\"rpm\":1551,"
                + "\"torque_nm\":42.8,\"tool_wear_min\":0}");
  }

  @Test
  void everyStretchWithoutAGapIsAMachine() throws IOException {
    List<Reading> readings = read(HEADER, row(1), row(2), row(501), row(502), row(10_000));

    assertThat(readings)
        .extracting(Reading::machineId)
        .containsExactly("ai4i-0001", "ai4i-0001", "ai4i-0501", "ai4i-0501", "ai4i-10000");
    assertThat(readings).extracting(Reading::seq).containsExactly(1L, 2L, 501L, 502L, 10_000L);
    assertThat(readings)
        .extracting(Reading::timestamp)
        .startsWith(Instant.parse("2020-01-01T00:01:00Z"), Instant.parse("2020-01-01T00:02:00Z"))
        .endsWith(Instant.parse("2020-01-07T22:40:00Z"));
  }

  @Test
  void readsAByteOrderMarkAndColumnsInAnyOrder() throws IOException {
    List<Reading> readings =
        read(
            "\uFEFFType,UDI,Tool wear [min],Torque [Nm],Rotational speed [rpm],"
                + "Process temperature [K],Air temperature [K]",
            "L,7,3,46.3,1408,308.7,298.2",
            "");

    assertThat(readings).hasSize(1);
    assertThat(readings.get(0).channels())
        .containsKeys("air_temp_k", "process_temp_k", "rpm", "torque_nm", "tool_wear_min");
    assertThat(readings.get(0).channels().get("tool_wear_min"))
        .isEqualTo(new ChannelValue.Measured(java.math.BigDecimal.valueOf(3)));
  }

  @Test
  void saysWhatIsWrongAndWhere() {
    refuses("no column UDI, Type", "a,b", "1,2");
    refuses("no column UDI", "");
    refuses("line 3 has 2 cells, the header has 14", HEADER, row(1), "2,L");
    refuses("line 3 has UDI 1 after 1", HEADER, row(1), row(1));
    refuses("line 2 has 'x' for UDI", HEADER, "x,M14860,M,298.1,308.6,1551,42.8,0,0,0,0,0,0,0");
    refuses("line 2 has 'Q' for Type", HEADER, "1,M14860,Q,298.1,308.6,1551,42.8,0,0,0,0,0,0,0");
    refuses(
        "line 2 has 'NaN' for Torque [Nm], not a number",
        HEADER,
        "1,M14860,M,298.1,308.6,1551,NaN,0,0,0,0,0,0,0");
  }

  @Test
  void saysInOneLineThatThereIsNoSuchFile() {
    assertThatThrownBy(() -> RecordedMilling.open(folder.resolve("recorded.csv")))
        .isInstanceOf(RecordedDataException.class)
        .hasMessageContaining("recorded.csv cannot be read");
  }

  static String row(int udi) {
    return udi + ",M14860,M,298.1,308.6,1551,42.8,0,0,0,0,0,0,0";
  }

  private void refuses(String message, String... lines) {
    assertThatThrownBy(() -> read(lines))
        .isInstanceOf(RecordedDataException.class)
        .hasMessageContaining(message)
        .hasMessageContaining("recorded.csv");
  }

  private List<Reading> read(String... lines) throws IOException {
    Path file = Files.write(folder.resolve("recorded.csv"), List.of(lines));
    List<Reading> readings = new ArrayList<>();
    try (var recorded = RecordedMilling.open(file)) {
      for (Reading r = recorded.next(); r != null; r = recorded.next()) {
        readings.add(r);
      }
    }
    return readings;
  }
}
