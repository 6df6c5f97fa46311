package twin.core.machine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.alert.Alert;
import twin.core.alert.AlertBook;
import twin.core.alert.AlertPolicy;
import twin.core.alert.AlertState;
import twin.core.alert.Observation;
import twin.core.feature.Baseline;
import twin.core.feature.Calibration;
import twin.core.feature.FeatureExtractor;
import twin.core.feature.FeatureVector;
import twin.core.feature.ReadingWindow;
import twin.core.feature.ScoreHistory;
import twin.core.inference.Assessment;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.inference.StatisticalGate;
import twin.core.reading.Identities;
import twin.core.reading.Judgement;
import twin.core.reading.Placement;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.reading.ReadingValidator;
import twin.core.reading.SubmittedReading;
import twin.core.reading.Times;
import twin.core.type.AlertRule;
import twin.core.type.MachineType;
import twin.core.type.Severity;
import twin.core.type.ThresholdRule;

/**
 * The way of a command's readings through a twin: judge which are new, validate, compute features,
 * ask the model once for all of them, apply the alert policy. It works on copies of the twin's
 * window and identities, so that features and assessments of a batch are those that its readings
 * would have had one by one. What a batch teaches (a new channel, a baseline) holds for the whole
 * batch or for what comes after it.
 *
 * <p>Not thread-safe; lives for one command.
 */
final class RecordingReadings {

  /** A reading that will be recorded, before it is assessed. */
  private record Accepted(
      int submitted,
      Reading reading,
      Placement placement,
      boolean restart,
      int operatingMode,
      @Nullable FeatureVector features) {

    AssessedReading unassessed() {
      return new AssessedReading(reading, placement, operatingMode, 0, null, null);
    }
  }

  private final Decision decision;
  private final MachineCommand.RecordReadings command;
  private final DecisionContext context;
  private final List<MachineReply.@Nullable Outcome> outcomes;
  private @Nullable ModelSession shadow;

  RecordingReadings(
      Decision decision, MachineCommand.RecordReadings command, DecisionContext context) {
    this.decision = decision;
    this.command = command;
    this.context = context;
    this.outcomes = new ArrayList<>(command.readings().size());
  }

  List<MachineReply.Outcome> run() {
    MachineType type =
        MachineDecisions.definitionFor(decision.state(), command.readings(), context);
    Judged judged = judge(type);
    if (!judged.accepted().isEmpty()) {
      MachineDecisions.assign(decision, type, context);
      ModelSession session =
          context.models().champion(type.name(), decision.state().machineId()).orElse(null);
      shadow = context.models().shadow(type.name(), decision.state().machineId()).orElse(null);
      assignModel(type, session);
      emit(judged.accepted(), session);
      HealthRule.follow(decision, context);
    }
    List<MachineReply.Outcome> all = new ArrayList<>(outcomes.size());
    for (MachineReply.Outcome outcome : outcomes) {
      all.add(outcome == null ? MachineReply.Outcome.duplicate() : outcome);
    }
    return all;
  }

  private record Judged(List<Accepted> accepted) {}

  /** Which readings are new, with their features, in order of arrival. */
  private Judged judge(MachineType type) {
    MachineState state = decision.state();
    Definition definition =
        state.definition() != null && state.definition().type().equals(type)
            ? state.definition()
            : new Definition(type);
    FeatureExtractor features = definition.features();
    ReadingWindow window = windowFor(state, definition);
    Calibration calibration =
        definition.equals(state.definition())
            ? state.calibration()
            : state.calibration().observing(type);
    Identities identities = state.identities();
    long latenessNanos = type.latenessBound().toNanos();
    long latestPlausible = Times.toNanos(context.now().plus(type.futureBound()));
    String queue = command.queue() == null ? null : command.source() + "/" + command.queue();
    List<Accepted> accepted = new ArrayList<>();
    for (int i = 0; i < command.readings().size(); i++) {
      SubmittedReading submitted = command.readings().get(i);
      long timeNanos = Times.toNanos(submitted.timestamp());
      switch (identities.judge(
          timeNanos,
          submitted.seq(),
          queue,
          submitted.position(),
          latestPlausible,
          latenessNanos)) {
        case Judgement.Duplicate duplicate -> outcomes.add(MachineReply.Outcome.duplicate());
        case Judgement.TooLate(String reason) ->
            outcomes.add(
                MachineReply.Outcome.rejected(
                    "too_late",
                    "the reading of %s cannot be told from a duplicate: %s"
                        .formatted(submitted.timestamp(), reason)));
        case Judgement.New(Placement placement, boolean restart) -> {
          Reading reading =
              ReadingValidator.validate(submitted, type, placement == Placement.AHEAD);
          if (restart) {
            identities = identities.restarted();
          }
          identities = identities.with(timeNanos, submitted.seq(), placement, latenessNanos);
          double[] columns = features.columnsOf(reading);
          if (placement == Placement.IN_ORDER || placement == Placement.LATE) {
            window = window.with(timeNanos, MachineState.seqOf(reading), columns);
          }
          FeatureVector vector = null;
          if (placement == Placement.IN_ORDER) {
            calibration = calibration.with(columns, features);
            reading = withStuckSensors(reading, type, window);
            vector = features.extract(reading, window, calibration);
          }
          accepted.add(
              new Accepted(
                  i, reading, placement, restart, features.operatingMode(columns), vector));
          outcomes.add(null);
        }
      }
    }
    return new Judged(accepted);
  }

  private static ReadingWindow windowFor(MachineState state, Definition definition) {
    Definition present = state.definition();
    return definition.equals(present)
        ? state.window()
        : definition.features().adopt(state.window(), present == null ? null : present.features());
  }

  /** Marks the values of sensors that have said the same for too long as uncertain. */
  private static Reading withStuckSensors(Reading reading, MachineType type, ReadingWindow window) {
    List<Quality> qualities = null;
    for (int i = 0; i < type.channels().size(); i++) {
      int bound = type.channels().get(i).stuckAfterReadings();
      if (bound > 0 && reading.quality(i) == Quality.GOOD && isStuck(window, i, bound)) {
        if (qualities == null) {
          qualities = new ArrayList<>(type.channels().size());
          for (int channel = 0; channel < type.channels().size(); channel++) {
            qualities.add(reading.quality(channel));
          }
        }
        qualities.set(i, Quality.UNCERTAIN);
      }
    }
    return qualities == null ? reading : reading.withQualities(qualities);
  }

  private static boolean isStuck(ReadingWindow window, int channel, int bound) {
    if (window.size() < bound) {
      return false;
    }
    double newest = window.value(window.size() - 1, channel);
    for (int row = window.size() - bound; row < window.size(); row++) {
      // An absent value is never equal, so a gap ends the stretch.
      if (window.value(row, channel) != newest) {
        return false;
      }
    }
    return true;
  }

  private void assignModel(MachineType type, @Nullable ModelSession session) {
    ModelProfile profile =
        session == null
            ? StatisticalGate.profile(type, FeatureExtractor.VERSION)
            : session.profile();
    ModelProfile beside = shadow == null ? null : shadow.profile();
    if (!profile.equals(decision.state().model())
        || !Objects.equals(beside, decision.state().shadow())) {
      decision.emit(new MachineEvent.ModelAssigned(profile, beside));
    }
  }

  /**
   * One event for each stretch without a restart and within a period, each followed by what it
   * changes. So a batch has the periods that its readings would have had one by one, and what a
   * stretch teaches is known to the next, as it will be to whoever reads them from the journal.
   */
  private void emit(List<Accepted> accepted, @Nullable ModelSession session) {
    List<Baseline> baselines = decision.state().calibration().baselines();
    int from = 0;
    while (from < accepted.size()) {
      MachineState state = decision.state();
      if (state
          .period()
          .span()
          .endsBefore(watermarkAfter(accepted.get(from), state.identities().watermarkNanos()))) {
        PeriodRule.close(decision);
      }
      int to = endOfStretch(accepted, from);
      List<Accepted> stretch = accepted.subList(from, to);
      announceRestart(stretch.getFirst());
      List<AssessedReading> unassessed = stretch.stream().map(Accepted::unassessed).toList();
      // Of what a stretch teaches, baselines alone are in features.
      List<@Nullable FeatureVector> features =
          decision.state().calibration().baselines().equals(baselines)
              ? stretch.stream().<@Nullable FeatureVector>map(Accepted::features).toList()
              : Assessing.features(decision.state(), unassessed);
      List<AssessedReading> assessed =
          Assessing.assess(decision.state(), unassessed, features, session);
      emitStretch(
          stretch,
          features,
          shadow == null ? assessed : Assessing.withShadow(assessed, features, shadow),
          session);
      if (decision.state().period().span().isComplete()) {
        PeriodRule.close(decision);
      }
      from = to;
    }
  }

  private int endOfStretch(List<Accepted> accepted, int from) {
    PeriodSpan span = decision.state().period().span();
    long watermarkNanos = decision.state().identities().watermarkNanos();
    for (int i = from; i < accepted.size(); i++) {
      watermarkNanos = watermarkAfter(accepted.get(i), watermarkNanos);
      if (i > from && (accepted.get(i).restart() || span.endsBefore(watermarkNanos))) {
        return i;
      }
      if (watermarkNanos != Identities.NO_TIME) {
        span = span.with(watermarkNanos);
      }
      if (span.isComplete()) {
        return i + 1;
      }
    }
    return accepted.size();
  }

  private static long watermarkAfter(Accepted accepted, long watermarkNanos) {
    return accepted.placement() == Placement.IN_ORDER
        ? Times.toNanos(accepted.reading().timestamp())
        : watermarkNanos;
  }

  private void announceRestart(Accepted first) {
    Long seq = first.reading().seq();
    if (first.restart() && seq != null) {
      decision.emit(new MachineEvent.SequenceRestarted(seq));
    }
  }

  private void emitStretch(
      List<Accepted> accepted,
      List<@Nullable FeatureVector> features,
      List<AssessedReading> assessed,
      @Nullable ModelSession session) {
    long revision = decision.nextRevision();
    long watermarkNanos = decision.state().identities().watermarkNanos();
    for (int i = 0; i < accepted.size(); i++) {
      Accepted each = accepted.get(i);
      watermarkNanos = watermarkAfter(each, watermarkNanos);
      boolean late = each.placement() == Placement.LATE || each.placement() == Placement.VERY_LATE;
      outcomes.set(each.submitted(), MachineReply.Outcome.recorded(late, revision, i));
    }
    List<AlertDue> due = alertsDue(assessed);
    decision.emit(
        new MachineEvent.ReadingsRecorded(assessed),
        watermarkNanos,
        new Cause.Source(
            command.source(), command.queue(), positionAfter(accepted), command.trace()));
    for (AlertDue each : due) {
      AssessedReading by = assessed.get(each.index());
      FeatureVector judged = features.get(each.index());
      emitAlert(each, revision, by, explanation(each, by, judged, session));
    }
    completeCalibration();
    adaptThresholds();
  }

  /**
   * The highest position of the queue up to which all of this command is recorded. It stops before
   * the message of a rejected reading: that one must not be taken for a duplicate if it is
   * redelivered before it has reached the dead letters. Readings of one message share a position.
   */
  private @Nullable Long positionAfter(List<Accepted> stretch) {
    Long before = null;
    Long highest = null;
    int last = stretch.getLast().submitted();
    for (int i = 0; i < outcomes.size(); i++) {
      Long position = command.readings().get(i).position();
      if (!Objects.equals(position, highest)) {
        if (i > last) {
          return highest;
        }
        before = highest;
        highest = position;
      }
      MachineReply.Outcome outcome = outcomes.get(i);
      if (outcome != null && outcome.result() == MachineReply.Result.REJECTED) {
        return before;
      }
    }
    return highest;
  }

  /**
   * A change of an alert that a reading of the stretch asks for.
   *
   * @param since when what the rule says began, where it keeps that
   * @param measured what it compared in the reading itself
   */
  private record AlertDue(
      int index, AlertPolicy.Change change, @Nullable Instant since, List<Contribution> measured) {}

  private List<AlertDue> alertsDue(List<AssessedReading> assessed) {
    MachineState state = decision.state();
    Definition definition = state.definition();
    ModelProfile model = state.model();
    if (definition == null || model == null) {
      return List.of();
    }
    MachineType type = definition.type();
    boolean watchesReadings = type.watchesReadings();
    boolean withheld = state.withholdsJudgement();
    if (withheld && !watchesReadings) {
      return List.of();
    }
    AlertBook book = state.alerts();
    double[] thresholds = state.thresholds();
    ReadingWindow window = state.window();
    List<AlertDue> due = new ArrayList<>();
    for (int i = 0; i < assessed.size(); i++) {
      AssessedReading each = assessed.get(i);
      Assessment assessment = each.assessment();
      boolean judged = !withheld && assessment != null && assessment.isAvailable();
      boolean placed = each.placement() == Placement.IN_ORDER || each.placement() == Placement.LATE;
      if (watchesReadings && placed) {
        window =
            window.with(
                Times.toNanos(each.reading().timestamp()),
                MachineState.seqOf(each.reading()),
                definition.features().columnsOf(each.reading()));
      }
      if (judged || watchesReadings) {
        Observation seen = each.observed(type, judged ? model : null, thresholds, window);
        book = AlertPolicy.counted(book, type.alertRules(), seen);
        for (AlertPolicy.Change change : AlertPolicy.changes(book, type.alertRules())) {
          AlertRule rule = change.rule();
          due.add(
              new AlertDue(
                  i,
                  change,
                  book.since(rule, type.alertRules()),
                  AlertPolicy.measured(rule, seen)));
          book = book.with(standIn(book, change, each.reading().timestamp()));
        }
      }
    }
    return due;
  }

  /** The alert as far as the policy looks at it, before its id is known. */
  private static Alert standIn(AlertBook book, AlertPolicy.Change change, Instant at) {
    String rule = change.rule().name();
    return book.ofRule(rule)
        .map(open -> open.in(change.to(), 0))
        .orElseGet(() -> new Alert(rule, rule, rule, change.to(), change.rule().severity(), at, 0));
  }

  /**
   * What was compared in the reading itself, then what contributed most to what a model says of it.
   * That this cannot be told must not keep an alert from being raised.
   */
  private List<Contribution> explanation(
      AlertDue due,
      AssessedReading by,
      @Nullable FeatureVector features,
      @Nullable ModelSession session) {
    Assessment assessment = by.assessment();
    if (assessment == null || !assessment.isAvailable() || features == null) {
      return due.measured();
    }
    try {
      MachineState state = decision.state();
      Optional<Conclusion> conclusion =
          Explaining.conclusionOf(due.change().rule(), assessment, state);
      if (conclusion.isEmpty()) {
        return due.measured();
      }
      List<Contribution> explanation = new ArrayList<>(due.measured());
      explanation.addAll(
          Explaining.mostOf(state, by.reading(), features, session, conclusion.get()));
      return explanation;
    } catch (RuntimeException e) {
      return due.measured();
    }
  }

  private void emitAlert(
      AlertDue due, long readingRevision, AssessedReading cause, List<Contribution> explanation) {
    MachineState state = decision.state();
    Assessment assessment = cause.assessment();
    ModelProfile model = state.model();
    boolean judged = assessment != null && assessment.isAvailable();
    AlertPolicy.Change change = due.change();
    String rule = change.rule().name();
    Optional<Alert> open = state.alerts().ofRule(rule);
    String alertId = open.map(Alert::id).orElse(state.machineId() + "-" + decision.nextRevision());
    // What was escalated stays so as long as nobody has taken note of it.
    int escalation = open.map(Alert::escalation).orElse(0);
    Severity severity = escalation > 0 ? open.orElseThrow().severity() : change.rule().severity();
    Instant dueAt =
        change.to() == AlertState.UNACKNOWLEDGED
                && (escalation == 0 || severity != Severity.CRITICAL)
            ? AlertTurning.escalatesAt(state, rule, context.now())
            : null;
    float rul = judged && assessment != null ? assessment.medianRul() : Float.NaN;
    decision.emit(
        new MachineEvent.AlertChanged(
            alertId,
            rule,
            change.rule().failureMode().isEmpty() ? rule : change.rule().failureMode(),
            change.from(),
            change.to(),
            severity,
            readingRevision,
            due.index(),
            cause.reading().timestamp(),
            judged && assessment != null ? assessment.scoreRatio(state.thresholds()) : null,
            judged && assessment != null && assessment.hasFailureProbability()
                ? (double) assessment.failureProbability()
                : null,
            Float.isNaN(rul) ? null : (double) rul,
            explanation,
            quantile(assessment, model, 0.1),
            quantile(assessment, model, 0.9),
            dueAt,
            escalation,
            due.since()));
  }

  private static @Nullable Double quantile(
      @Nullable Assessment assessment, @Nullable ModelProfile model, double quantile) {
    if (assessment == null || model == null) {
      return null;
    }
    int position = model.rulQuantiles().indexOf(quantile);
    if (position < 0 || position >= assessment.rulQuantiles()) {
      return null;
    }
    float rul = assessment.rul(position);
    return Float.isFinite(rul) ? (Double) (double) rul : null;
  }

  private void completeCalibration() {
    MachineState state = decision.state();
    Definition definition = state.definition();
    ModelProfile model = state.model();
    if (definition == null || model == null) {
      return;
    }
    Calibration calibration = state.calibration();
    int needed = definition.type().baselineValues();
    List<Baseline> baselines =
        calibration.readings() >= needed
            ? calibration.completedBaselines(needed)
            : calibration.baselines();
    List<Double> own = calibration.ownThresholds(definition.type(), model.thresholds());
    if (baselines.size() > calibration.baselines().size() || !own.isEmpty()) {
      decision.emit(
          new MachineEvent.CalibrationCompleted(
              baselines, own.isEmpty() ? calibration.thresholds() : own));
    }
  }

  /** A threshold moves in steps that are worth an event, not with every reading. */
  private void adaptThresholds() {
    MachineState state = decision.state();
    Definition definition = state.definition();
    ModelProfile model = state.model();
    ThresholdRule rule = definition == null ? null : definition.type().thresholds();
    Calibration calibration = state.calibration();
    if (rule == null || model == null || calibration.thresholds().isEmpty()) {
      return;
    }
    for (int i = 0; i < calibration.histories().size(); i++) {
      ScoreHistory history = calibration.histories().get(i);
      double present = calibration.thresholds().get(i);
      double fitting = history.fitting(rule);
      if (history.adapts() && Math.abs(fitting - present) >= rule.step() * present) {
        decision.emit(
            new MachineEvent.ThresholdAdapted(model.modalities().get(i), present, fitting));
      }
    }
  }
}
