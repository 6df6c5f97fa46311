package twin.ingest;

import static org.apache.pekko.http.javadsl.server.PathMatchers.segment;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaType;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.server.AllDirectives;
import org.apache.pekko.http.javadsl.server.Route;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineReply.Outcome;
import twin.core.reading.SubmittedReading;
import twin.core.store.DeadLetter;
import twin.core.trace.Trace;
import twin.core.trace.Tracing;
import twin.ingest.NdjsonAnswer.LineOutcome;
import twin.ingest.codec.Decoded;
import twin.ingest.codec.Payload;
import twin.ingest.codec.ReadingCodec;

/**
 * Readings over HTTP: {@code POST /api/v1/machines/{id}/readings} with one reading, an array, or
 * NDJSON, answered once everything is durable. Thread-safe.
 *
 * <p>The answer has a result for each reading, in order: {@code recorded}, {@code late} and {@code
 * duplicate} with what there is of {@code revision} and {@code index}; {@code rejected} with {@code
 * code} and {@code reason}. What is rejected is with the dead letters too. The status:
 *
 * <ul>
 *   <li>200 when at least one reading was taken: look at {@code rejected}
 *   <li>422 when all were rejected, 400 when that is because the body is no JSON, 500 when it is a
 *       mistake of the program
 *   <li>413 over a bound
 *   <li>408 when the body does not arrive, 415 for any other content type
 *   <li>429 when too many requests are being worked on, 503 when the twin or the database does not
 *       answer; both with Retry-After. Nothing is lost and nothing recorded twice by sending the
 *       whole request again.
 * </ul>
 *
 * <p>NDJSON is of any length, and so is its answer ({@link NdjsonAnswer}): it begins, with status
 * 200, with the first result, and nothing of it is held but what the caller has not taken yet,
 * within a bound. A line that is broken is a result like any other.
 *
 * <p>A request does not travel on the lanes of other sources, so that a twin that does not answer
 * fails the requests for that machine and no others. Requests of one machine at the same time have
 * no order among each other.
 */
final class HttpIngest extends AllDirectives {

  /** Name of this source in causes, metrics and dead letters. */
  static final String SOURCE = "http";

  /** Requests travel on no lane; what they have in flight is counted as that of one. */
  private static final String LANE = "http";

  private static final Logger log = LoggerFactory.getLogger(HttpIngest.class);

  /** What people call it; the first is what the answer is called. */
  private static final Set<String> NDJSON = Set.of("x-ndjson", "ndjson", "jsonl");

  private static final String NOT_IN_TIME =
      "the readings could not be recorded in time: send the same again, what has been recorded"
          + " already is recognised";

  private final IngestSettings settings;
  private final ReadingCodec codec;
  private final Recorder recorder;
  private final DeadLetters deadLetters;
  private final IngestMetrics metrics;
  private final InstantSource clock;
  private final Tracing tracing;
  private final ActorSystem<?> system;
  private final Semaphore permits;

  HttpIngest(
      IngestSettings settings,
      Recorder recorder,
      DeadLetters deadLetters,
      IngestMetrics metrics,
      InstantSource clock,
      Tracing tracing,
      ActorSystem<?> system) {
    this.settings = settings;
    this.codec = new ReadingCodec(settings.codec());
    this.recorder = recorder;
    recorder.expect(List.of(LANE));
    this.deadLetters = deadLetters;
    this.metrics = metrics;
    this.clock = clock;
    this.tracing = tracing;
    this.system = system;
    this.permits = new Semaphore(settings.http().requestsInFlightMax());
  }

  /** The route; it passes on whatever is not for it. */
  Route route() {
    return path(
        segment("api").slash("v1").slash("machines").slash(segment()).slash("readings"),
        machineId ->
            post(() -> extractRequest(request -> completeWithFuture(answer(machineId, request)))));
  }

  private CompletionStage<HttpResponse> answer(String machineId, HttpRequest request) {
    HttpAnswer answer = new HttpAnswer();
    if (!permits.tryAcquire()) {
      request.entity().discardBytes(system);
      return CompletableFuture.completedStage(
          answer.later(
              429,
              "Too Many Requests",
              "%d requests with readings are being worked on: send it again a little later"
                  .formatted(settings.http().requestsInFlightMax()),
              settings.http().retryAfter()));
    }
    Trace trace = received(request);
    if (isNdjson(request)) {
      // Held until the last result is out, not only until the answer has begun.
      return takeLines(
              machineId,
              request,
              trace,
              answer,
              () -> {
                permits.release();
                trace.end();
              })
          .exceptionally(failure -> explain(Retrying.causeOf(failure), answer))
          .thenApply(response -> told(response, trace));
    }
    return take(machineId, request, trace, answer)
        .exceptionally(
            failure -> {
              trace.failed(failure);
              return explain(Retrying.causeOf(failure), answer);
            })
        .thenApply(response -> told(response, trace))
        .whenComplete(
            (response, failure) -> {
              permits.release();
              trace.end();
            });
  }

  private Trace received(HttpRequest request) {
    return tracing.isOn()
        ? tracing.received(
            SOURCE, request.getHeader(Tracing.HEADER).map(HttpHeader::value).orElse(null))
        : Trace.NONE;
  }

  /** So that the caller can find what became of its readings. */
  private static HttpResponse told(HttpResponse response, Trace trace) {
    String parent = trace.parent();
    return parent == null ? response : response.addHeader(RawHeader.create(Tracing.HEADER, parent));
  }

  private static boolean isNdjson(HttpRequest request) {
    MediaType type = request.entity().getContentType().mediaType();
    return type.isApplication() && NDJSON.contains(type.subType());
  }

  private CompletionStage<HttpResponse> take(
      String machineId, HttpRequest request, Trace trace, HttpAnswer answer) {
    MediaType type = request.entity().getContentType().mediaType();
    if (type.isApplication() && type.subType().equals("json")) {
      return takeWhole(machineId, request, trace, answer);
    }
    request.entity().discardBytes(system);
    return CompletableFuture.completedStage(
        answer.problem(
            415,
            "Unsupported Media Type",
            "send one reading or an array with Content-Type application/json, or a reading a line"
                + " with application/x-ndjson"));
  }

  private CompletionStage<HttpResponse> takeWhole(
      String machineId, HttpRequest request, Trace trace, HttpAnswer answer) {
    return request
        .entity()
        .withSizeLimit(settings.codec().payloadBytesMax())
        .toStrict(settings.http().bodyTimeout().toMillis(), system)
        .thenCompose(
            body ->
                submit(
                        machineId,
                        List.of(decode(machineId, request, body.getData())),
                        trace,
                        () -> true)
                    .thenApply(
                        outcomes -> {
                          answer.add(outcomes);
                          return answer.whole();
                        }));
  }

  /**
   * Reads on only as fast as the twin records and the caller takes the results: a batch is what has
   * arrived meanwhile. The answer begins with the first result.
   */
  private CompletionStage<HttpResponse> takeLines(
      String machineId, HttpRequest request, Trace trace, HttpAnswer answer, Runnable whenEnded) {
    AtomicBoolean ended = new AtomicBoolean();
    return request
        .entity()
        .withoutSizeLimit()
        .getDataBytes()
        .via(NdjsonLines.flow(settings.codec().payloadBytesMax()))
        .map(line -> decode(machineId, request, line))
        .via(batches())
        .mapAsync(1, lines -> outcomes(machineId, lines, trace, () -> !ended.get()))
        .via(NdjsonAnswer.flow())
        .watchTermination(
            (notUsed, termination) ->
                termination.whenComplete(
                    (done, failure) -> {
                      ended.set(true);
                      whenEnded.run();
                    }))
        .prefixAndTail(1)
        .runWith(Sink.head(), system)
        .thenApply(
            begun ->
                begun.first().isEmpty()
                    ? answer.problem(
                        400, "Bad Request", "the body is empty: send at least one reading")
                    : streamed(begun.first(), begun.second()));
  }

  /** As many lines as have arrived, within bounds. */
  private Flow<Delivery<Long>, List<Delivery<Long>>, NotUsed> batches() {
    int bytesMax = settings.http().ndjsonBatchBytesMax();
    long bytesForReading = Math.ceilDiv(bytesMax, settings.http().ndjsonBatchReadingsMax());
    return Flow.<Delivery<Long>>create()
        .batchWeighted(
            bytesMax,
            line -> Math.max(line.payloadBytes(), bytesForReading * line.members().size()),
            line -> {
              List<Delivery<Long>> lines = new ArrayList<>();
              lines.add(line);
              return lines;
            },
            (lines, line) -> {
              lines.add(line);
              return lines;
            });
  }

  private HttpResponse streamed(List<ByteString> first, Source<ByteString, ?> rest) {
    Source<ByteString, ?> whole =
        rest.mapError(
                Throwable.class,
                failure -> {
                  log.warn("A stream of readings over HTTP ends early: {}", failure.toString());
                  return failure;
                })
            .recover(
                Throwable.class,
                () -> NdjsonAnswer.problem(503, "Service Unavailable", NOT_IN_TIME));
    Source<ByteString, ?> lines =
        Source.from(first)
            .concat(whole)
            // Some callers read no answer before all is sent; for them this much may wait.
            .batchWeighted(
                settings.http().ndjsonResultsBytesMax(),
                part -> (long) part.size(),
                part -> part,
                ByteString::concat);
    return HttpResponse.create()
        .withStatus(StatusCodes.OK)
        .withEntity(HttpEntities.createChunked(NdjsonAnswer.TYPE, lines));
  }

  private CompletionStage<List<LineOutcome>> outcomes(
      String machineId, List<Delivery<Long>> lines, Trace trace, BooleanSupplier wanted) {
    return submit(machineId, lines, trace, wanted)
        .thenApply(
            outcomes -> {
              List<LineOutcome> numbered = new ArrayList<>(outcomes.size());
              for (Delivery<Long> line : lines) {
                for (int i = 0; i < line.members().size(); i++) {
                  numbered.add(new LineOutcome(line.message(), outcomes.get(numbered.size())));
                }
              }
              return numbered;
            });
  }

  private Delivery<Long> decode(String machineId, HttpRequest request, NdjsonLines.Line line) {
    return Delivery.decoded(
        line.number(),
        SOURCE,
        request.getUri().path(),
        clock.instant(),
        line.bytes().toArrayUnsafe(),
        payload ->
            line.isCut()
                ? List.of(
                    Payload.whole(
                        payload,
                        machineId,
                        ReadingCodec.TOO_LARGE,
                        "the line has more than %d bytes: write a reading on each line"
                            .formatted(settings.codec().payloadBytesMax())))
                : timedCodec(machineId).apply(payload));
  }

  private Delivery<NotUsed> decode(String machineId, HttpRequest request, ByteString body) {
    return Delivery.decoded(
        NotUsed.getInstance(),
        SOURCE,
        request.getUri().path(),
        clock.instant(),
        body.toArrayUnsafe(),
        timedCodec(machineId));
  }

  private Function<byte[], List<Decoded>> timedCodec(String machineId) {
    return metrics.of(SOURCE).timed(payload -> codec.decode(payload, machineId));
  }

  /** What became of each member, once it is durable. */
  private <M> CompletionStage<List<Outcome>> submit(
      String machineId, List<Delivery<M>> deliveries, Trace trace, BooleanSupplier wanted) {
    List<SubmittedReading> readings = new ArrayList<>();
    for (Delivery<M> delivery : deliveries) {
      for (Decoded member : delivery.members()) {
        if (member instanceof Decoded.Intact intact) {
          readings.add(intact.reading());
        }
      }
    }
    CompletionStage<List<Outcome>> recorded =
        readings.isEmpty()
            ? CompletableFuture.completedStage(List.of())
            : record(machineId, readings, trace, wanted);
    return recorded.thenCompose(
        outcomes -> {
          List<Outcome> all = new ArrayList<>();
          List<DeadLetter.Arrival> letters = sort(deliveries, outcomes, all);
          return deadLetters.keep(letters, wanted).thenApply((Done done) -> all);
        });
  }

  private CompletionStage<List<Outcome>> record(
      String machineId, List<SubmittedReading> readings, Trace trace, BooleanSupplier wanted) {
    Trace step = trace.step(Trace.Step.RECORD).about("machine_id", machineId);
    return recorder
        .record(LANE, machineId, readings, step.parent(), wanted)
        .whenComplete(
            (outcomes, failure) -> {
              if (failure == null) {
                step.end();
              } else {
                step.failed(failure);
              }
            });
  }

  /** Puts together an outcome for each member, in order, and the letters for the rejected ones. */
  private <M> List<DeadLetter.Arrival> sort(
      List<Delivery<M>> deliveries, List<Outcome> outcomes, List<Outcome> all) {
    List<DeadLetter.Arrival> letters = new ArrayList<>(0);
    int next = 0;
    for (Delivery<M> delivery : deliveries) {
      for (Decoded member : delivery.members()) {
        switch (member) {
          case Decoded.Intact intact -> {
            Outcome outcome = outcomes.get(next++);
            all.add(outcome);
            if (outcome.result() == MachineReply.Result.REJECTED) {
              letters.add(delivery.letter(intact, outcome));
            }
          }
          case Decoded.Broken broken -> {
            all.add(
                new Outcome(MachineReply.Result.REJECTED, 0, 0, broken.code(), broken.reason()));
            letters.add(delivery.letter(broken));
            metrics.of(SOURCE).countBroken(1);
          }
        }
      }
    }
    return letters;
  }

  private HttpResponse explain(Throwable failure, HttpAnswer answer) {
    return switch (failure) {
      case EntityStreamSizeException tooLarge ->
          answer.problem(
              413,
              "Content Too Large",
              ("the body has more than %d bytes: send fewer readings in one request, or a reading a"
                      + " line with Content-Type application/x-ndjson")
                  .formatted(tooLarge.limit()));
      case TimeoutException slow when answer.isEmpty() && isOfBody(slow) ->
          answer.problem(
              408,
              "Request Timeout",
              "the body did not arrive within %s: send it again"
                  .formatted(settings.http().bodyTimeout()));
      default -> {
        log.warn("Readings over HTTP could not be recorded: {}", failure.toString());
        yield answer.later(503, "Service Unavailable", NOT_IN_TIME, settings.http().retryAfter());
      }
    };
  }

  private static boolean isOfBody(TimeoutException failure) {
    return failure.getMessage() != null && failure.getMessage().contains("toStrict");
  }
}
