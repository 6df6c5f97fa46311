package twin.core.machine;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** When the clock next has something to say to a machine that sends nothing. Pure. */
public final class SilenceDeadline {

  private SilenceDeadline() {}

  /**
   * When the twin is to look at the clock: first when the machine has been silent for too long,
   * then when what it has read since the last summary waits for no more.
   *
   * @return nothing once both have been seen to, for a machine that has sent nothing yet and for a
   *     retired one
   */
  public static Optional<Instant> of(MachineState state, Instant now) {
    Definition definition = state.definition();
    Instant last = state.lastReadingAt();
    if (definition == null || last == null || state.retired()) {
      return Optional.empty();
    }
    Instant silent = last.plus(definition.type().silence());
    if (!now.isAfter(silent)) {
      return Optional.of(silent);
    }
    return state.period().span().isEmpty()
        ? Optional.empty()
        : Optional.of(last.plus(PeriodRule.SILENCE));
  }

  /** How much later than that a twin may be woken, so that not each reading moves its deadline. */
  public static Duration slack(MachineState state) {
    Definition definition = state.definition();
    return definition == null ? Duration.ZERO : definition.type().silence().dividedBy(4);
  }
}
