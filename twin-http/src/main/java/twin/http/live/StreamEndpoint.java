package twin.http.live;

import java.time.InstantSource;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
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
import twin.core.store.CoarseOffset;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Problem;

/**
 * What happens right now, on whichever node, as server-sent events or over a WebSocket: {@code
 * state} with a machine's newest state, {@code alert} with a change of an alert, {@code heartbeat}
 * when there is nothing else. Of states whoever does not keep up sees the newest of each machine,
 * not every one, and is told by {@code dropped} how many were lost. Of alerts none is lost: who
 * comes back with the id of the last event, to whichever node, is told what it missed, or by {@code
 * reset} that it has been away for too long.
 */
public final class StreamEndpoint {

  private static final String[] PARAMETERS = {"machine", "site", "kinds", "after"};

  /** What a stream can carry. */
  private enum Kind {
    STATE,
    ALERT
  }

  private static final Map<String, Kind> KINDS =
      Arrays.stream(Kind.values())
          .collect(Collectors.toMap(kind -> kind.name().toLowerCase(Locale.ROOT), kind -> kind));

  private final LiveChanges live;
  private final AlertTrail trail;
  private final InstantSource clock;
  private final HttpSettings.StreamSettings settings;

  public StreamEndpoint(
      LiveChanges live,
      AlertTrail trail,
      InstantSource clock,
      HttpSettings.StreamSettings settings) {
    this.live = live;
    this.trail = trail;
    this.clock = clock;
    this.settings = settings;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/stream", this::stream).taking(PARAMETERS).streaming(),
        Endpoint.get("/api/v1/ws", this::socket).taking(PARAMETERS).streaming());
  }

  private CompletionStage<HttpResponse> stream(Call call) {
    return messages(call)
        .thenApply(
            messages ->
                HttpResponse.create()
                    .addHeader(RawHeader.create("X-Accel-Buffering", "no"))
                    .withEntity(
                        HttpEntities.createChunked(
                            MediaTypes.TEXT_EVENT_STREAM.toContentType(),
                            messages.map(StreamEndpoint::events))));
  }

  /** One chunk, however many they are. */
  private static ByteString events(List<LiveMessage> messages) {
    ByteString events = ByteString.emptyByteString();
    for (LiveMessage message : messages) {
      events = events.concat(message.event());
    }
    return events;
  }

  private CompletionStage<HttpResponse> socket(Call call) {
    CompletionStage<Source<List<LiveMessage>, NotUsed>> wanted = messages(call);
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
    return wanted.thenApply(
        messages -> {
          Source<Message, NotUsed> frames =
              messages.mapConcat(group -> group).map(LiveMessage::frame);
          // What a listener says is passed over; when it hangs up, the stream ends.
          return upgrade.handleMessagesWith(Flow.fromSinkAndSourceCoupled(Sink.ignore(), frames));
        });
  }

  /** What a call wants to hear. */
  private CompletionStage<Source<List<LiveMessage>, NotUsed>> messages(Call call) {
    Set<Kind> kinds = kinds(call.names("kinds"));
    Optional<CoarseOffset> after =
        call.header("Last-Event-ID").or(() -> call.text("after")).map(StreamEndpoint::place);
    if (live.streams() >= settings.streamsMax()) {
      throw Problem.unavailable(
              "%d streams are open, which is the most there may be. Close one, or ask again later."
                  .formatted(settings.streamsMax()))
          .toException();
    }
    LiveStream stream =
        new LiveStream(
            live,
            clock,
            settings,
            call,
            kinds.contains(Kind.STATE),
            kinds.contains(Kind.ALERT),
            call.text("machine"),
            call.text("site"));
    return after.isEmpty() || !kinds.contains(Kind.ALERT)
        ? CompletableFuture.completedFuture(stream.from(null, Optional.empty()))
        : resumed(stream, after.get());
  }

  private static CoarseOffset place(String id) {
    try {
      CoarseOffset place = CoarseOffset.parse(id.strip());
      if (place.compareTo(CoarseOffset.BEGINNING) >= 0) {
        return place;
      }
    } catch (IllegalArgumentException e) {
      // Answered below, as a place before all others is.
    }
    throw Problem.badRequest(
            "The header Last-Event-ID, or the parameter after, must be the id of an event of this"
                + " stream.")
        .toException();
  }

  /** Goes on where a listener was, unless that is too far back or in another database. */
  private CompletionStage<Source<List<LiveMessage>, NotUsed>> resumed(
      LiveStream stream, CoarseOffset after) {
    int most = settings.alertsBackMax();
    return trail
        .countAfter()
        .apply(after, most + 1)
        .thenCompose(
            missed -> {
              if (missed.isPresent() && missed.getAsLong() <= most) {
                return CompletableFuture.completedFuture(stream.from(after, Optional.empty()));
              }
              LiveStream.Missed lost = new LiveStream.Missed(missed.orElse(0));
              return trail.end().get().thenApply(end -> stream.from(end, Optional.of(lost)));
            });
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
}
