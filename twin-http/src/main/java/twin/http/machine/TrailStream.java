package twin.http.machine;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import twin.core.live.LiveHub;
import twin.http.Call;
import twin.http.HttpSettings;
import twin.http.Json;
import twin.http.Problem;

/**
 * The audit trail of a machine as server-sent events: what has been, and then what happens, without
 * a gap and nothing twice. Each event has its revision for an id, so that a listener that comes
 * back with {@code Last-Event-ID} goes on where it was, whichever node it comes to.
 *
 * <p>All of it is read from the journal, page by page and only when the listener has taken the page
 * before. That something has happened on this node only makes it look at once; what happens to a
 * twin on another node is found by looking again after a while. Thread-safe.
 */
public final class TrailStream {

  private static final int PAGE = 100;

  private final Twins twins;
  private final History history;
  private final InstantSource clock;
  private final HttpSettings.StreamSettings settings;
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicLong tickets = new AtomicLong();
  private final Map<String, Map<Long, CompletableFuture<Boolean>>> waiting =
      new ConcurrentHashMap<>();

  /** Listens to what happens on this node from now on. */
  public TrailStream(
      Twins twins,
      History history,
      LiveHub live,
      InstantSource clock,
      HttpSettings.StreamSettings settings) {
    this.twins = twins;
    this.history = history;
    this.clock = clock;
    this.settings = settings;
    live.subscribe(changed -> wake(changed.state().machineId()));
  }

  CompletionStage<HttpResponse> follow(Call call) {
    if (call.text("limit").isPresent()) {
      throw Problem.badRequest("The parameter limit is for pages; a stream has no end.")
          .toException();
    }
    long after =
        call.header("Last-Event-ID")
            .map(TrailStream::revision)
            .orElseGet(() -> call.integer("after", 0, Long.MAX_VALUE - PAGE, 0));
    if (running.get() >= settings.streamsMax()) {
      throw Problem.unavailable(
              "%d audit trails are followed, which is the most there may be. Close one, or ask again later."
                  .formatted(settings.streamsMax()))
          .toException();
    }
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenCompose(
            now -> {
              if (after > now.revision()) {
                throw Problem.badRequest(
                        "The machine is at revision %d; there is nothing after %d to go on with."
                            .formatted(now.revision(), after))
                    .toException();
              }
              return history.namesAfter(now.machineId(), after);
            })
        .thenApply(names -> answer(call, new Place(call.segment("id"), after, names)));
  }

  private static long revision(String lastEventId) {
    try {
      long revision = Long.parseLong(lastEventId.strip());
      if (revision >= 0) {
        return revision;
      }
    } catch (NumberFormatException e) {
      // Answered below, as a number that no revision can have.
    }
    throw Problem.badRequest(
            "The header Last-Event-ID must be the id of an event of this stream: a revision.")
        .toException();
  }

  /**
   * Up to where a listener has been told.
   *
   * @param names what is in force there
   */
  private record Place(String machineId, long revision, RecordedEvent.Names names) {}

  private HttpResponse answer(Call call, Place place) {
    Source<ByteString, NotUsed> events =
        Source.unfoldAsync(place, now -> next(call, now))
            .mapConcat(page -> page)
            .map(TrailStream::event);
    Source<ByteString, NotUsed> bytes =
        Source.single(heartbeat())
            .concat(events)
            .keepAlive(settings.heartbeat(), this::heartbeat)
            .watchTermination(
                (notUsed, done) -> {
                  running.incrementAndGet();
                  done.whenComplete((ended, failure) -> running.decrementAndGet());
                  return notUsed;
                });
    return HttpResponse.create()
        .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
        .withEntity(
            HttpEntities.createChunked(MediaTypes.TEXT_EVENT_STREAM.toContentType(), bytes));
  }

  private CompletionStage<Optional<Pair<Place, List<RecordedEvent>>>> next(Call call, Place place) {
    if (!call.isAdmittedStill()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    // Listens before it looks, so that what happens in between is not waited for.
    CompletableFuture<Boolean> something = somethingHappens(place.machineId());
    return history
        .following(place.machineId(), place.names(), place.revision(), PAGE)
        .thenCompose(
            page -> {
              if (page.isEmpty()) {
                return something.thenApply(happened -> Optional.of(Pair.create(place, page)));
              }
              RecordedEvent last = page.getLast();
              Place reached = new Place(place.machineId(), last.revision(), last.names());
              return CompletableFuture.completedFuture(Optional.of(Pair.create(reached, page)));
            });
  }

  /** Completes when something happens to a machine on this node, or after a while. */
  private CompletableFuture<Boolean> somethingHappens(String machineId) {
    long ticket = tickets.incrementAndGet();
    CompletableFuture<Boolean> something = new CompletableFuture<>();
    waiting.compute(
        machineId,
        (id, present) -> {
          Map<Long, CompletableFuture<Boolean>> all = present == null ? new HashMap<>() : present;
          all.put(ticket, something);
          return all;
        });
    return something
        .completeOnTimeout(false, settings.poll().toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((happened, failure) -> forget(machineId, ticket));
  }

  private void forget(String machineId, long ticket) {
    waiting.computeIfPresent(
        machineId,
        (id, all) -> {
          all.remove(ticket);
          return all.isEmpty() ? null : all;
        });
  }

  private void wake(String machineId) {
    // Nobody else has them once they are out of the map.
    Map<Long, CompletableFuture<Boolean>> all = waiting.remove(machineId);
    if (all != null) {
      all.values().forEach(each -> each.complete(true));
    }
  }

  private static ByteString event(RecordedEvent event) {
    byte[] json = Json.bytes(out -> EventJson.write(out, event));
    return ByteString.fromString(
        "id: %d\nevent: %s\ndata: %s\n\n"
            .formatted(
                event.revision(),
                event.entry().manifest(),
                new String(json, StandardCharsets.UTF_8)));
  }

  /** Without an id, so that what a listener was told last stays the same. */
  private ByteString heartbeat() {
    byte[] json =
        Json.bytes(
            out -> {
              out.writeStartObject();
              Json.time(out, "at", clock.instant());
              out.writeEndObject();
            });
    return ByteString.fromString(
        "event: heartbeat\ndata: %s\n\n".formatted(new String(json, StandardCharsets.UTF_8)));
  }
}
