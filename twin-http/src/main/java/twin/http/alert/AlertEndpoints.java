package twin.http.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.StatusCodes;
import org.jspecify.annotations.Nullable;
import twin.core.alert.AlertVerb;
import twin.core.machine.Description;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineReply;
import twin.core.reading.SubmittedReading;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.HttpSettings;
import twin.http.Problem;
import twin.http.Role;
import twin.http.machine.Changes;
import twin.http.machine.Twins;

/** What people do about alerts. */
public final class AlertEndpoints {

  private static final Set<String> VERDICTS = Set.of("real", "false", "unknown");

  private final Changes changes;
  private final Twins twins;
  private final Alerts alerts;
  private final InstantSource clock;
  private final HttpSettings.AlertSettings settings;

  public AlertEndpoints(
      Twins twins, Alerts alerts, InstantSource clock, HttpSettings.AlertSettings settings) {
    this.changes = new Changes(twins);
    this.twins = twins;
    this.alerts = alerts;
    this.clock = clock;
    this.settings = settings;
  }

  /** What it answers. */
  public List<Endpoint> all() {
    return Stream.of(
            Endpoint.post(
                "/api/v1/alerts/{id}/acknowledge", call -> plain(call, AlertVerb.ACKNOWLEDGE)),
            Endpoint.post("/api/v1/alerts/{id}/shelve", this::shelve),
            Endpoint.post("/api/v1/alerts/{id}/unshelve", call -> plain(call, AlertVerb.UNSHELVE)),
            Endpoint.post("/api/v1/alerts/{id}/suppress", this::suppress),
            Endpoint.post("/api/v1/alerts/{id}/out-of-service", this::outOfService),
            Endpoint.post("/api/v1/alerts/{id}/clear", call -> plain(call, AlertVerb.CLEAR)),
            Endpoint.post("/api/v1/alerts/{id}/verdict", this::verdict))
        .map(each -> each.requires(Role.OPERATOR))
        .toList();
  }

  private CompletionStage<HttpResponse> plain(Call call, AlertVerb verb) {
    machineOf(call.segment("id"));
    return call.optionalBody()
        .thenCompose(body -> change(call, verb, null, words(body.only("reason"), "reason")));
  }

  private CompletionStage<HttpResponse> shelve(Call call) {
    machineOf(call.segment("id"));
    return call.body()
        .thenCompose(
            body -> {
              body.only("duration_sec", "until", "reason");
              return change(call, AlertVerb.SHELVE, until(body), required(body, "reason"));
            });
  }

  private Instant until(Body body) {
    long most = settings.shelveMax().toSeconds();
    Instant now = clock.instant();
    Instant until =
        body.integer("duration_sec", 1, most)
            .map(now::plusSeconds)
            .or(() -> body.time("until"))
            .orElseThrow(
                () ->
                    Problem.badRequest(
                            "Say for how long: duration_sec, from 1 to %d, or until, a time."
                                .formatted(most))
                        .toException());
    if (body.has("duration_sec") && body.has("until")) {
      throw Problem.badRequest("Give duration_sec or until, not both.").toException();
    }
    Duration length = Duration.between(now, until);
    if (!length.isPositive() || length.compareTo(settings.shelveMax()) > 0) {
      throw Problem.badRequest(
              "An alert can be shelved until a time to come, %d seconds from now at most. What must"
                      .formatted(most)
                  + " stay away for longer is suppressed or taken out of service.")
          .toException();
    }
    return until;
  }

  private CompletionStage<HttpResponse> suppress(Call call) {
    return hiding(call, "suppressed", true, AlertVerb.SUPPRESS, AlertVerb.UNSUPPRESS);
  }

  private CompletionStage<HttpResponse> outOfService(Call call) {
    return hiding(
        call, "in_service", false, AlertVerb.TAKE_OUT_OF_SERVICE, AlertVerb.RETURN_TO_SERVICE);
  }

  /**
   * Hides an alert, or brings it back.
   *
   * @param member what says which
   * @param hidden its value for hiding, which is what is meant without it
   */
  private CompletionStage<HttpResponse> hiding(
      Call call, String member, boolean hidden, AlertVerb hide, AlertVerb bringBack) {
    machineOf(call.segment("id"));
    return call.body()
        .thenCompose(
            body -> {
              body.only(member, "reason");
              boolean hides = body.flag(member).orElse(hidden) == hidden;
              return change(
                  call,
                  hides ? hide : bringBack,
                  null,
                  hides ? required(body, "reason") : words(body, "reason"));
            });
  }

  private CompletionStage<HttpResponse> change(
      Call call, AlertVerb verb, @Nullable Instant until, String reason) {
    String alertId = call.segment("id");
    String caller = call.caller().name();
    return ask(
            call,
            replyTo ->
                verb == AlertVerb.ACKNOWLEDGE
                    ? new MachineCommand.Acknowledge(alertId, caller, reason, replyTo)
                    : new MachineCommand.ChangeAlert(alertId, verb, until, caller, reason, replyTo))
        .thenCompose(answer -> unlessClosed(alertId, answer));
  }

  /** A twin knows its open alerts only; what is closed is another thing than what never was. */
  private CompletionStage<HttpResponse> unlessClosed(String alertId, HttpResponse answer) {
    if (!answer.status().equals(StatusCodes.NOT_FOUND)) {
      return CompletableFuture.completedFuture(answer);
    }
    return alerts
        .get()
        .apply(alertId)
        .thenApply(
            found ->
                found.isEmpty()
                    ? answer
                    : Problem.conflict(
                            "Alert %s is closed. If its condition holds again, there is another one:"
                                    .formatted(alertId)
                                + " GET /api/v1/alerts?machine=%s lists them."
                                    .formatted(machineOf(alertId)))
                        .toResponse());
  }

  private CompletionStage<HttpResponse> verdict(Call call) {
    String alertId = call.segment("id");
    String machineId = machineOf(alertId);
    return call.body()
        .thenCompose(
            body -> {
              body.only("verdict", "finding", "note");
              String verdict = body.requiredText("verdict");
              if (!VERDICTS.contains(verdict)) {
                throw Problem.badRequest("The member verdict must be real, false or unknown.")
                    .toException();
              }
              String finding = words(body, "finding");
              String note = words(body, "note");
              return wasRaised(machineId, alertId)
                  .thenCompose(
                      raised ->
                          raised
                              ? ask(
                                  call,
                                  replyTo ->
                                      new MachineCommand.GiveVerdict(
                                          alertId,
                                          verdict,
                                          finding.isEmpty() ? null : finding,
                                          note,
                                          call.caller().name(),
                                          replyTo))
                              : CompletableFuture.completedFuture(unknown(alertId).toResponse()));
            });
  }

  /** Whether there is such an alert, closed or, if it has only just been raised, at its twin. */
  private CompletionStage<Boolean> wasRaised(String machineId, String alertId) {
    return alerts
        .get()
        .apply(alertId)
        .thenCompose(
            found ->
                found.isPresent()
                    ? CompletableFuture.completedFuture(true)
                    : twins
                        .<MachineReply.State>ask(machineId, MachineCommand.GetState::new)
                        .thenApply(reply -> reply.state().alerts().withId(alertId).isPresent()));
  }

  private CompletionStage<HttpResponse> ask(
      Call call, Function<ActorRef<MachineReply.Changed>, MachineCommand> command) {
    return changes.ask(call.caller(), machineOf(call.segment("id")), StatusCodes.OK, command);
  }

  private static String required(Body body, String name) {
    String words = words(body, name);
    if (words.isBlank()) {
      throw Problem.badRequest(
              "The body must have the member %s: whoever looks for the alert reads it there."
                  .formatted(name))
          .toException();
    }
    return words;
  }

  private static String words(Body body, String name) {
    String words = body.text(name).orElse("");
    if (words.length() > Description.MAX_LENGTH) {
      throw Problem.badRequest(
              "The member %s may have at most %d characters."
                  .formatted(name, Description.MAX_LENGTH))
          .toException();
    }
    return words;
  }

  static Problem unknown(String alertId) {
    return Problem.notFound(
        "There is no alert %s. GET /api/v1/alerts lists those there are.".formatted(alertId));
  }

  /** The machine in {@code MACHINE-REVISION}. */
  static String machineOf(String alertId) {
    int dash = alertId.lastIndexOf('-');
    String machineId = dash < 0 ? "" : alertId.substring(0, dash);
    boolean proper =
        SubmittedReading.isMachineId(machineId)
            && alertId.substring(dash + 1).matches("[0-9]{1,19}");
    if (!proper) {
      throw Problem.notFound(
              "No alert can be called so: an alert's id is its machine's id, a dash and a revision."
                  + " GET /api/v1/alerts lists those there are.")
          .toException();
    }
    return machineId;
  }
}
