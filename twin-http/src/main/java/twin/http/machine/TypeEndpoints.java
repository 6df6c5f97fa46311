package twin.http.machine;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.core.fleet.TypeCatalogue;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.TypeProposal;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.EntityTag;
import twin.http.Json;
import twin.http.Problem;

/** The machine types in force, and how one comes about while running. */
public final class TypeEndpoints {

  private final Types types;

  public TypeEndpoints(Types types) {
    this.types = types;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/types", this::list),
        Endpoint.get("/api/v1/types/{type}", this::one),
        Endpoint.put("/api/v1/types/{type}", this::put).forAllSites(),
        Endpoint.post("/api/v1/types/{type}/proposal", this::propose));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    return CompletableFuture.completedFuture(
        Json.list(types.inForce().all(), null, TypeEndpoints::write));
  }

  private static void write(JsonGenerator out, MachineType type) throws IOException {
    out.writeRawValue(MachineTypeJson.write(type));
  }

  private static HttpResponse shown(Call call, MachineType type) {
    return tag(type).on(call, Json.ok(out -> write(out, type)));
  }

  /** By what a type is known again: it changes with anything that is told of it. */
  private static EntityTag tag(MachineType type) {
    return EntityTag.of(Json.bytes(out -> write(out, type)));
  }

  private CompletionStage<HttpResponse> one(Call call) {
    String name = call.segment("type");
    MachineType type =
        types
            .inForce()
            .find(name)
            .orElseThrow(
                () ->
                    Problem.notFound(
                            "There is no machine type '%s'; GET /api/v1/types lists those there are."
                                .formatted(name))
                        .toException());
    return CompletableFuture.completedFuture(shown(call, type));
  }

  private CompletionStage<HttpResponse> put(Call call) {
    String name = call.segment("type");
    return call.body()
        .thenCompose(
            body -> {
              MachineType type = Call.checked(() -> MachineTypeJson.read(name, body.json()));
              if (name.equals(MachineType.AUTO) && !type.learnsChannels()) {
                throw Problem.badRequest(
                        "The type 'auto' is for machines that match no other, so it must have"
                            + " learns_channels.")
                    .toException();
              }
              requireUnchanged(call, name);
              return Call.checked(() -> types.put(type, call.caller().name()));
            })
        .exceptionally(
            failure -> {
              if (Problem.rootOf(failure) instanceof TypeCatalogue.ChangedMeanwhileException e) {
                throw Problem.conflict(
                        "%s. Look at it with GET /api/v1/types/%s and put it again."
                            .formatted(e.getMessage(), name))
                    .toException();
              }
              throw Problem.rethrown(failure);
            })
        .thenApply(type -> shown(call, type));
  }

  private void requireUnchanged(Call call, String name) {
    String what = "Machine type '%s'".formatted(name);
    types
        .inForce()
        .find(name)
        .ifPresentOrElse(
            present -> tag(present).requireMatch(call, what),
            () -> EntityTag.requireMatch(call, what, tag -> false));
  }

  /** A type from recorded data, to be looked over and then put; nothing is changed. */
  private CompletionStage<HttpResponse> propose(Call call) {
    String name = call.segment("type");
    return call.body()
        .thenApply(
            body -> {
              String csv = body.only("csv").requiredText("csv");
              TypeProposal proposal = Call.checked(() -> proposal(name, csv));
              return Json.ok(out -> writeProposal(out, proposal));
            });
  }

  private static TypeProposal proposal(String name, String csv) {
    try {
      return TypeProposal.of(name, new StringReader(csv));
    } catch (IOException e) {
      throw new UncheckedIOException("reading from memory failed", e);
    }
  }

  private static void writeProposal(JsonGenerator out, TypeProposal proposal) throws IOException {
    out.writeStartObject();
    out.writeFieldName("type");
    write(out, proposal.type());
    out.writeNumberField("readings", proposal.readings());
    out.writePOJOField("columns", proposal.columns());
    out.writeEndObject();
  }
}
