package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import twin.http.TestServer.Answer;

/** The past computed again, by the model that decided and by another. */
final class ReplaysTest {

  private static final Instant START = Instant.parse("2025-11-07T15:00:00Z");
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String REPLAY = "/api/v1/machines/machine-001/replay";

  private TestServer server;

  @BeforeEach
  void start() {
    server = TestServer.start("twin.http { drain-timeout = 100ms, jobs.running-max = 1 }");
    for (int i = 1; i <= 40; i++) {
      server.clock.set(START.plusSeconds(i));
      server.milling("machine-001", i, i > 20 && i < 30 ? 77 : 40, 5 + i);
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private JsonNode ended(Answer started) {
    assertThat(started.status()).as(started.text()).isEqualTo(202);
    String where = started.header("Location");
    assertThat(where).startsWith("/api/v1/jobs/");
    long until = System.nanoTime() + PATIENCE.toNanos();
    JsonNode job = server.get(where).body();
    while (job.path("state").asText().equals("running") && System.nanoTime() < until) {
      CompletableFuture.runAsync(
              () -> {}, CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS))
          .join();
      job = server.get(where).body();
    }
    return job;
  }

  @Test
  void everyConclusionIsProvedAgain() {
    JsonNode job = ended(server.post(REPLAY, ""));
    assertThat(job.path("state").asText()).isEqualTo("done");
    assertThat(job.path("progress").asDouble()).isEqualTo(1);
    JsonNode result = job.path("result");
    assertThat(result.path("verdict").asText()).isEqualTo("equal");
    assertThat(result.path("exactness").asText()).isEqualTo("bits");
    assertThat(result.path("readings").asInt()).isEqualTo(40);
    assertThat(result.path("equal").asInt()).isEqualTo(40);
    assertThat(result.path("models").path(0).asText()).isEqualTo("milling:1.0.0");
    JsonNode listed = server.get("/api/v1/jobs").body().at("/items/0");
    assertThat(listed.path("job_id").asText()).isEqualTo(job.path("job_id").asText());
    assertThat(listed.has("result")).isFalse();
  }

  @Test
  void aStretchOfTimeIsEnough() {
    JsonNode result =
        ended(
                server.post(
                    REPLAY,
                    "{\"from\":\"%s\",\"to\":\"%s\"}"
                        .formatted(START.plusSeconds(11), START.plusSeconds(20))))
            .path("result");
    assertThat(result.path("readings").asInt()).isEqualTo(10);
    assertThat(result.path("verdict").asText()).isEqualTo("equal");
  }

  @Test
  void saysWhenTheBundleThatDecidedIsGone() {
    server.models.load("2.0.0");
    JsonNode result = ended(server.post(REPLAY, "{}")).path("result");
    assertThat(result.path("verdict").asText()).isEqualTo("equal_as_far_as_checked");
    assertThat(result.path("compared").asInt()).isZero();
    assertThat(result.at("/unchecked/0/count").asInt()).isEqualTo(40);
  }

  @Test
  void anotherModelIsTriedOnThePast() {
    server.models.load("2.0.0");
    long revision =
        server.get("/api/v1/machines/machine-001/state").body().path("revision").asLong();
    JsonNode result = ended(server.post(REPLAY, "{\"model\":\"milling:2.0.0\"}")).path("result");
    assertThat(result.path("model").asText()).isEqualTo("milling:2.0.0");
    assertThat(result.path("compared").asInt()).isEqualTo(40);
    assertThat(result.at("/alerts/gained")).isEmpty();
    assertThat(result.at("/alerts/lost")).isEmpty();
    assertThat(result.path("assessments").size()).isEqualTo(40);
    assertThat(server.get("/api/v1/machines/machine-001/state").body().path("revision").asLong())
        .as("nothing is recorded")
        .isEqualTo(revision);
  }

  @Test
  void saysWhatIsWrongWithARequest() {
    assertThat(server.post(REPLAY, "{\"model\":\"milling\"}").status()).isEqualTo(400);
    assertThat(server.post(REPLAY, "{\"from\":\"yesterday\"}").status()).isEqualTo(400);
    assertThat(
            server
                .post(
                    REPLAY,
                    "{\"from\":\"%s\",\"to\":\"%s\"}".formatted(START.plusSeconds(2), START))
                .status())
        .isEqualTo(400);
    assertThat(server.post(REPLAY, "{\"model\":\"milling:9.9.9\"}").status()).isEqualTo(404);
    assertThat(server.post(REPLAY, "{\"model\":\"pump:1.0.0\"}").status()).isEqualTo(409);
    assertThat(server.post("/api/v1/machines/ghost/replay", "").status()).isEqualTo(404);
    assertThat(server.get("/api/v1/jobs/nonsense").status()).isEqualTo(404);
    assertThat(server.method("DELETE", "/api/v1/jobs/nonsense", "").status()).isEqualTo(404);
  }

  @Test
  void aJobThatHasEndedIsNotCancelledAnyMore() {
    JsonNode job = ended(server.post(REPLAY, ""));
    JsonNode cancelled =
        server.method("DELETE", "/api/v1/jobs/" + job.path("job_id").asText(), "").body();
    assertThat(cancelled.path("state").asText()).isEqualTo("done");
  }
}
