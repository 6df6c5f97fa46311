package twin.http.job;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;

/** The jobs of this node: how far they are, what they gave, and their end. */
public final class JobEndpoints {

  private final Jobs jobs;

  public JobEndpoints(Jobs jobs) {
    this.jobs = jobs;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.get("/api/v1/jobs", this::list),
        Endpoint.get("/api/v1/jobs/{id}", this::job),
        Endpoint.delete("/api/v1/jobs/{id}", this::cancel));
  }

  private CompletionStage<HttpResponse> list(Call call) {
    return CompletableFuture.completedFuture(
        Json.list(
            jobs.newestFirst().stream().filter(job -> visible(call, job)).toList(),
            null,
            (out, job) -> job.write(out, false)));
  }

  private CompletionStage<HttpResponse> job(Call call) {
    return CompletableFuture.completedFuture(Json.ok(existing(call)::write));
  }

  private CompletionStage<HttpResponse> cancel(Call call) {
    Job job = existing(call);
    jobs.cancel(job);
    return CompletableFuture.completedFuture(Json.ok(job::write));
  }

  /** A job may be about any machine: who sees only some sites sees only what they began. */
  private static boolean visible(Call call, Job job) {
    return call.caller().sites().isAll() || job.requestedBy().equals(call.caller().name());
  }

  private Job existing(Call call) {
    String id = call.segment("id");
    return jobs.find(id)
        .filter(job -> visible(call, job))
        .orElseThrow(
            () ->
                Problem.notFound(
                        "This node has no job '%s'. GET /api/v1/jobs lists those it has; they end with it."
                            .formatted(id))
                    .toException());
  }
}
