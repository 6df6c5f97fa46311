package twin.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.http.TestServer.Answer;

/** A call that is sent again is made once. */
final class IdempotencyTest {

  private static final String MACHINES = "/api/v1/machines";

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.start("twin.http { ask-timeout = 3s, body-max = 1 KiB }");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static Answer post(String path, String key, String json) {
    return server.send(
        HttpRequest.newBuilder(server.uri(path))
            .header("Idempotency-Key", key)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  @Test
  void answersTheSecondCallAsTheFirst() {
    Answer first = post(MACHINES, "key-1", "{\"machine_id\":\"m-1\"}");
    assertThat(first.status()).as(first.text()).isEqualTo(201);
    assertThat(first.header("Idempotency-Replayed")).isEmpty();
    Answer second = post(MACHINES, "key-1", "{\"machine_id\":\"m-1\"}");
    assertThat(second.status()).isEqualTo(201);
    assertThat(second.text()).isEqualTo(first.text());
    assertThat(second.header("Location")).isEqualTo("/api/v1/machines/m-1");
    assertThat(second.header("Idempotency-Replayed")).isEqualTo("true");
    assertThat(post(MACHINES, "key-2", "{\"machine_id\":\"m-1\"}").status()).isEqualTo(409);
  }

  @Test
  void answersARefusedCallAsBefore() {
    Answer first = post(MACHINES, "key-3", "{\"machine_id\":\"a b\"}");
    Answer second = post(MACHINES, "key-3", "{\"machine_id\":\"a b\"}");
    assertThat(first.status()).isEqualTo(400);
    assertThat(second.status()).isEqualTo(400);
    assertThat(second.header("Content-Type")).isEqualTo(first.header("Content-Type"));
    assertThat(second.text()).isEqualTo(first.text());
    assertThat(second.header("Idempotency-Replayed")).isEqualTo("true");
  }

  @Test
  void refusesTheKeyOfAnotherCall() {
    assertThat(post(MACHINES, "key-4", "{\"machine_id\":\"m-4\"}").status()).isEqualTo(201);
    Answer other = post(MACHINES, "key-4", "{\"machine_id\":\"m-5\"}");
    assertThat(other.status()).isEqualTo(422);
    assertThat(other.header("Content-Type")).startsWith("application/problem+json");
    assertThat(post("/api/v1/audit/verify", "key-4", "{\"machine_id\":\"m-4\"}").status())
        .isEqualTo(422);
    assertThat(post(MACHINES, "no key", "{}").status()).isEqualTo(400);
    assertThat(post(MACHINES, "k".repeat(129), "{}").status()).isEqualTo(400);
  }

  @Test
  void startsOneJobHoweverOftenItIsAskedFor() {
    server.milling("machine-001", 1, 40, 5);
    String path = "/api/v1/machines/machine-001/replay";
    List<CompletableFuture<Answer>> calls =
        IntStream.range(0, 8)
            .mapToObj(i -> CompletableFuture.supplyAsync(() -> post(path, "key-6", "{}")))
            .toList();
    calls.forEach(each -> assertThat(each.join().status()).isIn(202, 409));
    String job = post(path, "key-6", "{}").body().path("job_id").asText();
    calls.stream()
        .map(CompletableFuture::join)
        .filter(each -> each.status() == 202)
        .forEach(each -> assertThat(each.body().path("job_id").asText()).isEqualTo(job));
    assertThat(server.get("/api/v1/jobs").body().path("items").size()).isEqualTo(1);
  }

  @Test
  void makesACallAgainThatTheServerFailedIn() {
    server.silentTwins = true;
    assertThat(post(MACHINES, "key-7", "{\"machine_id\":\"m-7\"}").status()).isEqualTo(503);
    server.silentTwins = false;
    Answer again = post(MACHINES, "key-7", "{\"machine_id\":\"m-7\"}");
    assertThat(again.status()).as(again.text()).isEqualTo(201);
  }

  @Test
  void boundsTheBodyOfACallWithAKeyToo() {
    Answer large = post(MACHINES, "key-8", "{\"x\":\"%s\"}".formatted("x".repeat(2000)));
    assertThat(large.status()).isEqualTo(413);
  }
}
