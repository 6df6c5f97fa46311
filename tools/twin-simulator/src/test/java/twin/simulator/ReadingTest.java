package twin.simulator;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReadingTest {
  @Test
  void isTheContractsJsonToTheByte() {
    var sample = new MillingSample(Variant.M, 299.1, 310.0, 1500, 42.8, 5);

    assertThat(new String(reading(sample.channels()).json(), UTF_8))
        .isEqualTo(
            "{\"machine_id\":\"machine-001\",\"machine_type\":\"milling\","
                + "\"timestamp\":\"2025-11-07T15:10:01.000Z\",\"seq\":17,\"variant\":\"M\","
                + "\"air_temp_k\":299.1,\"process_temp_k\":310.0,\"rpm\":1500,"
                + "\"torque_nm\":42.8,\"tool_wear_min\":5}");
  }

  @Test
  void writesTextWhereASensorSendsText() {
    Map<String, ChannelValue> channels = new LinkedHashMap<>();
    channels.put("torque_nm", new ChannelValue.Text("say \"ERR\""));
    channels.put("rpm", new ChannelValue.Measured(new BigDecimal("1E+3")));

    assertThat(new String(reading(channels).json(), UTF_8))
        .endsWith("\"variant\":\"M\",\"torque_nm\":\"say \\\"ERR\\\"\",\"rpm\":1E+3}");
  }

  @Test
  void goesToTheMachinesOwnTopic() {
    assertThat(reading(Map.of()).topic()).isEqualTo("twin/v1/machines/machine-001/readings");
  }

  private static Reading reading(Map<String, ChannelValue> channels) {
    return new Reading(
        "machine-001",
        "milling",
        Instant.parse("2025-11-07T15:10:01Z"),
        17,
        Map.of("variant", "M"),
        channels);
  }
}
