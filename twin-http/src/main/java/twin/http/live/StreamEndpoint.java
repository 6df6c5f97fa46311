package twin.http.live;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.sse.ServerSentEvent;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import twin.http.Call;
import twin.http.Caller;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Json;
import twin.http.Problem;

/**
 * What happens right now, on whichever node, as server-sent events: {@code state} with a machine's
 * newest state, {@code alert} with a change of an alert, {@code heartbeat} when there is nothing
 * else. Best effort: whoever does not keep up sees the newest state of each machine, not every one.
 */
public final class StreamEndpoint {

  /** What a stream can carry. */
  private enum Kind {
    STATE,
    ALERT
  }

  private static final Map<String, Kind> KINDS =
      Arrays.stream(Kind.values())
          .collect(Collectors.toMap(kind -> kind.name().toLowerCase(Locale.ROOT), kind -> kind));

  private final LiveChanges live;
  private final InstantSource clock;
  private final HttpSettings.StreamSettings settings;
  private final AtomicInteger running = new AtomicInteger();

  public StreamEndpoint(
      LiveChanges live, InstantSource clock, HttpSettings.StreamSettings settings) {
    this.live = live;
    this.clock = clock;
    this.settings = settings;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/stream", this::stream)
            .taking("machine", "site", "kinds")
            .streaming());
  }

  private CompletionStage<HttpResponse> stream(Call call) {
    Set<Kind> kinds = kinds(call.names("kinds"));
    Predicate<LiveChange> wanted = wanted(call);
    if (running.get() >= settings.streamsMax()) {
      throw Problem.unavailable(
              "%d streams are open, which is the most there may be. Close one, or ask again later."
                  .formatted(settings.streamsMax()))
          .toException();
    }
    Source<ByteString, NotUsed> bytes = events(kinds, wanted).map(StreamEndpoint::encoded);
    return CompletableFuture.completedFuture(
        HttpResponse.create()
            .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
            .withEntity(
                HttpEntities.createChunked(MediaTypes.TEXT_EVENT_STREAM.toContentType(), bytes)));
  }

  private static Set<Kind> kinds(List<String> names) {
    if (names.isEmpty()) {
      return Set.of(Kind.values());
    }
    Set<Kind> kinds = new HashSet<>();
    for (String name : names) {
      Kind kind = KINDS.get(name);
      if (kind == null) {
        throw Problem.badRequest(
                "The parameter kinds takes state and alert, with a comma between, not '%s'."
                    .formatted(name))
            .toException();
      }
      kinds.add(kind);
    }
    return kinds;
  }

  private static Predicate<LiveChange> wanted(Call call) {
    Caller caller = call.caller();
    Optional<String> machine = call.text("machine");
    Optional<String> site = call.text("site");
    return changed ->
        caller.sees(changed.site())
            && machine.map(id -> id.equals(changed.machineId())).orElse(true)
            && site.map(name -> name.equals(changed.site())).orElse(true);
  }

  private Source<ServerSentEvent, NotUsed> events(Set<Kind> kinds, Predicate<LiveChange> wanted) {
    Source<ServerSentEvent, NotUsed> changes =
        live.changes(settings.buffer())
            .filter(wanted::test)
            .conflateWithSeed(
                first -> new PendingChanges(settings).with(first), PendingChanges::with)
            .throttle(1, settings.interval())
            .mapConcat(pending -> events(kinds, pending));
    // The first event goes out at once, so that a listener knows that it is connected.
    return Source.single(heartbeat())
        .concat(changes)
        .keepAlive(settings.heartbeat(), this::heartbeat)
        .watchTermination(
            (notUsed, done) -> {
              running.incrementAndGet();
              done.whenComplete((ended, failure) -> running.decrementAndGet());
              return notUsed;
            });
  }

  private List<ServerSentEvent> events(Set<Kind> kinds, PendingChanges pending) {
    List<ServerSentEvent> events = new ArrayList<>();
    if (kinds.contains(Kind.ALERT)) {
      pending.alerts().forEach(alert -> events.add(event("alert", alert)));
    }
    if (kinds.contains(Kind.STATE)) {
      pending.newest().forEach(changed -> events.add(event("state", changed.state().get())));
    }
    return events;
  }

  private ServerSentEvent heartbeat() {
    return event(
        "heartbeat",
        Json.bytes(
            out -> {
              out.writeStartObject();
              Json.time(out, "at", clock.instant());
              out.writeEndObject();
            }));
  }

  private static ServerSentEvent event(String type, byte[] json) {
    return ServerSentEvent.create(new String(json, StandardCharsets.UTF_8), type);
  }

  private static ByteString encoded(ServerSentEvent event) {
    return ByteString.fromString(
        "event: %s\ndata: %s\n\n"
            .formatted(event.getEventType().orElse("message"), event.getData()));
  }
}
