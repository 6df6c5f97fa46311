package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.http.TestServer.Answer;

/** Who sees some sites sees no machine of another one, wherever machines are shown. */
final class SiteScopesTest {

  private static final String ALL = "a".repeat(32);
  private static final String NORTH = "n".repeat(32);
  private static final String NOWHERE = "w".repeat(32);

  private static TestServer server;

  @BeforeAll
  static void start() {
    server =
        TestServer.start(
            """
            twin.http.api-keys = [
              {name = all, key = %s},
              {name = north, key = %s, role = engineer, sites = [North, Far North]},
              {name = nowhere, key = %s, role = viewer, sites = [Moon]}
            ]
            """
                .formatted(ALL, NORTH, NOWHERE));
    for (String machine : List.of("north-1 North", "south-1 South", "lost-1 ")) {
      String[] parts = machine.split(" ", -1);
      String site = parts[1].isEmpty() ? "null" : '"' + parts[1] + '"';
      Answer made =
          send(
              "POST",
              "/api/v1/machines",
              "{\"machine_id\":\"%s\",\"site\":%s}".formatted(parts[0], site),
              ALL);
      assertThat(made.status()).as(made.text()).isEqualTo(201);
      server.milling(parts[0], 1, 40, 5);
    }
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer send(String method, String path, String body, String key) {
    HttpRequest.Builder request = HttpRequest.newBuilder(server.uri(path)).header("X-Api-Key", key);
    return server.send(
        body.isEmpty()
            ? request.method(method, HttpRequest.BodyPublishers.noBody())
            : request
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body)));
  }

  private static List<String> machines(String key) {
    List<String> ids = new ArrayList<>();
    for (JsonNode item : send("GET", "/api/v1/machines", "", key).body().path("items")) {
      ids.add(item.path("machine_id").asText());
    }
    return ids;
  }

  @Test
  void listsAndCountsOnlyWhatIsSeen() {
    assertThat(machines(ALL)).contains("north-1", "south-1", "lost-1");
    assertThat(machines(NORTH)).contains("north-1").doesNotContain("south-1", "lost-1");
    assertThat(machines(NOWHERE)).isEmpty();
    assertThat(
            send("GET", "/api/v1/machines/counts?by=type", "", NORTH)
                .body()
                .at("/items/0/machines")
                .asInt())
        .isEqualTo(machines(NORTH).size());
  }

  @Test
  void aMachineOfAnotherSiteIsAsIfItWereNotThere() {
    for (Endpoint endpoint : server.endpoints) {
      if (!endpoint.path().startsWith("/api/v1/machines/{id}")) {
        continue;
      }
      String method = endpoint.method().value();
      String body =
          switch (method) {
            case "GET", "DELETE" -> "";
            default -> endpoint.path().endsWith("/maintenance") ? "{\"kind\":\"x\"}" : "{}";
          };
      for (String machine : List.of("south-1", "lost-1")) {
        String path = endpoint.path().replace("{id}", machine);
        Answer foreign = send(method, path, body, NORTH);
        Answer unheard = send(method, path.replace(machine, "unheard-1"), body, NORTH);
        assertThat(foreign.status()).as(method + " " + path).isEqualTo(404);
        assertThat(foreign.text()).isEqualTo(unheard.text().replace("unheard-1", machine));
      }
    }
    assertThat(send("GET", "/api/v1/machines/north-1/state", "", NORTH).status()).isEqualTo(200);
    assertThat(send("GET", "/api/v1/machines/south-1/state", "", ALL).status()).isEqualTo(200);
    assertThat(send("GET", "/api/v1/machines/south-1", "", ALL).body().path("retired").asBoolean())
        .isFalse();
  }

  @Test
  void readingsAndAlertsOfAnotherSiteAreRefused() {
    assertThat(send("POST", "/api/v1/machines/north-1/readings", "{}", NORTH).text())
        .isEqualTo("recorded");
    for (String machine : List.of("south-1", "lost-1", "unheard-1")) {
      assertThat(send("POST", "/api/v1/machines/" + machine + "/readings", "{}", NORTH).status())
          .isEqualTo(404);
    }
    String acknowledge = "/api/v1/alerts/south-1-7/acknowledge";
    assertThat(send("POST", acknowledge, "{}", NORTH).text()).contains("no machine 'south-1'");
  }

  @Test
  void putsNoMachineElsewhere() {
    String there = "{\"machine_id\":\"moved-1\",\"site\":\"South\"}";
    assertThat(send("POST", "/api/v1/machines", there, NORTH).status()).isEqualTo(403);
    assertThat(send("POST", "/api/v1/machines", "{\"machine_id\":\"moved-1\"}", NORTH).status())
        .isEqualTo(403);
    String here = "{\"machine_id\":\"moved-1\",\"site\":\"Far North\"}";
    assertThat(send("POST", "/api/v1/machines", here, NORTH).status()).isEqualTo(201);
    for (String place : List.of("{\"site\":\"South\"}", "{\"site\":null}")) {
      assertThat(send("PATCH", "/api/v1/machines/moved-1", place, NORTH).status()).isEqualTo(403);
    }
    assertThat(send("PATCH", "/api/v1/machines/moved-1", "{\"site\":\"North\"}", NORTH).status())
        .isEqualTo(200);
    String foreign = "{\"machine_id\":\"south-1\",\"site\":\"North\"}";
    assertThat(send("POST", "/api/v1/machines", foreign, NORTH).status()).isEqualTo(404);
    assertThat(send("DELETE", "/api/v1/machines/moved-1", "", NORTH).status()).isEqualTo(200);
  }

  @Test
  void whatConcernsAllSitesIsForWhoSeesAll() {
    for (Endpoint endpoint : server.endpoints) {
      if (endpoint.allSites() && Role.ENGINEER.covers(endpoint.role())) {
        String path = endpoint.path().replaceAll("\\{[a-z_]+\\}", "1");
        String method = endpoint.method().value();
        Answer answer = send(method, path, method.equals("GET") ? "" : "{}", NORTH);
        assertThat(answer.status()).as(path).isEqualTo(403);
        assertThat(answer.text()).contains("of all sites");
      }
    }
  }

  @Test
  void seesOnlyJobsOfItsOwn() {
    Answer job = send("POST", "/api/v1/machines/south-1/replay", "{}", ALL);
    assertThat(job.status()).as(job.text()).isEqualTo(202);
    String id = job.body().path("job_id").asText();
    assertThat(send("GET", "/api/v1/jobs/" + id, "", ALL).status()).isEqualTo(200);
    assertThat(send("GET", "/api/v1/jobs/" + id, "", NORTH).status()).isEqualTo(404);
    assertThat(send("DELETE", "/api/v1/jobs/" + id, "", NORTH).status()).isEqualTo(404);
    assertThat(send("GET", "/api/v1/jobs", "", NORTH).text()).doesNotContain("south-1");
  }

  @Test
  void streamsOnlyWhatIsSeen() throws Exception {
    HttpResponse<InputStream> stream =
        server
            .client()
            .send(
                HttpRequest.newBuilder(server.uri("/api/v1/stream?kinds=state"))
                    .header("X-Api-Key", NORTH)
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream());
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8))) {
      assertThat(lines.readLine()).isEqualTo("event: heartbeat");
      String seen = "";
      // The stream begins a moment after its first event.
      for (int seq = 2; seen.isEmpty() && seq < 100; seq++) {
        server.milling("south-1", seq, 40, 5);
        server.milling("lost-1", seq, 40, 5);
        server.milling("north-1", seq, 40, 5);
        seen = nextState(lines);
      }
      assertThat(seen).contains("\"machine_id\":\"north-1\"");
    }
  }

  /** The next state that is there already or comes before a heartbeat; a foreign one fails. */
  private static String nextState(BufferedReader lines) throws Exception {
    String line = lines.readLine();
    while (line != null && !line.equals("event: heartbeat")) {
      assertThat(line).doesNotContain("south-1", "lost-1");
      if (line.contains("machine_id")) {
        return line;
      }
      line = lines.readLine();
    }
    return "";
  }
}
