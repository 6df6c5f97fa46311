package twin.simulator;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The replay of a recorded file.
 *
 * @param file a CSV file with the header of the public AI4I 2020 data
 * @param speed how many times faster than real time, where a row is a minute of its machine; 0 is
 *     as fast as the broker takes it
 * @param stallTimeout after how long without an acknowledgement the replay gives up
 * @param progressInterval how often progress is reported
 */
public record ReplaySettings(
    Path file, double speed, Duration stallTimeout, Duration progressInterval) {

  public ReplaySettings {
    // Written so that NaN fails as well.
    if (!(speed >= 0 && Double.isFinite(speed))) {
      throw new IllegalArgumentException(
          "speed must be 0 (as fast as possible) or above, not %s.".formatted(speed));
    }
    Settings.requirePositive("stall-timeout", stallTimeout);
    Settings.requirePositive("progress-interval", progressInterval);
  }

  /** That file at that speed, giving up after a minute without the broker. */
  public static ReplaySettings of(Path file, double speed) {
    return new ReplaySettings(file, speed, Duration.ofSeconds(60), Duration.ofSeconds(1));
  }
}
