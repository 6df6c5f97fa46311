package twin.core.deadline;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How sleepers are woken.
 *
 * @param writeEvery how long deadlines gather before they are written
 * @param scanEvery the pause between two looks for what is due
 * @param againAfter after how long a twin that did not see to its deadline is told again
 * @param batch the most that are written, or found due, at once
 * @param rememberedMax of how many machines a node remembers what it wrote last
 */
public record DeadlineSettings(
    Duration writeEvery, Duration scanEvery, Duration againAfter, int batch, int rememberedMax) {

  public DeadlineSettings {
    if (writeEvery.isZero() || scanEvery.isZero() || againAfter.isZero()) {
      throw new IllegalArgumentException(
          "twin.deadlines.write-every, scan-every and again-after must be above 0");
    }
    if (batch < 1 || rememberedMax < 1) {
      throw new IllegalArgumentException(
          "twin.deadlines.batch and remembered-max must be 1 or more");
    }
  }

  /** The settings under {@code twin.deadlines}. */
  public static DeadlineSettings of(Config config) {
    return new DeadlineSettings(
        config.getDuration("write-every"),
        config.getDuration("scan-every"),
        config.getDuration("again-after"),
        config.getInt("batch"),
        config.getInt("remembered-max"));
  }
}
