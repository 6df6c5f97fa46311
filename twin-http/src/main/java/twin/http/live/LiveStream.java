package twin.http.live;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import twin.core.store.AlertStep;
import twin.core.store.CoarseOffset;
import twin.http.Call;
import twin.http.HttpSettings;
import twin.http.Json;

/**
 * What one listener is told, in groups that it takes one after the other: it asks for the next when
 * it has taken the one before, and holds nothing but how far it has come.
 *
 * @param call who listens; it ends when they may no longer
 * @param states whether it wants states
 * @param alerts whether it wants changes of alerts
 */
record LiveStream(
    LiveChanges live,
    InstantSource clock,
    HttpSettings.StreamSettings settings,
    Call call,
    boolean states,
    boolean alerts,
    Optional<String> machine,
    Optional<String> site) {

  /** What is put into a group: some 64 KiB. */
  private static final int STATES_AT_ONCE = 64;

  /**
   * Up to where a listener has been told.
   *
   * @param alerts null when that is not known yet: it wants what happens from now on
   * @param told at which tick it was told something last
   * @param checked at which tick it was last found out whether it may still listen
   */
  private record Place(
      @Nullable CoarseOffset alerts, LiveStates.Place states, long told, long checked) {}

  /**
   * Everything from a place on.
   *
   * @param from null for what happens from now on
   * @param missed how many changes of alerts can no longer be told, if any
   */
  Source<List<LiveMessage>, NotUsed> from(@Nullable CoarseOffset from, Optional<Missed> missed) {
    return Source.lazySource(() -> running(from, missed))
        .mapMaterializedValue(notUsed -> NotUsed.getInstance());
  }

  /**
   * Changes of alerts that a listener will never be told of.
   *
   * @param atLeast how many
   */
  record Missed(long atLeast) {}

  private Source<List<LiveMessage>, NotUsed> running(
      @Nullable CoarseOffset from, Optional<Missed> missed) {
    live.opened();
    Place begin = new Place(from, live.states().now(), live.states().tick(), live.states().tick());
    List<LiveMessage> first = new ArrayList<>();
    missed.ifPresent(many -> first.add(reset(many, from)));
    // Goes out at once, so that a listener knows that it is connected.
    first.add(heartbeat(from));
    return Source.single(first)
        .concat(Source.unfoldAsync(begin, this::next).filterNot(List::isEmpty))
        .watchTermination(
            (notUsed, done) -> {
              done.whenComplete((ended, failure) -> live.closed());
              return NotUsed.getInstance();
            });
  }

  private CompletionStage<Optional<Pair<Place, List<LiveMessage>>>> next(Place place) {
    if (live.states().tick() > place.checked() && !call.isAdmittedStill()) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    // Listens before it looks, so that what happens in between is not waited for.
    CompletionStage<Done> something = live.something();
    return nextAlerts(place)
        .thenCompose(
            page -> {
              Pair<Place, List<LiveMessage>> told = tell(place, page);
              boolean nothing = told.first().equals(place);
              return nothing
                  ? something.thenApply(done -> Optional.of(told))
                  : CompletableFuture.completedFuture(Optional.of(told));
            });
  }

  private CompletionStage<Optional<LiveAlerts.Page>> nextAlerts(Place place) {
    CoarseOffset after = place.alerts() == null ? live.alerts().reached() : place.alerts();
    return !alerts || after == null
        ? CompletableFuture.completedFuture(Optional.empty())
        : live.alerts().after(after).thenApply(Optional::of);
  }

  private Pair<Place, List<LiveMessage>> tell(Place place, Optional<LiveAlerts.Page> page) {
    List<LiveMessage> messages = new ArrayList<>();
    page.map(LiveAlerts.Page::changes).orElse(List.of()).stream()
        .filter(told -> wants(told.step()))
        .forEach(told -> messages.add(told.message()));
    CoarseOffset reached = page.map(LiveAlerts.Page::reached).orElse(place.alerts());
    LiveStates.Place seen = place.states();
    if (states) {
      LiveStates.Taken taken =
          live.states().take(seen, new LiveStates.Wanted(machine, this::seesSite), STATES_AT_ONCE);
      if (taken.dropped() > 0) {
        messages.add(dropped(taken.dropped()));
      }
      messages.addAll(taken.states());
      seen = taken.place();
    }
    long tick = live.states().tick();
    long quietTicks = tick - place.told();
    if (messages.isEmpty() && quietTicks >= heartbeatTicks()) {
      messages.add(heartbeat(reached));
    }
    return Pair.create(
        new Place(reached, seen, messages.isEmpty() ? place.told() : tick, tick), messages);
  }

  private long heartbeatTicks() {
    return Math.max(1, settings.heartbeat().dividedBy(settings.interval()));
  }

  private boolean wants(AlertStep step) {
    return seesSite(step.site()) && machine.map(id -> id.equals(step.machineId())).orElse(true);
  }

  private boolean seesSite(@Nullable String name) {
    return call.caller().sees(name) && site.map(wanted -> wanted.equals(name)).orElse(true);
  }

  /** A sign of life, with the place up to which a listener has been told of alerts. */
  private LiveMessage heartbeat(@Nullable CoarseOffset reached) {
    return LiveMessage.of(
        "heartbeat",
        reached == null || !alerts ? "" : reached.toString(),
        Json.bytes(
            out -> {
              out.writeStartObject();
              Json.time(out, "at", clock.instant());
              out.writeEndObject();
            }));
  }

  /** The listener has to look at the alerts themselves; this goes on from now. */
  private static LiveMessage reset(Missed missed, @Nullable CoarseOffset from) {
    return LiveMessage.of(
        "reset",
        from == null ? "" : from.toString(),
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeNumberField("alerts_at_least", missed.atLeast());
              out.writeEndObject();
            }));
  }

  /** What the listener will never see. */
  private static LiveMessage dropped(long states) {
    return LiveMessage.of(
        "dropped",
        Json.bytes(
            out -> {
              out.writeStartObject();
              out.writeNumberField("states", states);
              out.writeEndObject();
            }));
  }
}
