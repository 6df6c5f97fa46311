package twin.ingest;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import twin.core.machine.MachineReply;
import twin.ingest.codec.Decoded;

/**
 * What ingest on this node counts and times since it was started. Tags are the names of sources, of
 * their lanes, and codes that stand in the program: never anything that a device sends. Meters are
 * made once, so that a reading costs additions only. Thread-safe.
 */
public final class IngestMetrics {

  /** Outcome of what did not get as far as a twin, since it could not be read. */
  private static final String BROKEN = "broken";

  private static final String READINGS = "twin.readings";

  final LongAdder repeatedAsks = new LongAdder();
  final LongAdder failedLanes = new LongAdder();
  private final MeterRegistry registry;
  private final ConcurrentMap<String, OfSource> sources = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, LongAdder> deadLetters = new ConcurrentHashMap<>();

  /** Metrics that nobody scrapes. */
  IngestMetrics() {
    this(new SimpleMeterRegistry());
  }

  /** Metrics that are registered there. */
  IngestMetrics(MeterRegistry registry) {
    this.registry = registry;
    FunctionCounter.builder("twin.ingest.repeated.asks", repeatedAsks, LongAdder::sum)
        .description("Commands to twins that had no answer and were given again")
        .register(registry);
    FunctionCounter.builder("twin.ingest.failed.lanes", failedLanes, LongAdder::sum)
        .description("How often a lane gave up, so that its source started again")
        .register(registry);
  }

  /** What is counted and timed of one source. */
  OfSource of(String source) {
    OfSource known = sources.get(source);
    return known == null ? sources.computeIfAbsent(source, OfSource::new) : known;
  }

  /** Meters of one source. */
  final class OfSource {

    private final Tags tags;
    private final Map<MachineReply.Result, LongAdder> outcomes =
        new EnumMap<>(MachineReply.Result.class);
    private final LongAdder broken;
    private final ConcurrentMap<String, LongAdder> inFlight = new ConcurrentHashMap<>();
    private final Timer decode;
    private final Timer record;

    private OfSource(String source) {
      this.tags = Tags.of("source", source);
      for (MachineReply.Result result : MachineReply.Result.values()) {
        outcomes.put(result, readings(name(result)));
      }
      this.broken = readings(BROKEN);
      this.decode =
          Timer.builder("twin.ingest.decode")
              .description("From the bytes of a message to its readings")
              .tags(tags)
              .register(registry);
      this.record =
          Timer.builder("twin.ingest.record")
              .description("From giving a machine's readings to its twin to their being durable")
              .tags(tags)
              .register(registry);
    }

    private LongAdder readings(String outcome) {
      LongAdder count = new LongAdder();
      FunctionCounter.builder(READINGS, count, LongAdder::sum)
          .description("Readings by what became of them")
          .tags(tags.and("outcome", outcome))
          .register(registry);
      return count;
    }

    /**
     * Readings of a lane that a twin has been asked to record and has not answered for.
     *
     * @param lane its name, of which there must be a bounded number
     */
    LongAdder inFlight(String lane) {
      LongAdder known = inFlight.get(lane);
      return known == null ? inFlight.computeIfAbsent(lane, this::newLane) : known;
    }

    private LongAdder newLane(String lane) {
      LongAdder count = new LongAdder();
      Gauge.builder("twin.readings.in.flight", count, LongAdder::sum)
          .description("Readings that twins have been asked to record and have not answered for")
          .tags(tags.and("lane", lane))
          .register(registry);
      return count;
    }

    /** The same function, timed. */
    Function<byte[], List<Decoded>> timed(Function<byte[], List<Decoded>> decoding) {
      return payload -> {
        long beganNanos = System.nanoTime();
        try {
          return decoding.apply(payload);
        } finally {
          decode.record(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
        }
      };
    }

    void recorded(long beganNanos, List<MachineReply.Outcome> results) {
      record.record(System.nanoTime() - beganNanos, TimeUnit.NANOSECONDS);
      outcomes.forEach(
          (result, count) -> {
            long more = results.stream().filter(each -> each.result() == result).count();
            if (more > 0) {
              count.add(more);
            }
          });
    }

    void countBroken(long count) {
      broken.add(count);
    }

    private SortedMap<String, Long> sums() {
      Map<String, LongAdder> counts = new TreeMap<>();
      outcomes.forEach((result, count) -> counts.put(name(result), count));
      counts.put(BROKEN, broken);
      return IngestMetrics.sums(counts);
    }
  }

  private static String name(MachineReply.Result result) {
    return result.name().toLowerCase(Locale.ROOT);
  }

  void countDeadLetter(String reason) {
    LongAdder known = deadLetters.get(reason);
    (known == null ? deadLetters.computeIfAbsent(reason, this::newReason) : known).increment();
  }

  private LongAdder newReason(String reason) {
    LongAdder count = new LongAdder();
    FunctionCounter.builder("twin.dead.letters", count, LongAdder::sum)
        .description("What could not be recorded and was kept, by the code of its reason")
        .tag("reason", reason)
        .register(registry);
    return count;
  }

  /** The counts as they are now. */
  public Snapshot snapshot() {
    SortedMap<String, Map<String, Long>> bySource = new TreeMap<>();
    long inFlight = 0;
    for (Map.Entry<String, OfSource> source : sources.entrySet()) {
      SortedMap<String, Long> sums = source.getValue().sums();
      if (!sums.isEmpty()) {
        bySource.put(source.getKey(), sums);
      }
      inFlight += source.getValue().inFlight.values().stream().mapToLong(LongAdder::sum).sum();
    }
    return new Snapshot(
        bySource, sums(deadLetters), inFlight, repeatedAsks.sum(), failedLanes.sum());
  }

  private static SortedMap<String, Long> sums(Map<String, LongAdder> counts) {
    SortedMap<String, Long> sums = new TreeMap<>();
    counts.forEach(
        (key, count) -> {
          long sum = count.sum();
          if (sum != 0) {
            sums.put(key, sum);
          }
        });
    return sums;
  }

  /**
   * Counts at a moment; what has not happened is not in them.
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
