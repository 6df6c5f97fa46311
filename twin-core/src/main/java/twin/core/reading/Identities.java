package twin.core.reading;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which readings of a machine have been recorded: enough to say of every further one whether it is
 * new, a duplicate, or too old to be told from one.
 *
 * <p>A reading with a sequence number is known by it, within one run of the device. A run ends when
 * a reading newer than all others has a number that is not above the highest; the present run and
 * the one before are kept. A reading without a number is known by its time, inside the lateness
 * bound. A reading ahead of the clock is known by both and kept apart from the others: a wrong
 * clock says nothing of the order, so it neither ends a run nor takes part in one. All of it is
 * bounded, and what had to be forgotten is known by the minutes and numbers where it may have been.
 *
 * <p>What is called a duplicate has been recorded, and what is called new has not, as long as the
 * device's clock and counter grow together within a run and a device does not restart twice within
 * the time by which its messages overtake one another: two such runs would use the same numbers at
 * what looks like the same time.
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
  private static final long NANOS_PER_MINUTE = 60_000_000_000L;

  /**
   * One run of a device's counter.
   *
   * @param ranges what has been recorded
   * @param highestSeq highest number; -1 for none
   * @param afterNanos the watermark when the run began: its readings are newer
   * @param firstNanos time of the first reading of the run to arrive
   * @param highestSeqBefore highest number of the run before, when this one began
   */
  public record Run(
      SeqRanges ranges, long highestSeq, long afterNanos, long firstNanos, long highestSeqBefore) {

    static Run startingAfter(long watermarkNanos, long highestSeqBefore) {
      return new Run(SeqRanges.empty(), NO_SEQ, watermarkNanos, NO_TIME, highestSeqBefore);
    }

    boolean isEmpty() {
      return ranges.isEmpty();
    }

    Run with(long seq, long timeNanos) {
      return new Run(
          ranges.with(seq),
          Math.max(highestSeq, seq),
          afterNanos,
          firstNanos == NO_TIME ? timeNanos : firstNanos,
          highestSeqBefore);
    }
  }

  /** A reading that was ahead of the clock; {@code seq} is -1 where it had none. */
  public record Ahead(long timeNanos, long seq) {}

  /**
   * Where readings ahead of the clock may have been that had to be forgotten.
   *
   * @param minutes minutes since the epoch
   * @param seqs their sequence numbers plus one, 0 for those without
   */
  public record Forgotten(SeqRanges minutes, SeqRanges seqs) {

    static final Forgotten NOTHING = new Forgotten(SeqRanges.empty(), SeqRanges.empty());

    boolean mayHold(Ahead reading) {
      return minutes.knowledge(reading.timeNanos() / NANOS_PER_MINUTE) != SeqRanges.Knowledge.NEW
          && seqs.knowledge(reading.seq() + 1) != SeqRanges.Knowledge.NEW;
    }

    Forgotten with(Ahead reading) {
      return new Forgotten(
          minutes.with(reading.timeNanos() / NANOS_PER_MINUTE), seqs.with(reading.seq() + 1));
    }
  }

  private static final Identities NONE = nothing();

  private final long watermarkNanos;
  private final Run current;
  private final Run previous;
  private final RecentTimes times;
  private final long timesForgottenTo;
  private final List<Ahead> ahead;
  private final Forgotten forgotten;
  private final NavigableMap<String, Long> positions;

  /** Everything that there is to know, as snapshots keep it. */
  public record Parts(
      long watermarkNanos,
      Run current,
      Run previous,
      List<Long> times,
      long timesForgottenTo,
      List<Ahead> ahead,
      Forgotten forgotten,
      NavigableMap<String, Long> positions) {}

  private Identities(
      long watermarkNanos,
      Run current,
      Run previous,
      RecentTimes times,
      long timesForgottenTo,
      List<Ahead> ahead,
      Forgotten forgotten,
      NavigableMap<String, Long> positions) {
    this.watermarkNanos = watermarkNanos;
    this.current = current;
    this.previous = previous;
    this.times = times;
    this.timesForgottenTo = timesForgottenTo;
    this.ahead = ahead;
    this.forgotten = forgotten;
    this.positions = positions;
  }

  /** Of a machine that has never said anything. */
  public static Identities none() {
    return NONE;
  }

  private static Identities nothing() {
    Run run = Run.startingAfter(NO_TIME, NO_SEQ);
    return new Identities(
        NO_TIME,
        run,
        run,
        RecentTimes.empty(),
        NO_TIME,
        List.of(),
        Forgotten.NOTHING,
        Collections.emptyNavigableMap());
  }

  /** From the parts of a snapshot. */
  public static Identities of(Parts parts) {
    return new Identities(
        parts.watermarkNanos,
        parts.current,
        parts.previous,
        RecentTimes.of(parts.times.stream().mapToLong(Long::longValue).toArray()),
        parts.timesForgottenTo,
        List.copyOf(parts.ahead),
        parts.forgotten,
        new TreeMap<>(parts.positions));
  }

  /** The parts for a snapshot. */
  public Parts parts() {
    return new Parts(
        watermarkNanos,
        current,
        previous,
        Arrays.stream(times.toArray()).boxed().toList(),
        timesForgottenTo,
        ahead,
        forgotten,
        new TreeMap<>(positions));
  }

  /** The newest reading time that was not ahead of the clock; {@link #NO_TIME} before the first. */
  public long watermarkNanos() {
    return watermarkNanos;
  }

  /**
   * How many readings of the device's present run are missing between its first and its last, not
   * counting those that arrived with a time ahead of the clock.
   */
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
    Ahead asAhead = new Ahead(timeNanos, seq == null ? NO_SEQ : seq);
    if (ahead.contains(asAhead)) {
      return new Judgement.Duplicate();
    }
    if (forgotten.mayHold(asAhead)) {
      return tooLate(
          "more than %d readings of the machine were ahead of the clock".formatted(MAX_AHEAD));
    }
    if (timeNanos > latestPlausibleNanos && timeNanos > watermarkNanos) {
      return new Judgement.New(Placement.AHEAD, false);
    }
    return seq == null
        ? judgeByTime(timeNanos, latenessNanos)
        : judgeBySeq(timeNanos, seq, latenessNanos);
  }

  private Judgement judgeBySeq(long timeNanos, long seq, long latenessNanos) {
    boolean follows = seq > current.highestSeq;
    if (timeNanos > watermarkNanos || (timeNanos == watermarkNanos && follows)) {
      return new Judgement.New(Placement.IN_ORDER, !follows);
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

  private Judgement judgeByTime(long timeNanos, long latenessNanos) {
    if (timeNanos > watermarkNanos) {
      return new Judgement.New(Placement.IN_ORDER, false);
    }
    if (times.contains(timeNanos)) {
      return new Judgement.Duplicate();
    }
    if (timeNanos < watermarkNanos - latenessNanos) {
      return tooLate("it is older than the lateness bound and has no seq");
    }
    if (timeNanos <= timesForgottenTo) {
      return tooLate(
          "its time has been forgotten: the lateness bound was shorter, or held more than %d readings"
                  .formatted(MAX_TIMES)
              + " (so fast a machine must send seq)");
    }
    return new Judgement.New(Placement.LATE, false);
  }

  private static Judgement tooLate(String reason) {
    return new Judgement.TooLate(reason);
  }

  /** The run that an old reading belongs to, or null when it is older than both that are kept. */
  private @Nullable Run runOf(long timeNanos, long seq) {
    if (isOfCurrentRun(timeNanos, seq)) {
      return current;
    }
    return !previous.isEmpty() && timeNanos > previous.afterNanos ? previous : null;
  }

  private boolean isOfCurrentRun(long timeNanos, long seq) {
    // A straggler of the run before was sent after the last of that run which has arrived.
    boolean straggler =
        !previous.isEmpty() && timeNanos < current.firstNanos && seq > current.highestSeqBefore;
    return timeNanos > current.afterNanos && !straggler;
  }

  /** After the device began to count anew. */
  public Identities restarted() {
    return new Identities(
        watermarkNanos,
        Run.startingAfter(watermarkNanos, current.highestSeq),
        current,
        times,
        timesForgottenTo,
        ahead,
        forgotten,
        positions);
  }

  /** After a reading was recorded that had been judged to be new. */
  public Identities with(
      long timeNanos, @Nullable Long seq, Placement placement, long latenessNanos) {
    if (placement == Placement.AHEAD) {
      return withAhead(new Ahead(timeNanos, seq == null ? NO_SEQ : seq));
    }
    long newWatermark = placement == Placement.IN_ORDER ? timeNanos : watermarkNanos;
    Run newCurrent = current;
    Run newPrevious = previous;
    RecentTimes newTimes = times;
    if (seq == null) {
      newTimes = times.with(timeNanos);
    } else if (placement == Placement.IN_ORDER || isOfCurrentRun(timeNanos, seq)) {
      newCurrent = current.with(seq, timeNanos);
    } else {
      newPrevious = previous.with(seq, timeNanos);
    }
    long cutoff = newWatermark == NO_TIME ? NO_TIME : newWatermark - latenessNanos;
    long newTimesForgottenTo = timesForgottenTo;
    while (newTimes.size() > 0 && (newTimes.oldest() < cutoff || newTimes.size() > MAX_TIMES)) {
      newTimesForgottenTo = Math.max(newTimesForgottenTo, newTimes.oldest());
      newTimes = newTimes.withoutOldest();
    }
    return new Identities(
        newWatermark,
        newCurrent,
        newPrevious,
        newTimes,
        newTimesForgottenTo,
        ahead,
        forgotten,
        positions);
  }

  private Identities withAhead(Ahead reading) {
    List<Ahead> more = new ArrayList<>(ahead);
    more.add(reading);
    Forgotten newForgotten = forgotten;
    if (more.size() > MAX_AHEAD) {
      newForgotten = forgotten.with(more.removeFirst());
    }
    return new Identities(
        watermarkNanos,
        current,
        previous,
        times,
        timesForgottenTo,
        List.copyOf(more),
        newForgotten,
        positions);
  }

  /** After everything up to this position of a queue has been recorded. */
  public Identities withPosition(String queue, long position) {
    Long highest = positions.get(queue);
    if (highest != null && highest >= position) {
      return this;
    }
    NavigableMap<String, Long> more = new TreeMap<>(positions);
    more.put(queue, position);
    if (more.size() > MAX_QUEUES) {
      more.keySet().stream()
          .filter(other -> !other.equals(queue))
          .findFirst()
          .ifPresent(more::remove);
    }
    return new Identities(
        watermarkNanos, current, previous, times, timesForgottenTo, ahead, forgotten, more);
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
        && forgotten.equals(that.forgotten)
        && positions.equals(that.positions);
  }

  @Override
  public int hashCode() {
    return Objects.hash(watermarkNanos, current, previous, times, ahead, positions);
  }
}
