package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import twin.http.model.Trainings;

/** Training over HTTP. */
final class TrainingsTest {
  private static final String TRAIN = "/api/v1/models/milling/train";

  @Test
  void isAJobThatShowsItsLogAndWhatItFound() {
    try (TestServer server = TestServer.start()) {
      TestServer.Answer begun =
          server.post(TRAIN, "{\"month\": \"2025-10\", \"sample\": 5, \"seed\": 7}");
      assertThat(begun.status()).isEqualTo(202);
      Trainings.Wanted wanted = server.trainings.wanted().getFirst();
      assertThat(wanted.type()).isEqualTo("milling");
      assertThat(wanted.from()).isEqualTo(Instant.parse("2025-10-01T00:00:00Z"));
      assertThat(wanted.to()).isEqualTo(Instant.parse("2025-11-01T00:00:00Z"));
      assertThat(wanted.sample()).isEqualTo(5);
      assertThat(wanted.seed()).isEqualTo(7);
      assertThat(wanted.scheduledFor()).isNull();
      String job = "/api/v1/jobs/" + begun.body().path("job_id").asText();
      JsonNode running = server.get(job).body();
      assertThat(running.path("kind").asText()).isEqualTo("training");
      assertThat(running.path("progress").asDouble()).isEqualTo(0.25);
      assertThat(running.path("log").get(1).asText()).isEqualTo("3 s  learning");
      assertThat(server.get("/api/v1/jobs").body().at("/items/0").has("log")).isFalse();
      assertThat(server.post(TRAIN, "{\"month\": \"2025-10\"}").status()).isEqualTo(409);
      server.trainings.end();
      JsonNode done = server.get(job).body();
      assertThat(done.path("state").asText()).isEqualTo("done");
      assertThat(done.at("/result/outcome").asText()).isEqualTo("skipped");
    }
  }

  @Test
  void endsWithItsJob() {
    try (TestServer server = TestServer.start()) {
      String job = server.post(TRAIN, "{\"month\": \"2025-10\"}").body().path("job_id").asText();
      assertThat(server.trainings.isCancelled()).isFalse();
      assertThat(server.method("DELETE", "/api/v1/jobs/" + job, "").status()).isEqualTo(200);
      assertThat(server.trainings.isCancelled()).isTrue();
    }
  }

  @Test
  void refusesWhatItCannotLearnFrom() {
    try (TestServer server = TestServer.start()) {
      for (String body :
          new String[] {
            "{}",
            "{\"month\": \"October\"}",
            "{\"month\": \"2025-10\", \"from\": \"2025-10-01T00:00:00Z\"}",
            "{\"from\": \"2025-10-01T00:00:00Z\"}",
            "{\"from\": \"2025-10-02T00:00:00Z\", \"to\": \"2025-10-01T00:00:00Z\"}",
            "{\"month\": \"2025-10\", \"sample\": 0}",
            "{\"month\": \"2025-10\", \"promote\": true}"
          }) {
        assertThat(server.post(TRAIN, body).status()).as(body).isEqualTo(400);
      }
      assertThat(server.post("/api/v1/models/tanks/train", "{\"month\": \"2025-10\"}").status())
          .isEqualTo(404);
      assertThat(server.trainings.wanted()).isEmpty();
    }
  }

  @Test
  void areListedWithWhyTheyGaveNothing() {
    try (TestServer server = TestServer.start()) {
      JsonNode newest = server.get("/api/v1/models/milling/trainings").body().at("/items/0");
      assertThat(newest.path("outcome").asText()).isEqualTo("skipped");
      assertThat(newest.path("detail").asText())
          .isEqualTo("3 days with readings, and 21 are needed");
      assertThat(newest.path("scheduled_for").asText()).isEqualTo("2025-11-08T00:00:00.000Z");
      assertThat(newest.at("/report/outcome").asText()).isEqualTo("skipped");
    }
  }
}
