package twin.core.store;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How long summaries are kept. Read once from {@code twin.periods}.
 *
 * @param keep how much of a machine's own time its periods reach back; hours and days stay
 * @param rowsMax the most rows that one history is read from, before longer stretches are taken
 */
public record PeriodSettings(Duration keep, int rowsMax) {

  private static final Duration KEEP_LEAST = Duration.ofDays(1);

  /** Checks the bounds. */
  public PeriodSettings {
    if (keep.compareTo(KEEP_LEAST) < 0) {
      throw new IllegalArgumentException("keep must be a day at least but is " + keep);
    }
    Settings.positive("rows-max", rowsMax);
  }

  /** Reads {@code twin.periods} of a whole configuration. */
  public static PeriodSettings from(Config root) {
    Config config = root.getConfig("twin.periods");
    return new PeriodSettings(config.getDuration("keep"), config.getInt("rows-max"));
  }
}
