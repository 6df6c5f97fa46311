package twin.simulator;

import org.jspecify.annotations.Nullable;

/** How far a publisher is; the members are those of {@link SimulatorStatus}. */
record Delivery(
    boolean connected,
    long acknowledged,
    int waiting,
    int inFlight,
    long dropped,
    long rejected,
    double acknowledgedPerSecond,
    @Nullable String lastError) {

  SimulatorStatus status(
      boolean running, long taken, double takenPerSecond, long skipped, FaultCounts faults) {
    return new SimulatorStatus(
        running,
        connected,
        taken,
        acknowledged,
        waiting,
        inFlight,
        dropped,
        rejected,
        skipped,
        takenPerSecond,
        acknowledgedPerSecond,
        faults,
        lastError);
  }
}
