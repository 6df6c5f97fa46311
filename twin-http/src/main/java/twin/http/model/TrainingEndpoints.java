package twin.http.model;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import twin.core.store.TrainingRun;
import twin.core.type.MachineTypes;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.job.Job;
import twin.http.job.Jobs;

/** Trains a type's models from what its twins have lived through, as a job. */
public final class TrainingEndpoints {

  /** How many of the newest trainings are told. */
  private static final int NEWEST = 20;

  private static final int SAMPLE_MAX = 100_000;

  private final Trainings trainings;
  private final Jobs jobs;
  private final Supplier<MachineTypes> types;

  public TrainingEndpoints(Trainings trainings, Jobs jobs, Supplier<MachineTypes> types) {
    this.trainings = trainings;
    this.jobs = jobs;
    this.types = types;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.post("/api/v1/models/{type}/train", this::train).forAllSites(),
        Endpoint.get("/api/v1/models/{type}/trainings", this::newest).forAllSites());
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

  private CompletionStage<HttpResponse> train(Call call) {
    String type = known(call);
    return call.body()
        .thenCompose(
            body -> {
              Trainings.Wanted wanted = wanted(call, type, body);
              return trainings
                  .start(wanted)
                  .exceptionally(TrainingEndpoints::refused)
                  .thenApply(run -> started(call, run));
            });
  }

  private static Trainings.Wanted wanted(Call call, String type, Body body) {
    body.only("month", "from", "to", "sample", "seed");
    Optional<String> month = body.text("month");
    Optional<Instant> from = body.time("from");
    Optional<Instant> to = body.time("to");
    if (month.isPresent() == (from.isPresent() || to.isPresent())
        || from.isPresent() != to.isPresent()) {
      throw Problem.badRequest("Say month, such as \"2025-11\", or both from and to.")
          .toException();
    }
    Instant begin = from.orElseGet(() -> begin(month.orElseThrow(), 0));
    Instant end = to.orElseGet(() -> begin(month.orElseThrow(), 1));
    if (!begin.isBefore(end)) {
      throw Problem.badRequest("The member to must be after from.").toException();
    }
    return new Trainings.Wanted(
        type,
        begin,
        end,
        (int) (long) body.integer("sample", 1, SAMPLE_MAX).orElse(1L),
        body.integer("seed", Integer.MIN_VALUE, Integer.MAX_VALUE).orElse(1L),
        null,
        call.caller().name());
  }

  private static Instant begin(String month, int monthsLater) {
    try {
      return YearMonth.parse(month)
          .plusMonths(monthsLater)
          .atDay(1)
          .atStartOfDay(ZoneOffset.UTC)
          .toInstant();
    } catch (DateTimeException e) {
      throw Problem.badRequest(
              "The member month must be written like 2025-11, not '%s'.".formatted(month))
          .toException();
    }
  }

  private static Trainings.Run refused(Throwable failure) {
    if (Problem.rootOf(failure) instanceof Trainings.RefusedException refused) {
      throw Problem.conflict(String.valueOf(refused.getMessage())).toException();
    }
    throw Problem.rethrown(failure);
  }

  private HttpResponse started(Call call, Trainings.Run run) {
    try {
      Job job =
          jobs.start(
              new Jobs.Work(
                  "training", "", call.caller().name(), run::progress, run::cancel, run::log),
              () -> run.report().thenApply(report -> out -> Json.MAPPER.writeTree(out, report)));
      return Json.answer(StatusCodes.ACCEPTED, job::write)
          .addHeader(RawHeader.create("Location", "/api/v1/jobs/" + job.id()));
    } catch (RuntimeException e) {
      run.cancel();
      throw e;
    }
  }

  private CompletionStage<HttpResponse> newest(Call call) {
    return trainings
        .newest(known(call), NEWEST)
        .thenApply(runs -> Json.list(runs, null, TrainingEndpoints::write));
  }

  private static void write(JsonGenerator out, TrainingRun run) throws IOException {
    out.writeStartObject();
    out.writeStringField("training_id", run.id());
    out.writeStringField("type", run.machineType());
    Json.time(out, "from", run.learnedFrom());
    Json.time(out, "to", run.learnedTo());
    Json.time(out, "scheduled_for", run.scheduledFor());
    out.writeStringField("requested_by", run.requestedBy());
    Json.time(out, "started_at", run.startedAt());
    Json.time(out, "ended_at", run.endedAt());
    String outcome = run.outcome();
    out.writeStringField("outcome", outcome == null ? "running" : outcome);
    Json.text(out, "detail", run.detail());
    String report = run.report();
    if (report != null) {
      JsonNode read = Json.MAPPER.readTree(report);
      out.writeFieldName("report");
      Json.MAPPER.writeTree(out, read);
    }
    out.writeEndObject();
  }
}
