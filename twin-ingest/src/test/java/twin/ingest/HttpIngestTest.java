package twin.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.javadsl.model.ContentType;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import twin.core.store.DeadLetter;
import twin.core.trace.Tracing;
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
                    ndjson { batch-readings-max = 10, results-bytes-max = 1000 }
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
  void answersNdjsonWithALineForEachReadingInOrder() throws Exception {
    ScriptedTwins twins = ScriptedTwins.answering();
    String body =
        IntStream.rangeClosed(1, 90)
            .mapToObj(i -> i == 50 ? "nonsense\r\n" : reading(i) + (i % 2 == 0 ? "\r\n\n" : "\n"))
            .collect(Collectors.joining());
    HttpResponse response = await(send(ingest(twins), PATH, NDJSON, body));
    assertThat(response.status().intValue()).isEqualTo(200);
    assertThat(response.entity().getContentType().toString()).isEqualTo("application/x-ndjson");
    List<String> lines = text(response).lines().toList();
    assertThat(lines).hasSize(91);
    assertThat(lines.getFirst())
        .isEqualTo("{\"line\":1,\"result\":\"recorded\",\"revision\":1,\"index\":0}");
    // Each line with an even number is followed by one that is blank, and counts.
    assertThat(lines.get(49))
        .startsWith("{\"line\":74,\"result\":\"rejected\",\"code\":\"not_json\"");
    assertThat(lines.getLast())
        .isEqualTo("{\"recorded\":89,\"late\":0,\"duplicate\":0,\"rejected\":1}");
    assertThat(table.reasons()).containsExactly("not_json");
    assertThat(twins.commands())
        .allSatisfy(command -> assertThat(command.readings()).hasSizeLessThanOrEqualTo(10));
    assertThat(twins.journalOf("m"))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 90).filter(i -> i != 50).mapToObj(Long::valueOf).toList());
  }

  @Test
  void takesALastLineWithoutItsEndAndArraysOnALine() throws Exception {
    String body = "[%s,%s]\n%s".formatted(reading(1), reading(2), reading(3));
    HttpResponse response =
        await(
            send(
                ingest(ScriptedTwins.answering()),
                PATH,
                ContentTypes.parse("application/jsonl"),
                body));
    assertThat(text(response).lines().map(line -> line.substring(0, 9)))
        .containsExactly("{\"line\":1", "{\"line\":1", "{\"line\":2", "{\"recorde");
  }

  @Test
  void readsNdjsonOnlyAsFastAsTheTwinRecords() throws Exception {
    CompletableFuture<String> durable = new CompletableFuture<>();
    ScriptedTwins twins = held(durable);
    Pulled lines = new Pulled(300);
    CompletionStage<HttpResponse> response = send(ingest(twins), lines.request());
    eventually(() -> assertThat(twins.commands()).hasSize(1));
    // The bound is 512 KiB, of lines of 60 kB.
    assertThat(lines.count()).isLessThan(100);
    durable.complete("");
    List<String> answered = text(await(response)).lines().toList();
    assertThat(answered).hasSize(301);
    assertThat(lines.count()).isEqualTo(300);
    assertThat(answered.getLast()).startsWith("{\"recorded\":1,");
  }

  @Test
  void readsNdjsonOnlyAsFastAsTheCallerTakesTheResults() throws Exception {
    Pulled lines = new Pulled(100_000);
    HttpResponse response = await(send(ingest(ScriptedTwins.answering()), lines.request()));
    SinkQueueWithCancel<ByteString> caller = caller(response);
    assertThat(await(caller.pull()).orElseThrow().utf8String()).startsWith("{\"line\":1");
    // Nothing more is asked for: the bound of 1,000 bytes is some twenty results.
    Probe still = new Probe(lines);
    eventually(still::hasStopped);
    assertThat(lines.count()).isLessThan(1_000);
    caller.cancel();
  }

  @Test
  void stopsWhenTheCallerGoesAway() throws Exception {
    HttpIngest ingest = ingest(ScriptedTwins.answering());
    Pulled lines = new Pulled(Integer.MAX_VALUE);
    HttpResponse response = await(send(ingest, lines.request()));
    assertThat(busy(ingest)).isTrue();
    SinkQueueWithCancel<ByteString> caller = caller(response);
    assertThat(await(caller.pull())).isPresent();
    caller.cancel();
    // Only then may the next one come.
    eventually(() -> assertThat(busy(ingest)).isFalse());
    eventually(() -> assertThat(lines.isCancelled()).isTrue());
  }

  @Test
  void saysInTheLastLineThatItCouldNotGoOn() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    ScriptedTwins twins =
        new ScriptedTwins(
            command -> asked.getAndIncrement() == 0 ? Fate.ANSWERED : Fate.COMMAND_LOST);
    HttpResponse response = await(send(ingest(twins), new Pulled(100).request()));
    assertThat(response.status().intValue()).isEqualTo(200);
    List<String> lines = text(response).lines().toList();
    assertThat(lines.getFirst()).contains("\"result\":\"recorded\"");
    assertThat(lines.getLast()).contains("\"status\":503", "send the same again");

    HttpResponse none =
        await(
            send(ingest(new ScriptedTwins(command -> Fate.COMMAND_LOST)), new Pulled(1).request()));
    assertThat(retryAfter(none)).isEqualTo("1");
    assertProblem(none, 503, "send the same again");
  }

  @Test
  void goesOnBehindALineOverTheBound() throws Exception {
    String body = "%s\n%s\n%s\n".formatted(reading(1), "x".repeat(200_000), reading(2));
    HttpResponse response = await(send(ingest(ScriptedTwins.answering()), PATH, NDJSON, body));
    List<String> lines = text(response).lines().toList();
    assertThat(lines.get(1)).contains("\"line\":2", "too_large", "more than 65536 bytes");
    assertThat(lines.get(2)).contains("\"line\":3", "recorded");
    assertThat(lines.getLast()).contains("\"recorded\":2", "\"rejected\":1");
    assertThat(table.rows())
        .singleElement()
        .satisfies(row -> assertThat(row.payload()).hasSize(65_536));
    assertProblem(await(send(ingest(ScriptedTwins.answering()), PATH, NDJSON, "\n")), 400, "empty");
  }

  /** Whether the one request that there may be is being worked on. */
  private static boolean busy(HttpIngest ingest) {
    HttpResponse response =
        send(ingest, PATH, ContentTypes.APPLICATION_JSON, reading(1)).toCompletableFuture().join();
    return response.status().intValue() == 429;
  }

  /** Equal lines of 60 kB, made when they are asked for. */
  private static final class Pulled {

    private final String line =
        reading(1).replace("}", ",\"pad\":\"" + "x".repeat(60_000) + "\"}\n");
    private final int most;
    private final AtomicInteger pulled = new AtomicInteger();
    private final AtomicBoolean cancelled = new AtomicBoolean();

    Pulled(int most) {
      this.most = most;
    }

    HttpRequest request() {
      Source<ByteString, ?> lines =
          Source.range(1, most)
              .map(
                  number -> {
                    pulled.incrementAndGet();
                    return ByteString.fromString(line);
                  })
              .watchTermination(
                  (notUsed, termination) ->
                      termination.whenComplete(
                          (done, failure) -> cancelled.set(pulled.get() < most)));
      return HttpRequest.POST(PATH).withEntity(HttpEntities.createChunked(NDJSON, lines));
    }

    int count() {
      return pulled.get();
    }

    boolean isCancelled() {
      return cancelled.get();
    }
  }

  /** Whether nothing more has been read since it was last asked. */
  private static final class Probe {

    private final Pulled lines;
    private int last = -1;
    private int same;

    Probe(Pulled lines) {
      this.lines = lines;
    }

    void hasStopped() {
      int now = lines.count();
      same = now == last ? same + 1 : 0;
      last = now;
      assertThat(same).isGreaterThanOrEqualTo(3);
    }
  }

  private static void eventually(Runnable assertion) {
    testKit
        .createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertion.run();
              return 0;
            });
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
        Tracing.OFF,
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

  private static SinkQueueWithCancel<ByteString> caller(HttpResponse response) {
    return response
        .entity()
        .getDataBytes()
        .runWith(
            Sink.<ByteString>queue().withAttributes(Attributes.inputBuffer(1, 1)),
            testKit.system());
  }

  private static <T> T await(CompletionStage<T> response) throws Exception {
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
