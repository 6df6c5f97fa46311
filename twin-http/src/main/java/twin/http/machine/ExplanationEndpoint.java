package twin.http.machine;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.jspecify.annotations.Nullable;
import twin.core.feature.FeatureExtractor;
import twin.core.inference.Assessment;
import twin.core.inference.ModelRef;
import twin.core.inference.Models;
import twin.core.machine.AssessedReading;
import twin.core.machine.Explanation;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.reading.Placement;
import twin.http.Call;
import twin.http.Endpoint;
import twin.http.Json;
import twin.http.Problem;
import twin.http.ProblemException;

/** Why a machine was assessed as it was: now, or at any revision. */
final class ExplanationEndpoint {

  private final Twins twins;
  private final History history;
  private final Models models;
  private final int newestMost;

  /**
   * An endpoint.
   *
   * @param newestMost among how many of the newest readings an assessed one is looked for
   */
  ExplanationEndpoint(Twins twins, History history, Models models, int newestMost) {
    this.twins = twins;
    this.history = history;
    this.models = models;
    this.newestMost = newestMost;
  }

  Endpoint endpoint() {
    return Endpoint.get("/api/v1/machines/{id}/explanation", this::explanation)
        .taking("revision", "index");
  }

  /** A reading's place in the journal; without an index it is the event's last. */
  private record Place(long revision, OptionalInt index) {}

  private CompletionStage<HttpResponse> explanation(Call call) {
    OptionalLong revision =
        call.text("revision").isEmpty()
            ? OptionalLong.empty()
            : OptionalLong.of(call.integer("revision", 1, Long.MAX_VALUE, 1));
    OptionalInt index =
        call.text("index").isEmpty()
            ? OptionalInt.empty()
            : OptionalInt.of(call.integer("index", 0, Integer.MAX_VALUE, 0));
    if (index.isPresent() && revision.isEmpty()) {
      throw Problem.badRequest(
              "The parameter index needs revision: it is the position of a reading in that event.")
          .toException();
    }
    return twins
        .existing(call.caller(), call.segment("id"))
        .thenCompose(
            state ->
                (revision.isPresent()
                        ? CompletableFuture.completedFuture(
                            known(state, new Place(revision.getAsLong(), index)))
                        : newestAssessed(state))
                    .thenCompose(place -> explained(state, place)));
  }

  private static Place known(MachineState state, Place asked) {
    if (asked.revision() > state.revision()) {
      throw Problem.notFound(
              "The machine is at revision %d and has no revision %d yet."
                  .formatted(state.revision(), asked.revision()))
          .toException();
    }
    return asked;
  }

  private CompletionStage<Place> newestAssessed(MachineState state) {
    MachineState.Latest latest = state.latest();
    if (latest != null && isAssessed(latest.reading())) {
      return CompletableFuture.completedFuture(
          new Place(latest.revision(), OptionalInt.of(latest.index())));
    }
    return history
        .newest(state, Long.MAX_VALUE, Integer.MAX_VALUE, newestMost, false)
        .thenApply(
            readings -> {
              List<RecordedReading> newestFirst = new ArrayList<>(readings.kept());
              Collections.reverse(newestFirst);
              return newestFirst.stream()
                  .filter(each -> isAssessed(each.assessed()))
                  .findFirst()
                  .map(each -> new Place(each.revision(), OptionalInt.of(each.index())))
                  .orElseThrow(() -> nothingAssessed(state, readings.kept().size()));
            });
  }

  private static boolean isAssessed(AssessedReading reading) {
    Assessment assessment = reading.assessment();
    return assessment != null && assessment.isAvailable();
  }

  private static ProblemException nothingAssessed(MachineState state, int readings) {
    String todo =
        state.commissioning()
            ? "The machine is still being commissioned: ask again once it is assessed."
            : "GET /api/v1/machines/%s/assessments?from=… finds older ones."
                .formatted(state.machineId());
    return Problem.notFound(
            "None of the machine's newest %d readings has an assessment. %s"
                .formatted(readings, todo))
        .toException();
  }

  private CompletionStage<HttpResponse> explained(MachineState now, Place place) {
    String machineId = now.machineId();
    return history.with(
        machineId,
        place.revision(),
        (before, entry) -> {
          int index = indexIn(machineId, place, entry);
          return switch (Explanation.of(before, entry, index, models)) {
            case Explanation.Explained told ->
                Json.ok(
                    out -> ExplanationJson.write(out, machineId, place.revision(), index, told));
            case Explanation.NotAssessed(AssessedReading reading, @Nullable String reason) ->
                throw Problem.notFound(notAssessed(machineId, reading, reason)).toException();
            case Explanation.ModelNotLoaded(ModelRef decided, @Nullable ModelRef loaded) ->
                throw Problem.conflict(notLoaded(decided, loaded)).toException();
            case Explanation.FeaturesDiffer(int version) ->
                throw Problem.conflict(otherFeatures(version)).toException();
          };
        });
  }

  private static int indexIn(String machineId, Place place, JournalEntry entry) {
    if (!(entry.event() instanceof MachineEvent.ReadingsRecorded recorded)) {
      throw Problem.notFound(noReadings(machineId, place.revision(), entry)).toException();
    }
    int readings = recorded.readings().size();
    int index = place.index().orElse(readings - 1);
    if (index >= readings) {
      throw Problem.notFound(
              "Revision %d has %d %s: index goes from 0 to %d."
                  .formatted(
                      place.revision(),
                      readings,
                      readings == 1 ? "reading" : "readings",
                      readings - 1))
          .toException();
    }
    return index;
  }

  private static String noReadings(String machineId, long revision, JournalEntry entry) {
    String todo =
        entry.event() instanceof MachineEvent.AlertChanged alert && alert.readingRevision() > 0
            ? "The reading that decided it has revision=%d&index=%d."
                .formatted(alert.readingRevision(), alert.readingIndex())
            : "GET /api/v1/machines/%s/assessments lists what can be explained."
                .formatted(machineId);
    return "Revision %d is an event '%s' and has no readings. %s"
        .formatted(revision, entry.manifest(), todo);
  }

  private static String notAssessed(
      String machineId, AssessedReading reading, @Nullable String reason) {
    String why =
        reason != null
            ? "The reading could not be assessed: " + reason + "."
            : switch (reading.placement()) {
              case Placement.LATE, Placement.VERY_LATE ->
                  "The reading came late and has no assessment of its own.";
              case Placement.AHEAD ->
                  "The reading was ahead of the clock and has no assessment of its own.";
              case Placement.IN_ORDER -> "The reading was recorded before anything could judge it.";
            };
    return why
        + " GET /api/v1/machines/%s/assessments lists what can be explained.".formatted(machineId);
  }

  private static String notLoaded(ModelRef decided, @Nullable ModelRef loaded) {
    String now =
        loaded == null
            ? "no bundle of that type is loaded"
            : loaded.label().equals(decided.label())
                ? "the loaded bundle of that name has other contents"
                : loaded.label() + " is loaded";
    return "The reading was assessed by %s (sha256 %s), and %s. Only the bundle that decided can say why: put it back, or ask for a reading that the loaded one assessed."
        .formatted(decided.label(), decided.sha256(), now);
  }

  private static String otherFeatures(int version) {
    return "The features that were judged cannot be computed again: they are of feature code %d, and this program has %d. Ask a program that has the same, or for a newer reading."
        .formatted(version, FeatureExtractor.VERSION);
  }
}
