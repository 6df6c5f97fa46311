package twin.training.lived;

import java.time.Instant;

/**
 * What came of a reading.
 *
 * @param kind what is known
 * @param mode the failure; empty unless it was failing
 * @param remaining how much life was left, in the unit of the type; NaN where it is not known
 * @param knownAt when that was known at the latest: what came later must not be learned from
 */
public record Label(Kind kind, String mode, double remaining, Instant knownAt) {

  /** What is known of a reading. */
  public enum Kind {
    /** No failure was near. */
    NORMAL,
    /** A failure was near, or had come and was not repaired yet. */
    FAILING,
    /** An alert was there and nobody has said whether it was right. */
    UNJUDGED
  }
}
