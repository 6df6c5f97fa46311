package twin.core.inference;

/**
 * What was normal for a channel while its machine was being commissioned.
 *
 * @param channel name of the channel
 * @param mean arithmetic mean, in the channel's unit
 * @param standardDeviation sample standard deviation, in the channel's unit
 * @param readings how many values it was taken from
 */
public record Baseline(String channel, double mean, double standardDeviation, long readings) {}
