package twin.http.live;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import twin.core.store.AlertStep;
import twin.core.store.AlertSteps;
import twin.core.store.CoarseOffset;
import twin.http.Json;

/**
 * The newest changes of alerts, read from the database once for all streams of this node. Who was
 * told of older ones last is given what follows from the database, page by page: no change waits in
 * memory for a slow listener, and none is dropped. Thread-safe.
 */
final class LiveAlerts {

  private static final Logger log = LoggerFactory.getLogger(LiveAlerts.class);

  private final AlertTrail trail;
  private final int most;
  private final AtomicBoolean looking = new AtomicBoolean();
  private final AtomicReference<@Nullable Window> window = new AtomicReference<>();

  /**
   * Reads nothing yet.
   *
   * @param most how many changes are kept, and read at a time
   */
  LiveAlerts(AlertTrail trail, int most) {
    this.trail = trail;
    this.most = most;
  }

  /** A change of an alert with what is told of it. */
  record Told(AlertStep step, LiveMessage message) {
    static Told of(AlertStep step) {
      return new Told(
          step,
          LiveMessage.of(
              "alert",
              step.place().toString(),
              Json.bytes(
                  out -> {
                    // In the shape in which it goes to Kafka.
                    out.writeStartObject();
                    out.writeStringField("alert_id", step.alertId());
                    out.writeStringField("machine_id", step.machineId());
                    out.writeStringField("failure_type", step.failureType());
                    out.writeStringField("severity", step.severity());
                    out.writeStringField("state", step.state());
                    Json.time(out, "timestamp", step.at());
                    out.writeNumberField("revision", step.revision());
                    Json.number(out, "score", step.score());
                    Json.number(out, "rul", step.rulP50());
                    out.writeEndObject();
                  })));
    }
  }

  /**
   * The next changes for a listener.
   *
   * @param reached up to where it has been told then
   */
  record Page(List<Told> changes, CoarseOffset reached) {
    Page {
      changes = List.copyOf(changes);
    }
  }

  /**
   * All changes between two places, in order.
   *
   * @param from nothing that happened before it, or there, is in the window
   * @param to all that happened up to it is
   */
  private record Window(CoarseOffset from, List<Told> changes, CoarseOffset to) {

    Window with(AlertSteps next, int most) {
      if (next.steps().isEmpty()) {
        return new Window(from, changes, next.reached());
      }
      List<Told> all = new ArrayList<>(changes);
      next.steps().stream().map(Told::of).forEach(all::add);
      int surplus = Math.max(0, all.size() - most);
      CoarseOffset first = surplus == 0 ? from : all.get(surplus - 1).step().place();
      return new Window(first, List.copyOf(all.subList(surplus, all.size())), next.reached());
    }

    /** What follows a place that is not before this window. */
    Page after(CoarseOffset place) {
      int first = changes.size();
      while (first > 0 && changes.get(first - 1).step().place().compareTo(place) > 0) {
        first--;
      }
      return new Page(changes.subList(first, changes.size()), later(place, to));
    }

    /** A listener that comes from another node may be ahead of this one. */
    private static CoarseOffset later(CoarseOffset one, CoarseOffset other) {
      return one.compareTo(other) > 0 ? one : other;
    }
  }

  /** Up to where this node has looked; null before it has. */
  @Nullable CoarseOffset reached() {
    Window now = window.get();
    return now == null ? null : now.to();
  }

  /** What follows a place, as far as this node has looked. */
  CompletionStage<Page> after(CoarseOffset place) {
    Window now = window.get();
    if (now == null) {
      return CompletableFuture.completedFuture(new Page(List.of(), place));
    }
    if (place.compareTo(now.from()) >= 0) {
      return CompletableFuture.completedFuture(now.after(place));
    }
    return trail
        .after()
        .apply(place, most)
        .thenApply(
            steps -> new Page(steps.steps().stream().map(Told::of).toList(), steps.reached()));
  }

  /**
   * Looks for what has happened since it last looked, unless it is looking.
   *
   * @return whether something has happened; false too when the database does not say
   */
  CompletionStage<Boolean> look() {
    if (!looking.compareAndSet(false, true)) {
      return CompletableFuture.completedFuture(false);
    }
    return next()
        .handle(
            (found, failure) -> {
              looking.set(false);
              if (failure != null) {
                log.warn("changes of alerts cannot be read now: {}", failure.getMessage());
              }
              return failure == null && found;
            });
  }

  private CompletionStage<Boolean> next() {
    Window before = window.get();
    if (before == null) {
      return trail
          .end()
          .get()
          .thenApply(end -> window.compareAndSet(null, new Window(end, List.of(), end)));
    }
    return trail
        .after()
        .apply(before.to(), most)
        .thenCompose(
            steps -> {
              // Nobody listens any more when it has been forgotten in between.
              boolean wanted = window.compareAndSet(before, before.with(steps, most));
              return wanted && steps.more()
                  ? next()
                  : CompletableFuture.completedFuture(!steps.steps().isEmpty());
            });
  }

  /** Forgets everything: nobody listens any more. */
  void close() {
    window.set(null);
  }
}
