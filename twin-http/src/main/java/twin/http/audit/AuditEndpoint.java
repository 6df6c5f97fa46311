package twin.http.audit;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import twin.core.audit.AuditException;
import twin.core.audit.AuditProgress;
import twin.core.audit.VerifyingKey;
import twin.core.reading.SubmittedReading;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.idempotency.Idempotency;
import twin.http.job.Job;
import twin.http.job.Jobs;

/** Starts checks of the journal: of one machine or of all, and of the seals. */
public final class AuditEndpoint {

  private final Audits audits;
  private final Jobs jobs;
  private final Idempotency idempotency;

  public AuditEndpoint(Audits audits, Jobs jobs, Idempotency idempotency) {
    this.audits = audits;
    this.jobs = jobs;
    this.idempotency = idempotency;
  }

  /** What it answers. */
  public Endpoint endpoint() {
    return Endpoint.post("/api/v1/audit/verify", idempotency.once(this::verify)).forAllSites();
  }

  private CompletionStage<HttpResponse> verify(Call call) {
    return call.optionalBody()
        .thenApply(
            body -> {
              Audits.Wanted wanted = wanted(body.only("machine_id", "seals", "public_key"));
              AuditProgress progress = new AuditProgress();
              Job job =
                  jobs.start(
                      new Jobs.Work(
                          "audit_verify",
                          wanted.machineId().orElse(""),
                          call.caller().name(),
                          progress::share,
                          progress::cancel),
                      () ->
                          audits
                              .verify(wanted, progress)
                              .thenApply(report -> out -> AuditJson.write(out, report)));
              return Json.answer(StatusCodes.ACCEPTED, job::write)
                  .addHeader(RawHeader.create("Location", "/api/v1/jobs/" + job.id()));
            });
  }

  private static Audits.Wanted wanted(Body body) {
    Optional<String> machineId = body.text("machine_id");
    machineId.ifPresent(AuditEndpoint::requireId);
    Optional<String> publicKey = body.text("public_key");
    publicKey.ifPresent(AuditEndpoint::requireKey);
    List<String> seals =
        body.text("seals")
            .map(lines -> lines.lines().filter(line -> !line.isBlank()).toList())
            .orElse(List.of());
    return new Audits.Wanted(machineId, seals, publicKey);
  }

  private static void requireId(String machineId) {
    if (!SubmittedReading.isMachineId(machineId)) {
      throw Problem.badRequest(
              "The member machine_id must match %s.".formatted(SubmittedReading.MACHINE_ID))
          .toException();
    }
  }

  private static void requireKey(String pem) {
    try {
      VerifyingKey.of(pem);
    } catch (AuditException e) {
      throw Problem.badRequest("The member public_key is wrong: %s.".formatted(e.getMessage()))
          .toException();
    }
  }
}
