package twin.http.machine;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.DecisionContext;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineReply;
import twin.core.machine.MachineState;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineType;
import twin.core.type.MachineTypes;
import twin.http.Body;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.Role;

/**
 * What a twin would say of given values. The twin lives for the length of a call and goes through
 * the same decisions as every other, from nothing or from where a machine's own twin is now;
 * nothing is recorded.
 */
public final class PredictEndpoint {

  /** Most readings before the one that is asked about. */
  private static final int HISTORY_MAX = 2_000;

  /** Longest time from one of the readings to the next. */
  private static final long INTERVAL_SECONDS_MAX = Duration.ofDays(1).toSeconds();

  private static final String SOURCE = "predict";

  private final Twins twins;
  private final Supplier<MachineTypes> types;
  private final Models models;
  private final InstantSource clock;
  private final ActorSystem<?> system;

  public PredictEndpoint(
      Twins twins,
      Supplier<MachineTypes> types,
      Models models,
      InstantSource clock,
      ActorSystem<?> system) {
    this.twins = twins;
    this.types = types;
    this.models = models;
    this.clock = clock;
    this.system = system;
  }

  /** What it answers. */
  public Endpoint endpoint() {
    return Endpoint.post("/api/v1/predict", this::predict).requires(Role.VIEWER);
  }

  private CompletionStage<HttpResponse> predict(Call call) {
    return call.body()
        .thenCompose(
            body -> {
              body.only(
                  "machine_type",
                  "machine_id",
                  "values",
                  "attributes",
                  "history",
                  "interval_seconds",
                  "model");
              return from(call, body).thenApply(state -> judged(body, state));
            });
  }

  /** Where the twin begins. */
  private CompletionStage<MachineState> from(Call call, Body body) {
    Optional<String> machine = body.text("machine_id");
    if (machine.isEmpty()) {
      return CompletableFuture.completedStage(MachineState.empty(SOURCE));
    }
    if (!SubmittedReading.isMachineId(machine.get())) {
      throw Problem.badRequest(
              "The member machine_id must match %s.".formatted(SubmittedReading.MACHINE_ID))
          .toException();
    }
    return twins.existing(call.caller(), machine.get());
  }

  private HttpResponse judged(Body body, MachineState before) {
    MachineType type = type(body, before);
    Optional<ModelSession> model =
        body.text("model").map(label -> ChosenBundle.of(models, label, type.name()));
    Models asked = (name, machineId) -> model.or(() -> models.champion(name, machineId));
    DecisionContext context =
        new DecisionContext(clock.instant(), types.get(), asked, DecisionContext.Admission.OPEN);
    MachineCommand.RecordReadings record =
        new MachineCommand.RecordReadings(
            readings(body, type, before), SOURCE, null, system.<MachineReply.Recorded>ignoreRef());
    MachineDecisions.Decided decided = MachineDecisions.decide(before, record, context);
    refuse(decided.reply());
    MachineState state = before;
    for (JournalEntry entry : decided.events()) {
      state = state.apply(entry);
    }
    MachineState after = state;
    return Json.ok(out -> StateJson.prediction(out, after));
  }

  private MachineType type(Body body, MachineState before) {
    String present = before.typeName();
    String name =
        present.isEmpty()
            ? body.requiredText("machine_type")
            : body.text("machine_type").orElse(present);
    if (!present.isEmpty() && !name.equals(present)) {
      throw Problem.conflict(
              "Machine '%s' is of type %s. Leave machine_type out, or machine_id."
                  .formatted(before.machineId(), present))
          .toException();
    }
    return types
        .get()
        .find(name)
        .orElseThrow(
            () ->
                Problem.badRequest(
                        "There is no machine type '%s'; GET /api/v1/types lists those there are."
                            .formatted(name))
                    .toException());
  }

  /** The readings before, then the one that is asked about, after all that the twin has read. */
  private List<SubmittedReading> readings(Body body, MachineType type, MachineState before) {
    List<Map<String, Double>> values = new ArrayList<>(body.listOfNumbers("history", HISTORY_MAX));
    values.add(
        body.numbers("values")
            .orElseThrow(
                () ->
                    Problem.badRequest(
                            "The body must have the member values, the numbers by channel.")
                        .toException()));
    Map<String, String> texts = new HashMap<>();
    body.texts("attributes")
        .forEach((name, text) -> text.ifPresent(present -> texts.put(name, present)));
    Duration interval =
        Duration.ofSeconds(body.integer("interval_seconds", 1, INTERVAL_SECONDS_MAX).orElse(1L));
    Instant watermark = before.watermark();
    Instant first =
        watermark == null
            ? clock.instant().minus(interval.multipliedBy(values.size() - 1L))
            : watermark.plus(interval);
    List<SubmittedReading> readings = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      Instant at = first.plus(interval.multipliedBy(i));
      Map<String, Double> numbers = values.get(i);
      readings.add(
          Call.checked(
              () ->
                  new SubmittedReading(
                      before.machineId(), type.name(), at, null, null, numbers, texts)));
    }
    return readings;
  }

  private static void refuse(MachineDecisions.Reply reply) {
    if (reply instanceof MachineDecisions.Reply.ToSource(var to, MachineReply.Recorded recorded)) {
      for (MachineReply.Outcome outcome : recorded.outcomes()) {
        if (outcome.result() == MachineReply.Result.REJECTED) {
          throw Problem.conflict("A twin would not record this: %s.".formatted(outcome.reason()))
              .toException();
        }
      }
    }
  }
}
