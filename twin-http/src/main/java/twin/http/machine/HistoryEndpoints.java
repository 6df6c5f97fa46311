package twin.http.machine;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Models;
import twin.core.machine.Definition;
import twin.core.machine.MachineState;
import twin.core.reading.Times;
import twin.core.type.Channel;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Json;
import twin.http.Problem;

/** What a machine has lived through: readings, assessments and why, and the audit trail. */
public final class HistoryEndpoints {

  private static final int DEFAULT_POINTS = 500;
  private static final int DEFAULT_EVENTS = 100;
  private static final int LEAST_POINTS = 2;

  private final Twins twins;
  private final History history;
  private final ExplanationEndpoint explanation;
  private final HttpSettings.HistorySettings bounds;

  public HistoryEndpoints(
      Twins twins, History history, Models models, HttpSettings.HistorySettings bounds) {
    this.twins = twins;
    this.history = history;
    this.bounds = bounds;
    this.explanation =
        new ExplanationEndpoint(
            twins, history, models, Math.min(DEFAULT_POINTS, bounds.pointsMax()));
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/machines/{id}/readings", this::readings)
            .taking("from", "to", "channels", "points", "cursor"),
        Endpoint.get("/api/v1/machines/{id}/assessments", this::assessments)
            .taking("from", "to", "points", "cursor"),
        explanation.endpoint(),
        Endpoint.get("/api/v1/machines/{id}/events", this::events).taking("after", "limit"));
  }

  private CompletionStage<HttpResponse> readings(Call call) {
    Set<String> channels = Set.copyOf(call.names("channels"));
    return wanted(call, channels)
        .thenApply(
            answer ->
                list(
                    answer,
                    answer.readings().kept(),
                    (out, each) -> HistoryJson.writeReading(out, each, channels)));
  }

  private CompletionStage<HttpResponse> assessments(Call call) {
    return wanted(call, Set.of())
        .thenApply(
            answer ->
                list(
                    answer,
                    answer.readings().kept().stream()
                        .filter(each -> each.assessed().assessment() != null)
                        .toList(),
                    HistoryJson::writeAssessed));
  }

  /** A page, or an interval when {@code from} says where it begins. */
  private CompletionStage<Answer> wanted(Call call, Set<String> channels) {
    int points =
        call.integer(
            "points",
            LEAST_POINTS,
            bounds.pointsMax(),
            Math.min(DEFAULT_POINTS, bounds.pointsMax()));
    Optional<Instant> from = call.time("from").map(Times::withinReach);
    Optional<Instant> to = call.time("to").map(Times::withinReach);
    Optional<Cursor> cursor = call.text("cursor").map(Cursor::parse);
    if (from.isEmpty() && to.isPresent()) {
      throw Problem.badRequest(
              "The parameter to needs from: say where the interval begins. Without both, the newest"
                  + " readings are listed, page by page.")
          .toException();
    }
    if (from.isPresent() && cursor.isPresent()) {
      throw Problem.badRequest(
              "The parameter cursor goes with the list without from; an interval has one page.")
          .toException();
    }
    return twins
        .existing(call.segment("id"))
        .thenCompose(
            state ->
                from.map(begin -> interval(state, begin, to.orElse(Times.LATEST), points, channels))
                    .orElseGet(() -> page(state, cursor, points))
                    .thenApply(answer -> answer.about(channels, state)));
  }

  private CompletionStage<Answer> interval(
      MachineState state, Instant from, Instant to, int points, Set<String> channels) {
    return history
        .interval(state, from, to, points, channels)
        .thenApply(readings -> new Answer(readings, null));
  }

  private CompletionStage<Answer> page(MachineState state, Optional<Cursor> cursor, int points) {
    Cursor end = cursor.orElse(Cursor.NEWEST);
    return history
        .newest(state, end.revision(), end.index(), points)
        .thenApply(readings -> new Answer(readings, Cursor.before(readings)));
  }

  /** What is to be answered. */
  private record Answer(History.Readings readings, @Nullable String nextCursor) {

    /** Refuses the name of a channel that neither the machine nor any of the readings has. */
    Answer about(Set<String> channels, MachineState state) {
      Definition definition = state.definition();
      Set<String> known =
          Stream.concat(
                  readings.seen().stream(), Stream.ofNullable(definition).map(Definition::type))
              .flatMap(type -> type.channels().stream())
              .map(Channel::name)
              .collect(Collectors.toCollection(TreeSet::new));
      for (String channel : channels) {
        if (!known.contains(channel)) {
          throw Problem.badRequest(
                  "The machine has no channel '%s'; it has %s."
                      .formatted(channel, String.join(", ", known)))
              .toException();
        }
      }
      return this;
    }
  }

  private static HttpResponse list(
      Answer answer, List<RecordedReading> items, Json.ItemWriter<RecordedReading> writer) {
    History.Readings readings = answer.readings();
    return Json.ok(
        out -> {
          out.writeStartObject();
          out.writeArrayFieldStart("items");
          for (RecordedReading each : items) {
            writer.write(out, each);
          }
          out.writeEndArray();
          out.writeStringField("next_cursor", answer.nextCursor());
          out.writeNumberField("readings", readings.taken());
          out.writeBooleanField("thinned", readings.kept().size() < readings.taken());
          out.writeObjectFieldStart("revisions");
          out.writeNumberField("first", readings.firstRevision());
          out.writeNumberField("last", readings.lastRevision());
          out.writeEndObject();
          out.writeEndObject();
        });
  }

  /**
   * The place in the journal up to which a page goes: readings of {@code index} on are not in it.
   */
  private record Cursor(long revision, int index) {

    static final Cursor NEWEST = new Cursor(Long.MAX_VALUE, Integer.MAX_VALUE);

    /** The page before; null when there is none. */
    static @Nullable String before(History.Readings readings) {
      if (readings.taken() > readings.kept().size()) {
        RecordedReading oldest = readings.kept().getFirst();
        return oldest.revision() + "." + oldest.index();
      }
      return readings.firstRevision() > 1
          ? readings.firstRevision() - 1 + "." + Integer.MAX_VALUE
          : null;
    }

    static Cursor parse(String text) {
      int dot = text.indexOf('.');
      try {
        if (dot > 0) {
          return new Cursor(
              Long.parseLong(text.substring(0, dot)), Integer.parseInt(text.substring(dot + 1)));
        }
      } catch (NumberFormatException e) {
        // Answered below.
      }
      throw Problem.badRequest("The cursor is not one that this list gave. Begin without one.")
          .toException();
    }
  }

  private CompletionStage<HttpResponse> events(Call call) {
    long after = call.integer("after", 0, Long.MAX_VALUE, 0);
    int limit =
        call.integer("limit", 1, bounds.pageMax(), Math.min(DEFAULT_EVENTS, bounds.pageMax()));
    return twins
        .existing(call.segment("id"))
        .thenCompose(
            state ->
                history
                    .events(state, after, limit)
                    .thenApply(events -> trail(events, state.revision())));
  }

  private static HttpResponse trail(List<RecordedEvent> events, long revision) {
    boolean more = !events.isEmpty() && events.getLast().revision() < revision;
    return Json.list(
        events, more ? Long.toString(events.getLast().revision()) : null, EventJson::write);
  }
}
