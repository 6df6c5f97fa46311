package twin.core.alert;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import twin.core.type.Severity;

/**
 * An open alert.
 *
 * @param id {@code {machine_id}-{revision that raised it}}
 * @param rule the rule that raised it
 * @param failureType failure mode or, without one, the name of the rule
 * @param state where it stands
 * @param severity how serious it is
 * @param raisedAt time of the reading that raised it
 * @param revision revision of its last change
 * @param dueAt when the clock changes it: a shelved one comes back, an unacknowledged one is
 *     escalated; null: never
 * @param escalation how often it has been escalated
 * @param gone whether its condition went away while it was hidden, so that nobody was told
 */
public record Alert(
    String id,
    String rule,
    String failureType,
    AlertState state,
    Severity severity,
    Instant raisedAt,
    long revision,
    @Nullable Instant dueAt,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) int escalation,
    @JsonInclude(JsonInclude.Include.NON_DEFAULT) boolean gone) {

  @JsonCreator
  public Alert {}

  /** One that the clock does not change. */
  public Alert(
      String id,
      String rule,
      String failureType,
      AlertState state,
      Severity severity,
      Instant raisedAt,
      long revision) {
    this(id, rule, failureType, state, severity, raisedAt, revision, null, 0, false);
  }

  /** This alert in another state, in which the clock does not change it. */
  public Alert in(AlertState newState, long newRevision) {
    return new Alert(
        id,
        rule,
        failureType,
        newState,
        severity,
        raisedAt,
        newRevision,
        null,
        escalation,
        newState.isHidden() && gone);
  }

  /** This hidden alert with what has been learned of its condition. */
  Alert withGone(boolean nowGone) {
    return new Alert(
        id, rule, failureType, state, severity, raisedAt, revision, dueAt, escalation, nowGone);
  }

  /** Whether its condition holds, as far as is known, be it hidden or not. */
  public boolean conditionHolds() {
    return state.isActive() || (state.isHidden() && !gone);
  }

  /** Whether the clock is to change it now. */
  public boolean isDue(AlertState whileIn, Instant now) {
    return state == whileIn && dueAt != null && !now.isBefore(dueAt);
  }
}
