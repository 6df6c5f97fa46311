package twin.core.model;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import twin.core.feature.FeatureVector;
import twin.core.inference.Assessment;
import twin.core.inference.Conclusion;
import twin.core.inference.Contribution;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.machine.AssessedReading;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.TwinChanged;
import twin.core.store.ModelChoice;

/**
 * A new champion beside the one before it, as the twins of this node see them. Safe for use by many
 * threads; a figure that is being added to may be read a moment early.
 */
final class Trial {

  /** From this probability on a failure is likely, as for a machine's status. */
  private static final double LIKELY_FAILURE = 0.5;

  /** A run that takes less for a reading is never too slow. */
  private static final long NANOS_UNNOTICED = 1_000_000;

  final Timed champion;
  final Timed former;
  private final ModelChoice choice;
  private final LongAdder compared = new LongAdder();
  private final LongAdder different = new LongAdder();

  Trial(ModelChoice choice, ModelSession champion, ModelSession former) {
    this.choice = choice;
    this.champion = new Timed(champion);
    this.former = new Timed(former);
  }

  ModelChoice choice() {
    return choice;
  }

  /** Compares what both have said of new readings. */
  void follow(TwinChanged changed) {
    ModelProfile decided = changed.state().model();
    ModelProfile beside = changed.state().shadow();
    if (decided == null
        || beside == null
        || !decided.equals(champion.profile())
        || !beside.equals(former.profile())) {
      return;
    }
    for (JournalEntry entry : changed.entries()) {
      if (entry.event() instanceof MachineEvent.ReadingsRecorded recorded) {
        recorded.readings().forEach(this::compare);
      }
    }
  }

  private void compare(AssessedReading reading) {
    Assessment one = reading.assessment();
    Assessment other = reading.shadow();
    if (one != null && other != null && one.isAvailable() && other.isAvailable()) {
      compared.increment();
      if (alarms(one) != alarms(other)) {
        different.increment();
      }
    }
  }

  private static boolean alarms(Assessment assessment) {
    return assessment.anomalous()
        || (assessment.hasFailureProbability()
            && assessment.failureProbability() >= LIKELY_FAILURE);
  }

  /** Why the champion has to go, if it has. */
  Optional<String> fault(ModelSettings settings) {
    long readings = champion.readings.sum();
    if (readings < settings.judgedMin()) {
      return Optional.empty();
    }
    double failures = (double) champion.failures.sum() / readings;
    if (failures > settings.failuresMax()) {
      return Optional.of(
          String.format(
              Locale.ROOT, "it failed on %.1f %% of %d readings", 100 * failures, readings));
    }
    double nanos = champion.nanosPerReading();
    double before = former.nanosPerReading();
    if (nanos > NANOS_UNNOTICED && nanos > settings.slowdownMax() * before) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "a reading takes it %.1f ms, and took the one before %.1f",
              nanos / 1e6,
              before / 1e6));
    }
    long judgedByBoth = compared.sum();
    double disagreement = judgedByBoth == 0 ? 0 : (double) different.sum() / judgedByBoth;
    if (judgedByBoth >= settings.judgedMin() && disagreement > settings.disagreementMax()) {
      return Optional.of(
          String.format(
              Locale.ROOT,
              "it judged %.1f %% of %d readings otherwise than the one before",
              100 * disagreement,
              judgedByBoth));
    }
    return Optional.empty();
  }

  /** A bundle that is timed while it is on trial. */
  static final class Timed implements ModelSession {
    private final ModelSession session;
    private final LongAdder readings = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final LongAdder nanos = new LongAdder();

    Timed(ModelSession session) {
      this.session = session;
    }

    double nanosPerReading() {
      long judged = readings.sum();
      return judged == 0 ? 0 : (double) nanos.sum() / judged;
    }

    @Override
    public ModelProfile profile() {
      return session.profile();
    }

    @Override
    public double tolerance() {
      return session.tolerance();
    }

    @Override
    public List<ModelOutput> run(List<FeatureVector> asked) {
      long began = System.nanoTime();
      boolean done = false;
      try {
        List<ModelOutput> outputs = session.run(asked);
        done = outputs.size() == asked.size();
        return outputs;
      } finally {
        nanos.add(System.nanoTime() - began);
        readings.add(asked.size());
        if (!done) {
          failures.add(asked.size());
        }
      }
    }

    @Override
    public List<Contribution> explain(FeatureVector reading, Conclusion conclusion) {
      return session.explain(reading, conclusion);
    }
  }
}
