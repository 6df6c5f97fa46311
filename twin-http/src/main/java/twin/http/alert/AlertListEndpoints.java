package twin.http.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.core.alert.AlertState;
import twin.core.reading.Times;
import twin.core.store.AlertQuery;
import twin.core.store.AlertStats;
import twin.core.store.Incident;
import twin.core.type.Severity;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Json;
import twin.http.Problem;

/** Alerts from the read side: lists, lives, figures and incidents. */
public final class AlertListEndpoints {

  private static final int DEFAULT_LIMIT = 100;
  private static final int OPERATORS_MAX = 1000;
  private static final Duration AHEAD = Duration.ofMinutes(2);

  /** Stands for every state but the closed one. */
  private static final String OPEN = "open";

  private static final List<String> STATES =
      Arrays.stream(AlertState.values()).map(AlertState::label).toList();
  private static final List<String> OPEN_STATES =
      STATES.stream().filter(state -> !state.equals(AlertState.NORMAL.label())).toList();
  private static final List<String> SEVERITIES =
      Arrays.stream(Severity.values()).map(Severity::label).toList();
  private static final Map<String, Boolean> INCIDENT_STATES = Map.of(OPEN, true, "closed", false);

  private final Alerts alerts;
  private final InstantSource clock;
  private final HttpSettings.AlertSettings settings;

  public AlertListEndpoints(
      Alerts alerts, InstantSource clock, HttpSettings.AlertSettings settings) {
    this.alerts = alerts;
    this.clock = clock;
    this.settings = settings;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/alerts", this::list)
            .taking(
                "state",
                "severity",
                "machine",
                "type",
                "site",
                "rule",
                "from",
                "to",
                "limit",
                "cursor"),
        Endpoint.get("/api/v1/alerts/stats", this::stats)
            .taking("from", "to", "operators", "type", "site"),
        Endpoint.get("/api/v1/alerts/{id}", this::one),
        Endpoint.get("/api/v1/incidents", this::incidents)
            .taking("state", "site", "line", "from", "to", "limit", "cursor"));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    List<String> states =
        words(call, "state", Stream.concat(Stream.of(OPEN), STATES.stream()).toList()).stream()
            .flatMap(state -> state.equals(OPEN) ? OPEN_STATES.stream() : Stream.of(state))
            .distinct()
            .toList();
    AlertQuery query =
        new AlertQuery(
            states,
            words(call, "severity", SEVERITIES),
            call.text("machine").orElse(null),
            call.text("type").orElse(null),
            call.text("site").orElse(null),
            call.text("rule").orElse(null),
            call.time("from").map(Times::withinReach).orElse(null),
            call.time("to").map(Times::withinReach).orElse(null),
            call.integer("limit", 1, Integer.MAX_VALUE, DEFAULT_LIMIT),
            call.text("cursor").orElse(null),
            call.caller().sites());
    return Call.checked(() -> alerts.page().apply(query))
        .thenApply(page -> Json.list(page.items(), page.nextCursor(), AlertRowJson::write));
  }

  /** Words out of those that there are. */
  private static List<String> words(Call call, String name, List<String> known) {
    List<String> words = call.names(name);
    for (String word : words) {
      if (!known.contains(word)) {
        throw Problem.badRequest(
                "The parameter %s must be one or more of %s, with commas between them."
                    .formatted(name, String.join(", ", new TreeSet<>(known))))
            .toException();
      }
    }
    return words;
  }

  private CompletionStage<HttpResponse> one(Call call) {
    String alertId = call.segment("id");
    AlertEndpoints.machineOf(alertId);
    return alerts
        .get()
        .apply(alertId)
        .thenCombine(
            alerts.life().apply(alertId, settings.lifeMax()),
            (found, life) ->
                found
                    .filter(row -> call.caller().sees(row.origin().site()))
                    .map(row -> Json.ok(out -> AlertRowJson.whole(out, row, life)))
                    .orElseGet(() -> AlertEndpoints.unknown(alertId).toResponse()));
  }

  private CompletionStage<HttpResponse> stats(Call call) {
    Interval interval = interval(call, clock.instant(), settings.statsSpan());
    AlertStats.Wanted wanted =
        new AlertStats.Wanted(
            interval.from(),
            interval.to(),
            call.integer("operators", 1, OPERATORS_MAX, 1),
            call.text("type").orElse(null),
            call.text("site").orElse(null),
            call.caller().sites());
    return alerts
        .stats()
        .apply(wanted, clock.instant())
        .thenApply(stats -> Json.ok(out -> AlertStatsJson.write(out, wanted, stats)));
  }

  private CompletionStage<HttpResponse> incidents(Call call) {
    // An alert has the time of its reading, which a machine's own clock may have put ahead.
    Interval interval = interval(call, clock.instant().plus(AHEAD), settings.incidentSpan());
    Incident.Wanted wanted =
        new Incident.Wanted(
            interval.from(),
            interval.to(),
            settings.incidentWithin(),
            call.text("site").orElse(null),
            call.text("line").orElse(null),
            call.choice("state", INCIDENT_STATES).orElse(null),
            call.integer("limit", 1, Integer.MAX_VALUE, DEFAULT_LIMIT),
            call.text("cursor").orElse(null),
            call.caller().sites());
    return Call.checked(() -> alerts.incidents().apply(wanted))
        .thenApply(page -> Json.list(page.items(), page.nextCursor(), IncidentJson::write));
  }

  private record Interval(Instant from, Instant to) {}

  /** An interval of which the caller may say one end, both or none. */
  private Interval interval(Call call, Instant end, Duration length) {
    Instant to = call.time("to").map(Times::withinReach).orElse(end);
    Instant from = call.time("from").map(Times::withinReach).orElse(to.minus(length));
    if (!from.isBefore(to)) {
      throw Problem.badRequest("from must be before to.").toException();
    }
    if (Duration.between(from, to).compareTo(settings.spanMax()) > 0) {
      throw Problem.badRequest(
              "from and to may be at most %d days apart.".formatted(settings.spanMax().toDays()))
          .toException();
    }
    return new Interval(from, to);
  }
}
