package twin.http.model;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import twin.core.drift.Drift;
import twin.core.drift.DriftReport;
import twin.core.drift.Quality;
import twin.core.machine.MachineState;
import twin.core.type.MachineTypes;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.machine.Twins;

/** How what bundles are given and answer is spread, and how good the data of channels are. */
public final class DriftEndpoints {

  private final Drifts drifts;
  private final Twins twins;
  private final Supplier<MachineTypes> types;

  public DriftEndpoints(Drifts drifts, Twins twins, Supplier<MachineTypes> types) {
    this.drifts = drifts;
    this.twins = twins;
    this.types = types;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/models/{type}/drift", this::drift).taking("machine"),
        Endpoint.get("/api/v1/types/{type}/quality", this::quality),
        Endpoint.get("/api/v1/machines/{id}/quality", this::qualityOfMachine));
  }

  private CompletionStage<HttpResponse> drift(Call call) {
    String type = known(call);
    return call.text("machine")
        .map(machineId -> machine(call, type, machineId))
        .orElseGet(() -> drifts.ofType(type))
        .thenApply(report -> Json.ok(out -> write(out, report)));
  }

  private CompletionStage<HttpResponse> quality(Call call) {
    return drifts.ofType(known(call)).thenApply(DriftEndpoints::quality);
  }

  private CompletionStage<HttpResponse> qualityOfMachine(Call call) {
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenCompose(drifts::ofMachine)
        .thenApply(DriftEndpoints::quality);
  }

  private String known(Call call) {
    String type = call.segment("type");
    if (types.get().find(type).isEmpty()) {
      throw Problem.notFound(
              "There is no machine type '%s'; GET /api/v1/types lists those there are."
                  .formatted(type))
          .toException();
    }
    return type;
  }

  private CompletionStage<DriftReport> machine(Call call, String type, String machineId) {
    return twins
        .existing(call.caller(), machineId)
        .thenCompose(
            (MachineState state) -> {
              if (!state.typeName().equals(type)) {
                throw Problem.notFound(
                        "The machine %s is not of type %s; GET /api/v1/machines/%s says of which."
                            .formatted(machineId, type, machineId))
                    .toException();
              }
              return drifts.ofMachine(state);
            });
  }

  private static void head(JsonGenerator out, DriftReport report) throws IOException {
    out.writeStringField("type", report.type());
    Json.text(out, "model", model(report));
    Json.text(out, "machine_id", report.machineId());
    if (report.readings() > 0) {
      Json.time(out, "from", report.from());
      Json.time(out, "to", report.to());
    }
    out.writeNumberField("readings", report.readings());
  }

  private static @Nullable String model(DriftReport report) {
    return report.version().isEmpty() ? null : report.type() + ":" + report.version();
  }

  private static void write(JsonGenerator out, DriftReport report) throws IOException {
    out.writeStartObject();
    head(out, report);
    out.writeStringField("verdict", report.verdict().label());
    out.writeArrayFieldStart("items");
    for (Drift drift : report.drifts()) {
      write(out, drift);
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void write(JsonGenerator out, Drift drift) throws IOException {
    out.writeStartObject();
    out.writeStringField("of", drift.measure().kind().label());
    out.writeStringField("name", drift.measure().name());
    out.writeStringField("verdict", drift.verdict().label());
    Json.time(out, "since", drift.since());
    finite(out, "psi", drift.divergence().psi());
    finite(out, "psi_by_chance", drift.divergence().psiByChance());
    finite(out, "ks", drift.divergence().ks());
    finite(out, "ks_by_chance", drift.divergence().ksByChance());
    out.writeNumberField("readings", drift.divergence().readings());
    out.writeStringField("reference", drift.reference().label());
    out.writeArrayFieldStart("bins");
    List<Double> edges = drift.bins().edges();
    List<Double> observed = drift.divergence().observed();
    List<Double> expected = drift.bins().expected();
    for (int bin = 0; bin < drift.bins().size(); bin++) {
      out.writeStartObject();
      Json.number(out, "up_to", bin < edges.size() ? edges.get(bin) : null);
      Json.number(out, "expected", bin < expected.size() ? expected.get(bin) : null);
      Json.number(out, "observed", bin < observed.size() ? observed.get(bin) : null);
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static void finite(JsonGenerator out, String name, double number) throws IOException {
    Json.number(out, name, Double.isFinite(number) ? (Double) number : null);
  }

  private static HttpResponse quality(DriftReport report) {
    return Json.ok(
        out -> {
          out.writeStartObject();
          head(out, report);
          Quality.Interval interval = report.quality().interval();
          if (interval.intervals() > 0) {
            out.writeObjectFieldStart("interval");
            finite(out, "mean_seconds", interval.meanSeconds());
            finite(out, "jitter", interval.jitter());
            out.writeEndObject();
          }
          out.writeArrayFieldStart("items");
          for (Quality.OfChannel channel : report.quality().channels()) {
            out.writeStartObject();
            out.writeStringField("channel", channel.channel());
            out.writeNumberField("readings", channel.readings());
            finite(out, "good", channel.good());
            out.writeNumberField("missing", channel.missing());
            out.writeNumberField("not_a_number", channel.notANumber());
            out.writeNumberField("out_of_range", channel.outOfRange());
            out.writeNumberField("stuck", channel.stuck());
            out.writeEndObject();
          }
          out.writeEndArray();
          out.writeEndObject();
        });
  }
}
