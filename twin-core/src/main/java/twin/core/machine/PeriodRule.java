package twin.core.machine;

import java.time.Duration;
import java.time.Instant;

/** When a period is summed up, beside the readings that complete it. */
final class PeriodRule {

  /** After so long without a reading, by time of receipt, a period waits for no more. */
  static final Duration SILENCE = Duration.ofHours(1);

  private PeriodRule() {}

  /** Sums up what has been read since the last summary, if anything has. */
  static void close(Decision decision) {
    MachineState state = decision.state();
    Definition definition = state.definition();
    if (definition != null) {
      state.period().summary(definition.type()).ifPresent(decision::emit);
    }
  }

  /** Sums up what was read before the machine fell silent. */
  static void closeAfterSilence(Decision decision, DecisionContext context) {
    Instant last = decision.state().lastReadingAt();
    if (last != null && Duration.between(last, context.now()).compareTo(SILENCE) >= 0) {
      close(decision);
    }
  }
}
