package twin.http.machine;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.core.type.MachineType;
import twin.core.type.MachineTypes;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.EntityTag;
import twin.http.Json;
import twin.http.Problem;

/** The machine types in force on this node. */
public final class TypeEndpoints {

  private final Supplier<MachineTypes> types;

  public TypeEndpoints(Supplier<MachineTypes> types) {
    this.types = types;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/types", this::list), Endpoint.get("/api/v1/types/{type}", this::one));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    return CompletableFuture.completedFuture(
        Json.list(types.get().all(), null, (out, type) -> out.writePOJO(type)));
  }

  private CompletionStage<HttpResponse> one(Call call) {
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
    return CompletableFuture.completedFuture(
        tag(type).on(call, Json.ok(out -> out.writePOJO(type))));
  }

  /** By what a type is known again: it changes with anything that is told of it. */
  static EntityTag tag(MachineType type) {
    return EntityTag.of(Json.bytes(out -> out.writePOJO(type)));
  }
}
