package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** The bundles that there are. */
final class ModelsTest {

  @Test
  void areListedWithWhatTheirManifestsSay() {
    try (TestServer server = TestServer.start()) {
      JsonNode items = server.get("/api/v1/models").body().path("items");
      assertThat(items.findValuesAsText("model"))
          .containsExactly(
              "milling:1.0.0", "milling:0.9.0", "pump:3.0.0", "milling:2.0.0", "pump:4.0.0");
      JsonNode champion = items.get(0);
      assertThat(champion.path("champion").asBoolean()).isTrue();
      assertThat(champion.path("loaded").asBoolean()).isTrue();
      assertThat(champion.at("/figures/failure_blocked/f1").asDouble()).isEqualTo(0.9);
      assertThat(champion.at("/training/rows").asLong()).isEqualTo(7000);
      assertThat(champion.path("parts").toString()).isEqualTo("[\"rul\"]");
      JsonNode broken = items.get(2);
      assertThat(broken.path("trouble").asText()).isEqualTo("it is cut");
      assertThat(broken.has("figures")).isFalse();
      assertThat(server.get("/api/v1/models?type=pump").body().path("items")).hasSize(2);
      assertThat(server.get("/api/v1/models?type=auto").body().path("items")).isEmpty();
      assertThat(server.get("/api/v1/models/milling/0.9.0").body()).isEqualTo(items.get(1));
      assertThat(server.get("/api/v1/models/milling/9.9.9").status()).isEqualTo(404);
    }
  }

  @Test
  void sayWhereTheyAreAndWhichIsMissing() {
    try (TestServer server = TestServer.start()) {
      JsonNode list = server.get("/api/v1/models").body();
      assertThat(list.at("/registry/place").asText()).isEqualTo("folder shared");
      assertThat(list.at("/items/0/places").toString()).isEqualTo("[\"folder\",\"registry\"]");
      assertThat(list.at("/items/1/places").toString()).isEqualTo("[\"folder\"]");
      assertThat(list.at("/items/3/places").toString()).isEqualTo("[\"registry\"]");
      assertThat(list.at("/items/3").has("trouble")).isFalse();
      assertThat(list.at("/items/4/trouble").asText())
          .isEqualTo("It was chosen and is not here, so another one decides: it is being fetched");
    }
  }

  @Test
  void comeFromTheRegistryByAJob() {
    try (TestServer server = TestServer.start()) {
      JsonNode started = server.post("/api/v1/models/sync", "").body();
      assertThat(started.path("kind").asText()).isEqualTo("models_sync");
      JsonNode job = server.get("/api/v1/jobs/" + started.path("job_id").asText()).body();
      assertThat(job.at("/result/fetched/0").asText()).isEqualTo("milling:2.0.0");
      assertThat(job.at("/result/refused/0/model").asText()).isEqualTo("pump:4.0.0");
      assertThat(job.at("/result/refused/0/reason").asText()).isEqualTo("it is damaged");
      assertThat(server.post("/api/v1/models/sync", "{\"all\": true}").status()).isEqualTo(400);
    }
  }

  @Test
  void areChosenByWhoSaysWhy() {
    try (TestServer server = TestServer.start()) {
      assertThat(server.post("/api/v1/models/milling/rollback", "").status()).isEqualTo(409);
      assertThat(server.post("/api/v1/models/milling/7.0.0/promote", "").status()).isEqualTo(404);
      assertThat(server.post("/api/v1/models/tanks/rollback", "").status()).isEqualTo(404);
      JsonNode promoted =
          server
              .post(
                  "/api/v1/models/milling/0.9.0/promote",
                  "{\"machines\": [\"machine-001\"], \"reason\": \"a trial\"}")
              .body();
      assertThat(promoted.at("/machines/0/machine_id").asText()).isEqualTo("machine-001");
      assertThat(promoted.at("/machines/0/champion").asText()).isEqualTo("0.9.0");
      assertThat(promoted.at("/changes/0/reason").asText()).isEqualTo("a trial");
      assertThat(promoted.at("/changes/0/by").asText()).isNotEmpty();
      assertThat(server.get("/api/v1/models/milling").body()).isEqualTo(promoted);
      for (String machines : new String[] {"[]", "[\"a\",\"a\"]", "[\"a b\"]", "\"a\""}) {
        assertThat(
                server
                    .post("/api/v1/models/milling/0.9.0/shadow", "{\"machines\": " + machines + "}")
                    .status())
            .as(machines)
            .isEqualTo(400);
      }
    }
  }
}
