package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.core.store.AlertChange;
import twin.core.store.AlertQuery;
import twin.core.store.AlertRow;
import twin.core.store.AlertStats;
import twin.core.store.Incident;
import twin.core.store.SiteScope;

/** The life of alerts over HTTP, on real twins. */
final class AlertsTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");

  private TestServer server;
  private String id;

  @BeforeEach
  void raise() {
    server = TestServer.start();
    for (int i = 1; i <= 3; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, 70, 210);
    }
    id = alert().path("alert_id").asText();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  /** The alert of overstrain, as the twin has it. */
  private JsonNode alert() {
    for (JsonNode each : server.get("/api/v1/machines/machine-001/state").body().path("alerts")) {
      if (each.path("failure_type").asText().equals("overstrain")) {
        return each;
      }
    }
    return Json.object();
  }

  private String state() {
    return alert().path("state").asText();
  }

  private TestServer.Answer post(String verb, String body) {
    return server.post("/api/v1/alerts/" + id + "/" + verb, body);
  }

  private String detail(String verb, String body, int status) {
    TestServer.Answer answer = post(verb, body);
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(status);
    return answer.body().path("detail").asText();
  }

  @Test
  void shelvesForATimeWithAReasonAndUnshelves() {
    assertThat(detail("shelve", "{\"duration_sec\":60}", 400)).contains("reason");
    assertThat(detail("shelve", "{\"reason\":\"x\"}", 400)).contains("duration_sec");
    assertThat(detail("shelve", "{\"duration_sec\":9999999,\"reason\":\"x\"}", 400))
        .contains("86400");
    assertThat(detail("shelve", "{\"until\":\"2025-11-07T14:00:00Z\",\"reason\":\"x\"}", 400))
        .contains("time to come");
    assertThat(
            detail(
                "shelve",
                "{\"until\":\"2025-11-07T16:00:00Z\",\"duration_sec\":1,\"reason\":\"x\"}",
                400))
        .contains("not both");
    assertThat(detail("unshelve", "", 409)).contains("not shelved");
    assertThat(post("shelve", "{\"duration_sec\":60,\"reason\":\"known\"}").status())
        .isEqualTo(200);
    assertThat(state()).isEqualTo("shelved");
    assertThat(detail("acknowledge", "", 409)).contains("unshelve");
    assertThat(post("unshelve", "{\"reason\":\"seen to\"}").status()).isEqualTo(200);
    assertThat(state()).isEqualTo("unacknowledged");
    assertThat(post("shelve", "{\"until\":\"2025-11-07T16:00:00Z\",\"reason\":\"known\"}").status())
        .isEqualTo(200);
  }

  @Test
  void suppressesAndTakesOutOfServiceUntilThatIsLifted() {
    assertThat(detail("suppress", "{}", 400)).contains("reason");
    assertThat(post("suppress", "{\"reason\":\"start-up\"}").status()).isEqualTo(200);
    assertThat(state()).isEqualTo("suppressed");
    assertThat(detail("out-of-service", "{\"reason\":\"repair\"}", 409)).contains("suppressed");
    assertThat(post("suppress", "{\"suppressed\":false}").status()).isEqualTo(200);
    assertThat(state()).isEqualTo("unacknowledged");
    assertThat(detail("out-of-service", "{\"in_service\":1}", 400)).contains("true or false");
    assertThat(post("out-of-service", "{\"reason\":\"repair\"}").status()).isEqualTo(200);
    assertThat(state()).isEqualTo("out_of_service");
    assertThat(post("out-of-service", "{\"in_service\":true}").status()).isEqualTo(200);
    assertThat(state()).isEqualTo("unacknowledged");
  }

  @Test
  void clearsOnlyWhatHasNoConditionAndTellsAClosedAlertFromAnUnknownOne() {
    assertThat(detail("clear", "", 409)).contains("still holds");
    for (int i = 4; i <= 9; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, 40, 1);
    }
    assertThat(state()).isEqualTo("returned_unacknowledged");
    assertThat(post("clear", "{\"reason\":\"new tool\"}").status()).isEqualTo(200);
    assertThat(alert().isEmpty()).isTrue();
    assertThat(detail("acknowledge", "", 404)).contains("no open alert");
    server.alerts.rows.put(id, row(id, "normal"));
    assertThat(detail("acknowledge", "", 409)).contains("closed");
    assertThat(server.post("/api/v1/alerts/nonsense/clear", "").status()).isEqualTo(404);
  }

  @Test
  void takesVerdictsOnAlertsOpenAndClosed() {
    assertThat(detail("verdict", "{\"verdict\":\"maybe\"}", 400)).contains("unknown");
    assertThat(post("verdict", "{\"verdict\":\"real\",\"finding\":\"worn\"}").status())
        .isEqualTo(200);
    String other = "machine-001-1";
    assertThat(
            server.post("/api/v1/alerts/" + other + "/verdict", "{\"verdict\":\"real\"}").status())
        .as("there never was such an alert")
        .isEqualTo(404);
    server.alerts.rows.put(other, row(id, "normal"));
    assertThat(
            server.post("/api/v1/alerts/" + other + "/verdict", "{\"verdict\":\"false\"}").status())
        .isEqualTo(200);
  }

  static AlertRow row(String id, String state) {
    return new AlertRow(
        id,
        "machine-001",
        new AlertRow.Origin("milling", "Nord", null, "L1"),
        "overstrain",
        "overstrain",
        "critical",
        state,
        START,
        START.plusSeconds(1),
        7,
        new AlertRow.Judged(1.5, 0.75, 9.0, 12.5, 20.0, "min"),
        START.plusSeconds(60),
        1,
        "real");
  }

  @Test
  void listsWhatTheReadSideFinds() {
    server.alerts.rows.put(id, row(id, "shelved"));
    JsonNode item =
        server
            .get(
                "/api/v1/alerts?state=open,normal&severity=high,low&machine=m&type=t&site=s&rule=r"
                    + "&from=2025-11-07T15:00:00Z&to=2025-11-07T16:00:00Z&limit=7&cursor=c")
            .body()
            .at("/items/0");
    assertThat(item.path("alert_id").asText()).isEqualTo(id);
    assertThat(item.at("/rul/p10").asInt()).isEqualTo(9);
    assertThat(item.path("shelved_until").asText()).isEqualTo("2025-11-07T15:01:00.000Z");
    assertThat(item.path("escalation").asInt()).isEqualTo(1);
    assertThat(server.alerts.queries)
        .containsExactly(
            new AlertQuery(
                List.of(
                    "unacknowledged",
                    "acknowledged",
                    "returned_unacknowledged",
                    "shelved",
                    "suppressed",
                    "out_of_service",
                    "normal"),
                List.of("high", "low"),
                "m",
                "t",
                "s",
                "r",
                START,
                START.plusSeconds(3600),
                7,
                "c",
                SiteScope.ALL));
    assertThat(server.get("/api/v1/alerts?state=nonsense").body().path("detail").asText())
        .contains("open")
        .contains("shelved");
  }

  @Test
  void tellsTheLifeOfAnAlertWithItsExplanationAndWhereToLook() {
    assertThat(server.get("/api/v1/alerts/" + id).status()).isEqualTo(404);
    server.alerts.rows.put(id, row(id, "acknowledged"));
    server.alerts.lives.put(
        id,
        List.of(
            new AlertChange(
                id,
                7,
                START,
                "normal",
                "unacknowledged",
                "critical",
                true,
                new AlertChange.By("source", "mqtt:plant", ""),
                """
                {"reading":{"revision":6,"index":2},"explanation":[{"feature":"strain"}],
                 "since":"2025-11-07T14:59:30.000Z"}
                """),
            new AlertChange(
                id,
                8,
                START.plusSeconds(4),
                "unacknowledged",
                "returned_unacknowledged",
                "critical",
                false,
                new AlertChange.By("source", "mqtt:plant", ""),
                """
                {"reading":{"revision":8,"index":0},"explanation":[{"feature":"gone"}],
                 "since":"2025-11-07T15:00:04.000Z"}
                """),
            new AlertChange(
                id,
                9,
                START.plusSeconds(5),
                null,
                null,
                null,
                false,
                new AlertChange.By("principal", "anna", ""),
                "{\"verdict\":\"real\",\"finding\":\"worn\"}")));
    JsonNode alert = server.get("/api/v1/alerts/" + id).body();
    assertThat(alert.at("/explanation/0/feature").asText())
        .as("why it was raised, not how it went")
        .isEqualTo("strain");
    assertThat(alert.path("since").asText()).isEqualTo("2025-11-07T14:59:30.000Z");
    assertThat(alert.at("/links/explanation").asText())
        .isEqualTo("/api/v1/machines/machine-001/explanation?revision=6&index=2");
    assertThat(alert.at("/life/0/cause/source").asText()).isEqualTo("mqtt:plant");
    assertThat(alert.at("/life/2/event").asText()).isEqualTo("verdict");
    assertThat(alert.at("/life/2/cause/principal").asText()).isEqualTo("anna");
    assertThat(alert.at("/life/2/finding").asText()).isEqualTo("worn");
  }

  @Test
  void countsAfterTheStandard() {
    server.alerts.stats =
        new AlertStats(
            48,
            Map.of("high", 48L),
            144,
            3,
            20,
            Map.of("unacknowledged", 2L, "acknowledged", 1L, "shelved", 4L),
            1,
            List.of(),
            List.of(new AlertStats.Cause("m1", "hot", "hot", 12)));
    server.clock.set(START);
    JsonNode stats = server.get("/api/v1/alerts/stats?operators=2").body();
    assertThat(server.alerts.statsQueries)
        .containsExactly(
            new AlertStats.Wanted(
                START.minus(Duration.ofHours(24)), START, 2, null, null, SiteScope.ALL));
    assertThat(stats.path("per_hour").asDouble()).isEqualTo(2);
    assertThat(stats.path("per_operator_hour").asDouble()).isEqualTo(1);
    assertThat(stats.path("standing").asInt()).isEqualTo(3);
    assertThat(stats.at("/open_by_state/shelved").asInt()).isEqualTo(4);
    assertThat(stats.at("/by_severity/low").asInt(-1)).isZero();
    assertThat(stats.at("/flood/seconds").asInt()).isEqualTo(1800);
    assertThat(stats.at("/most_frequent/0/share").asDouble()).isEqualTo(0.25);
    assertThat(
            server
                .get("/api/v1/alerts/stats?from=2020-01-01T00:00:00Z")
                .body()
                .path("detail")
                .asText())
        .contains("92 days");
  }

  @Test
  void tellsIncidents() {
    server.alerts.incidents.add(
        new Incident(
            "m1-5",
            "Nord",
            null,
            "L1",
            START,
            START.plusSeconds(30),
            "critical",
            500,
            499,
            498,
            500,
            List.of("m1", "m2"),
            new Incident.First("m1", "hot", "hot", "high")));
    JsonNode incident = server.get("/api/v1/incidents?state=open&line=L1").body().at("/items/0");
    assertThat(server.alerts.incidentQueries.getFirst().open()).isEqualTo(true);
    assertThat(server.alerts.incidentQueries.getFirst().line()).isEqualTo("L1");
    assertThat(incident.path("incident_id").asText()).isEqualTo("m1-5");
    assertThat(incident.path("state").asText()).isEqualTo("open");
    assertThat(incident.path("machine_count").asInt()).isEqualTo(500);
    assertThat(incident.path("first_cause").asText()).isEqualTo("hot");
    assertThat(incident.at("/first_alert/machine_id").asText()).isEqualTo("m1");
  }
}
