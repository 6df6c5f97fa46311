package twin.http.model;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.core.inference.BundleManifest;
import twin.core.inference.Models;
import twin.core.inference.StoredBundle;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;

/** The bundles that there are, and what their manifests say of them. */
public final class ModelEndpoints {

  private final Models models;

  public ModelEndpoints(Models models) {
    this.models = models;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/models", this::list).taking("type"),
        Endpoint.get("/api/v1/models/{type}/{version}", this::one));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    List<StoredBundle> wanted =
        models.stored().stream()
            .filter(bundle -> call.text("type").map(bundle.type()::equals).orElse(true))
            .toList();
    return CompletableFuture.completedFuture(Json.list(wanted, null, ModelEndpoints::write));
  }

  private CompletionStage<HttpResponse> one(Call call) {
    String type = call.segment("type");
    String version = call.segment("version");
    StoredBundle found =
        models.stored().stream()
            .filter(bundle -> bundle.type().equals(type) && bundle.version().equals(version))
            .findFirst()
            .orElseThrow(
                () ->
                    Problem.notFound(
                            "There is no bundle %s:%s; GET /api/v1/models lists those there are."
                                .formatted(type, version))
                        .toException());
    return CompletableFuture.completedFuture(Json.ok(out -> write(out, found)));
  }

  private static void write(JsonGenerator out, StoredBundle bundle) throws IOException {
    out.writeStartObject();
    out.writeStringField("model", bundle.type() + ":" + bundle.version());
    out.writeStringField("type", bundle.type());
    out.writeStringField("version", bundle.version());
    Json.text(out, "sha256", bundle.sha256());
    out.writeBooleanField("champion", bundle.champion());
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
