package twin.simulator;

import org.jspecify.annotations.Nullable;

/**
 * How far a fleet or a replay is, at one moment.
 *
 * @param running whether readings are still being taken
 * @param connected whether the broker is there
 * @param taken readings taken from the machines or read from the file
 * @param acknowledged readings that the broker has acknowledged
 * @param waiting readings not yet handed to the broker
 * @param inFlight readings handed over and not yet acknowledged
 * @param dropped readings lost at the source because the broker was away for too long
 * @param rejected readings that the broker refused
 * @param skipped readings never taken because this program fell behind
 * @param acknowledgedPerSecond mean over the last ten seconds
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
    double acknowledgedPerSecond,
    @Nullable String lastError) {}
