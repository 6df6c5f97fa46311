package twin.simulator;

import java.nio.file.Path;
import java.time.Duration;

/**
 * The replay of recorded data.
 *
 * @param machineType one of {@link SimulatedType#names()}
 * @param file for milling a CSV file with the header of the public AI4I 2020 data; for a turbofan a
 *     training file of C-MAPSS, for a pump a CSV file of SKAB, or a folder with such files
 * @param speed how many times faster than real time, where a row is a minute of a milling machine,
 *     an hour of a turbofan, a second of a pump; 0 is as fast as the broker takes it
 * @param faults what happens to readings on their way
 * @param stallTimeout after how long without an acknowledgement the replay gives up
 * @param progressInterval how often progress is reported
 */
public record ReplaySettings(
    String machineType,
    Path file,
    double speed,
    NetworkFaults faults,
    Duration stallTimeout,
    Duration progressInterval) {

  public ReplaySettings {
    var unused = SimulatedType.of(machineType);
    // Written so that NaN fails as well.
    if (!(speed >= 0 && Double.isFinite(speed))) {
      throw new IllegalArgumentException(
          "speed must be 0 (as fast as possible) or above, not %s.".formatted(speed));
    }
    Settings.requirePositive("stall-timeout", stallTimeout);
    Settings.requirePositive("progress-interval", progressInterval);
  }

  /** That data at that speed, giving up after a minute without the broker. */
  public static ReplaySettings of(String machineType, Path file, double speed) {
    return new ReplaySettings(
        machineType,
        file,
        speed,
        NetworkFaults.none(),
        Duration.ofSeconds(60),
        Duration.ofSeconds(1));
  }

  /** The same of a milling machine's file. */
  public static ReplaySettings of(Path file, double speed) {
    return of(SimulatedType.MILLING.name(), file, speed);
  }

  public ReplaySettings withFaults(NetworkFaults networkFaults) {
    return new ReplaySettings(
        machineType, file, speed, networkFaults, stallTimeout, progressInterval);
  }

  public ReplaySettings withTimeouts(Duration stall, Duration progress) {
    return new ReplaySettings(machineType, file, speed, faults, stall, progress);
  }
}
