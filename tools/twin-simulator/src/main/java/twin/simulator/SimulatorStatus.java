package twin.simulator;

import org.jspecify.annotations.Nullable;

/**
 * How far a fleet or a replay is, at one moment.
 *
 * @param running whether readings are still being taken
 * @param connected whether the broker is there; with Kafka, whether it has been
 * @param taken readings taken from the machines or read from the file
 * @param acknowledged messages that the broker has acknowledged: readings, and their duplicates
 *     where the network makes some
 * @param waiting messages not yet handed to the broker
 * @param inFlight messages handed over and not yet acknowledged
 * @param dropped messages lost at the source because the broker was away for too long
 * @param rejected messages that the broker refused
 * @param skipped readings never taken because this program fell behind
 * @param takenPerSecond mean over the last ten seconds
 * @param acknowledgedPerSecond mean over the last ten seconds
 * @param faults what the network in between did on purpose
 * @param lastError what went wrong last with the broker, null when nothing did
 */
public record SimulatorStatus(
    boolean running,
    boolean connected,
    long taken,
    long acknowledged,
    int waiting,
    int inFlight,
    long dropped,
    long rejected,
    long skipped,
    double takenPerSecond,
    double acknowledgedPerSecond,
    FaultCounts faults,
    @Nullable String lastError) {}
