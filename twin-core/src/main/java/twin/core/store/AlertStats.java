package twin.core.store;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How many alerts people had to deal with, in the figures of ANSI/ISA-18.2 and EEMUA 191.
 *
 * @param raised annunciations in the interval: alerts that were raised, or whose condition came
 *     back before anybody had acknowledged them
 * @param bySeverity the same by severity
 * @param intervals how many stretches of {@link #FLOOD_INTERVAL} the interval has, the last perhaps
 *     shorter
 * @param floodIntervals how many of them were a flood for each operator
 * @param mostInAnInterval annunciations of the worst of them
 * @param openByState alerts that are open now, by their state
 * @param stale alerts whose condition has held for longer than {@link #STALE_AFTER} now
 * @param chattering causes that were annunciated {@link #CHATTERING_RAISES} times or more within
 *     {@link #CHATTERING_WITHIN}, those that were so most often first
 * @param mostFrequent the causes with most annunciations
 */
public record AlertStats(
    long raised,
    Map<String, Long> bySeverity,
    long intervals,
    long floodIntervals,
    long mostInAnInterval,
    Map<String, Long> openByState,
    long stale,
    List<Cause> chattering,
    List<Cause> mostFrequent) {

  /** Alerts that an operator is called to within ten minutes, from which on it is a flood. */
  public static final int FLOOD_RAISES = 10;

  /** The stretch of time in which a flood is counted. */
  public static final Duration FLOOD_INTERVAL = Duration.ofMinutes(10);

  /** So many annunciations within a minute are chattering. */
  public static final int CHATTERING_RAISES = 3;

  /** The time within which chattering is counted. */
  public static final Duration CHATTERING_WITHIN = Duration.ofMinutes(1);

  /** An alert that stands for longer tells nobody anything. */
  public static final Duration STALE_AFTER = Duration.ofHours(24);

  /** How many causes are named. */
  public static final int NAMED = 10;

  public AlertStats {
    bySeverity = Map.copyOf(bySeverity);
    openByState = Map.copyOf(openByState);
    chattering = List.copyOf(chattering);
    mostFrequent = List.copyOf(mostFrequent);
  }

  /** A rule of a machine, with how often it has called somebody. */
  public record Cause(String machineId, String rule, String failureType, long raised) {}

  /**
   * What is counted.
   *
   * @param from the beginning of the interval
   * @param to its end, which is not in it
   * @param operators among how many people the alerts were shared
   * @param type only machines of this type
   * @param site only machines of this site
   * @param scope only machines that are seen
   */
  public record Wanted(
      Instant from,
      Instant to,
      int operators,
      @Nullable String type,
      @Nullable String site,
      SiteScope scope) {

    /** The length of the interval. */
    public Duration length() {
      return Duration.between(from, to);
    }
  }
}
