package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.http.TestServer.Answer;

final class TypesTest {

  private static final String PRESS =
      "{\"channels\":[{\"name\":\"oil_bar\",\"unit\":\"bar\",\"min\":0,\"max\":300}]}";

  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Answer put(String name, String json) {
    return server.method("PUT", "/api/v1/types/" + name, json);
  }

  @Test
  void aTypeThatIsPutIsShownAndListed() {
    Answer put = put("press", PRESS);
    assertThat(put.status()).as(put.text()).isEqualTo(200);
    assertThat(put.body().at("/channels/0/unit").asText()).isEqualTo("bar");
    assertThat(put.body().path("silence").asText()).isEqualTo("PT5M");
    assertThat(server.get("/api/v1/types/press").body()).isEqualTo(put.body());
    assertThat(server.get("/api/v1/types").body().path("items").findValuesAsText("name"))
        .contains("press", "milling");
  }

  @Test
  void whatGetGivesPutTakes() {
    String milling = server.get("/api/v1/types/milling").text();
    Answer put = put("milling", milling);
    assertThat(put.status()).as(put.text()).isEqualTo(200);
    assertThat(put.text()).isEqualTo(milling);
  }

  @Test
  void isChangedOnlyAsItWasSeen() {
    String tag = put("press", PRESS).header("ETag");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri("/api/v1/types/press"))
            .header("Content-Type", "application/json")
            .header("If-Match", tag)
            .PUT(HttpRequest.BodyPublishers.ofString(PRESS.replace("300", "310")));
    assertThat(server.send(request).status()).isEqualTo(200);
    assertThat(server.send(request).status()).isEqualTo(412);
  }

  @Test
  void saysWhatIsWrongWithAType() {
    assertThat(put("press", "{\"chanels\":[]}").body().path("detail").asText())
        .contains("chanels is not known");
    assertThat(put("Press", PRESS).status()).isEqualTo(400);
    Answer auto = put("auto", PRESS);
    assertThat(auto.status()).isEqualTo(400);
    assertThat(auto.body().path("detail").asText()).contains("learns_channels");
  }

  @Test
  void proposesATypeFromRecordedData() {
    Answer answer =
        server.post(
            "/api/v1/types/press/proposal",
            "{\"csv\":\"time,Oil (bar)\\n2025-11-07,140\\n,142\\n\"}");
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    JsonNode type = answer.body().path("type");
    assertThat(type.at("/channels/0/unit").asText()).isEqualTo("bar");
    assertThat(answer.body().at("/columns/0/use").asText()).isEqualTo("time");
    assertThat(server.get("/api/v1/types/press").status()).isEqualTo(404);
    assertThat(put("press", type.toString()).status()).isEqualTo(200);
    assertThat(server.post("/api/v1/types/press/proposal", "{}").status()).isEqualTo(400);
  }

  @Test
  void aMachineIsGivenATypeAndKeepsItsHistory() {
    put("press", PRESS);
    server.record(
        "press-7", Instant.parse("2025-11-07T15:00:00Z"), 1, Map.of("oil_bar", 142.5), Map.of());
    Answer changed =
        server.method("PATCH", "/api/v1/machines/press-7", "{\"machine_type\":\"press\"}");
    assertThat(changed.status()).as(changed.text()).isEqualTo(200);
    JsonNode machine = server.get("/api/v1/machines/press-7").body();
    assertThat(machine.path("machine_type").asText()).isEqualTo("press");
    assertThat(machine.path("readings").asInt()).isEqualTo(1);
    assertThat(machine.at("/channels/0/max").asInt()).isEqualTo(300);
    Answer unknown =
        server.method("PATCH", "/api/v1/machines/press-7", "{\"machine_type\":\"toaster\"}");
    assertThat(unknown.status()).isEqualTo(400);
    assertThat(unknown.body().path("detail").asText()).contains("PUT /api/v1/types/NAME");
  }

  @Test
  void aMachineCanBeRegisteredWithItsType() {
    Answer made =
        server.post("/api/v1/machines", "{\"machine_id\":\"m-1\",\"machine_type\":\"pump\"}");
    assertThat(made.status()).as(made.text()).isEqualTo(201);
    assertThat(server.get("/api/v1/machines/m-1").body().path("machine_type").asText())
        .isEqualTo("pump");
  }
}
