package twin.core.reading;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which readings of a machine have been recorded: enough to say of every further one whether it is
 * new, a duplicate, or too old to be told from one. Nothing that this calls a duplicate can be a
 * reading that was never recorded.
 *
 * <p>A reading with a sequence number is known by it, within one run of the device. A run ends when
 * a reading newer than all others has a number that is not above the highest; the present run and
 * the one before are kept. A reading without a number is known by its time, inside the lateness
 * bound. Readings ahead of the clock are known by both, and apart from the others, since they say
 * nothing of the order. All of it is bounded.
 *
 * <p>Immutable.
 */
public final class Identities {

  /** Most times of readings without a sequence number that are kept. */
  public static final int MAX_TIMES = 4096;

  /** Most readings ahead of the clock that are kept. */
  public static final int MAX_AHEAD = 256;

  /** Most queues (Kafka partitions) whose highest position is kept. */
  public static final int MAX_QUEUES = 16;

  /** No time, and older than every one. */
  public static final long NO_TIME = Long.MIN_VALUE;

  private static final long NO_SEQ = -1;

  /**
   * One run of a device's counter.
   *
   * @param ranges what has been recorded
   * @param highestSeq highest number of a reading that was not ahead of the clock; -1 for none
   * @param afterNanos the watermark when the run began: its readings are newer
   * @param firstNanos time of the first reading in the run that was not ahead of the clock
   */
  public record Run(SeqRanges ranges, long highestSeq, long afterNanos, long firstNanos) {

    static Run startingAfter(long watermarkNanos) {
      return new Run(SeqRanges.empty(), NO_SEQ, watermarkNanos, NO_TIME);
    }

    boolean isEmpty() {
      return ranges.isEmpty();
    }

    Run with(long seq, long timeNanos, boolean ahead) {
      return new Run(
          ranges.with(seq),
          ahead ? highestSeq : Math.max(highestSeq, seq),
          afterNanos,
          ahead || firstNanos != NO_TIME ? firstNanos : timeNanos);
    }
  }

  /** A reading that was ahead of the clock; {@code seq} is -1 where it had none. */
  public record Ahead(long timeNanos, long seq) implements Comparable<Ahead> {
    @Override
    public int compareTo(Ahead other) {
      int byTime = Long.compare(timeNanos, other.timeNanos);
      return byTime != 0 ? byTime : Long.compare(seq, other.seq);
    }
  }

  private final long watermarkNanos;
  private final Run current;
  private final Run previous;
  private final RecentTimes times;
  private final long timesForgottenTo;
  private final List<Ahead> ahead;
  private final long aheadForgottenFrom;
  private final long aheadForgottenTo;
  private final SortedMap<String, Long> positions;

  /** Everything that there is to know, as snapshots keep it. */
  public record Parts(
      long watermarkNanos,
      Run current,
      Run previous,
      long[] times,
      long timesForgottenTo,
      List<Ahead> ahead,
      long aheadForgottenFrom,
      long aheadForgottenTo,
      SortedMap<String, Long> positions) {}

  private Identities(
      long watermarkNanos,
      Run current,
      Run previous,
      RecentTimes times,
      long timesForgottenTo,
      List<Ahead> ahead,
      long aheadForgottenFrom,
      long aheadForgottenTo,
      SortedMap<String, Long> positions) {
    this.watermarkNanos = watermarkNanos;
    this.current = current;
    this.previous = previous;
    this.times = times;
    this.timesForgottenTo = timesForgottenTo;
    this.ahead = ahead;
    this.aheadForgottenFrom = aheadForgottenFrom;
    this.aheadForgottenTo = aheadForgottenTo;
    this.positions = positions;
  }

  /** Of a machine that has never said anything. */
  public static Identities none() {
    Run run = Run.startingAfter(NO_TIME);
    return new Identities(
        NO_TIME, run, run, RecentTimes.empty(), NO_TIME, List.of(), 0, NO_TIME, new TreeMap<>());
  }

  /** From the parts of a snapshot. */
  public static Identities of(Parts parts) {
    return new Identities(
        parts.watermarkNanos,
        parts.current,
        parts.previous,
        RecentTimes.of(parts.times),
        parts.timesForgottenTo,
        List.copyOf(parts.ahead),
        parts.aheadForgottenFrom,
        parts.aheadForgottenTo,
        new TreeMap<>(parts.positions));
  }

  /** The parts for a snapshot. */
  public Parts parts() {
    return new Parts(
        watermarkNanos,
        current,
        previous,
        times.toArray(),
        timesForgottenTo,
        ahead,
        aheadForgottenFrom,
        aheadForgottenTo,
        new TreeMap<>(positions));
  }

  /** The newest reading time that was not ahead of the clock; {@link #NO_TIME} before the first. */
  public long watermarkNanos() {
    return watermarkNanos;
  }

  /** How many readings of the device's present run are known to be missing. */
  public long missing() {
    return current.ranges.missing();
  }

  /**
   * Judges a reading.
   *
   * @param queue the queue it came from, if it has positions
   * @param position its position there
   * @param latestPlausibleNanos the receiver's clock and the bound by which it may be passed
   * @param latenessNanos the type's bound
   */
  public Judgement judge(
      long timeNanos,
      @Nullable Long seq,
      @Nullable String queue,
      @Nullable Long position,
      long latestPlausibleNanos,
      long latenessNanos) {
    if (queue != null && position != null) {
      Long highest = positions.get(queue);
      if (highest != null && position <= highest) {
        return new Judgement.Duplicate();
      }
    }
    if (ahead.contains(new Ahead(timeNanos, seq == null ? NO_SEQ : seq))) {
      return new Judgement.Duplicate();
    }
    boolean isAhead = timeNanos > latestPlausibleNanos;
    return seq == null
        ? judgeByTime(timeNanos, isAhead, latenessNanos)
        : judgeBySeq(timeNanos, seq, isAhead, latenessNanos);
  }

  private Judgement judgeBySeq(long timeNanos, long seq, boolean isAhead, long latenessNanos) {
    if (timeNanos > watermarkNanos || (timeNanos == watermarkNanos && seq > current.highestSeq)) {
      boolean follows =
          seq > current.highestSeq
              && current.ranges.knowledge(seq) == SeqRanges.Knowledge.NEW;
      if (!follows && aheadMayHaveBeenForgotten(timeNanos)) {
        return tooLate("more readings ahead of the clock than are remembered");
      }
      return new Judgement.New(isAhead ? Placement.AHEAD : Placement.IN_ORDER, !follows);
    }
    Run run = runOf(timeNanos, seq);
    if (run == null) {
      return tooLate("it is older than the device's last two runs");
    }
    return switch (run.ranges.knowledge(seq)) {
      case RECORDED -> new Judgement.Duplicate();
      case FORGOTTEN ->
          tooLate(
              "more than %d ranges of seq were missing, and its gap has been given up"
                  .formatted(SeqRanges.MAX_RANGES));
      case NEW ->
          new Judgement.New(
              timeNanos >= watermarkNanos - latenessNanos ? Placement.LATE : Placement.VERY_LATE,
              false);
    };
  }

  private Judgement judgeByTime(long timeNanos, boolean isAhead, long latenessNanos) {
    if (timeNanos > watermarkNanos) {
      return aheadMayHaveBeenForgotten(timeNanos)
          ? tooLate("more readings ahead of the clock than are remembered")
          : new Judgement.New(isAhead ? Placement.AHEAD : Placement.IN_ORDER, false);
    }
    if (times.contains(timeNanos)) {
      return new Judgement.Duplicate();
    }
    if (timeNanos < watermarkNanos - latenessNanos) {
      return tooLate("it is older than the lateness bound and has no seq");
    }
    if (aheadMayHaveBeenForgotten(timeNanos)) {
      return tooLate("more readings ahead of the clock than are remembered");
    }
    if (timeNanos <= timesForgottenTo) {
      return tooLate(
          "more than %d readings inside the lateness bound; so fast a machine must send seq"
              .formatted(MAX_TIMES));
    }
    return new Judgement.New(Placement.LATE, false);
  }

  private static Judgement tooLate(String reason) {
    return new Judgement.TooLate(reason);
  }

  private boolean aheadMayHaveBeenForgotten(long timeNanos) {
    return timeNanos >= aheadForgottenFrom && timeNanos <= aheadForgottenTo;
  }

  /** The run that an old reading belongs to, or null when it is older than both that are kept. */
  private @Nullable Run runOf(long timeNanos, long seq) {
    if (timeNanos > current.afterNanos) {
      // A straggler of the run before, sent after the last of that run which has arrived.
      boolean straggler =
          !previous.isEmpty() && timeNanos < current.firstNanos && seq > previous.highestSeq;
      return straggler ? previous : current;
    }
    return !previous.isEmpty() && timeNanos > previous.afterNanos ? previous : null;
  }

  /** After the device began to count anew. */
  public Identities restarted() {
    return new Identities(
        watermarkNanos,
        Run.startingAfter(watermarkNanos),
        current,
        times,
        timesForgottenTo,
        ahead,
        aheadForgottenFrom,
        aheadForgottenTo,
        positions);
  }

  /** After a reading was recorded that had been judged to be new. */
  public Identities with(
      long timeNanos, @Nullable Long seq, Placement placement, long latenessNanos) {
    boolean isAhead = placement == Placement.AHEAD;
    long newWatermark = placement == Placement.IN_ORDER ? timeNanos : watermarkNanos;
    Run newCurrent = current;
    Run newPrevious = previous;
    RecentTimes newTimes = times;
    if (seq == null) {
      newTimes = isAhead ? times : times.with(timeNanos);
    } else if (isAhead || placement == Placement.IN_ORDER || runOf(timeNanos, seq) == current) {
      newCurrent = current.with(seq, timeNanos, isAhead);
    } else {
      newPrevious = previous.with(seq, timeNanos, false);
    }
    List<Ahead> newAhead = ahead;
    long forgottenFrom = aheadForgottenFrom;
    long forgottenTo = aheadForgottenTo;
    if (isAhead) {
      newAhead = insert(ahead, new Ahead(timeNanos, seq == null ? NO_SEQ : seq));
      if (newAhead.size() > MAX_AHEAD) {
        long forgotten = newAhead.getFirst().timeNanos();
        forgottenFrom = forgottenTo == NO_TIME ? forgotten : Math.min(forgottenFrom, forgotten);
        forgottenTo = Math.max(forgottenTo, forgotten);
        newAhead = newAhead.subList(1, newAhead.size());
      }
    } else if (newWatermark > watermarkNanos) {
      if (!ahead.isEmpty() && ahead.getFirst().timeNanos() <= newWatermark) {
        // The clock has caught up with them: from now on they are known as all others are.
        newAhead = new ArrayList<>();
        for (Ahead each : ahead) {
          if (each.timeNanos() > newWatermark) {
            newAhead.add(each);
          } else if (each.seq() == NO_SEQ) {
            newTimes = newTimes.with(each.timeNanos());
          }
        }
      }
      if (forgottenTo != NO_TIME && forgottenTo < newWatermark - latenessNanos) {
        forgottenTo = NO_TIME;
      }
    }
    if (newWatermark != NO_TIME) {
      newTimes = newTimes.notBefore(newWatermark - latenessNanos);
    }
    long newTimesForgottenTo = timesForgottenTo;
    while (newTimes.size() > MAX_TIMES) {
      newTimesForgottenTo = Math.max(newTimesForgottenTo, newTimes.oldest());
      newTimes = newTimes.withoutOldest();
    }
    return new Identities(
        newWatermark,
        newCurrent,
        newPrevious,
        newTimes,
        newTimesForgottenTo,
        List.copyOf(newAhead),
        forgottenFrom,
        forgottenTo,
        positions);
  }

  /** After everything up to this position of a queue has been recorded. */
  public Identities withPosition(String queue, long position) {
    Long highest = positions.get(queue);
    if (highest != null && highest >= position) {
      return this;
    }
    SortedMap<String, Long> more = new TreeMap<>(positions);
    more.put(queue, position);
    if (more.size() > MAX_QUEUES) {
      more.keySet().stream()
          .filter(other -> !other.equals(queue))
          .findFirst()
          .ifPresent(more::remove);
    }
    return new Identities(
        watermarkNanos,
        current,
        previous,
        times,
        timesForgottenTo,
        ahead,
        aheadForgottenFrom,
        aheadForgottenTo,
        more);
  }

  private static List<Ahead> insert(List<Ahead> sorted, Ahead one) {
    List<Ahead> grown = new ArrayList<>(sorted);
    grown.add(one);
    grown.sort(null);
    return grown;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Identities that
        && watermarkNanos == that.watermarkNanos
        && current.equals(that.current)
        && previous.equals(that.previous)
        && times.equals(that.times)
        && timesForgottenTo == that.timesForgottenTo
        && ahead.equals(that.ahead)
        && aheadForgottenFrom == that.aheadForgottenFrom
        && aheadForgottenTo == that.aheadForgottenTo
        && positions.equals(that.positions);
  }

  @Override
  public int hashCode() {
    return Objects.hash(watermarkNanos, current, previous, times, ahead, positions);
  }
}
