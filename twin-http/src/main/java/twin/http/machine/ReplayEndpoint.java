package twin.http.machine;

import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import twin.core.history.MachineJournal;
import twin.core.history.Progress;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.MachineState;
import twin.core.reading.Times;
import twin.core.type.MachineTypes;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.idempotency.Idempotency;
import twin.http.job.Job;
import twin.http.job.Jobs;

/**
 * Starts replays of a machine's past: without a model each recorded conclusion is computed again
 * and compared; with one, what that model would have said.
 */
public final class ReplayEndpoint {

  /** How many readings are shown side by side. */
  private static final int POINTS = 500;

  private final Twins twins;
  private final MachineJournal journal;
  private final Models models;
  private final Supplier<MachineTypes> types;
  private final Jobs jobs;
  private final Idempotency idempotency;

  public ReplayEndpoint(
      Twins twins,
      MachineJournal journal,
      Models models,
      Supplier<MachineTypes> types,
      Jobs jobs,
      Idempotency idempotency) {
    this.twins = twins;
    this.journal = journal;
    this.models = models;
    this.types = types;
    this.jobs = jobs;
    this.idempotency = idempotency;
  }

  /** What it answers. */
  public Endpoint endpoint() {
    return Endpoint.post("/api/v1/machines/{id}/replay", idempotency.once(this::replay));
  }

  private CompletionStage<HttpResponse> replay(Call call) {
    String id = call.segment("id");
    Twins.requireId(id);
    return call.optionalBody()
        .thenCompose(
            body -> {
              body.only("from", "to", "model");
              Optional<Instant> from = body.time("from").map(Times::withinReach);
              Optional<Instant> to = body.time("to").map(Times::withinReach);
              if (from.isPresent() && to.isPresent() && to.get().isBefore(from.get())) {
                throw Problem.badRequest("The member to must not be before from.").toException();
              }
              return twins
                  .existing(call.caller(), id)
                  .thenCompose(state -> started(call, body, state, from, to));
            });
  }

  private CompletionStage<HttpResponse> started(
      Call call, Body body, MachineState state, Optional<Instant> from, Optional<Instant> to) {
    Optional<ModelSession> candidate =
        body.text("model").map(label -> ChosenBundle.of(models, label, state.typeName()));
    return first(state, from)
        .thenCombine(
            last(state, to),
            (first, last) -> {
              Job job =
                  candidate
                      .map(session -> whatIf(call, state, session, first, last))
                      .orElseGet(() -> audit(call, state, first, last));
              return Json.answer(StatusCodes.ACCEPTED, job::write)
                  .addHeader(RawHeader.create("Location", "/api/v1/jobs/" + job.id()));
            });
  }

  private CompletionStage<Long> first(MachineState state, Optional<Instant> from) {
    return from.map(time -> journal.firstReaching(state, time))
        .orElseGet(() -> CompletableFuture.completedFuture(1L));
  }

  private CompletionStage<Long> last(MachineState state, Optional<Instant> to) {
    return to.map(time -> journal.firstReaching(state, time.plusNanos(1)).thenApply(r -> r - 1))
        .orElseGet(() -> CompletableFuture.completedFuture(state.revision()));
  }

  private Job audit(Call call, MachineState state, long first, long last) {
    Progress progress = new Progress();
    return jobs.start(
        work("audit_replay", call, state, first, last, progress),
        () ->
            journal
                .audit(state.machineId(), first, last, models, progress)
                .thenApply(report -> out -> ReplayJson.write(out, report)));
  }

  private Job whatIf(Call call, MachineState state, ModelSession candidate, long first, long last) {
    Progress progress = new Progress();
    return jobs.start(
        work("what_if", call, state, first, last, progress),
        () ->
            journal
                .whatIf(state.machineId(), first, last, candidate, types.get(), POINTS, progress)
                .thenApply(report -> out -> ReplayJson.write(out, report)));
  }

  private static Jobs.Work work(
      String kind, Call call, MachineState state, long first, long last, Progress progress) {
    return new Jobs.Work(
        kind,
        state.machineId(),
        call.caller().name(),
        () -> (double) (progress.revision() - first + 1) / Math.max(1, last - first + 1),
        progress::cancel);
  }
}
