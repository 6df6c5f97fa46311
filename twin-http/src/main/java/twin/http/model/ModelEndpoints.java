package twin.http.model;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import twin.core.inference.BundleManifest;
import twin.core.inference.BundleName;
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

  /** How long a list waits for the registry, which it can do without. */
  private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(2);

  private static final String FOLDER = "folder";
  private static final String REGISTRY = "registry";

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

  /**
   * What is in the folder of this node, what was chosen and is not, and what the registry has
   * beside. A registry that does not answer holds nobody up.
   */
  private CompletionStage<HttpResponse> list(Call call) {
    Optional<String> type = call.text("type");
    List<StoredBundle> here =
        models.stored().stream()
            .filter(bundle -> type.map(bundle.type()::equals).orElse(true))
            .toList();
    return choices
        .registered()
        .toCompletableFuture()
        .copy()
        .orTimeout(REGISTRY_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
        .handle(
            (registered, failure) -> {
              SortedSet<BundleName> there =
                  new TreeSet<>(registered == null ? List.of() : registered);
              there.removeIf(name -> !type.map(name.type()::equals).orElse(true));
              return Json.ok(
                  out -> {
                    out.writeStartObject();
                    out.writeArrayFieldStart("items");
                    write(out, here, there, type);
                    out.writeEndArray();
                    out.writeNullField("next_cursor");
                    write(out, failure);
                    out.writeEndObject();
                  });
            });
  }

  private void write(
      JsonGenerator out,
      List<StoredBundle> here,
      SortedSet<BundleName> there,
      Optional<String> type)
      throws IOException {
    SortedMap<BundleName, String> elsewhere = new TreeMap<>();
    there.forEach(name -> elsewhere.put(name, ""));
    choices.missing().entrySet().stream()
        .filter(each -> type.map(each.getKey().type()::equals).orElse(true))
        .forEach(
            each ->
                elsewhere.put(
                    each.getKey(),
                    "It was chosen and is not here, so another one decides: " + each.getValue()));
    for (StoredBundle bundle : here) {
      boolean plain = BundleName.isPlain(bundle.type()) && BundleName.isPlain(bundle.version());
      boolean both = plain && there.contains(new BundleName(bundle.type(), bundle.version()));
      write(out, bundle, both ? List.of(FOLDER, REGISTRY) : List.of(FOLDER));
      elsewhere
          .keySet()
          .removeIf(
              name -> name.type().equals(bundle.type()) && name.version().equals(bundle.version()));
    }
    for (Map.Entry<BundleName, String> each : elsewhere.entrySet()) {
      BundleName name = each.getKey();
      write(
          out,
          new StoredBundle(
              name.type(), name.version(), "", false, false, false, null, each.getValue()),
          there.contains(name) ? List.of(REGISTRY) : List.of());
    }
  }

  /** Which registry there is, and whether it answers. */
  private void write(JsonGenerator out, @Nullable Throwable failure) throws IOException {
    Optional<String> registry = choices.registry();
    if (registry.isPresent()) {
      out.writeObjectFieldStart("registry");
      out.writeStringField("place", registry.get());
      if (failure != null) {
        out.writeStringField(
            "trouble",
            Problem.rootOf(failure) instanceof TimeoutException
                ? "it has not answered yet"
                : String.valueOf(Problem.rootOf(failure).getMessage()));
      }
      out.writeEndObject();
    }
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
    return CompletableFuture.completedFuture(Json.ok(out -> write(out, found, List.of(FOLDER))));
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

  private static void write(JsonGenerator out, StoredBundle bundle, List<String> places)
      throws IOException {
    out.writeStartObject();
    out.writeStringField("model", bundle.type() + ":" + bundle.version());
    out.writeStringField("type", bundle.type());
    out.writeStringField("version", bundle.version());
    Json.text(out, "sha256", bundle.sha256());
    out.writeBooleanField("champion", bundle.champion());
    out.writeBooleanField("shadow", bundle.shadow());
    out.writeBooleanField("loaded", bundle.loaded());
    out.writeArrayFieldStart("places");
    for (String place : places) {
      out.writeString(place);
    }
    out.writeEndArray();
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
