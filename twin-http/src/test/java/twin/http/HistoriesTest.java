package twin.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.feature.FeatureVector;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.inference.ModelSession;
import twin.core.reading.SubmittedReading;
import twin.http.TestServer.Answer;

/** Long histories, features and tables. */
final class HistoriesTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final String PATH = "/api/v1/machines/machine-001/";

  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.start("twin.http { ask-timeout = 3s, history.events-max = 100 }");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static List<JsonNode> items(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    return StreamSupport.stream(answer.body().path("items").spliterator(), false).toList();
  }

  private void millEverySecond(int from, int to) {
    for (int i = from; i <= to; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, i == 37 ? 77 : 40 + i % 3, 5 + i / 60.0);
    }
  }

  private Answer csv(String path) {
    return server.send(HttpRequest.newBuilder(server.uri(path)).header("Accept", "text/csv").GET());
  }

  private static List<List<String>> table(Answer answer) {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("text/csv; charset=UTF-8");
    assertThat(answer.text()).endsWith("\r\n");
    return Arrays.stream(answer.text().split("\r\n", -1))
        .filter(line -> !line.isEmpty())
        .map(line -> List.of(line.split(",", -1)))
        .toList();
  }

  @Test
  void anIntervalThatIsTooLongToReadIsToldInShort() {
    millEverySecond(1, 200);
    Answer answer = server.get(PATH + "readings?from=" + START);
    List<JsonNode> items = items(answer);
    assertThat(answer.body().path("resolution").asText()).isEqualTo("period");
    assertThat(answer.body().path("readings").asInt()).isEqualTo(200);
    assertThat(items).as("three periods and what no summary has yet").hasSize(4);
    JsonNode first = items.getFirst();
    assertThat(first.path("timestamp").asText()).isEqualTo("2025-11-07T15:00:01.000Z");
    assertThat(first.path("to").asText()).isEqualTo("2025-11-07T15:01:01.000Z");
    assertThat(first.path("readings").asInt()).isEqualTo(61);
    assertThat(first.at("/max/torque_nm").asDouble()).isEqualTo(77);
    assertThat(first.at("/min/torque_nm").asDouble()).isEqualTo(40);
    assertThat(first.at("/values/torque_nm").asDouble()).isBetween(41.0, 42.0);
    assertThat(first.path("worst_score").isNumber()).isTrue();
    assertThat(items.getLast().path("readings").asInt()).isEqualTo(200 - 3 * 61);
  }

  @Test
  void aShortIntervalOfALongHistoryIsToldReadingByReading() {
    millEverySecond(1, 200);
    Answer answer =
        server.get(
            PATH + "readings?from=%s&to=%s".formatted(START.plusSeconds(1), START.plusSeconds(10)));
    assertThat(items(answer)).hasSize(10);
    assertThat(answer.body().path("resolution").asText()).isEqualTo("reading");
    Answer newest = server.get(PATH + "readings?from=" + START.plusSeconds(150));
    assertThat(items(newest)).hasSize(51);
    assertThat(newest.body().path("resolution").asText()).isEqualTo("reading");
  }

  @Test
  void onlyTheChannelsThatAreWantedAreToldInShort() {
    millEverySecond(1, 200);
    JsonNode item = items(server.get(PATH + "readings?channels=rpm&from=" + START)).getFirst();
    assertThat(item.path("values").toString()).isEqualTo("{\"rpm\":1500}");
    JsonNode assessed = items(server.get(PATH + "assessments?from=" + START)).getFirst();
    assertThat(assessed.has("values")).isFalse();
    assertThat(assessed.path("least_rul").isNumber()).isTrue();
    assertThat(server.get(PATH + "readings?channels=x&from=" + START).status()).isEqualTo(400);
    assertThat(items(server.get(PATH + "readings?points=2&from=" + START))).hasSize(2);
  }

  @Test
  void tellsTheFeaturesThatEachReadingHad() {
    List<JsonNode> lived = new ArrayList<>();
    for (int i = 1; i <= 12; i++) {
      millEverySecond(i, i);
      lived.add(server.get(PATH + "state").body().path("features"));
    }
    List<JsonNode> told = items(server.get(PATH + "features"));
    assertThat(told.stream().map(each -> each.path("features"))).isEqualTo(lived);
    List<JsonNode> interval =
        items(
            server.get(
                PATH
                    + "features?channels=torque_nm.mean_10,tool_wear_min&from="
                    + START.plusSeconds(5)));
    assertThat(interval).hasSize(8);
    assertThat(interval.getFirst().path("seq").asInt()).isEqualTo(5);
    List<String> names = new ArrayList<>();
    interval.getFirst().path("features").fieldNames().forEachRemaining(names::add);
    assertThat(names).contains("torque_nm.mean_10", "tool_wear_min").doesNotContain("rpm");
  }

  /** A batch is one event, and each of its readings had features of its own. */
  @Test
  void tellsTheFeaturesOfABatch() {
    List<SubmittedReading> batch = new ArrayList<>();
    for (int i = 1; i <= 7; i++) {
      batch.add(
          new SubmittedReading(
              "machine-001",
              "milling",
              START.plusSeconds(i),
              (long) i,
              null,
              Map.of("torque_nm", 10.0 * i),
              Map.of()));
    }
    server.clock.set(START.plusSeconds(7));
    server.recordAll("machine-001", batch);
    List<JsonNode> told = items(server.get(PATH + "features"));
    assertThat(told).hasSize(7);
    for (int i = 1; i <= 7; i++) {
      assertThat(told.get(i - 1).at("/features/torque_nm.mean_10").asDouble())
          .isCloseTo(5.0 * (i + 1), within(1e-9));
    }
  }

  @Test
  void refusesFeaturesOfAnIntervalThatIsTooLong() {
    millEverySecond(1, 130);
    Answer answer = server.get(PATH + "features?from=" + START);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body().path("detail").asText()).contains("shorter").contains("text/csv");
    List<List<String>> all = table(csv(PATH + "features?from=" + START));
    assertThat(all).hasSize(131);
    assertThat(all.getFirst()).startsWith("timestamp", "seq", "revision", "index", "air_temp_k");
  }

  @Test
  void aTableWithoutPointsHasEveryReadingOfTheInterval() {
    millEverySecond(1, 200);
    List<List<String>> all = table(csv(PATH + "readings?from=" + START.plusSeconds(3)));
    assertThat(all.getFirst())
        .containsExactly(
            "timestamp",
            "seq",
            "revision",
            "index",
            "placement",
            "air_temp_k",
            "process_temp_k",
            "rpm",
            "torque_nm",
            "tool_wear_min",
            "variant",
            "quality");
    assertThat(all).hasSize(199);
    assertThat(all.get(1).get(0)).isEqualTo("2025-11-07T15:00:03.000Z");
    assertThat(all.get(1).subList(4, 9))
        .containsExactly("in_order", "299.1", "309.5", "1500", "40");
    assertThat(all.get(1).get(10)).isEqualTo("M");
    assertThat(all.get(35).get(8)).isEqualTo("77");
  }

  @Test
  void aTableWithPointsIsThinnedAsTheListIs() {
    millEverySecond(1, 80);
    String query = "readings?points=20&channels=torque_nm&from=" + START;
    List<List<String>> table = table(csv(PATH + query));
    List<JsonNode> list = items(server.get(PATH + query));
    assertThat(table.getFirst())
        .containsExactly(
            "timestamp",
            "seq",
            "revision",
            "index",
            "placement",
            "torque_nm",
            "variant",
            "quality");
    assertThat(table.stream().skip(1).map(line -> line.get(1)))
        .isEqualTo(list.stream().map(each -> each.path("seq").asText()).toList());
    millEverySecond(81, 200);
    List<List<String>> coarse = table(csv(PATH + query));
    assertThat(coarse.getFirst())
        .containsExactly(
            "timestamp",
            "to",
            "readings",
            "torque_nm",
            "torque_nm.min",
            "torque_nm.max",
            "worst_score",
            "least_rul");
    assertThat(coarse).hasSize(5);
    assertThat(coarse.get(1).subList(4, 6)).containsExactly("40", "77");
  }

  @Test
  void aTableOfAssessmentsHasWhatWasConcluded() {
    millEverySecond(1, 5);
    List<List<String>> table = table(csv(PATH + "assessments?from=" + START));
    assertThat(table.getFirst())
        .contains("model", "anomaly_score", "failure.overstrain", "rul_p50");
    assertThat(table).hasSize(6);
    int model = table.getFirst().indexOf("model");
    int median = table.getFirst().indexOf("rul_p50");
    assertThat(table.get(1).get(model)).isEqualTo("milling:1.0.0");
    assertThat(Double.parseDouble(table.get(1).get(median))).isPositive();
    assertThat(table(csv(PATH + "assessments"))).as("the newest").isEqualTo(table);
  }

  /** Texts come from whoever sends readings, and go into somebody's spreadsheet. */
  @Test
  void noTextOfATableIsAFormula() {
    server.record(
        "machine-001",
        START,
        1,
        Map.of("torque_nm", -3.5, "rpm", 100.0),
        Map.of("variant", "=HYPERLINK(\"http://x\",\"y\")", "machine_type", "milling"));
    Answer answer = csv(PATH + "readings?from=" + START);
    assertThat(answer.text()).contains(",\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\",");
  }

  @Test
  void jsonIsWhatACallerGetsWhoDoesNotNameATable() {
    millEverySecond(1, 2);
    for (String accept :
        List.of("*/*", "text/*", "application/json, text/csv;q=0.5", "text/html")) {
      Answer answer =
          server.send(
              HttpRequest.newBuilder(server.uri(PATH + "readings")).header("Accept", accept).GET());
      assertThat(answer.header("Content-Type")).as(accept).isEqualTo("application/json");
    }
  }

  @Test
  void aGapLeavesNoStretchWithoutReadings() {
    millEverySecond(1, 61);
    server.clock.set(START.plus(Duration.ofDays(3)));
    server.milling("machine-001", 62, 50, 5);
    millAgain(63, 130);
    List<JsonNode> items = items(server.get(PATH + "readings?points=50&from=" + START));
    assertThat(items).hasSize(3);
    assertThat(items.get(1).path("timestamp").asText()).startsWith("2025-11-10T15:00:00");
  }

  private void millAgain(int from, int to) {
    for (int i = from; i <= to; i++) {
      server.clock.set(START.plus(Duration.ofDays(3)).plusSeconds(i - 62));
      server.milling("machine-001", i, 40, 5);
    }
  }

  @Test
  void thresholdsAreTheMachinesOwnOnceItHasSome() {
    server.models.ofPumps = Optional.of(new Level());
    Random random = new Random(5);
    List<String> channels = List.of("accelerometer_1_rms", "accelerometer_2_rms", "current");
    List<SubmittedReading> readings = new ArrayList<>();
    for (int i = 1; i <= 420; i++) {
      Map<String, Double> numbers = new HashMap<>();
      channels.forEach(channel -> numbers.put(channel, 1 + 0.1 * random.nextDouble()));
      readings.add(
          new SubmittedReading(
              "p-1", "pump", START.plusSeconds(i), (long) i, null, numbers, Map.of()));
    }
    server.clock.set(START.plusSeconds(421));
    server.recordAll("p-1", readings.subList(0, 300));
    String state = "/api/v1/machines/p-1/state";
    assertThat(server.get(state).body().has("thresholds"))
        .as("while it commissions itself there are none")
        .isFalse();
    for (int i = 300; i < 420; i += 10) {
      server.recordAll("p-1", readings.subList(i, i + 10));
    }

    JsonNode now = server.get(state).body();
    JsonNode own = now.at("/thresholds/modalities/0");

    assertThat(now.at("/thresholds/adapting").asBoolean()).isTrue();
    assertThat(now.at("/thresholds/frozen").asBoolean()).isFalse();
    assertThat(own.path("value").asDouble())
        .isEqualTo(now.at("/assessment/threshold").asDouble())
        .isNotEqualTo(6.0);
    assertThat(own.path("lowest").asDouble())
        .isCloseTo(0.7 * own.path("calibrated").asDouble(), within(1e-9));
    assertThat(items(server.get("/api/v1/machines/p-1/assessments?points=3")))
        .as("a history says the same as the state")
        .extracting(item -> item.at("/assessment/threshold").asDouble())
        .contains(own.path("value").asDouble());
  }

  /** How far a pump's first channel is from its own baseline, with a threshold of 6. */
  private static final class Level implements ModelSession {
    @Override
    public ModelProfile profile() {
      return new ModelProfile(
          new ModelRef("pump", "9.0.0", "ab".repeat(32)),
          List.of("level"),
          List.of(6.0),
          List.of(),
          List.of(),
          1,
          "test");
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return readings.stream()
          .map(each -> Math.abs(each.get("accelerometer_1_rms.level_30")))
          .map(
              level ->
                  new ModelOutput(
                      new float[] {level.floatValue()}, Float.NaN, new float[0], new float[0]))
          .toList();
    }
  }
}
