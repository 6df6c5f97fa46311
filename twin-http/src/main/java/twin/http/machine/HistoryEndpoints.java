package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;
import twin.core.history.PeriodProjection;
import twin.core.inference.Models;
import twin.core.machine.Definition;
import twin.core.machine.MachineState;
import twin.core.reading.Times;
import twin.core.store.PeriodHistory;
import twin.core.store.PeriodResolution;
import twin.core.store.PeriodRow;
import twin.core.type.MachineType;
import twin.http.Call;
import twin.http.Csv;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Json;
import twin.http.JsonLines;
import twin.http.Problem;

/** What a machine has lived through: readings, assessments and why, and the audit trail. */
public final class HistoryEndpoints {

  private static final int DEFAULT_POINTS = 500;
  private static final int DEFAULT_EVENTS = 100;
  private static final int LEAST_POINTS = 2;

  /** Lines of a table that are sent together. */
  private static final int LINES_TOGETHER = 200;

  private static final PeriodHistory NOTHING =
      new PeriodHistory(PeriodResolution.PERIOD, List.of(), 0);

  private final Twins twins;
  private final History history;
  private final Summaries summaries;
  private final TrailStream trail;
  private final ExplanationEndpoint explanation;
  private final HttpSettings.HistorySettings bounds;
  private final Duration signOfLife;

  public HistoryEndpoints(
      Twins twins,
      History history,
      Summaries summaries,
      Models models,
      TrailStream trail,
      HttpSettings.HistorySettings bounds,
      Duration signOfLife) {
    this.twins = twins;
    this.history = history;
    this.summaries = summaries;
    this.trail = trail;
    this.bounds = bounds;
    this.signOfLife = signOfLife;
    this.explanation =
        new ExplanationEndpoint(
            twins, history, models, Math.min(DEFAULT_POINTS, bounds.pointsMax()));
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/machines/{id}/readings", call -> history(call, Subject.READINGS))
            .taking("from", "to", "channels", "points", "cursor"),
        Endpoint.get("/api/v1/machines/{id}/features", call -> history(call, Subject.FEATURES))
            .taking("from", "to", "channels", "points", "cursor"),
        Endpoint.get(
                "/api/v1/machines/{id}/assessments", call -> history(call, Subject.ASSESSMENTS))
            .taking("from", "to", "points", "cursor"),
        explanation.endpoint(),
        Endpoint.get("/api/v1/machines/{id}/events", this::events)
            .taking("after", "limit", "from", "to", "kinds"));
  }

  /** What is told of the past. */
  private enum Subject {
    READINGS,
    FEATURES,
    ASSESSMENTS;

    boolean hasFeatures() {
      return this == FEATURES;
    }

    boolean has(RecordedReading reading) {
      return this != ASSESSMENTS || reading.assessed().assessment() != null;
    }

    void write(JsonGenerator out, RecordedReading reading, Set<String> channels)
        throws IOException {
      switch (this) {
        case READINGS -> HistoryJson.writeReading(out, reading, channels);
        case FEATURES -> HistoryJson.writeFeatures(out, reading, channels);
        case ASSESSMENTS -> HistoryJson.writeAssessed(out, reading);
      }
    }

    HistoryCsv<RecordedReading> csv(List<RecordedEvent.Names> names, Set<String> channels) {
      return switch (this) {
        case READINGS -> HistoryCsv.ofReadings(names, channels);
        case FEATURES -> HistoryCsv.ofFeatures(names, channels);
        case ASSESSMENTS -> HistoryCsv.ofAssessments(names);
      };
    }
  }

  /**
   * What a caller asked for.
   *
   * @param from when the interval begins; empty for a page of the newest
   * @param points how many readings are wanted
   * @param thinned whether the caller said so
   * @param form how the answer is written
   */
  private record Wish(
      Subject subject,
      Optional<Instant> from,
      Instant to,
      Set<String> channels,
      int points,
      boolean thinned,
      Cursor cursor,
      Form form) {

    /** Whether every reading of the interval is wanted, however many they are. */
    boolean whole() {
      return from.isPresent() && !thinned && form != Form.JSON;
    }
  }

  /** How a history is written. */
  private enum Form {
    JSON,
    CSV,
    LINES;

    static Form of(Call call) {
      return call.prefers(JsonLines.mediaType())
          ? LINES
          : call.prefers(MediaTypes.TEXT_CSV) ? CSV : JSON;
    }
  }

  private CompletionStage<HttpResponse> history(Call call, Subject subject) {
    Wish wish = wish(call, subject);
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenCompose(
            now -> {
              if (wish.from().isEmpty()) {
                return page(now, wish);
              }
              Instant from = wish.from().get();
              return wish.whole()
                  ? history
                      .whole(now, from, wish.to())
                      .thenCompose(extent -> stream(now, wish, extent))
                  : thinned(now, wish, from);
            });
  }

  /**
   * From the journal, unless its summaries say that there are too many readings, or the journal
   * that there are too many events.
   */
  private CompletionStage<HttpResponse> thinned(MachineState now, Wish wish, Instant from) {
    return summed(now, wish, from)
        .thenCompose(
            summed ->
                readings(summed) > bounds.eventsMax()
                    ? CompletableFuture.completedFuture(coarse(now, wish, summed))
                    : history
                        .extent(now, from, wish.to())
                        .thenCompose(
                            extent ->
                                extent.tooLong()
                                    ? CompletableFuture.completedFuture(coarse(now, wish, summed))
                                    : interval(now, wish, extent)));
  }

  /**
   * What has been summed up of an interval. Nobody needs to know of a machine with few readings.
   */
  private CompletionStage<PeriodHistory> summed(MachineState now, Wish wish, Instant from) {
    return now.readings() <= bounds.eventsMax() && now.revision() <= bounds.eventsMax()
        ? CompletableFuture.completedFuture(NOTHING)
        : summaries
            .between(now.machineId(), from, wish.to())
            .thenApply(
                found ->
                    PeriodProjection.open(now)
                        .filter(
                            open -> !open.from().isAfter(wish.to()) && !open.to().isBefore(from))
                        .map(found::with)
                        .orElse(found));
  }

  private static long readings(PeriodHistory summed) {
    return summed.rows().stream().mapToLong(PeriodRow::readings).sum();
  }

  private static void requireInOrder(Instant from, Instant to) {
    if (from.isAfter(to)) {
      throw Problem.badRequest("The parameter from is after to: %s and %s.".formatted(from, to))
          .toException();
    }
  }

  private Wish wish(Call call, Subject subject) {
    int most = subject.hasFeatures() ? bounds.featuresMax() : bounds.pointsMax();
    int points = call.integer("points", LEAST_POINTS, most, Math.min(DEFAULT_POINTS, most));
    Optional<Instant> from = call.time("from").map(Times::withinReach);
    Optional<Instant> to = call.time("to").map(Times::withinReach);
    requireInOrder(from.orElse(Times.EARLIEST), to.orElse(Times.LATEST));
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
    Form form = Form.of(call);
    boolean thinned = call.text("points").isPresent();
    if (form == Form.LINES && (from.isEmpty() || thinned)) {
      throw Problem.badRequest(
              "As NDJSON every reading of an interval is told: say from, and leave points out.")
          .toException();
    }
    return new Wish(
        subject,
        from,
        to.orElse(Times.LATEST),
        Set.copyOf(call.names("channels")),
        points,
        thinned,
        cursor.orElse(Cursor.NEWEST),
        form);
  }

  private CompletionStage<HttpResponse> page(MachineState now, Wish wish) {
    return history
        .newest(
            now,
            wish.cursor().revision(),
            wish.cursor().index(),
            wish.points(),
            wish.subject().hasFeatures())
        .thenApply(readings -> told(now, wish, readings, Cursor.before(readings)));
  }

  private CompletionStage<HttpResponse> interval(
      MachineState now, Wish wish, History.Extent extent) {
    return history
        .interval(now, extent, wish.points(), wish.channels(), wish.subject().hasFeatures())
        .thenApply(readings -> told(now, wish, readings, null));
  }

  private static HttpResponse told(
      MachineState now, Wish wish, History.Readings readings, @Nullable String nextCursor) {
    List<MachineType> types = new ArrayList<>(readings.seen());
    Stream.ofNullable(now.definition()).map(Definition::type).forEach(types::add);
    requireKnown(wish, names(wish.subject(), types));
    List<RecordedReading> items = readings.kept().stream().filter(wish.subject()::has).toList();
    return wish.form() == Form.CSV
        ? csv(now, wish, items)
        : list(wish, readings, items, nextCursor);
  }

  private static HttpResponse csv(MachineState now, Wish wish, List<RecordedReading> items) {
    List<RecordedEvent.Names> names = new ArrayList<>();
    items.stream()
        .map(each -> new RecordedEvent.Names(each.type(), each.model(), List.of()))
        .distinct()
        .forEach(names::add);
    names.add(History.namesOf(now));
    HistoryCsv<RecordedReading> csv = wish.subject().csv(names, wish.channels());
    StringBuilder text = new StringBuilder(csv.header());
    items.forEach(each -> text.append(csv.line(each)));
    return table(text);
  }

  private static HttpResponse table(StringBuilder text) {
    return HttpResponse.create()
        .withEntity(HttpEntities.create(Csv.CONTENT_TYPE, ByteString.fromString(text.toString())));
  }

  private static HttpResponse list(
      Wish wish,
      History.Readings readings,
      List<RecordedReading> items,
      @Nullable String nextCursor) {
    return Json.ok(
        out -> {
          out.writeStartObject();
          out.writeArrayFieldStart("items");
          for (RecordedReading each : items) {
            wish.subject().write(out, each, wish.channels());
          }
          out.writeEndArray();
          out.writeStringField("next_cursor", nextCursor);
          out.writeStringField("resolution", "reading");
          out.writeNumberField("readings", readings.taken());
          out.writeBooleanField("thinned", readings.kept().size() < readings.taken());
          out.writeObjectFieldStart("revisions");
          out.writeNumberField("first", readings.firstRevision());
          out.writeNumberField("last", readings.lastRevision());
          out.writeEndObject();
          out.writeEndObject();
        });
  }

  /** Every reading of an interval, as they are read. */
  private CompletionStage<HttpResponse> stream(MachineState now, Wish wish, History.Extent extent) {
    return history
        .recording(now, extent, wish.subject().hasFeatures())
        .thenApply(
            recording -> {
              List<RecordedEvent.Names> names = List.of(recording.before(), History.namesOf(now));
              requireKnown(
                  wish,
                  names(
                      wish.subject(),
                      names.stream().flatMap(each -> Stream.ofNullable(each.type())).toList()));
              Source<RecordedReading, NotUsed> readings =
                  recording.readings().filter(wish.subject()::has);
              return wish.form() == Form.CSV
                  ? table(wish.subject().csv(names, wish.channels()), readings)
                  : JsonLines.answer(
                      readings.map(
                          each ->
                              JsonLines.line(
                                  out -> wish.subject().write(out, each, wish.channels()))),
                      signOfLife);
            });
  }

  private static HttpResponse table(
      HistoryCsv<RecordedReading> csv, Source<RecordedReading, NotUsed> readings) {
    Source<ByteString, NotUsed> lines =
        Source.single(csv.header())
            .concat(readings.map(csv::line))
            .grouped(LINES_TOGETHER)
            .map(some -> ByteString.fromString(String.join("", some)));
    return HttpResponse.create().withEntity(HttpEntities.createChunked(Csv.CONTENT_TYPE, lines));
  }

  /** What is told of an interval that has too many readings for one answer. */
  private HttpResponse coarse(MachineState now, Wish wish, PeriodHistory summed) {
    if (wish.subject().hasFeatures()) {
      throw Problem.badRequest(
              "The interval holds more than %d events or readings of the machine, the most that features"
                      .formatted(bounds.eventsMax())
                  + " are worked out from in one answer. Ask for a shorter one, or for all as CSV:"
                  + " without points, with the header Accept: text/csv.")
          .toException();
    }
    Set<String> known = new LinkedHashSet<>();
    Stream.ofNullable(now.definition())
        .flatMap(definition -> definition.type().channels().stream())
        .forEach(channel -> known.add(channel.name()));
    summed.rows().forEach(row -> known.addAll(row.channels().keySet()));
    requireKnown(wish, known);
    List<String> channels =
        wish.subject() == Subject.ASSESSMENTS
            ? List.of()
            : known.stream()
                .filter(name -> wish.channels().isEmpty() || wish.channels().contains(name))
                .toList();
    PeriodHistory thinned = summed.thinned(wish.points());
    return wish.form() == Form.CSV ? csv(thinned, channels) : list(thinned, channels);
  }

  private static HttpResponse csv(PeriodHistory found, List<String> channels) {
    HistoryCsv<PeriodRow> csv = HistoryCsv.ofSummaries(channels);
    StringBuilder text = new StringBuilder(csv.header());
    found.rows().forEach(row -> text.append(csv.line(row)));
    return table(text);
  }

  private static HttpResponse list(PeriodHistory found, List<String> channels) {
    return Json.ok(
        out -> {
          out.writeStartObject();
          out.writeArrayFieldStart("items");
          for (PeriodRow row : found.rows()) {
            HistoryJson.writeSummary(out, row, channels);
          }
          out.writeEndArray();
          out.writeNullField("next_cursor");
          out.writeStringField("resolution", found.resolution().label());
          out.writeNumberField("readings", readings(found));
          out.writeBooleanField("thinned", true);
          if (!found.rows().isEmpty()) {
            out.writeObjectFieldStart("revisions");
            out.writeNumberField("first", found.rows().getFirst().firstRevision());
            out.writeNumberField("last", found.rows().getLast().lastRevision());
            out.writeEndObject();
          }
          out.writeEndObject();
        });
  }

  private static Set<String> names(Subject subject, List<MachineType> types) {
    Set<String> names = new TreeSet<>();
    for (MachineType type : types) {
      type.channels().forEach(channel -> names.add(channel.name()));
      if (subject.hasFeatures()) {
        type.features().forEach(feature -> names.add(feature.name()));
      }
    }
    return names;
  }

  /** Refuses the name of a channel that neither the machine nor any of the readings has. */
  private static void requireKnown(Wish wish, Set<String> known) {
    for (String channel : wish.channels()) {
      if (!known.contains(channel)) {
        throw Problem.badRequest(
                "The machine has no channel '%s'; it has %s."
                    .formatted(channel, String.join(", ", known)))
            .toException();
      }
    }
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
    if (call.prefers(JsonLines.mediaType())) {
      return eventLines(call);
    }
    if (Stream.of("from", "to", "kinds").anyMatch(name -> call.text(name).isPresent())) {
      throw Problem.badRequest(
              "The parameters from, to and kinds go with an answer as NDJSON: send the header"
                  + " Accept: application/x-ndjson.")
          .toException();
    }
    if (call.prefers(MediaTypes.TEXT_EVENT_STREAM)) {
      return trail.follow(call);
    }
    long after = call.integer("after", 0, Long.MAX_VALUE, 0);
    int limit =
        call.integer("limit", 1, bounds.pageMax(), Math.min(DEFAULT_EVENTS, bounds.pageMax()));
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenCompose(
            state ->
                history
                    .events(state, after, limit)
                    .thenApply(events -> trail(events, state.revision())));
  }

  /** All events of an interval, as they are read. */
  private CompletionStage<HttpResponse> eventLines(Call call) {
    if (call.text("after").isPresent() || call.text("limit").isPresent()) {
      throw Problem.badRequest(
              "The parameters after and limit are for pages; NDJSON takes from, to and kinds.")
          .toException();
    }
    Instant from = call.time("from").map(Times::withinReach).orElse(Times.EARLIEST);
    Instant to = call.time("to").map(Times::withinReach).orElse(Times.LATEST);
    requireInOrder(from, to);
    Set<String> kinds = Set.copyOf(call.names("kinds"));
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenCompose(now -> history.trail(now, from, to, kinds))
        .thenApply(
            events ->
                JsonLines.answer(
                    events.map(each -> JsonLines.line(out -> EventJson.write(out, each))),
                    signOfLife));
  }

  private static HttpResponse trail(List<RecordedEvent> events, long revision) {
    boolean more = !events.isEmpty() && events.getLast().revision() < revision;
    return Json.list(
        events, more ? Long.toString(events.getLast().revision()) : null, EventJson::write);
  }
}
