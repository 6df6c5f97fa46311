package twin.app.cli;

import java.time.Duration;
import picocli.CommandLine.Option;
import twin.simulator.NetworkFaults;

/** What the network between simulated machines and the broker does on purpose. */
final class FaultOptions {

  @Option(
      names = "--duplicates",
      paramLabel = "P",
      description = "Part of the readings that are sent twice, from 0 to 1.")
  private double duplicates = 0;

  @Option(
      names = "--reorder",
      paramLabel = "P",
      description = "Part that is sent behind its machine's next reading.")
  private double reorder = 0;

  @Option(
      names = "--delay-ms",
      paramLabel = "MAX",
      description = "Each reading is held back for 0 to so many milliseconds, in order.")
  private long delayMsMax = 0;

  @Option(names = "--gaps", paramLabel = "P", description = "Part that is never sent.")
  private double gaps = 0;

  @Option(
      names = "--clock-skew",
      paramLabel = "SECONDS",
      description = "Each machine's clock is off by up to so much, forward or back.")
  private double clockSkewSeconds = 0;

  NetworkFaults faults(long seed) {
    return NetworkFaults.of(
        duplicates,
        reorder,
        Duration.ofMillis(delayMsMax),
        gaps,
        Duration.ofMillis(Math.round(clockSkewSeconds * 1_000)),
        seed);
  }
}
