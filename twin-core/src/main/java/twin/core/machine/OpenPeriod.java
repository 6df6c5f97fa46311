package twin.core.machine;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Identities;
import twin.core.reading.Reading;
import twin.core.type.MachineType;

/**
 * The readings since the last summary, in short. It grows with each reading and ends with the
 * {@link MachineEvent.PeriodSummarized} that says what is in it. Immutable; two are equal when
 * every bit is.
 */
public final class OpenPeriod {

  /** Without readings. */
  public static final OpenPeriod NONE =
      new OpenPeriod(PeriodSpan.NONE, 0, 0, null, null, new double[0]);

  private static final int VALUES = 0;
  private static final int LEAST = 1;
  private static final int GREATEST = 2;
  private static final int SUM = 3;

  /** How many numbers there are of each channel: {@link #VALUES} and those after it. */
  static final int NUMBERS = 4;

  private final PeriodSpan span;
  private final long firstRevision;
  private final long lastRevision;
  private final @Nullable Double worstScore;
  private final @Nullable Double leastRul;
  private final double[] channels;

  private OpenPeriod(
      PeriodSpan span,
      long firstRevision,
      long lastRevision,
      @Nullable Double worstScore,
      @Nullable Double leastRul,
      double[] channels) {
    this.span = span;
    this.firstRevision = firstRevision;
    this.lastRevision = lastRevision;
    this.worstScore = worstScore;
    this.leastRul = leastRul;
    this.channels = channels;
  }

  /** From what {@link #numbers} and the others gave. The array is taken over. */
  static OpenPeriod of(
      PeriodSpan span,
      long firstRevision,
      long lastRevision,
      @Nullable Double worstScore,
      @Nullable Double leastRul,
      double[] numbers) {
    return new OpenPeriod(span, firstRevision, lastRevision, worstScore, leastRul, numbers);
  }

  PeriodSpan span() {
    return span;
  }

  long firstRevision() {
    return firstRevision;
  }

  long lastRevision() {
    return lastRevision;
  }

  @Nullable Double worstScore() {
    return worstScore;
  }

  @Nullable Double leastRul() {
    return leastRul;
  }

  /** Of each channel how many values, the least, the greatest and their sum. */
  double[] numbers() {
    return channels.clone();
  }

  /**
   * With one reading more.
   *
   * @param revision of the event that holds it
   * @param watermarkNanos after it; while there is no watermark a period has no time, and the
   *     reading does not count
   * @param channelCount how many channels its type has
   * @param score its greatest anomaly score as a multiple of its threshold; null for none
   * @param rul its median RUL; null for none
   */
  OpenPeriod with(
      Reading reading,
      long revision,
      long watermarkNanos,
      int channelCount,
      @Nullable Double score,
      @Nullable Double rul) {
    if (watermarkNanos == Identities.NO_TIME) {
      return this;
    }
    double[] next = Arrays.copyOf(channels, NUMBERS * channelCount);
    for (int channel = 0; channel < channelCount; channel++) {
      double value = reading.trusted(channel);
      if (!Double.isNaN(value)) {
        int at = NUMBERS * channel;
        boolean first = next[at + VALUES] == 0;
        next[at + LEAST] = first ? value : Math.min(value, next[at + LEAST]);
        next[at + GREATEST] = first ? value : Math.max(value, next[at + GREATEST]);
        next[at + VALUES]++;
        next[at + SUM] += value;
      }
    }
    return new OpenPeriod(
        span.with(watermarkNanos),
        span.isEmpty() ? revision : firstRevision,
        revision,
        worstScore == null || (score != null && score > worstScore) ? score : worstScore,
        leastRul == null || (rul != null && rul < leastRul) ? rul : leastRul,
        next);
  }

  /**
   * What is in it; nothing while it has no reading.
   *
   * @param type the definition that its readings were recorded under
   */
  public Optional<MachineEvent.PeriodSummarized> summary(MachineType type) {
    if (span.isEmpty()) {
      return Optional.empty();
    }
    List<MachineEvent.ChannelSummary> summaries = new ArrayList<>();
    for (int channel = 0; channel < channels.length / NUMBERS; channel++) {
      int at = NUMBERS * channel;
      if (channels[at + VALUES] > 0) {
        // A sum can be beyond what a number can hold, and its last bits beyond the extremes.
        double mean =
            Math.clamp(
                channels[at + SUM] / channels[at + VALUES],
                channels[at + LEAST],
                channels[at + GREATEST]);
        summaries.add(
            new MachineEvent.ChannelSummary(
                type.channels().get(channel).name(),
                (long) channels[at + VALUES],
                channels[at + LEAST],
                channels[at + GREATEST],
                mean));
      }
    }
    return Optional.of(
        new MachineEvent.PeriodSummarized(
            span.from(),
            span.to(),
            firstRevision,
            lastRevision,
            span.readings(),
            summaries,
            worstScore,
            leastRul));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof OpenPeriod that
        && span.equals(that.span)
        && firstRevision == that.firstRevision
        && lastRevision == that.lastRevision
        && Objects.equals(worstScore, that.worstScore)
        && Objects.equals(leastRul, that.leastRul)
        && Arrays.equals(channels, that.channels);
  }

  @Override
  public int hashCode() {
    return Objects.hash(span, firstRevision, lastRevision) + 31 * Arrays.hashCode(channels);
  }

  @Override
  public String toString() {
    return "OpenPeriod[%s, revisions %d to %d, worst score %s, least RUL %s, %s]"
        .formatted(
            span, firstRevision, lastRevision, worstScore, leastRul, Arrays.toString(channels));
  }
}
