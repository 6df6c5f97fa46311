package twin.simulator;

/**
 * What the way to the broker has done to readings so far.
 *
 * @param distinct different readings that were handed over at least once: once everything is
 *     acknowledged, exactly these are with the broker, and later in the journals
 * @param duplicated readings that were sent twice
 * @param reordered readings that were sent behind their successor
 * @param lost readings that were never sent
 * @param held readings that are held back at this moment
 */
public record FaultCounts(long distinct, long duplicated, long reordered, long lost, long held) {}
