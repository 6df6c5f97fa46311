package twin.core.history;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import twin.core.alert.Alert;
import twin.core.alert.AlertState;
import twin.core.alert.AlertVerb;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.Models;
import twin.core.machine.AssessedReading;
import twin.core.machine.Cause;
import twin.core.machine.DecisionContext;
import twin.core.machine.HealthRule;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineCommand;
import twin.core.machine.MachineDecisions;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.Submitting;
import twin.core.type.MachineType;
import twin.core.type.MachineTypes;

/**
 * What another model would have said: a second twin of the machine lives through the recorded
 * readings with that model, by the same {@code decide} and {@code apply} as the first, and both
 * lives are compared. Nothing of it is recorded.
 *
 * <p>The second twin begins with the state that the first had, and is defined, maintained and
 * acknowledged as the first was. A model with thresholds of the machine's own finds them anew: what
 * it says before is no judgement, as with the first.
 *
 * <p>Not thread-safe; one object compares one stretch once.
 */
public final class WhatIf {

  private final ModelSession candidate;
  private final MachineTypes types;
  private final ActorRef<Object> nobody;
  private final long first;
  private final WorstOpinions worst;
  private final Activations recordedAlerts = new Activations();
  private final Activations candidateAlerts = new Activations();
  private final RemainingLifeErrors lives = new RemainingLifeErrors();
  private final TreeSet<String> decidedBy = new TreeSet<>();
  private MachineState recorded;
  private MachineState imagined;
  private @Nullable MachineType type;
  private long events;
  private long readings;
  private long compared;
  private long anomalousRecorded;
  private long anomalousCandidate;
  private long anomalousBoth;
  private long sameMode;
  private long withModes;

  /**
   * One reading as both models judge it.
   *
   * @param revision the recorded event
   * @param index position of the reading in it
   */
  public record Opinion(
      long revision, int index, Instant at, Judgement recorded, Judgement candidate) {}

  /**
   * What a model says, in numbers that two models can be compared by.
   *
   * @param scoreRatio the greatest anomaly score as a multiple of its threshold; NaN without one
   * @param failureProbability NaN without a classifier
   * @param failureMode the leading one when failure is likely, else empty
   * @param rul median remaining life in the type's unit; NaN without a RUL model
   * @param rulLow its least quantile; NaN where the model gives the median alone
   * @param rulHigh its greatest
   */
  public record Judgement(
      double scoreRatio,
      double failureProbability,
      String failureMode,
      double rul,
      double rulLow,
      double rulHigh) {

    private static Judgement of(MachineState state, Assessment assessment) {
      double[] thresholds = state.thresholds();
      boolean scored = assessment.hasScore() && thresholds.length == assessment.modalities();
      int quantiles = assessment.rulQuantiles();
      return new Judgement(
          scored ? assessment.scoreRatio(thresholds) : Double.NaN,
          assessment.failureProbability(),
          HealthRule.failureMode(state, assessment),
          assessment.medianRul(),
          quantiles > 1 ? assessment.rul(0) : Double.NaN,
          quantiles > 1 ? assessment.rul(quantiles - 1) : Double.NaN);
    }
  }

  /**
   * A time in which an alert's condition held.
   *
   * @param revision the recorded event with the reading that brought it about
   * @param to when it returned to normal; null when it had not by the end
   */
  public record Activation(
      String rule,
      String failureType,
      String severity,
      long revision,
      Instant from,
      @Nullable Instant to) {

    private boolean overlaps(Activation other) {
      return (to == null || !to.isBefore(other.from))
          && (other.to == null || !other.to.isBefore(from));
    }
  }

  /** An activation of the recorded model and the one of the candidate that it corresponds to. */
  public record Matched(Activation recorded, Activation candidate) {}

  /**
   * How alerts compare: an activation of one model is that of the other when it is of the same rule
   * and they overlap in time.
   *
   * @param gained only the candidate would have raised these
   * @param lost only the recorded model raised these
   * @param moved both, at different times
   * @param unmoved both, with the same reading
   */
  public record Alerts(
      List<Activation> gained, List<Activation> lost, List<Matched> moved, List<Matched> unmoved) {
    public Alerts {
      gained = List.copyOf(gained);
      lost = List.copyOf(lost);
      moved = List.copyOf(moved);
      unmoved = List.copyOf(unmoved);
    }
  }

  /**
   * How far the medians of remaining life were from what really remained until the machine was
   * maintained, or until the clock of its life began anew.
   *
   * @param unit of the errors
   * @param ends how many lives ended
   * @param readings how many readings of these lives had a remaining life from both models
   * @param recordedRmse root mean square error of the recorded model
   * @param candidateRmse root mean square error of the candidate
   * @param lives the first of these lives, one by one
   */
  public record RulError(
      String unit,
      long ends,
      long readings,
      double recordedRmse,
      double candidateRmse,
      List<Life> lives) {
    public RulError {
      lives = List.copyOf(lives);
    }
  }

  /**
   * A life that ended.
   *
   * @param end time of its last reading
   * @param readings how many readings of it had a remaining life from both models
   */
  public record Life(Instant end, long readings, double recordedRmse, double candidateRmse) {}

  /**
   * What came out.
   *
   * @param recordedModels which models had decided
   * @param candidate which was tried
   * @param readings how many readings there were
   * @param compared how many both models judged
   * @param anomalousRecorded how many of these the recorded model found anomalous
   * @param anomalousCandidate how many the candidate did
   * @param anomalousBoth how many both did
   * @param sameFailureMode share of the readings with the same likely failure mode, or none; NaN
   *     without two classifiers
   * @param rul null where no life ended, or one of the models gives none
   * @param opinions in the order of the journal; of many, of each stretch those with the greatest
   *     numbers of either model
   */
  public record Report(
      String machineId,
      long firstRevision,
      long lastRevision,
      List<String> recordedModels,
      String candidate,
      long readings,
      long compared,
      long anomalousRecorded,
      long anomalousCandidate,
      long anomalousBoth,
      double sameFailureMode,
      Alerts alerts,
      @Nullable RulError rul,
      List<Opinion> opinions) {
    public Report {
      recordedModels = List.copyOf(recordedModels);
      opinions = List.copyOf(opinions);
    }
  }

  /**
   * A comparison.
   *
   * @param before the state before the first event that is compared
   * @param types for machines that do not know their own type yet
   * @param points how many opinions are kept at most
   * @param nobody where answers to imagined commands would go
   */
  WhatIf(
      MachineState before,
      ModelSession candidate,
      MachineTypes types,
      int points,
      ActorRef<Object> nobody) {
    this.recorded = before;
    this.imagined = before;
    this.type = before.definition() == null ? null : before.definition().type();
    this.candidate = candidate;
    this.types = types;
    this.nobody = nobody;
    this.first = before.revision() + 1;
    this.worst = new WorstOpinions(points);
  }

  /** Takes the next recorded event. */
  void add(JournalEntry entry) {
    long revision = recorded.revision() + 1;
    switch (entry.event()) {
      case MachineEvent.DefinitionAssigned e -> type = e.definition();
      case MachineEvent.ReadingsRecorded e -> live(revision, entry, e.readings());
      case MachineEvent.MaintenanceRecorded e -> {
        imagine(
            new MachineCommand.RecordMaintenance(
                e.kind(), e.note(), e.failureMode(), "recorded", nobody()),
            entry);
        lives.end();
      }
      case MachineEvent.AlertChanged e -> {
        recordedAlerts.follow(e, e.readingRevision() > 0 ? e.readingRevision() : revision);
        handle(e, entry);
      }
      default -> {
        // Everything else follows from the readings, or says nothing about them.
      }
    }
    recorded = recorded.apply(entry);
    events++;
  }

  private void live(long revision, JournalEntry entry, List<AssessedReading> then) {
    MachineType known = type;
    if (known == null) {
      return;
    }
    List<AssessedReading> now = new ArrayList<>();
    for (JournalEntry each :
        imagine(
            new MachineCommand.RecordReadings(
                Submitting.again(recorded.machineId(), known, then), "recorded", null, nobody()),
            entry)) {
      if (each.event() instanceof MachineEvent.ReadingsRecorded imaginedReadings) {
        now.addAll(imaginedReadings.readings());
      }
    }
    if (now.size() != then.size()) {
      throw new IllegalStateException(
          "revision %d holds %d readings, and %d of them can be lived through again"
              .formatted(revision, then.size(), now.size()));
    }
    ModelProfile decided = recorded.model();
    if (decided != null) {
      decidedBy.add(decided.ref().label());
    }
    for (int i = 0; i < then.size(); i++) {
      readings++;
      compare(known, revision, i, then.get(i), now.get(i));
    }
  }

  private void compare(
      MachineType known, long revision, int index, AssessedReading then, AssessedReading now) {
    Assessment recordedSays = then.assessment();
    Assessment candidateSays = now.assessment();
    if (recordedSays == null
        || candidateSays == null
        || !recordedSays.isAvailable()
        || !candidateSays.isAvailable()) {
      return;
    }
    compared++;
    anomalousRecorded += recordedSays.anomalous() ? 1 : 0;
    anomalousCandidate += candidateSays.anomalous() ? 1 : 0;
    anomalousBoth += recordedSays.anomalous() && candidateSays.anomalous() ? 1 : 0;
    Opinion opinion =
        new Opinion(
            revision,
            index,
            then.reading().timestamp(),
            Judgement.of(recorded, recordedSays),
            Judgement.of(imagined, candidateSays));
    if (recordedSays.hasFailureProbability() && candidateSays.hasFailureProbability()) {
      withModes++;
      sameMode +=
          opinion.recorded().failureMode().equals(opinion.candidate().failureMode()) ? 1 : 0;
    }
    lives.see(known, then.reading(), opinion);
    worst.see(opinion);
  }

  /**
   * To the second twin's alerts happens what happened to the first's, if it has raised them too.
   */
  private void handle(MachineEvent.AlertChanged change, JournalEntry entry) {
    if (isSilence(change)) {
      imagine(new MachineCommand.Due(MachineCommand.Due.Kind.SILENCE), entry);
      return;
    }
    Optional<Alert> same = imagined.alerts().ofRule(change.rule());
    if (same.isEmpty()) {
      return;
    }
    if (entry.stamp().cause() instanceof Cause.Principal) {
      handled(change)
          .ifPresent(
              verb ->
                  imagine(
                      new MachineCommand.ChangeAlert(
                          same.get().id(),
                          verb,
                          verb == AlertVerb.SHELVE ? change.dueAt() : null,
                          "recorded",
                          "",
                          nobody()),
                      entry));
    } else if (change.from() == AlertState.SHELVED) {
      imagine(new MachineCommand.Due(MachineCommand.Due.Kind.UNSHELVE), entry);
    }
  }

  /** Whether the clock raised it because there was no reading. */
  private static boolean isSilence(MachineEvent.AlertChanged change) {
    return change.readingRevision() == 0
        && change.to() == AlertState.UNACKNOWLEDGED
        && (change.from() == AlertState.NORMAL
            || change.from() == AlertState.RETURNED_UNACKNOWLEDGED);
  }

  /** What somebody did who changed an alert like this. */
  private static Optional<AlertVerb> handled(MachineEvent.AlertChanged change) {
    return switch (change.to()) {
      case ACKNOWLEDGED -> Optional.of(AlertVerb.ACKNOWLEDGE);
      case SHELVED -> Optional.of(AlertVerb.SHELVE);
      case SUPPRESSED -> Optional.of(AlertVerb.SUPPRESS);
      case OUT_OF_SERVICE -> Optional.of(AlertVerb.TAKE_OUT_OF_SERVICE);
      case RETURNED_UNACKNOWLEDGED -> Optional.empty();
      case UNACKNOWLEDGED, NORMAL ->
          switch (change.from()) {
            case SHELVED -> Optional.of(AlertVerb.UNSHELVE);
            case SUPPRESSED -> Optional.of(AlertVerb.UNSUPPRESS);
            case OUT_OF_SERVICE -> Optional.of(AlertVerb.RETURN_TO_SERVICE);
            case ACKNOWLEDGED -> Optional.of(AlertVerb.CLEAR);
            case UNACKNOWLEDGED, RETURNED_UNACKNOWLEDGED, NORMAL ->
                Optional.of(AlertVerb.ACKNOWLEDGE);
          };
    };
  }

  /** Where answers to imagined commands would go. */
  private <T> ActorRef<T> nobody() {
    return nobody.narrow();
  }

  private List<JournalEntry> imagine(MachineCommand.Change command, JournalEntry entry) {
    MachineType known = type;
    Models decides = (name, machineId) -> Optional.of(candidate);
    DecisionContext context =
        new DecisionContext(
            entry.stamp().recordedAt(),
            known == null ? types : types.with(known),
            decides,
            DecisionContext.Admission.OPEN);
    List<JournalEntry> happened = MachineDecisions.decide(imagined, command, context).events();
    for (JournalEntry each : happened) {
      imagined = imagined.apply(each);
      if (each.event() instanceof MachineEvent.AlertChanged change) {
        candidateAlerts.follow(change, recorded.revision() + 1);
      }
    }
    return happened;
  }

  /** How many events have been taken. */
  public long events() {
    return events;
  }

  /** What has come out. */
  Report report() {
    MachineType known = type;
    return new Report(
        recorded.machineId(),
        first,
        recorded.revision(),
        List.copyOf(decidedBy),
        candidate.profile().ref().label(),
        readings,
        compared,
        anomalousRecorded,
        anomalousCandidate,
        anomalousBoth,
        withModes == 0 ? Double.NaN : (double) sameMode / withModes,
        compared(recordedAlerts.all(), candidateAlerts.all()),
        known == null ? null : lives.error(known.rulUnit()),
        worst.kept());
  }

  private static Alerts compared(List<Activation> recorded, List<Activation> candidate) {
    List<Activation> gained = new ArrayList<>(candidate);
    List<Activation> lost = new ArrayList<>();
    List<Matched> moved = new ArrayList<>();
    List<Matched> unmoved = new ArrayList<>();
    for (Activation then : recorded) {
      Optional<Activation> match =
          gained.stream()
              .filter(now -> now.rule().equals(then.rule()) && now.overlaps(then))
              .findFirst();
      if (match.isEmpty()) {
        lost.add(then);
      } else {
        gained.remove(match.get());
        boolean together = match.get().from().equals(then.from());
        (together ? unmoved : moved).add(new Matched(then, match.get()));
      }
    }
    return new Alerts(gained, lost, moved, unmoved);
  }
}
