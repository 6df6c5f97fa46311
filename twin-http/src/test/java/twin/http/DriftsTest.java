package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.junit.jupiter.api.Test;
import twin.core.store.Performance;

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

  @Test
  void whatBundlesWereWorthIsTold() {
    try (TestServer server = TestServer.start()) {
      String path = "/api/v1/models/milling/performance";
      assertThat(server.get(path).body().path("items")).isEmpty();
      assertThat(server.get(path).body().has("false_alarms_per_machine_day")).isFalse();
      server.performance =
          new Performance(
              90,
              List.of(
                  new Performance.OfModel("milling:0.9.0", 3, 0, 0, 0, 0, null, null),
                  new Performance.OfModel("milling:1.0.0", 12, 6, 3, 4, 3, 20.5, 11.0)));

      JsonNode found = server.get(path).body();

      assertThat(found.path("false_alarms_per_machine_day").asDouble()).isEqualTo(3.0 / 90);
      assertThat(found.at("/items/0").has("precision")).as("nobody has judged").isFalse();
      assertThat(found.at("/items/0/unjudged").asLong()).isEqualTo(3);
      assertThat(found.at("/items/1/champion").asBoolean()).isTrue();
      assertThat(found.at("/items/1/precision/value").asDouble()).isEqualTo(6.0 / 9);
      assertThat(found.at("/items/1/recall/low").asDouble()).isBetween(0.2, 0.75);
      assertThat(found.at("/items/1/rul_left_p50").asDouble()).isEqualTo(11);
      assertThat(server.get(path + "?horizon_hours=0").status()).isEqualTo(400);
      assertThat(server.get(path + "?from=2025-11-08T00:00:00Z").status()).isEqualTo(400);
      assertThat(server.get("/api/v1/models/tanks/performance").status()).isEqualTo(404);
    }
  }
}
