package twin.http.alert;

import java.util.List;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import twin.core.machine.Description;
import twin.core.machine.MachineCommand;
import twin.core.reading.SubmittedReading;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Problem;
import twin.http.Role;
import twin.http.machine.Changes;
import twin.http.machine.Twins;

/** What people do about alerts. */
public final class AlertEndpoints {

  private final Changes changes;

  public AlertEndpoints(Twins twins) {
    this.changes = new Changes(twins);
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return List.of(
        Endpoint.post("/api/v1/alerts/{id}/acknowledge", this::acknowledge)
            .requires(Role.OPERATOR));
  }

  private CompletionStage<HttpResponse> acknowledge(Call call) {
    String alertId = call.segment("id");
    String machineId = machineOf(alertId);
    return call.optionalBody()
        .thenCompose(
            body -> {
              String reason = body.only("reason").text("reason").orElse("");
              if (reason.length() > Description.MAX_LENGTH) {
                throw Problem.badRequest(
                        "The member reason may have at most %d characters."
                            .formatted(Description.MAX_LENGTH))
                    .toException();
              }
              return changes.ask(
                  call.caller(),
                  machineId,
                  StatusCodes.OK,
                  replyTo ->
                      new MachineCommand.Acknowledge(
                          alertId, call.caller().name(), reason, replyTo));
            });
  }

  /** The machine in {@code MACHINE-REVISION}. */
  private static String machineOf(String alertId) {
    int dash = alertId.lastIndexOf('-');
    String machineId = dash < 0 ? "" : alertId.substring(0, dash);
    boolean proper =
        SubmittedReading.MACHINE_ID.matcher(machineId).matches()
            && alertId.substring(dash + 1).matches("[0-9]{1,19}");
    if (!proper) {
      throw Problem.notFound(
              "No alert can be called so: an alert's id is its machine's id, a dash and a revision."
                  + " The state of a machine lists its open alerts.")
          .toException();
    }
    return machineId;
  }
}
