package twin.core.machine;

import java.time.Instant;
import twin.core.inference.Models;
import twin.core.type.MachineTypes;

/**
 * All that a decision may know beside the state and the command.
 *
 * @param now when the command was taken up
 * @param types the machine types in force
 * @param models the bundles in force
 * @param admission whether a machine may be created by being heard of
 */
public record DecisionContext(Instant now, MachineTypes types, Models models, Admission admission) {

  /** Whether machines that nobody registered are taken in. */
  public enum Admission {
    /** They are. */
    OPEN,
    /** Registration by being heard of is switched off. */
    REGISTERED_ONLY,
    /** As many machines as the configuration allows are there. */
    FULL
  }
}
