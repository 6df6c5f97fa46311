package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.store.DeadLetter;
import twin.ingest.ScriptedTwins.Command;
import twin.ingest.ScriptedTwins.Fate;

class HttpIngestTest {

  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2025-11-07T15:10:01Z"));
  private static final ContentType NDJSON = ContentTypes.parse("application/x-ndjson");
  private static final String PATH = "/api/v1/machines/m/readings";
  private static final IngestSettings SETTINGS =
      IngestSettings.from(
          ConfigFactory.parseString(
                  """
                  twin.ingest.http {
                    requests-in-flight-max = 1
                    ndjson-readings-max = 100
                    body-timeout = 50 ms
                    backoff.min = 1 ms
                  }
                  """)
              .withFallback(ConfigFactory.load()));

  private static ActorTestKit testKit;

  private final ScriptedTable table = ScriptedTable.answering();

  @BeforeAll
  static void startSystem() {
    testKit = ActorTestKit.create();
  }

  @AfterAll
  static void stopSystem() {
    testKit.shutdownTestKit();
  }

  @Test
  void answersOneReadingWithItsResult() throws Exception {
    HttpResponse response = post(ScriptedTwins.answering(), reading(1));
    assertThat(response.status().intValue()).isEqualTo(200);
    assertThat(text(response))
        .isEqualTo(
            "{\"results\":[{\"result\":\"recorded\",\"revision\":1,\"index\":0}],"
                + "\"recorded\":1,\"late\":0,\"duplicate\":0,\"rejected\":0}");
  }

  @Test
  void answersOnlyWhenTheTwinHasAnswered() throws Exception {
    CompletableFuture<String> durable = new CompletableFuture<>();
    CompletionStage<HttpResponse> response =
        send(ingest(held(durable)), PATH, ContentTypes.APPLICATION_JSON, reading(1));
    assertThat(response.toCompletableFuture()).isNotDone();
    durable.complete("");
    assertThat(await(response).status().intValue()).isEqualTo(200);
  }

  @Test
  void answersABatchWithAResultForEachInOrder() throws Exception {
    HttpResponse response =
        post(
            ScriptedTwins.answering(),
            "[%s,{\"rpm\":1},%s,%s]".formatted(reading(1), with(2, "reject"), reading(1)));
    assertThat(response.status().intValue()).isEqualTo(200);
    JsonNode answer = json(response);
    assertThat(answer.get("results"))
        .extracting(result -> result.get("result").asText())
        .containsExactly("recorded", "rejected", "rejected", "duplicate");
    assertThat(answer.at("/results/1/code").asText()).isEqualTo("no_timestamp");
    assertThat(answer.at("/results/2/reason").asText()).isEqualTo("it is too late");
    assertThat(answer.at("/results/3/revision").isMissingNode()).isTrue();
    assertThat(answer.get("rejected").asInt()).isEqualTo(2);
    assertThat(table.rows())
        .extracting(DeadLetter.Arrival::source, DeadLetter.Arrival::topic)
        .containsOnly(tuple("http", PATH));
    assertThat(table.reasons()).containsExactly("no_timestamp", "too_late");
  }

  @Test
  void saysWhyNothingWasTaken() throws Exception {
    assertProblem(post(ScriptedTwins.answering(), "{\"rpm\":1}"), 422, "timestamp is missing");
    assertProblem(post(ScriptedTwins.answering(), with(1, "reject")), 422, "too late");
    assertProblem(post(ScriptedTwins.answering(), with(1, "guilty")), 500, "failed");
    assertProblem(post(ScriptedTwins.answering(), "{"), 400, "no JSON");
    assertProblem(post(ScriptedTwins.answering(), ""), 400, "empty");
    assertProblem(
        await(
            send(
                ingest(ScriptedTwins.answering()),
                "/api/v1/machines/-bad/readings",
                ContentTypes.APPLICATION_JSON,
                reading(1))),
        422,
        "machine_id '-bad'");
    assertThat(table.reasons())
        .containsExactly(
            "no_timestamp", "too_late", "failed", "not_json", "empty", "bad_machine_id");
  }

  @Test
  void asksForAnotherContentType() throws Exception {
    HttpResponse response =
        await(
            send(
                ingest(ScriptedTwins.answering()),
                PATH,
                ContentTypes.APPLICATION_X_WWW_FORM_URLENCODED,
                reading(1)));
    assertProblem(response, 415, "application/json");
  }

  @Test
  void refusesABodyOverTheBound() throws Exception {
    assertProblem(
        post(ScriptedTwins.answering(), reading(1) + " ".repeat(65_536)), 413, "x-ndjson");
  }

  @Test
  void doesNotWaitForABodyForEver() throws Exception {
    HttpRequest request =
        HttpRequest.POST(PATH)
            .withEntity(
                HttpEntities.createChunked(
                    ContentTypes.APPLICATION_JSON,
                    Source.<ByteString>maybe().mapMaterializedValue(x -> "")));
    assertProblem(await(send(ingest(ScriptedTwins.answering()), request)), 408, "did not arrive");
  }

  @Test
  void takesNdjsonInBatchesAndInOrder() throws Exception {
    ScriptedTwins twins = ScriptedTwins.answering();
    String body =
        IntStream.rangeClosed(1, 90)
            .mapToObj(i -> i == 50 ? "nonsense\r\n" : reading(i) + (i % 2 == 0 ? "\r\n\n" : "\n"))
            .collect(Collectors.joining());
    HttpResponse response = await(send(ingest(twins), PATH, NDJSON, body));
    assertThat(response.status().intValue()).isEqualTo(200);
    JsonNode answer = json(response);
    assertThat(answer.get("recorded").asInt()).isEqualTo(89);
    assertThat(answer.at("/results/49/code").asText()).isEqualTo("not_json");
    assertThat(twins.journalOf("m"))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 90).filter(i -> i != 50).mapToObj(Long::valueOf).toList());
  }

  @Test
  void readsNdjsonOnlyAsFastAsTheTwinRecords() throws Exception {
    CompletableFuture<String> durable = new CompletableFuture<>();
    ScriptedTwins twins = held(durable);
    // 64 MiB, the most that a request may have, of which a lane's bound fits into memory.
    String line = reading(1).replace("}", ",\"pad\":\"" + "x".repeat(60_000) + "\"}\n");
    int[] pulled = {0};
    Iterator<ByteString> lines =
        new Iterator<>() {
          @Override
          public boolean hasNext() {
            return pulled[0] < 1_000;
          }

          @Override
          public ByteString next() {
            pulled[0]++;
            return ByteString.fromString(line);
          }
        };
    HttpRequest request =
        HttpRequest.POST(PATH)
            .withEntity(HttpEntities.createChunked(NDJSON, Source.fromIterator(() -> lines)));
    CompletionStage<HttpResponse> response = send(ingest(twins), request);
    testKit
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertThat(twins.commands()).hasSize(1);
              return 0;
            });
    durable.complete("");
    // More readings than the bound, told with the results of those before.
    HttpResponse answered = await(response);
    assertThat(answered.status().intValue()).isEqualTo(413);
    assertThat(pulled[0]).isLessThan(200);
    assertThat(json(answered).get("detail").asText()).contains("more than 100 readings");
  }

  @Test
  void refusesALineOverTheBound() throws Exception {
    String body = "x".repeat(70_000) + "\n";
    assertProblem(
        await(send(ingest(ScriptedTwins.answering()), PATH, NDJSON, body)), 413, "a line has");
    assertProblem(await(send(ingest(ScriptedTwins.answering()), PATH, NDJSON, "\n")), 400, "empty");
  }

  @Test
  void tellsACallerTooManyToComeBack() throws Exception {
    CompletableFuture<String> durable = new CompletableFuture<>();
    HttpIngest ingest = ingest(held(durable));
    CompletionStage<HttpResponse> first =
        send(ingest, PATH, ContentTypes.APPLICATION_JSON, reading(1));
    HttpResponse second = await(send(ingest, PATH, ContentTypes.APPLICATION_JSON, reading(2)));
    assertThat(retryAfter(second)).isEqualTo("1");
    assertProblem(second, 429, "a little later");

    durable.complete("");
    assertThat(await(first).status().intValue()).isEqualTo(200);
    assertThat(
            await(send(ingest, PATH, ContentTypes.APPLICATION_JSON, reading(2)))
                .status()
                .intValue())
        .isEqualTo(200);
  }

  @Test
  void tellsACallerToComeBackWhenTheTwinOrTheTableDoesNotAnswer() throws Exception {
    HttpResponse response = post(new ScriptedTwins(command -> Fate.COMMAND_LOST), reading(1));
    assertThat(retryAfter(response)).isEqualTo("1");
    assertProblem(response, 503, "send the same again");

    ScriptedTable down =
        new ScriptedTable(() -> CompletableFuture.failedStage(new IllegalStateException("down")));
    HttpResponse unkept =
        await(
            send(
                ingest(ScriptedTwins.answering(), down),
                PATH,
                ContentTypes.APPLICATION_JSON,
                "nonsense"));
    assertProblem(unkept, 503, "send the same again");
  }

  @Test
  void leavesOtherRequestsToOthers() throws Exception {
    HttpRequest get = HttpRequest.GET(PATH);
    assertThat(await(send(ingest(ScriptedTwins.answering()), get)).status().intValue())
        .isEqualTo(405);
    HttpRequest other = HttpRequest.POST("/api/v1/machines/m/state");
    assertThat(await(send(ingest(ScriptedTwins.answering()), other)).status().intValue())
        .isEqualTo(404);
  }

  private static ScriptedTwins held(CompletableFuture<String> durable) {
    return new ScriptedTwins(
        new ScriptedTwins.Script() {
          @Override
          public Fate fateOf(Command command) {
            return Fate.ANSWERED;
          }

          @Override
          public CompletionStage<?> whenAnswered(Command command) {
            return durable;
          }
        });
  }

  private HttpIngest ingest(ScriptedTwins twins) {
    return ingest(twins, table);
  }

  private static HttpIngest ingest(ScriptedTwins twins, ScriptedTable table) {
    IngestMetrics metrics = new IngestMetrics();
    Retrying retrying = new Retrying(SETTINGS.http().retry(), testKit.system());
    return new HttpIngest(
        SETTINGS,
        new Recorder(twins, "http", retrying, metrics),
        new DeadLetters(table, json -> {}, retrying, metrics, 65_536),
        metrics,
        CLOCK,
        testKit.system());
  }

  private HttpResponse post(ScriptedTwins twins, String body) throws Exception {
    return await(send(ingest(twins), PATH, ContentTypes.APPLICATION_JSON, body));
  }

  private static CompletionStage<HttpResponse> send(
      HttpIngest ingest, String path, ContentType type, String body) {
    return send(
        ingest,
        HttpRequest.POST(path).withEntity(HttpEntities.create(type, ByteString.fromString(body))));
  }

  private static CompletionStage<HttpResponse> send(HttpIngest ingest, HttpRequest request) {
    try {
      return ingest.route().function(testKit.system()).apply(request);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static HttpResponse await(CompletionStage<HttpResponse> response) throws Exception {
    return response.toCompletableFuture().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  private static String text(HttpResponse response) throws Exception {
    return response
        .entity()
        .toStrict(PATIENCE.toMillis(), testKit.system())
        .toCompletableFuture()
        .get()
        .getData()
        .utf8String();
  }

  private static JsonNode json(HttpResponse response) throws Exception {
    return new ObjectMapper().readTree(text(response));
  }

  private static void assertProblem(HttpResponse response, int status, String detail)
      throws Exception {
    assertThat(response.status().intValue()).isEqualTo(status);
    assertThat(response.entity().getContentType().toString()).isEqualTo("application/problem+json");
    JsonNode problem = json(response);
    assertThat(problem.get("status").asInt()).isEqualTo(status);
    assertThat(problem.get("title").asText()).isNotBlank();
    assertThat(problem.get("detail").asText()).contains(detail);
  }

  private static String retryAfter(HttpResponse response) {
    return response.getHeader("Retry-After").map(HttpHeader::value).orElse("");
  }

  private static String reading(long seq) {
    return with(seq, "rpm");
  }

  private static String with(long seq, String channel) {
    return "{\"timestamp\":\"2025-11-07T15:10:01Z\",\"seq\":%d,\"%s\":1}".formatted(seq, channel);
  }
}
