package twin.core.alert;

import java.time.Instant;
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
 */
public record Alert(
    String id,
    String rule,
    String failureType,
    AlertState state,
    Severity severity,
    Instant raisedAt,
    long revision) {

  /** This alert in another state. */
  public Alert in(AlertState newState, long newRevision) {
    return new Alert(id, rule, failureType, newState, severity, raisedAt, newRevision);
  }
}
