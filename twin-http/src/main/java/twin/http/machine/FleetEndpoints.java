package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import twin.core.machine.Status;
import twin.core.store.FleetFilter;
import twin.core.store.FleetQuery;
import twin.core.store.FleetRow;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;

/** The fleet, from the read side. */
public final class FleetEndpoints {

  private static final int DEFAULT_LIMIT = 100;

  private static final List<String> FILTERS =
      List.of(
          "type", "status", "site", "area", "line", "q", "rul_below", "score_above", "open_alerts");
  private static final Map<String, Boolean> YES_OR_NO = Map.of("true", true, "false", false);
  private static final Map<String, FleetQuery.Sort> SORTS = byName(FleetQuery.Sort.values());
  private static final Map<String, FleetQuery.Column> COLUMNS = byName(FleetQuery.Column.values());
  private static final Map<String, String> STATUSES =
      Arrays.stream(Status.values())
          .map(Status::label)
          .collect(Collectors.toMap(Function.identity(), Function.identity()));

  private final Fleet fleet;

  public FleetEndpoints(Fleet fleet) {
    this.fleet = fleet;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/machines", this::list).taking(withFilters("sort", "limit", "cursor")),
        Endpoint.get("/api/v1/machines/counts", this::counts).taking(withFilters("by")));
  }

  private static <E extends Enum<E>> Map<String, E> byName(E[] values) {
    Map<String, E> byName = new TreeMap<>();
    for (E value : values) {
      byName.put(value.name().toLowerCase(Locale.ROOT), value);
    }
    return byName;
  }

  private static String[] withFilters(String... more) {
    return Stream.concat(FILTERS.stream(), Arrays.stream(more)).toArray(String[]::new);
  }

  private static FleetFilter filter(Call call) {
    return new FleetFilter(
        call.text("type").orElse(null),
        call.choice("status", STATUSES).orElse(null),
        call.text("site").orElse(null),
        call.text("area").orElse(null),
        call.text("line").orElse(null),
        call.text("q").orElse(null),
        orNull(call.number("rul_below")),
        orNull(call.number("score_above")),
        call.choice("open_alerts", YES_OR_NO).orElse(null),
        call.caller().sites());
  }

  private CompletionStage<HttpResponse> list(Call call) {
    FleetQuery query =
        new FleetQuery(
            filter(call),
            call.choice("sort", SORTS).orElse(FleetQuery.Sort.ID),
            call.integer("limit", 1, Integer.MAX_VALUE, DEFAULT_LIMIT),
            call.text("cursor").orElse(null));
    return Call.checked(() -> fleet.page().apply(query))
        .thenApply(
            page -> Json.list(page.items(), page.nextCursor(), FleetEndpoints::writeMachine));
  }

  private static @Nullable Double orNull(OptionalDouble number) {
    return number.isPresent() ? number.getAsDouble() : null;
  }

  private static void writeMachine(JsonGenerator out, FleetRow row) throws IOException {
    FleetRow.Condition condition = row.condition();
    out.writeStartObject();
    out.writeStringField("machine_id", row.machineId());
    Json.text(out, "machine_type", row.machineType());
    Json.text(out, "site", row.place().site());
    Json.text(out, "area", row.place().area());
    Json.text(out, "line", row.place().line());
    if (!row.place().attributes().isEmpty()) {
      out.writeObjectFieldStart("attributes");
      for (Map.Entry<String, String> each : new TreeMap<>(row.place().attributes()).entrySet()) {
        out.writeStringField(each.getKey(), each.getValue());
      }
      out.writeEndObject();
    }
    out.writeNumberField("revision", row.revision());
    Json.time(out, "as_of", row.watermark());
    Json.time(out, "recorded_at", row.lastRecordedAt());
    out.writeStringField("status", condition.status());
    Json.number(out, "health", condition.health());
    Json.number(out, "score", condition.anomalyScore());
    Json.text(out, "failure_mode", condition.failureMode());
    Double rul = condition.rulP50();
    if (rul != null) {
      out.writeObjectFieldStart("rul");
      Json.text(out, "unit", condition.rulUnit());
      Json.number(out, "p50", rul);
      out.writeEndObject();
    }
    Json.text(out, "model", condition.model());
    out.writeNumberField("open_alerts", row.alerts().count());
    Json.text(out, "highest_severity", row.alerts().highestSeverity());
    out.writeEndObject();
  }

  private CompletionStage<HttpResponse> counts(Call call) {
    FleetQuery.Column by =
        call.choice("by", COLUMNS)
            .orElseThrow(
                () ->
                    Problem.badRequest(
                            "Say what to count by: by=%s."
                                .formatted(String.join(" or by=", COLUMNS.keySet())))
                        .toException());
    return fleet
        .counts()
        .apply(by, filter(call))
        .thenApply(counts -> Json.list(counts, null, FleetEndpoints::writeCount));
  }

  private static void writeCount(JsonGenerator out, FleetQuery.Count count) throws IOException {
    out.writeStartObject();
    out.writeStringField("value", count.value());
    out.writeNumberField("machines", count.machines());
    out.writeEndObject();
  }
}
