package twin.http.live;

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
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.javadsl.model.ws.Message;
import org.apache.pekko.http.javadsl.model.ws.WebSocketUpgrade;
import org.apache.pekko.stream.javadsl.Flow;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import twin.http.Call;
import twin.http.Caller;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Json;
import twin.http.Problem;

/**
 * What happens right now, on whichever node, as server-sent events or over a WebSocket: {@code
 * state} with a machine's newest state, {@code alert} with a change of an alert, {@code heartbeat}
 * when there is nothing else. Best effort: whoever does not keep up sees the newest state of each
 * machine, not every one, and is told by {@code dropped} how many were lost.
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
        Endpoint.get("/api/v1/stream", this::stream).taking("machine", "site", "kinds").streaming(),
        Endpoint.get("/api/v1/ws", this::socket).taking("machine", "site", "kinds").streaming());
  }

  private CompletionStage<HttpResponse> stream(Call call) {
    Source<ByteString, NotUsed> bytes = messages(call).map(LiveMessage::event);
    return CompletableFuture.completedFuture(
        HttpResponse.create()
            .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
            .withEntity(
                HttpEntities.createChunked(MediaTypes.TEXT_EVENT_STREAM.toContentType(), bytes)));
  }

  private CompletionStage<HttpResponse> socket(Call call) {
    WebSocketUpgrade upgrade =
        call.webSocket()
            .orElseThrow(
                () ->
                    Problem.of(
                            StatusCodes.UPGRADE_REQUIRED,
                            "This is for WebSockets. GET /api/v1/stream tells the same as"
                                + " server-sent events.")
                        .with("Upgrade", "websocket")
                        .toException());
    Source<Message, NotUsed> frames = messages(call).map(LiveMessage::frame);
    // What a listener says is passed over; when it hangs up, the stream ends.
    return CompletableFuture.completedFuture(
        upgrade.handleMessagesWith(Flow.fromSinkAndSourceCoupled(Sink.ignore(), frames)));
  }

  /** What a call wants to hear. */
  private Source<LiveMessage, NotUsed> messages(Call call) {
    Set<Kind> kinds = kinds(call.names("kinds"));
    Predicate<LiveChange> wanted = wanted(call);
    if (running.get() >= settings.streamsMax()) {
      throw Problem.unavailable(
              "%d streams are open, which is the most there may be. Close one, or ask again later."
                  .formatted(settings.streamsMax()))
          .toException();
    }
    return messages(kinds, wanted);
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

  private Source<LiveMessage, NotUsed> messages(Set<Kind> kinds, Predicate<LiveChange> wanted) {
    Source<LiveMessage, NotUsed> changes =
        live.changes(settings.buffer())
            .filter(wanted::test)
            .conflateWithSeed(
                first -> new PendingChanges(settings, clock.instant()).with(first),
                PendingChanges::with)
            .throttle(1, settings.interval())
            .mapConcat(pending -> messages(kinds, pending));
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

  private List<LiveMessage> messages(Set<Kind> kinds, PendingChanges pending) {
    List<LiveMessage> messages = new ArrayList<>();
    dropped(kinds, pending).ifPresent(messages::add);
    if (kinds.contains(Kind.ALERT)) {
      pending.alerts().forEach(alert -> messages.add(LiveMessage.of("alert", alert)));
    }
    if (kinds.contains(Kind.STATE)) {
      pending
          .newest()
          .forEach(changed -> messages.add(LiveMessage.of("state", changed.state().get())));
    }
    return messages;
  }

  private LiveMessage heartbeat() {
    return LiveMessage.of(
        "heartbeat",
        Json.bytes(
            out -> {
              out.writeStartObject();
              Json.time(out, "at", clock.instant());
              out.writeEndObject();
            }));
  }

  /** What the listener will never see, if anything. */
  private Optional<LiveMessage> dropped(Set<Kind> kinds, PendingChanges pending) {
    long states = kinds.contains(Kind.STATE) ? pending.droppedStates(clock.instant()) : 0;
    long alerts = kinds.contains(Kind.ALERT) ? pending.droppedAlerts() : 0;
    return states + alerts == 0
        ? Optional.empty()
        : Optional.of(
            LiveMessage.of(
                "dropped",
                Json.bytes(
                    out -> {
                      out.writeStartObject();
                      out.writeNumberField("states", states);
                      out.writeNumberField("alerts", alerts);
                      out.writeEndObject();
                    })));
  }
}
