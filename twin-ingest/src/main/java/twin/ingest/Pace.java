package twin.ingest;

import java.time.Duration;

/**
 * How much a lane takes at a time. A twin's answer is waited for only so long, and asking again
 * costs the same work twice; so a lane does not ask for more than its twins have lately managed
 * within a round. It begins with little, doubles as long as rounds are short and what it took was
 * all that it might, and goes down with the time that a round took too long.
 *
 * <p>Safe for use by many threads.
 */
final class Pace {

  /** With eight lanes a few hundred in all: new machines, which cost most, are answered in time. */
  private static final int LEAST = 32;

  private final long roundNanos;
  private final int most;
  private volatile int readings;

  /**
   * A pace.
   *
   * @param round how long making durable what was taken at a time should last at most
   * @param most readings, however fast they go
   */
  Pace(Duration round, int most) {
    this.roundNanos = round.toNanos();
    this.most = most;
    this.readings = Math.min(LEAST, most);
  }

  /** How many to take at a time. */
  int readings() {
    return readings;
  }

  /** Learns from a round. */
  void took(int taken, long nanos) {
    if (nanos > roundNanos) {
      // What was taken before this was learnt may have been more than is allowed now.
      long managed = (long) ((double) taken * roundNanos / nanos);
      readings = Math.clamp(managed, Math.min(LEAST, most), readings);
    } else if (taken > readings / 2 && nanos < roundNanos / 2) {
      readings = (int) Math.min(2L * readings, most);
    }
  }
}
