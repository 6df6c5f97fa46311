package twin.app.chaos;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * What came of it.
 *
 * @param journals what the journals hold
 * @param acknowledged readings that the broker or Kafka acknowledged to the machines
 * @param fromBothSides events that a node wrote for a machine that another one had taken over from
 *     it while it was cut off or stood still
 * @param dropped readings that the machines could not get rid of; they were never acknowledged
 * @param asked how many machines were asked after each fault, through every node that was left
 * @param recoveryMedian until a machine answered again through every node that was left
 * @param resumedMax until readings of each machine were recorded again, at worst
 */
public record ChaosReport(
    ChaosSettings settings,
    List<String> faults,
    Journals journals,
    long fromBothSides,
    long acknowledged,
    long dropped,
    int asked,
    Duration recoveryMedian,
    Duration recoveryMax,
    Duration resumedMax) {

  public ChaosReport {
    faults = List.copyOf(faults);
  }

  /**
   * What the journals hold.
   *
   * @param readings how many different readings
   * @param missing acknowledged readings that are in no journal
   * @param doubled readings that are there twice
   * @param outOfOrder readings that stand behind a newer one of their machine
   * @param brokenChains events that do not follow the one before them by number and hash
   * @param longestPause for how long nothing of a machine was recorded that sent, at worst
   * @param latencyMaxMillis from the reading to its record, at worst
   */
  record Journals(
      long readings,
      long missing,
      long doubled,
      long outOfOrder,
      long brokenChains,
      Duration longestPause,
      long latencyMaxMillis) {}

  /** Whether nothing was lost, doubled, out of order, or written by two at a time. */
  public boolean whole() {
    return journals.missing() == 0
        && journals.doubled() == 0
        && journals.outOfOrder() == 0
        && journals.brokenChains() == 0
        && fromBothSides == 0;
  }

  /** For people. */
  public String text() {
    return String.format(
        Locale.ROOT,
        """
        acknowledged %d, missing %d, doubled %d, out of order %d, never acknowledged %d
        broken chains %d, written from both sides %d
        %s answered again: median %.1f s, at worst %.1f s
        readings of every machine were recorded again after %.1f s at worst; longest pause %.1f s; latency at worst %d ms\
        """,
        acknowledged,
        journals.missing(),
        journals.doubled(),
        journals.outOfOrder(),
        dropped,
        journals.brokenChains(),
        fromBothSides,
        asked < settings.machines()
            ? "each of %d machines asked".formatted(asked)
            : "every machine",
        seconds(recoveryMedian),
        seconds(recoveryMax),
        seconds(resumedMax),
        seconds(journals.longestPause()),
        journals.latencyMaxMillis());
  }

  /** As one JSON document. */
  public String json() {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode document = mapper.createObjectNode();
    document.put("nodes", settings.nodes());
    document.put("machines", settings.machines());
    document.put("seed", settings.seed());
    document.put("acknowledged", acknowledged);
    document.put("recorded", journals.readings());
    document.put("missing", journals.missing());
    document.put("doubled", journals.doubled());
    document.put("out_of_order", journals.outOfOrder());
    document.put("broken_chains", journals.brokenChains());
    document.put("written_from_both_sides", fromBothSides);
    document.put("dropped", dropped);
    document.put("machines_asked", asked);
    ObjectNode recovery = document.putObject("recovery_seconds");
    recovery.put("median", seconds(recoveryMedian));
    recovery.put("max", seconds(recoveryMax));
    document.put("readings_resumed_seconds", seconds(resumedMax));
    document.put("longest_pause_seconds", seconds(journals.longestPause()));
    document.put("latency_ms_max", journals.latencyMaxMillis());
    ArrayNode told = document.putArray("faults");
    faults.forEach(told::add);
    return document.toString();
  }

  private static double seconds(Duration duration) {
    return Math.round(duration.toMillis() / 10.0) / 100.0;
  }
}
