package twin.core.machine;

import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.type.MachineType;

/** Health as a number and status as a word, from a twin's state. Pure. */
public final class HealthRule {

  /** Health under which a machine is to be watched. */
  public static final double WATCH_BELOW = 0.7;

  /** How far health must move before the read side is told. */
  public static final double NOTEWORTHY_CHANGE = 0.05;

  /** From this probability on a failure is likely. */
  static final double LIKELY_FAILURE = 0.5;

  private HealthRule() {}

  /** Tells the read side when status, health or remaining life have changed enough. */
  static void follow(Decision decision, DecisionContext context) {
    MachineState state = decision.state();
    MachineEvent.HealthChanged now = of(state, MachineDecisions.silent(state, context));
    Definition definition = state.definition();
    double rulHorizon = definition == null ? 0 : definition.type().rulHorizon();
    if (isNoteworthy(state.health(), now, rulHorizon)) {
      decision.emit(now);
    }
  }

  /**
   * Whether the read side, having been told the one, should be told the other: another status,
   * health moved by {@link #NOTEWORTHY_CHANGE}, or median RUL by a tenth and by a twentieth of the
   * horizon, so that lists by RUL stay true also where it does not touch health yet.
   */
  static boolean isNoteworthy(
      MachineEvent.@Nullable HealthChanged told,
      MachineEvent.HealthChanged now,
      double rulHorizon) {
    if (told == null || told.status() != now.status()) {
      return true;
    }
    Double rulTold = told.rulP50();
    double leastRulChange =
        Math.max(NOTEWORTHY_CHANGE * rulHorizon, rulTold == null ? 0 : Math.abs(rulTold) / 10);
    return hasMoved(told.health(), now.health(), NOTEWORTHY_CHANGE)
        || hasMoved(rulTold, now.rulP50(), leastRulChange);
  }

  private static boolean hasMoved(@Nullable Double before, @Nullable Double after, double least) {
    if (before == null || after == null) {
      return (before == null) != (after == null);
    }
    return Math.abs(before - after) >= least;
  }

  /**
   * Health and status as they are now.
   *
   * @param silent whether the machine has said nothing for too long
   */
  public static MachineEvent.HealthChanged of(MachineState state, boolean silent) {
    Assessment assessment = state.assessment();
    Definition definition = state.definition();
    if (assessment == null || definition == null || !assessment.judgesAnything()) {
      return new MachineEvent.HealthChanged(
          status(state, silent, null), null, null, null, "", null);
    }
    double ratio = assessment.scoreRatio(state.thresholds());
    double health = 1 - worst(assessment, ratio, definition.type());
    return new MachineEvent.HealthChanged(
        status(state, silent, health),
        health,
        assessment.hasScore() ? ratio : null,
        assessment.hasFailureProbability() ? (double) assessment.failureProbability() : null,
        failureMode(state, assessment),
        Float.isNaN(assessment.medianRul()) ? null : (double) assessment.medianRul());
  }

  private static double worst(Assessment assessment, double ratio, MachineType type) {
    double worst = normalised(ratio);
    if (assessment.hasFailureProbability()) {
      worst = Math.max(worst, assessment.failureProbability());
    }
    return Math.max(worst, rulUrgency(assessment.medianRul(), type.rulHorizon()));
  }

  /**
   * An anomaly score as a multiple of its threshold, brought to 0–1: a half at the threshold, and
   * little of it for the scores of a machine that runs well (Hill's function of order 2).
   */
  static double normalised(double ratio) {
    double square = ratio * ratio;
    return Double.isInfinite(square) ? 1 : square / (1 + square);
  }

  /** 0 with a horizon or more to live, 1 with nothing; 0 without a RUL model. */
  static double rulUrgency(double medianRul, double horizon) {
    if (Double.isNaN(medianRul) || horizon <= 0) {
      return 0;
    }
    return Math.min(1, Math.max(0, 1 - medianRul / horizon));
  }

  private static Status status(MachineState state, boolean silent, @Nullable Double health) {
    if (state.alerts().alarms()) {
      return Status.ALARM;
    }
    if (silent) {
      return Status.STALE;
    }
    if (!state.alerts().open().isEmpty() || (health != null && health < WATCH_BELOW)) {
      return Status.WATCH;
    }
    return health == null || state.commissioning() ? Status.UNKNOWN : Status.NORMAL;
  }

  /** The leading failure mode when a failure is likely; else empty. */
  public static String failureMode(MachineState state, Assessment assessment) {
    int leading = assessment.leadingFailureMode();
    return leading < 0 || assessment.failureProbability() < LIKELY_FAILURE || state.model() == null
        ? ""
        : state.model().failureModes().get(leading);
  }
}
