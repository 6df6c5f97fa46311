package twin.http.model;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import twin.core.inference.BundleName;
import twin.core.model.ModelCatalogue;
import twin.core.registry.BundleSupply.Synced;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.idempotency.Idempotency;
import twin.http.job.Job;
import twin.http.job.Jobs;

/** Starts jobs that bring bundles from the registry into the folder of this node. */
public final class SyncEndpoint {

  private final ModelChoices choices;
  private final Jobs jobs;
  private final Idempotency idempotency;

  public SyncEndpoint(ModelChoices choices, Jobs jobs, Idempotency idempotency) {
    this.choices = choices;
    this.jobs = jobs;
    this.idempotency = idempotency;
  }

  /** What it answers. */
  public Endpoint endpoint() {
    return Endpoint.post("/api/v1/models/sync", idempotency.once(this::sync)).forAllSites();
  }

  private CompletionStage<HttpResponse> sync(Call call) {
    return call.optionalBody()
        .thenApply(
            body -> {
              body.only();
              if (choices.registry().isEmpty()) {
                throw Problem.conflict(
                        "There is no registry; say where bundles are kept with"
                            + " twin.models.registry.")
                    .toException();
              }
              AtomicReference<Double> progress = new AtomicReference<>(0.0);
              AtomicBoolean cancelled = new AtomicBoolean();
              String by = call.caller().name();
              Job job =
                  jobs.start(
                      new Jobs.Work(
                          "models_sync", "", by, progress::get, () -> cancelled.set(true)),
                      () ->
                          choices
                              .sync(by, progress::set, cancelled::get)
                              .thenApply(synced -> (Json.Document) out -> write(out, synced))
                              .exceptionallyCompose(
                                  failure -> CompletableFuture.failedFuture(told(failure))));
              return Json.answer(StatusCodes.ACCEPTED, job::write)
                  .addHeader(RawHeader.create("Location", "/api/v1/jobs/" + job.id()));
            });
  }

  private static Throwable told(Throwable failure) {
    return Problem.rootOf(failure) instanceof ModelCatalogue.RefusedException refused
        ? Problem.conflict("It cannot be: %s.".formatted(refused.getMessage())).toException()
        : failure;
  }

  private static void write(JsonGenerator out, Synced synced) throws IOException {
    out.writeStartObject();
    out.writeStringField("registry", synced.registry());
    out.writeArrayFieldStart("fetched");
    for (BundleName each : synced.fetched()) {
      out.writeString(each.label());
    }
    out.writeEndArray();
    out.writeArrayFieldStart("refused");
    for (Map.Entry<BundleName, String> each : synced.refused().entrySet()) {
      out.writeStartObject();
      out.writeStringField("model", each.getKey().label());
      out.writeStringField("reason", each.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeEndObject();
  }
}
