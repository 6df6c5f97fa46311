package twin.http.model;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import twin.core.inference.BundleManifest;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.inference.StoredBundle;
import twin.core.model.ModelCatalogue;
import twin.core.reading.SubmittedReading;
import twin.core.store.ModelChoice;
import twin.core.type.MachineTypes;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;

/** The bundles that there are, and what their manifests say of them. */
public final class ModelEndpoints {

  /** Most machines that one call chooses for. */
  private static final int MACHINES_MAX = 1_000;

  /** How many of the newest changes are told. */
  private static final int CHANGES = 100;

  private static final int REASON_MAX = 500;

  private final Models models;
  private final ModelChoices choices;
  private final Supplier<MachineTypes> types;

  public ModelEndpoints(Models models, ModelChoices choices, Supplier<MachineTypes> types) {
    this.models = models;
    this.choices = choices;
    this.types = types;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/models", this::list).taking("type"),
        Endpoint.get("/api/v1/models/{type}", this::type),
        Endpoint.get("/api/v1/models/{type}/{version}", this::one),
        Endpoint.post("/api/v1/models/{type}/{version}/promote", this::promote).forAllSites(),
        Endpoint.post("/api/v1/models/{type}/{version}/shadow", this::shadow).forAllSites(),
        Endpoint.delete("/api/v1/models/{type}/{version}/shadow", this::noShadow).forAllSites(),
        Endpoint.post("/api/v1/models/{type}/rollback", this::rollback).forAllSites());
  }

  private CompletionStage<HttpResponse> list(Call call) {
    List<StoredBundle> wanted =
        models.stored().stream()
            .filter(bundle -> call.text("type").map(bundle.type()::equals).orElse(true))
            .toList();
    return CompletableFuture.completedFuture(Json.list(wanted, null, ModelEndpoints::write));
  }

  private StoredBundle stored(Call call) {
    String type = call.segment("type");
    String version = call.segment("version");
    return models.stored().stream()
        .filter(bundle -> bundle.type().equals(type) && bundle.version().equals(version))
        .findFirst()
        .orElseThrow(
            () ->
                Problem.notFound(
                        "There is no bundle %s:%s; GET /api/v1/models lists those there are."
                            .formatted(type, version))
                    .toException());
  }

  private CompletionStage<HttpResponse> one(Call call) {
    StoredBundle found = stored(call);
    return CompletableFuture.completedFuture(Json.ok(out -> write(out, found)));
  }

  /** What is chosen for a type, and who chose what before. */
  private CompletionStage<HttpResponse> type(Call call) {
    return shown(known(call));
  }

  private String known(Call call) {
    String type = call.segment("type");
    if (types.get().find(type).isEmpty()
        && models.stored().stream().noneMatch(bundle -> bundle.type().equals(type))) {
      throw Problem.notFound(
              "There is no machine type '%s'; GET /api/v1/types lists those there are."
                  .formatted(type))
          .toException();
    }
    return type;
  }

  private CompletionStage<HttpResponse> shown(String type) {
    return choices
        .changes(type, CHANGES)
        .thenApply(changes -> Json.ok(out -> write(out, type, changes)));
  }

  private void write(JsonGenerator out, String type, List<ModelChoice> changes) throws IOException {
    List<ModelChoice> present = choices.choices(type);
    out.writeStartObject();
    out.writeStringField("type", type);
    Json.text(out, "champion", version(models.champion(type, "")));
    Json.text(out, "shadow", version(models.shadow(type, "")));
    out.writeArrayFieldStart("machines");
    for (ModelChoice choice : present.stream().filter(each -> !each.ofType()).toList()) {
      out.writeStartObject();
      out.writeStringField("machine_id", choice.machineId());
      Json.text(out, "champion", choice.champion());
      Json.text(out, "shadow", choice.shadow());
      out.writeEndObject();
    }
    out.writeEndArray();
    ModelChoice ofType = present.stream().filter(ModelChoice::ofType).findFirst().orElse(null);
    if (ofType != null) {
      Json.text(out, "previous", ofType.previous());
      Json.time(out, "probation_until", ofType.probationUntil());
    }
    out.writeArrayFieldStart("changes");
    for (ModelChoice change : changes) {
      out.writeStartObject();
      Json.time(out, "at", change.changedAt());
      out.writeStringField("by", change.changedBy());
      out.writeStringField("reason", change.reason());
      if (!change.ofType()) {
        out.writeStringField("machine_id", change.machineId());
      }
      Json.text(out, "champion", change.champion());
      Json.text(out, "shadow", change.shadow());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private static @Nullable String version(Optional<ModelSession> session) {
    return session.map(open -> open.profile().ref().version()).orElse(null);
  }

  private CompletionStage<HttpResponse> promote(Call call) {
    String version = stored(call).version();
    return change(
        call,
        (type, machines, reason) ->
            choices.promote(type, version, machines, call.caller().name(), reason));
  }

  private CompletionStage<HttpResponse> shadow(Call call) {
    String version = stored(call).version();
    return change(
        call,
        (type, machines, reason) ->
            choices.shadow(type, version, machines, call.caller().name(), reason));
  }

  private CompletionStage<HttpResponse> noShadow(Call call) {
    var unused = stored(call);
    return change(
        call,
        (type, machines, reason) ->
            choices.shadow(type, null, machines, call.caller().name(), reason));
  }

  private CompletionStage<HttpResponse> rollback(Call call) {
    return change(
        call,
        (type, machines, reason) -> choices.rollback(type, machines, call.caller().name(), reason));
  }

  private interface Change {
    CompletionStage<List<ModelChoice>> of(String type, List<String> machines, String reason);
  }

  private CompletionStage<HttpResponse> change(Call call, Change change) {
    String type = known(call);
    return call.optionalBody()
        .thenCompose(
            body -> {
              body.only("machines", "reason");
              List<String> machines = machines(body);
              String reason = body.text("reason").orElse("");
              if (reason.length() > REASON_MAX) {
                throw Problem.badRequest(
                        "The member reason must have at most %d characters.".formatted(REASON_MAX))
                    .toException();
              }
              return change.of(type, machines, reason);
            })
        .exceptionally(
            failure -> {
              if (Problem.rootOf(failure) instanceof ModelCatalogue.RefusedException refused) {
                throw Problem.conflict("It cannot be: %s.".formatted(refused.getMessage()))
                    .toException();
              }
              throw Problem.rethrown(failure);
            })
        .thenCompose(done -> shown(type));
  }

  private static List<String> machines(Body body) {
    Optional<List<String>> named = body.textList("machines");
    List<String> machines = named.orElse(List.of());
    boolean good =
        (named.isEmpty() || !machines.isEmpty())
            && machines.size() <= MACHINES_MAX
            && Set.copyOf(machines).size() == machines.size()
            && machines.stream().allMatch(SubmittedReading::isMachineId);
    if (!good) {
      throw Problem.badRequest(
              "The member machines must be a list of 1 to %d different machine ids, or absent for all machines of the type."
                  .formatted(MACHINES_MAX))
          .toException();
    }
    return machines;
  }

  private static void write(JsonGenerator out, StoredBundle bundle) throws IOException {
    out.writeStartObject();
    out.writeStringField("model", bundle.type() + ":" + bundle.version());
    out.writeStringField("type", bundle.type());
    out.writeStringField("version", bundle.version());
    Json.text(out, "sha256", bundle.sha256());
    out.writeBooleanField("champion", bundle.champion());
    out.writeBooleanField("shadow", bundle.shadow());
    out.writeBooleanField("loaded", bundle.loaded());
    Json.text(out, "trouble", bundle.trouble());
    BundleManifest manifest = bundle.manifest();
    if (manifest != null) {
      out.writeArrayFieldStart("parts");
      for (BundleManifest.Role role :
          manifest.parts().stream().map(BundleManifest.Part::role).distinct().toList()) {
        out.writePOJO(role);
      }
      out.writeEndArray();
      out.writePOJOField("training", manifest.training());
      out.writeFieldName("figures");
      out.writeTree(manifest.figures());
    }
    out.writeEndObject();
  }
}
