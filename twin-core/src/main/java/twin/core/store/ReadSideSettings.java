package twin.core.store;

import com.typesafe.config.Config;
import java.time.Duration;

/**
 * How coarse events are read and projected. Read once from {@code twin.read-side}.
 *
 * @param slices parts by hash of the persistence id, worked on side by side; at most 256
 * @param pollInterval the pause after a poll that found no full page
 * @param pageSize events of all slices looked at in one poll
 * @param groupSize events that share a transaction
 * @param groupWithin how long an event waits for others to share its transaction
 * @param restartBackoffMin the pause before the first restart after a failure
 * @param restartBackoffMax the longest pause before a restart
 */
public record ReadSideSettings(
    int slices,
    Duration pollInterval,
    int pageSize,
    int groupSize,
    Duration groupWithin,
    Duration restartBackoffMin,
    Duration restartBackoffMax) {

  /** As many as {@code twin_slice} tells apart. */
  private static final int SLICES_MAX = 256;

  /** Checks the bounds. */
  public ReadSideSettings {
    if (slices < 1 || slices > SLICES_MAX) {
      throw new IllegalArgumentException("slices must be from 1 to 256 but is " + slices);
    }
    Settings.positive("poll-interval", pollInterval);
    Settings.positive("page-size", pageSize);
    Settings.positive("group-size", groupSize);
    Settings.positive("group-within", groupWithin);
    Settings.positive("restart-backoff-min", restartBackoffMin);
    if (restartBackoffMax.compareTo(restartBackoffMin) < 0) {
      throw new IllegalArgumentException(
          "restart-backoff-max must not be below restart-backoff-min but is " + restartBackoffMax);
    }
  }

  /** Reads {@code twin.read-side} of a whole configuration. */
  public static ReadSideSettings from(Config root) {
    Config config = root.getConfig("twin.read-side");
    return new ReadSideSettings(
        config.getInt("slices"),
        config.getDuration("poll-interval"),
        config.getInt("page-size"),
        config.getInt("group-size"),
        config.getDuration("group-within"),
        config.getDuration("restart-backoff-min"),
        config.getDuration("restart-backoff-max"));
  }
}
