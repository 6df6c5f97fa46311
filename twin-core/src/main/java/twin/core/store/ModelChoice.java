package twin.core.store;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which bundles are for a machine type, or for one machine of it.
 *
 * @param machineId empty: all machines of the type that have no choice of their own
 * @param champion version that decides; null: what would decide without this choice
 * @param shadow version whose opinion is recorded; null: none
 * @param previous the champion before; null: none to go back to
 * @param probationUntil until when the champion is watched more closely; null: it is not
 * @param version grows with each change, from 1; 0 for one that is not written yet
 * @param changedBy who wanted it
 * @param reason why
 */
public record ModelChoice(
    String machineType,
    String machineId,
    @Nullable String champion,
    @Nullable String shadow,
    @Nullable String previous,
    @Nullable Instant probationUntil,
    long version,
    Instant changedAt,
    String changedBy,
    String reason) {

  /** Whether it is for all machines of the type. */
  public boolean ofType() {
    return machineId.isEmpty();
  }
}
