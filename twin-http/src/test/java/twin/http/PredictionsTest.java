package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.http.TestServer.Answer;

/** What a twin would say of values that nobody has measured. */
final class PredictionsTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final String PREDICT = "/api/v1/predict";

  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.start("twin.http.drain-timeout = 100ms");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static String values(double torque, double wear) {
    return """
    {"air_temp_k": 298.1, "process_temp_k": 308.6, "rpm": 1400, "torque_nm": %s, "tool_wear_min": %s}\
    """
        .formatted(torque, wear);
  }

  @Test
  void saysWhatATwinSaysThatHasReadTheSame() {
    for (int i = 1; i <= 3; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, 40 + i, 5 + i);
    }
    JsonNode twin = server.get("/api/v1/machines/machine-001/state").body();
    JsonNode reading = twin.path("reading");
    String history =
        IntStream.of(1, 2)
            .mapToObj(i -> same(reading, 40 + i, 5 + i))
            .collect(Collectors.joining(",", "[", "]"));

    Answer answer =
        server.post(
            PREDICT,
            """
            {"machine_type": "milling", "attributes": {"variant": "M"}, "history": %s,
             "values": %s}\
            """
                .formatted(history, reading.path("values")));

    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.body().path("features")).isEqualTo(twin.path("features"));
    assertThat(answer.body().path("assessment")).isEqualTo(twin.path("assessment"));
    assertThat(answer.body().path("health")).isEqualTo(twin.path("health"));
  }

  private static String same(JsonNode reading, double torque, double wear) {
    ObjectNode values = reading.path("values").deepCopy();
    return values.put("torque_nm", torque).put("tool_wear_min", wear).toString();
  }

  @Test
  void goesOnFromWhereAMachineIsAndLeavesItThere() {
    for (int i = 1; i <= 5; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, 40, 5 + i);
    }
    JsonNode before = server.get("/api/v1/machines/machine-001/state").body();

    JsonNode said =
        server
            .post(
                PREDICT,
                """
                {"machine_id": "machine-001", "values": %s}\
                """
                    .formatted(values(80, 210)))
            .body();

    assertThat(said.at("/assessment/failure_probability").asDouble())
        .isGreaterThan(before.at("/assessment/failure_probability").asDouble());
    assertThat(said.at("/features/torque_nm.mean_60").asDouble()).isBetween(40.1, 79.9);
    assertThat(server.get("/api/v1/machines/machine-001/state").body()).isEqualTo(before);
  }

  @Test
  void refusesWhatItCannotJudge() {
    assertProblem("{\"values\": %s}".formatted(values(40, 5)), 400, "machine_type");
    assertProblem("{\"machine_type\": \"milling\"}", 400, "values");
    assertProblem("{\"machine_type\": \"press\", \"values\": {\"a\": 1}}", 400, "/types");
    assertProblem("{\"machine_type\": \"milling\", \"values\": {\"rpm\": \"fast\"}}", 400, "rpm");
    assertProblem("{\"machine_type\": \"milling\", \"values\": {}}", 400, "values");
    assertProblem("{\"machine_id\": \"machine-009\", \"values\": {\"a\": 1}}", 404, "machine-009");
    String with = "{\"machine_type\": \"milling\", \"values\": {\"rpm\": 1}, \"model\": \"%s\"}";
    assertProblem(with.formatted("1.0.0"), 400, "TYPE:VERSION");
    assertProblem(with.formatted("pump:3.0.0"), 409, "pump");
    assertProblem(with.formatted("milling:7.7.7"), 404, "milling/7.7.7");
  }

  private void assertProblem(String body, int status, String detail) {
    Answer answer = server.post(PREDICT, body);
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.body().path("detail").asText()).contains(detail);
  }
}
