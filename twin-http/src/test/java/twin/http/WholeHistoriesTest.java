package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.reading.SubmittedReading;
import twin.http.TestServer.Answer;

/** Intervals as NDJSON: everything, unthinned, as it is read. */
final class WholeHistoriesTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final String PATH = "/api/v1/machines/machine-001/";
  private static final int READINGS = 130;

  private TestServer server;

  @BeforeEach
  void start() {
    // A list would be told from summaries, or thinned.
    server = TestServer.start("twin.http.history { events-max = 20, points-max = 10 }");
    for (int i = 1; i <= READINGS; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, i > 60 && i < 70 ? 77 : 40, 150);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer lines(String path) {
    return server.send(
        HttpRequest.newBuilder(server.uri(path)).header("Accept", "application/x-ndjson").GET());
  }

  private static List<JsonNode> documents(Answer answer) throws JsonProcessingException {
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).isEqualTo("application/x-ndjson");
    assertThat(answer.text()).matches(text -> text.isEmpty() || text.endsWith("\n"));
    List<JsonNode> documents = new ArrayList<>();
    for (String line : answer.text().lines().filter(line -> !line.isEmpty()).toList()) {
      documents.add(Json.MAPPER.readTree(line));
    }
    return documents;
  }

  @Test
  void haveEveryReading() throws Exception {
    List<JsonNode> readings = documents(lines(PATH + "readings?from=" + START));
    assertThat(readings)
        .extracting(each -> each.path("seq").asLong())
        .containsExactlyElementsOf(LongStream.rangeClosed(1, READINGS).boxed().toList());
    JsonNode one = readings.get(61);
    assertThat(one.path("timestamp").asText()).isEqualTo("2025-11-07T15:01:02.000Z");
    assertThat(one.at("/values/torque_nm").asDouble()).isEqualTo(77);
    assertThat(one.at("/quality/torque_nm").asText()).isEqualTo("good");
    assertThat(one.at("/attributes/variant").asText()).isEqualTo("M");
    List<JsonNode> assessments =
        documents(
            lines(
                PATH
                    + "assessments?from=%s&to=%s"
                        .formatted(START.plusSeconds(100), START.plusSeconds(120))));
    assertThat(assessments).hasSize(21);
    assertThat(assessments)
        .allSatisfy(
            each -> assertThat(each.at("/assessment/model").asText()).isEqualTo("milling:1.0.0"));
  }

  @Test
  void haveLateReadingsWhereTheyStandInTheJournal() throws Exception {
    server.recordAll(
        "machine-001",
        List.of(
            new SubmittedReading(
                "machine-001",
                null,
                START.plusSeconds(125).plusMillis(500),
                null,
                null,
                Map.of("torque_nm", 1e9),
                Map.of())));
    List<JsonNode> readings =
        documents(
            lines(
                PATH
                    + "readings?from=%s&to=%s"
                        .formatted(START.plusSeconds(120), START.plusSeconds(126))));
    assertThat(readings).hasSize(8);
    JsonNode late = readings.getLast();
    assertThat(late.path("placement").asText()).isEqualTo("late");
    assertThat(late.at("/quality/torque_nm").asText()).isEqualTo("bad");
  }

  @Test
  void areEmptyWhereThereIsNothing() throws Exception {
    String later = "?from=" + START.plusSeconds(10_000);
    assertThat(documents(lines(PATH + "readings" + later))).isEmpty();
    assertThat(documents(lines(PATH + "events" + later))).isEmpty();
  }

  @Test
  void haveTheEventsOfAKindWithinAnInterval() throws Exception {
    List<JsonNode> all = documents(lines(PATH + "events"));
    long revision = server.get(PATH + "state").body().path("revision").asLong();
    assertThat(all).hasSize((int) revision);
    assertThat(all)
        .extracting(each -> each.path("revision").asLong())
        .containsExactlyElementsOf(LongStream.rangeClosed(1, revision).boxed().toList());
    List<JsonNode> alerts = documents(lines(PATH + "events?kinds=alert"));
    assertThat(alerts)
        .isNotEmpty()
        .isEqualTo(
            all.stream().filter(each -> each.path("event").asText().equals("alert")).toList());
    JsonNode raised = alerts.getFirst();
    String at = raised.path("watermark").asText();
    assertThat(documents(lines(PATH + "events?kinds=alert&from=%s&to=%s".formatted(at, at))))
        .contains(raised);
    Instant before = Instant.parse(at).minusMillis(1);
    assertThat(documents(lines(PATH + "events?kinds=alert&to=" + before))).doesNotContain(raised);
    assertThat(documents(lines(PATH + "events?kinds=alert,readings"))).hasSizeGreaterThan(READINGS);
  }

  @Test
  void sayWhatDoesNotGoTogether() {
    assertThat(lines(PATH + "readings").status()).isEqualTo(400);
    assertThat(lines(PATH + "readings?points=5&from=" + START).status()).isEqualTo(400);
    assertThat(lines(PATH + "events?after=3").status()).isEqualTo(400);
    assertThat(server.get(PATH + "events?kinds=alert").status()).isEqualTo(400);
    assertThat(lines("/api/v1/machines/ghost/events").status()).isEqualTo(404);
  }
}
