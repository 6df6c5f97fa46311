package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** How what bundles are given is spread. */
final class DriftsTest {

  @Test
  void areToldOfATypeAndOfAMachine() {
    try (TestServer server = TestServer.start()) {
      JsonNode drift = server.get("/api/v1/models/milling/drift").body();
      assertThat(drift.path("model").asText()).isEqualTo("milling:1.0.0");
      assertThat(drift.path("verdict").asText()).isEqualTo("drift");
      JsonNode torque = drift.at("/items/0");
      assertThat(torque.path("psi").asDouble()).isEqualTo(0.41);
      assertThat(torque.path("reference").asText()).isEqualTo("quantiles");
      assertThat(torque.path("since").asText()).isEqualTo("2025-11-07T15:00:00.000Z");
      assertThat(torque.path("bins")).hasSize(4);
      assertThat(torque.at("/bins/3").has("up_to")).isFalse();
      JsonNode score = drift.at("/items/1");
      assertThat(score.path("verdict").asText()).isEqualTo("unknown");
      assertThat(score.has("psi")).as("what is not known is left out").isFalse();
      assertThat(score.has("psi_by_chance")).isFalse();

      assertThat(server.get("/api/v1/models/milling/drift?machine=m-1").status()).isEqualTo(404);
      server.milling("m-1", 1, 40, 5);
      JsonNode machine = server.get("/api/v1/models/milling/drift?machine=m-1").body();
      assertThat(machine.path("machine_id").asText()).isEqualTo("m-1");
      assertThat(machine.at("/items/0").has("since")).isFalse();
      assertThat(server.get("/api/v1/models/pump/drift?machine=m-1").status()).isEqualTo(404);
      assertThat(server.get("/api/v1/models/tanks/drift").status()).isEqualTo(404);
      JsonNode pump = server.get("/api/v1/models/pump/drift").body();
      assertThat(pump.path("verdict").asText()).isEqualTo("unknown");
      assertThat(pump.path("items")).isEmpty();
      assertThat(pump.has("model")).isFalse();
    }
  }

  @Test
  void qualityIsToldByChannel() {
    try (TestServer server = TestServer.start()) {
      JsonNode quality = server.get("/api/v1/types/milling/quality").body();
      assertThat(quality.at("/items/0/channel").asText()).isEqualTo("torque_nm");
      assertThat(quality.at("/items/0/good").asDouble()).isEqualTo(0.98);
      assertThat(quality.at("/items/0/out_of_range").asLong()).isEqualTo(5);
      assertThat(quality.at("/interval/jitter").asDouble()).isEqualTo(0.05);
      assertThat(server.get("/api/v1/types/pump/quality").body().has("interval")).isFalse();
      assertThat(server.get("/api/v1/types/tanks/quality").status()).isEqualTo(404);
      assertThat(server.get("/api/v1/machines/none/quality").status()).isEqualTo(404);
    }
  }
}
