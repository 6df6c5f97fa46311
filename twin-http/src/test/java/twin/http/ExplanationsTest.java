package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.machine.MachineReply;
import twin.core.reading.SubmittedReading;
import twin.http.TestServer.Answer;

final class ExplanationsTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final String PATH = "/api/v1/machines/machine-001/explanation";

  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.start("twin.http.ask-timeout = 3s");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private MachineReply.Outcome mill(int second, double torqueNm, double toolWearMin) {
    server.clock.set(START.plusSeconds(second));
    return server.milling("machine-001", second, torqueNm, toolWearMin);
  }

  private static SubmittedReading milling(int second, double torqueNm) {
    return new SubmittedReading(
        "machine-001",
        null,
        START.plusSeconds(second),
        (long) second,
        null,
        Map.of(
            "air_temp_k", 299.1,
            "process_temp_k", 309.5,
            "rpm", 1500.0,
            "torque_nm", torqueNm,
            "tool_wear_min", 10.0),
        Map.of("variant", "M"));
  }

  private JsonNode explained(String query) {
    Answer answer = server.get(PATH + query);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return answer.body();
  }

  private void assertRefused(String query, int status, String partOfDetail) {
    Answer answer = server.get(PATH + query);
    assertThat(answer.status()).as(answer.text()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
    assertThat(answer.body().path("detail").asText()).contains(partOfDetail);
  }

  @Test
  void saysWhyTheNewestReadingWasAssessedSo() throws Exception {
    mill(1, 40, 5);
    MachineReply.Outcome strained = mill(2, 70, 210);
    assertThat(explained(""))
        .isEqualTo(
            Json.MAPPER.readTree(
                """
                {"machine_id":"machine-001","revision":%d,"index":0,
                 "timestamp":"2025-11-07T15:00:02.000Z","model":"milling:1.0.0",
                 "explained":{"kind":"failure_mode","name":"overstrain","value":%s},
                 "contributions":[
                  {"feature":"strain_min_nm","value":14700,
                   "expected":{"low":500,"high":9000},"contribution":0.6},
                  {"feature":"torque_nm.mean_60","value":55,
                   "expected":{"low":30,"high":50},"contribution":0.2},
                  {"feature":"temp_diff_k","value":13.3}]}
                """
                    .formatted(
                        strained.revision(),
                        server
                            .get("/api/v1/machines/machine-001/state")
                            .body()
                            .at("/assessment/failure_modes/overstrain"))));
  }

  @Test
  void explainsAnEarlierReadingAsThingsWereThen() {
    MachineReply.Outcome normal = mill(1, 40, 5);
    for (int second = 2; second <= 20; second++) {
      mill(second, 70, 210);
    }
    JsonNode then = explained("?revision=" + normal.revision());
    assertThat(then.at("/explained/kind").asText()).isEqualTo("rul");
    assertThat(then.at("/explained/name").asText()).isEqualTo("p50");
    assertThat(then.at("/explained/value").asDouble()).isEqualTo(215);
    assertThat(then.at("/explained/unit").asText()).isEqualTo("min");
    assertThat(then.at("/contributions/1/value").asDouble()).isEqualTo(40);
  }

  @Test
  void explainsEachReadingOfABatchBeforeThoseAfterIt() {
    server.clock.set(START.plusSeconds(10));
    List<SubmittedReading> batch = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      batch.add(milling(i, 10.0 * i));
    }
    long revision = server.recordAll("machine-001", batch).getFirst().revision();
    List<Double> means = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      JsonNode explanation = explained("?revision=%d&index=%d".formatted(revision, i));
      assertThat(explanation.path("index").asInt()).isEqualTo(i);
      means.add(explanation.at("/contributions/1/value").asDouble());
    }
    assertThat(means).containsExactly(10.0, 15.0, 20.0, 25.0);
    assertThat(explained("?revision=" + revision)).isEqualTo(explained(""));
    assertThat(explained("").path("index").asInt()).isEqualTo(3);
    assertRefused("?revision=%d&index=4".formatted(revision), 404, "from 0 to 3");
  }

  @Test
  void saysWhereToFindWhatCanBeExplained() {
    MachineReply.Outcome last = mill(1, 40, 5);
    assertRefused("?revision=1", 404, "/assessments");
    assertRefused("?revision=999", 404, "no revision 999");
    assertRefused("?index=0", 400, "needs revision");
    assertRefused("?revision=0", 400, "whole number");
    assertRefused("?revision=%d&index=-1".formatted(last.revision()), 400, "whole number");
    assertThat(server.get("/api/v1/machines/ghost/explanation").status()).isEqualTo(404);
    server.record("press-7", START, 1, Map.of("oil_bar", 142.5), Map.of());
    Answer untaught = server.get("/api/v1/machines/press-7/explanation");
    assertThat(untaught.status()).isEqualTo(404);
    assertThat(untaught.body().path("detail").asText()).contains("commissioned");
  }

  @Test
  void doesNotExplainALateReadingAndGoesOnExplainingTheNewest() {
    mill(1, 40, 5);
    MachineReply.Outcome newest = mill(10, 50, 5);
    JsonNode before = explained("");
    MachineReply.Outcome late =
        server.record("machine-001", START.plusSeconds(5), 5, Map.of("torque_nm", 90.0), Map.of());
    assertRefused("?revision=" + late.revision(), 404, "came late");
    assertThat(explained("").path("revision").asLong()).isEqualTo(newest.revision());
    assertThat(explained("")).isEqualTo(before);
  }

  @Test
  void letsOnlyTheModelThatDecidedExplain() {
    mill(1, 40, 5);
    server.models.load("1.1.0");
    assertRefused("", 409, "milling:1.1.0 is loaded");
    mill(2, 40, 5);
    assertThat(explained("").path("model").asText()).isEqualTo("milling:1.1.0");
  }

  @Test
  void explainsTheGateOfAMachineWithoutABundle() {
    for (int i = 1; i <= 120; i++) {
      server.clock.set(START.plusSeconds(i));
      server.record(
          "press-7",
          START.plusSeconds(i),
          i,
          Map.of("oil_bar", 100.0 + i % 2, "stroke_mm", 5.0 + i % 3),
          Map.of());
    }
    server.clock.set(START.plusSeconds(121));
    server.record(
        "press-7",
        START.plusSeconds(121),
        121,
        Map.of("oil_bar", 300.0, "stroke_mm", 6.0),
        Map.of());
    Answer answer = server.get("/api/v1/machines/press-7/explanation");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.body().at("/explained/kind").asText()).isEqualTo("anomaly");
    assertThat(answer.body().at("/explained/name").asText()).isEqualTo("statistical");
    assertThat(answer.body().at("/explained/threshold").isNumber()).isTrue();
    JsonNode most = answer.body().at("/contributions/0");
    assertThat(most.path("feature").asText()).isEqualTo("oil_bar");
    assertThat(most.path("value").asDouble()).isEqualTo(300);
    assertThat(most.at("/expected/low").asDouble()).isLessThan(100);
    assertThat(most.at("/expected/high").asDouble()).isBetween(101.0, 299.0);
    // Both are the standard deviations it is away; a score is kept in single precision.
    assertThat((float) most.path("contribution").asDouble())
        .isEqualTo((float) answer.body().at("/explained/value").asDouble());
  }

  @Test
  void showsInTheAuditTrailWhatRaisedAnAlert() {
    for (int second = 1; second <= 3; second++) {
      mill(second, 70, 210);
    }
    JsonNode alert =
        StreamSupport.stream(
                server
                    .get("/api/v1/machines/machine-001/events?limit=100")
                    .body()
                    .path("items")
                    .spliterator(),
                false)
            .filter(event -> event.path("event").asText().equals("alert"))
            .findFirst()
            .orElseThrow();
    JsonNode explanation = alert.at("/body/explanation");
    assertThat(explanation).hasSize(3);
    assertThat(explanation.at("/0/feature").asText()).isEqualTo("strain_min_nm");
    assertThat(explanation.at("/0/expected/high").asDouble()).isEqualTo(9000);
    assertThat(explanation.get(2).has("expected")).isFalse();
    assertRefused(
        "?revision=" + alert.path("revision").asLong(),
        404,
        "revision=%d&index=%d"
            .formatted(
                alert.at("/body/reading_revision").asLong(),
                alert.at("/body/reading_index").asInt()));
  }
}
