package twin.http.model;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.store.Performance;
import twin.core.type.AlertRule;
import twin.core.type.MachineType;
import twin.core.type.MachineTypes;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;

/** How good bundles have been, as far as it is known what was true. */
public final class PerformanceEndpoint {

  private static final Duration USUAL = Duration.ofDays(30);

  /** Longer intervals are asked for in parts: what they cost grows with the alerts in them. */
  private static final Duration LONGEST = Duration.ofDays(366);

  private static final int HORIZON_HOURS = 7 * 24;
  private static final int HORIZON_HOURS_MAX = 90 * 24;

  private final Performances performances;
  private final Models models;
  private final Supplier<MachineTypes> types;
  private final InstantSource clock;

  public PerformanceEndpoint(
      Performances performances, Models models, Supplier<MachineTypes> types, InstantSource clock) {
    this.performances = performances;
    this.models = models;
    this.types = types;
    this.clock = clock;
  }

  /** What it answers. */
  public Endpoint endpoint() {
    return Endpoint.get("/api/v1/models/{type}/performance", this::performance)
        .taking("from", "to", "horizon_hours");
  }

  private CompletionStage<HttpResponse> performance(Call call) {
    String name = call.segment("type");
    MachineType type =
        types
            .get()
            .find(name)
            .orElseThrow(
                () ->
                    Problem.notFound(
                            "There is no machine type '%s'; GET /api/v1/types lists those there are."
                                .formatted(name))
                        .toException());
    Instant to = call.time("to").orElseGet(clock::instant);
    Instant from = call.time("from").orElseGet(() -> to.minus(USUAL));
    if (!from.isBefore(to) || Duration.between(from, to).compareTo(LONGEST) > 0) {
      throw Problem.badRequest(
              "The parameter from must be before to, by %d days at most."
                  .formatted(LONGEST.toDays()))
          .toException();
    }
    int horizonHours = call.integer("horizon_hours", 1, HORIZON_HOURS_MAX, HORIZON_HOURS);
    Performance.Wanted wanted =
        new Performance.Wanted(name, rules(type), from, to, Duration.ofHours(horizonHours));
    return performances.of(wanted).thenApply(found -> Json.ok(out -> write(out, wanted, found)));
  }

  /** Limits of channels and silence say nothing of a model. */
  private static List<String> rules(MachineType type) {
    return type.alertRules().stream()
        .filter(
            rule ->
                rule.compares(AlertRule.Kind.ANOMALY)
                    || rule.compares(AlertRule.Kind.FAILURE)
                    || rule.compares(AlertRule.Kind.RUL_BELOW))
        .map(AlertRule::name)
        .toList();
  }

  private void write(JsonGenerator out, Performance.Wanted wanted, Performance found)
      throws IOException {
    String champion =
        models
            .champion(wanted.type(), "")
            .map(ModelSession::profile)
            .map(profile -> profile.ref().label())
            .orElse("");
    out.writeStartObject();
    out.writeStringField("type", wanted.type());
    Json.time(out, "from", wanted.from());
    Json.time(out, "to", wanted.to());
    out.writeNumberField("horizon_hours", wanted.horizon().toHours());
    out.writeNumberField("machine_days", found.machineDays());
    if (found.machineDays() > 0) {
      long falseAlarms = found.models().stream().mapToLong(Performance.OfModel::falseAlarms).sum();
      Json.number(out, "false_alarms_per_machine_day", (double) falseAlarms / found.machineDays());
    }
    out.writeArrayFieldStart("items");
    for (Performance.OfModel each : found.models()) {
      out.writeStartObject();
      out.writeStringField("model", each.model());
      out.writeBooleanField("champion", each.model().equals(champion));
      out.writeNumberField("alerts", each.alerts());
      out.writeNumberField("confirmed", each.confirmed());
      out.writeNumberField("false_alarms", each.falseAlarms());
      out.writeNumberField("unjudged", each.alerts() - each.confirmed() - each.falseAlarms());
      share(out, "precision", each.precision());
      out.writeNumberField("failures", each.failures());
      out.writeNumberField("found", each.found());
      share(out, "recall", each.recall());
      Json.number(out, "lead_hours_p50", each.leadHoursP50());
      Json.number(out, "rul_left_p50", each.rulLeftP50());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void share(JsonGenerator out, String name, Performance.Share share)
      throws IOException {
    if (share.of() > 0) {
      out.writeObjectFieldStart(name);
      Json.number(out, "value", (Double) share.value());
      Json.number(out, "low", (Double) share.low());
      Json.number(out, "high", (Double) share.high());
      out.writeEndObject();
    }
  }
}
