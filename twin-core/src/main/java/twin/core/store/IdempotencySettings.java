package twin.core.store;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * The bounds of what is remembered of calls that may be sent again. Read once from {@code
 * twin.idempotency}.
 *
 * @param keep how long an answer is kept
 * @param abandonedAfter after how long a call that was never answered may be made again: its node
 *     has ended in the middle
 * @param keysMax the most keys that a caller may have at a time
 */
public record IdempotencySettings(Duration keep, Duration abandonedAfter, int keysMax) {
  /** Checks the bounds. */
  public IdempotencySettings {
    Settings.positive("keep", keep);
    Settings.positive("abandoned-after", abandonedAfter);
    Settings.positive("keys-max", keysMax);
  }

  /** Reads {@code twin.idempotency} of a whole configuration. */
  public static IdempotencySettings from(Config root) {
    Config config = root.getConfig("twin.idempotency");
    return new IdempotencySettings(
        config.getDuration("keep"),
        config.getDuration("abandoned-after"),
        config.getInt("keys-max"));
  }
}
