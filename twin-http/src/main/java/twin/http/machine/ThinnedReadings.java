package twin.http.machine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.reading.Times;
import twin.core.type.Channel;

/**
 * Keeps all readings while they are few. When they become more than wanted it divides the interval
 * into equal stretches and keeps of each the first, the last, and those with the least and the
 * greatest value of each channel and of each number of the assessment: a chart drawn from them has
 * the same peaks. So at most {@code 2 × numbers + 2} readings a stretch are in memory.
 */
final class ThinnedReadings implements ReadingCollector {

  private static final String SCORE = " score";
  private static final String FAILURE = " failure";
  private static final String RUL = " rul";
  private static final int ASSESSED_NUMBERS = 3;

  private final int points;
  private final Set<String> channels;
  private final long fromNanos;
  private final long lengthNanos;
  private final Stretch[] stretches;
  private @Nullable List<RecordedReading> all = new ArrayList<>();
  private long taken;

  /** First, last and extremes of a stretch of time. */
  private static final class Stretch {
    private final Map<String, RecordedReading> least = new HashMap<>();
    private final Map<String, RecordedReading> greatest = new HashMap<>();
    private @Nullable RecordedReading first;
    private @Nullable RecordedReading last;
  }

  /**
   * A collector for an interval.
   *
   * @param points how many readings are wanted; a few more are kept only when the extremes of a
   *     single stretch are more
   * @param channels the channels whose extremes are kept; empty for all
   * @param channelCount how many channels these are about
   */
  ThinnedReadings(int points, Set<String> channels, int channelCount, Instant from, Instant to) {
    this.points = points;
    this.channels = Set.copyOf(channels);
    this.fromNanos = Times.toNanos(from);
    this.lengthNanos = Math.max(1, Times.toNanos(to) - fromNanos + 1);
    int eachMost = 2 * (channelCount + ASSESSED_NUMBERS) + 2;
    this.stretches = new Stretch[Math.max(1, points / eachMost)];
    for (int i = 0; i < stretches.length; i++) {
      stretches[i] = new Stretch();
    }
  }

  @Override
  public void add(RecordedReading reading) {
    taken++;
    if (all == null) {
      thin(reading);
      return;
    }
    all.add(reading);
    if (all.size() > points) {
      all.forEach(this::thin);
      all = null;
    }
  }

  private void thin(RecordedReading reading) {
    Stretch stretch = stretches[position(reading)];
    if (stretch.first == null || RecordedReading.BY_TIME.compare(reading, stretch.first) < 0) {
      stretch.first = reading;
    }
    if (stretch.last == null || RecordedReading.BY_TIME.compare(reading, stretch.last) > 0) {
      stretch.last = reading;
    }
    List<Channel> known = reading.type().channels();
    for (int i = 0; i < known.size(); i++) {
      String name = known.get(i).name();
      if (channels.isEmpty() || channels.contains(name)) {
        extreme(stretch, name, reading, reading.assessed().reading().values().get(i));
      }
    }
    for (String name : List.of(SCORE, FAILURE, RUL)) {
      extreme(stretch, name, reading, assessedNumber(reading, name));
    }
  }

  /** Which stretch a reading belongs to; one ahead of the clock can lie beyond the last. */
  private int position(RecordedReading reading) {
    double share = (double) (Times.toNanos(reading.timestamp()) - fromNanos) / lengthNanos;
    return Math.max(0, Math.min(stretches.length - 1, (int) (share * stretches.length)));
  }

  private static void extreme(Stretch stretch, String name, RecordedReading reading, double value) {
    if (Double.isNaN(value)) {
      return;
    }
    RecordedReading least = stretch.least.get(name);
    if (least == null || value < number(least, name)) {
      stretch.least.put(name, reading);
    }
    RecordedReading greatest = stretch.greatest.get(name);
    if (greatest == null || value > number(greatest, name)) {
      stretch.greatest.put(name, reading);
    }
  }

  private static double number(RecordedReading reading, String name) {
    int channel = reading.type().indexOf(name);
    return channel >= 0
        ? reading.assessed().reading().values().get(channel)
        : assessedNumber(reading, name);
  }

  private static double assessedNumber(RecordedReading reading, String name) {
    Assessment assessment = reading.assessed().assessment();
    if (assessment == null || !assessment.isAvailable()) {
      return Double.NaN;
    }
    return switch (name) {
      case SCORE -> assessment.modalities() == 0 ? Double.NaN : assessment.score(0);
      case FAILURE -> assessment.failureProbability();
      default -> assessment.medianRul();
    };
  }

  @Override
  public long taken() {
    return taken;
  }

  @Override
  public List<RecordedReading> kept() {
    TreeSet<RecordedReading> sorted = new TreeSet<>(RecordedReading.BY_TIME);
    if (all != null) {
      sorted.addAll(all);
    } else {
      for (Stretch stretch : stretches) {
        sorted.addAll(stretch.least.values());
        sorted.addAll(stretch.greatest.values());
        if (stretch.first != null && stretch.last != null) {
          sorted.add(stretch.first);
          sorted.add(stretch.last);
        }
      }
    }
    return List.copyOf(sorted);
  }
}
