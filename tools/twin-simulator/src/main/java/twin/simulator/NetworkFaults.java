package twin.simulator;

import java.time.Duration;

/**
 * What the way from the machines to the broker does to readings, on purpose. The same seed spoils
 * the same readings.
 *
 * @param duplicates the part of readings that are sent twice: half of them at once, half behind the
 *     machine's next reading
 * @param reorder the part of readings that are sent behind the machine's next one
 * @param delayMax each reading is held back for a time drawn evenly from 0 to this; the order of a
 *     machine's readings stays
 * @param gaps the part of readings that are never sent, and leave a gap in {@code seq}
 * @param clockSkew each machine's clock is off by a time of its own, drawn evenly from this much
 *     before to this much after
 * @param seed of all these draws
 * @param heldMax readings held back at a time in all; with more the one that is due first goes
 *     early
 */
public record NetworkFaults(
    double duplicates,
    double reorder,
    Duration delayMax,
    double gaps,
    Duration clockSkew,
    long seed,
    int heldMax) {

  private static final int HELD_MAX = 100_000;

  public NetworkFaults {
    Settings.requirePart("duplicates", duplicates);
    Settings.requirePart("reorder", reorder);
    Settings.requirePart("gaps", gaps);
    Settings.requireNotNegative("delay-ms", delayMax);
    Settings.requireNotNegative("clock-skew", clockSkew);
    Settings.requireBetween("held-max", heldMax, 1, Integer.MAX_VALUE);
  }

  /** A way without faults. */
  public static NetworkFaults none() {
    return new NetworkFaults(0, 0, Duration.ZERO, 0, Duration.ZERO, 0, HELD_MAX);
  }

  /** These faults with the usual bound of 100,000 readings held back. */
  public static NetworkFaults of(
      double duplicates,
      double reorder,
      Duration delayMax,
      double gaps,
      Duration clockSkew,
      long seed) {
    return new NetworkFaults(duplicates, reorder, delayMax, gaps, clockSkew, seed, HELD_MAX);
  }
}
