package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.reading.SubmittedReading;
import twin.http.TestServer.Answer;

final class MachinesTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  private TestServer server;

  @BeforeEach
  void start() {
    server =
        TestServer.start(
            "twin.http { ask-timeout = 3s, drain-timeout = 100ms, history.events-max = 100 }");
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
      server.milling("machine-001", i, i == 37 ? 77 : 40, 5 + i / 60.0);
    }
  }

  @Test
  void tellsTheStateAsAgreed() throws Exception {
    millEverySecond(1, 1);
    JsonNode state = server.get("/api/v1/machines/machine-001/state").body();
    try (InputStream golden = getClass().getResourceAsStream("/state-milling.json")) {
      assertThat(state).isEqualTo(Json.MAPPER.readTree(golden));
    }
  }

  @Test
  void tellsThePastFromEachOfItsClocks() {
    millEverySecond(1, 20);
    String path = "/api/v1/machines/machine-001/state";
    JsonNode now = server.get(path).body();
    long revision = now.path("revision").asLong();
    assertThat(server.get(path + "?revision=" + revision).body()).isEqualTo(now);
    assertThat(server.get(path + "?at=" + START.plusSeconds(20)).body()).isEqualTo(now);
    assertThat(server.get(path + "?known_at=" + START.plusSeconds(90)).body()).isEqualTo(now);
    JsonNode tenth = server.get(path + "?at=" + START.plusMillis(10_900)).body();
    assertThat(tenth.at("/reading/seq").asInt()).isEqualTo(10);
    assertThat(server.get(path + "?known_at=" + START.plusSeconds(10)).body()).isEqualTo(tenth);
    assertThat(server.get(path + "?revision=" + tenth.path("revision").asLong()).body())
        .isEqualTo(tenth);
  }

  @Test
  void saysWhyAMomentOfThePastCannotBeShown() {
    millEverySecond(1, 1);
    String path = "/api/v1/machines/machine-001/state";
    Answer before = server.get(path + "?at=" + START.minusSeconds(1));
    assertThat(before.status()).isEqualTo(404);
    assertThat(before.body().path("detail").asText()).contains("first event");
    assertThat(server.get(path + "?revision=999").status()).isEqualTo(404);
    assertThat(server.get(path + "?revision=0").status()).isEqualTo(400);
    Answer both = server.get(path + "?revision=1&at=" + START);
    assertThat(both.status()).isEqualTo(400);
    assertThat(both.body().path("detail").asText()).contains("one of them");
  }

  @Test
  void isStaleWithoutBeingWoken() {
    millEverySecond(1, 1);
    server.clock.set(START.plus(Duration.ofHours(1)));
    assertThat(server.get("/api/v1/machines/machine-001/state").body().path("status").asText())
        .isEqualTo("stale");
  }

  @Test
  void showsHowFarCommissioningIs() {
    server.record("press-7", START, 1, Map.of("oil_bar", 142.5), Map.of());
    JsonNode state = server.get("/api/v1/machines/press-7/state").body();
    assertThat(state.path("status").asText()).isEqualTo("unknown");
    assertThat(state.path("machine_type").asText()).isEqualTo("auto");
    assertThat(state.at("/commissioning/readings").asInt()).isEqualTo(1);
    assertThat(state.at("/commissioning/needed").asInt()).isEqualTo(120);
    assertThat(state.has("health")).isFalse();
    assertThat(state.has("assessment")).isFalse();
  }

  @Test
  void doesNotKnowMachinesThatNobodyHeardOf() {
    Answer answer = server.get("/api/v1/machines/ghost/state");
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body().path("detail").asText()).contains("first reading");
    assertThat(server.get("/api/v1/machines/ghost/events").status()).isEqualTo(404);
    assertThat(server.get("/api/v1/machines/a%20b/state").status()).isEqualTo(404);
  }

  @Test
  void asksToComeBackWhenATwinDoesNotAnswer() {
    server.silentTwins = true;
    Answer answer = server.get("/api/v1/machines/machine-001/state");
    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("Retry-After")).isEqualTo("1");
    assertThat(answer.header("Content-Type")).startsWith("application/problem+json");
  }

  private Answer ifMatch(String method, String path, String tag, String json) {
    return server.send(
        HttpRequest.newBuilder(server.uri(path))
            .header("If-Match", tag)
            .header("Content-Type", "application/json")
            .method(method, HttpRequest.BodyPublishers.ofString(json)));
  }

  @Test
  void changesOnlyWhatTheCallerHasSeen() {
    millEverySecond(1, 1);
    String path = "/api/v1/machines/machine-001";
    String seen = server.get(path).header("ETag");
    // What the machine measures meanwhile is no reason to refuse.
    millEverySecond(2, 3);
    assertThat(server.get(path).header("ETag")).isNotEqualTo(seen);
    Answer first = ifMatch("PATCH", path, seen, "{\"line\":\"1\"}");
    assertThat(first.status()).as(first.text()).isEqualTo(200);
    Answer second = ifMatch("PATCH", path, seen, "{\"line\":\"2\"}");
    assertThat(second.status()).isEqualTo(412);
    assertThat(second.body().path("detail").asText()).contains("Read it again");
    assertThat(ifMatch("DELETE", path, seen, "").status()).isEqualTo(412);
    assertThat(ifMatch("PATCH", path, "nonsense", "{}").status()).isEqualTo(412);
    assertThat(ifMatch("PATCH", path, "*", "{\"line\":\"3\"}").status()).isEqualTo(200);
    String now = server.get(path).header("ETag");
    assertThat(ifMatch("DELETE", path, "\"old\", " + now, "").status()).isEqualTo(200);
    assertThat(server.get(path).body().path("line").asText()).isEqualTo("3");
  }

  @Test
  void sendsNothingTwiceToThoseWhoHaveIt() {
    millEverySecond(1, 1);
    for (String path : List.of("/api/v1/machines/machine-001", "/api/v1/types/milling")) {
      String tag = server.get(path).header("ETag");
      HttpRequest.Builder again =
          HttpRequest.newBuilder(server.uri(path)).header("If-None-Match", "\"x\", W/" + tag);
      Answer same = server.send(again);
      assertThat(same.status()).as(path).isEqualTo(304);
      assertThat(same.header("ETag")).isEqualTo(tag);
      assertThat(same.text()).isEmpty();
    }
    String before = server.get("/api/v1/machines/machine-001").header("ETag");
    millEverySecond(2, 2);
    HttpRequest.Builder changed =
        HttpRequest.newBuilder(server.uri("/api/v1/machines/machine-001"))
            .header("If-None-Match", before);
    assertThat(server.send(changed).status()).isEqualTo(200);
  }

  @Test
  void losesNoChangeThatTwoPeopleMakeInTheSameMoment() {
    millEverySecond(1, 1);
    String path = "/api/v1/machines/machine-001";
    List<CompletableFuture<Integer>> changes =
        IntStream.range(0, 8)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () ->
                            server
                                .method(
                                    "PATCH", path, "{\"attributes\":{\"a%d\":\"x\"}}".formatted(i))
                                .status()))
            .toList();
    long done = changes.stream().filter(each -> each.join() == 200).count();
    assertThat(server.get(path).body().path("attributes").size()).isEqualTo((int) done);
    assertThat(done).isPositive();
  }

  @Test
  void registersDescribesAndRetires() {
    Answer registered =
        server.post(
            "/api/v1/machines",
            "{\"machine_id\":\"m-1\",\"site\":\"Ulm\",\"attributes\":{\"maker\":\"A\",\"hall\":\"2\"}}");
    assertThat(registered.status()).as(registered.text()).isEqualTo(201);
    assertThat(registered.header("Location")).isEqualTo("/api/v1/machines/m-1");
    Answer changed =
        server.method(
            "PATCH", "/api/v1/machines/m-1", "{\"line\":\"L4\",\"attributes\":{\"hall\":null}}");
    assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    JsonNode machine = server.get("/api/v1/machines/m-1").body();
    assertThat(machine.path("site").asText()).isEqualTo("Ulm");
    assertThat(machine.path("line").asText()).isEqualTo("L4");
    assertThat(machine.path("attributes").toString()).isEqualTo("{\"maker\":\"A\"}");
    assertThat(server.method("DELETE", "/api/v1/machines/m-1?reason=old", "").status())
        .isEqualTo(200);
    assertThat(server.get("/api/v1/machines/m-1").body().path("retired").asBoolean()).isTrue();
    assertThat(server.method("DELETE", "/api/v1/machines/nobody", "").status()).isEqualTo(404);
    assertThat(server.method("PATCH", "/api/v1/machines/nobody", "{}").status()).isEqualTo(404);
  }

  @Test
  void acknowledgesAlerts() {
    for (int i = 1; i <= 3; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, 70, 210);
    }
    JsonNode alert = server.get("/api/v1/machines/machine-001/state").body().at("/alerts/0");
    assertThat(alert.path("failure_type").asText()).isEqualTo("overstrain");
    assertThat(alert.path("state").asText()).isEqualTo("unacknowledged");
    String id = alert.path("alert_id").asText();
    assertThat(server.post("/api/v1/alerts/" + id + "/acknowledge", "").status()).isEqualTo(200);
    JsonNode state = server.get("/api/v1/machines/machine-001/state").body();
    assertThat(
            StreamSupport.stream(state.path("alerts").spliterator(), false)
                .filter(each -> each.path("alert_id").asText().equals(id))
                .map(each -> each.path("state").asText()))
        .containsExactly("acknowledged");
    assertThat(state.path("status").asText()).isEqualTo("alarm");
    assertThat(state.at("/assessment/failure_mode").asText()).isEqualTo("overstrain");
    assertThat(server.post("/api/v1/alerts/machine-001-999/acknowledge", "").status())
        .isEqualTo(404);
    assertThat(server.post("/api/v1/alerts/nonsense/acknowledge", "").status()).isEqualTo(404);
    List<JsonNode> events =
        items(server.get("/api/v1/machines/machine-001/events?after=5&limit=100"));
    assertThat(events.getLast().at("/cause/principal").asText()).isEqualTo("anonymous");
  }

  @Test
  void recordsMaintenance() {
    millEverySecond(1, 1);
    assertThat(
            server
                .post(
                    "/api/v1/machines/machine-001/maintenance",
                    "{\"kind\":\"tool_change\",\"note\":\"new insert\"}")
                .status())
        .isEqualTo(200);
    List<JsonNode> events = items(server.get("/api/v1/machines/machine-001/events"));
    assertThat(events)
        .anyMatch(
            event ->
                event.path("event").asText().equals("maintenance")
                    && event.at("/body/note").asText().equals("new insert"));
  }

  @Test
  void pagesThroughTheWholeAuditTrailWithItsChain() {
    millEverySecond(1, 12);
    List<JsonNode> all = new ArrayList<>();
    String after = "0";
    while (true) {
      Answer page = server.get("/api/v1/machines/machine-001/events?limit=5&after=" + after);
      all.addAll(items(page));
      if (page.body().path("next_cursor").isNull()) {
        break;
      }
      after = page.body().path("next_cursor").asText();
    }
    assertThat(all.getFirst().path("previous_hash").asText()).isEqualTo("0".repeat(64));
    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).path("revision").asInt()).isEqualTo(i + 1);
      if (i > 0) {
        assertThat(all.get(i).path("previous_hash")).isEqualTo(all.get(i - 1).path("hash"));
      }
    }
    assertThat(all.stream().filter(event -> event.path("event").asText().equals("readings")))
        .hasSize(12)
        .allMatch(event -> event.at("/body/readings/0/values").has("torque_nm"));
  }

  @Test
  void listsTheNewestReadingsPageByPage() {
    millEverySecond(1, 12);
    List<Integer> seqs = new ArrayList<>();
    String path = "/api/v1/machines/machine-001/readings?points=5";
    String cursor = "";
    while (true) {
      Answer page = server.get(path + cursor);
      seqs.addAll(0, items(page).stream().map(reading -> reading.path("seq").asInt()).toList());
      if (page.body().path("next_cursor").isNull()) {
        break;
      }
      cursor = "&cursor=" + page.body().path("next_cursor").asText();
    }
    assertThat(seqs).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
  }

  @Test
  void pagesThroughAnEventWithMoreReadingsThanAPage() {
    List<SubmittedReading> batch = new ArrayList<>();
    for (int i = 1; i <= 7; i++) {
      batch.add(
          new SubmittedReading(
              "press-7",
              null,
              START.plusMillis(i),
              (long) i,
              null,
              Map.of("bar", 1.0 * i),
              Map.of()));
    }
    server.recordAll("press-7", batch);
    Answer newest = server.get("/api/v1/machines/press-7/readings?points=4");
    assertThat(items(newest).stream().map(each -> each.at("/values/bar").asInt()))
        .containsExactly(4, 5, 6, 7);
    Answer older =
        server.get(
            "/api/v1/machines/press-7/readings?points=4&cursor="
                + newest.body().path("next_cursor").asText());
    assertThat(items(older).stream().map(each -> each.at("/values/bar").asInt()))
        .containsExactly(1, 2, 3);
  }

  @Test
  void findsAnIntervalByReadingTimeAlsoWithLateReadings() {
    millEverySecond(1, 20);
    server.record("machine-001", START.plusMillis(7_500), 200, Map.of("torque_nm", 55.0), Map.of());
    List<JsonNode> found =
        items(
            server.get(
                "/api/v1/machines/machine-001/readings?from=%s&to=%s&channels=torque_nm"
                    .formatted(START.plusSeconds(6), START.plusSeconds(9))));
    assertThat(found.stream().map(each -> each.path("timestamp").asText()))
        .containsExactly(
            "2025-11-07T15:00:06.000Z",
            "2025-11-07T15:00:07.000Z",
            "2025-11-07T15:00:07.500Z",
            "2025-11-07T15:00:08.000Z",
            "2025-11-07T15:00:09.000Z");
    assertThat(found.get(2).path("placement").asText()).isEqualTo("late");
    assertThat(found.get(2).has("assessment")).isFalse();
    assertThat(found.get(0).path("values").toString()).isEqualTo("{\"torque_nm\":40}");
    assertThat(found.get(0).at("/assessment/rul/p50").isNumber()).isTrue();
    assertThat(found.get(0).at("/assessment/threshold").isNumber()).isTrue();
    assertThat(
            items(
                server.get("/api/v1/machines/machine-001/readings?from=" + START.plusSeconds(90))))
        .isEmpty();
  }

  @Test
  void thinsAnIntervalAndKeepsItsExtremes() {
    millEverySecond(1, 80);
    Answer answer =
        server.get(
            "/api/v1/machines/machine-001/readings?from=%s&points=20&channels=torque_nm"
                .formatted(START));
    List<JsonNode> kept = items(answer);
    assertThat(answer.body().path("readings").asInt()).isEqualTo(80);
    assertThat(answer.body().path("thinned").asBoolean()).isTrue();
    assertThat(kept).hasSizeBetween(8, 20);
    assertThat(kept.getFirst().path("seq").asInt()).isEqualTo(1);
    assertThat(kept.getLast().path("seq").asInt()).isEqualTo(80);
    assertThat(kept).anyMatch(each -> each.at("/values/torque_nm").asInt() == 77);
  }

  @Test
  void listsAssessments() {
    millEverySecond(1, 3);
    List<JsonNode> found = items(server.get("/api/v1/machines/machine-001/assessments"));
    assertThat(found).hasSize(3);
    assertThat(found.getFirst().at("/assessment/model").asText()).isEqualTo("milling:1.0.0");
    assertThat(found.getFirst().at("/assessment/failure_modes").has("overstrain")).isTrue();
  }

  @Test
  void streamsStatesAndAlertsOfOneMachine() throws Exception {
    HttpResponse<InputStream> stream =
        server
            .client()
            .send(
                HttpRequest.newBuilder(server.uri("/api/v1/stream?machine=machine-001"))
                    .timeout(Duration.ofSeconds(30))
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    assertThat(stream.headers().firstValue("Content-Type").orElse(""))
        .startsWith("text/event-stream");
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("event: heartbeat");
      server.milling("machine-002", 1, 70, 210);
      for (int i = 1; i <= 3; i++) {
        server.clock.set(START.plusSeconds(i));
        server.milling("machine-001", i, 70, 210);
      }
      boolean alerted = false;
      long revision = 0;
      long last = server.get("/api/v1/machines/machine-001/state").body().path("revision").asLong();
      while (!alerted || revision < last) {
        String line = lines.readLine();
        if (line.startsWith("data: ")) {
          JsonNode data = Json.MAPPER.readTree(line.substring(6));
          assertThat(data.path("machine_id").asText("machine-001")).isEqualTo("machine-001");
          if (data.has("alert_id")) {
            alerted |= data.path("failure_type").asText().equals("overstrain");
          } else if (data.has("revision")) {
            assertThat(data.path("revision").asLong()).isGreaterThan(revision);
            revision = data.path("revision").asLong();
          }
        }
      }
    }
  }
}
