package twin.ingest;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import twin.core.machine.MachineReply;

/** What ingest on this node has counted since it was started. Thread-safe. */
public final class IngestMetrics {

  /** Outcome of what did not get as far as a twin, since it could not be read. */
  private static final String BROKEN = "broken";

  final LongAdder repeatedAsks = new LongAdder();
  final LongAdder failedLanes = new LongAdder();
  private final LongAdder inFlight = new LongAdder();
  private final ConcurrentMap<String, ConcurrentMap<String, LongAdder>> readings =
      new ConcurrentHashMap<>();
  private final ConcurrentMap<String, LongAdder> deadLetters = new ConcurrentHashMap<>();

  IngestMetrics() {}

  void began(int count) {
    inFlight.add(count);
  }

  void ended(int count) {
    inFlight.add(-count);
  }

  void count(String source, List<MachineReply.Outcome> outcomes) {
    ConcurrentMap<String, LongAdder> bySource = of(source);
    for (MachineReply.Result result : MachineReply.Result.values()) {
      long count = outcomes.stream().filter(outcome -> outcome.result() == result).count();
      if (count > 0) {
        add(bySource, result.name().toLowerCase(Locale.ROOT), count);
      }
    }
  }

  void countBroken(String source, long count) {
    if (count > 0) {
      add(of(source), BROKEN, count);
    }
  }

  void countDeadLetter(String reason) {
    add(deadLetters, reason, 1);
  }

  private ConcurrentMap<String, LongAdder> of(String source) {
    return readings.computeIfAbsent(source, name -> new ConcurrentHashMap<>());
  }

  private static void add(ConcurrentMap<String, LongAdder> counts, String key, long count) {
    counts.computeIfAbsent(key, name -> new LongAdder()).add(count);
  }

  /** The counts as they are now. */
  public Snapshot snapshot() {
    SortedMap<String, Map<String, Long>> bySource = new TreeMap<>();
    readings.forEach((source, counts) -> bySource.put(source, sums(counts)));
    return new Snapshot(
        bySource, sums(deadLetters), inFlight.sum(), repeatedAsks.sum(), failedLanes.sum());
  }

  private static SortedMap<String, Long> sums(Map<String, LongAdder> counts) {
    SortedMap<String, Long> sums = new TreeMap<>();
    counts.forEach((key, count) -> sums.put(key, count.sum()));
    return sums;
  }

  /**
   * Counts at a moment.
   *
   * @param readings by source and outcome: {@code recorded}, {@code late}, {@code duplicate},
   *     {@code rejected} by the twin, {@code broken} before it
   * @param deadLetters by reason code
   * @param inFlight readings that twins have been asked to record and have not answered for
   * @param repeatedAsks asks that had no answer and were made again
   * @param failedLanes how often a lane gave up, so that its source starts again
   */
  public record Snapshot(
      Map<String, Map<String, Long>> readings,
      Map<String, Long> deadLetters,
      long inFlight,
      long repeatedAsks,
      long failedLanes) {}
}
