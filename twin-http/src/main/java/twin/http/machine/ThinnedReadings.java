package twin.http.machine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;
import twin.core.inference.Assessment;
import twin.core.reading.Times;
import twin.core.type.Channel;

/**
 * Keeps all readings while they are few. When they become more than wanted it divides the interval
 * into equal stretches and keeps of each the first, the last, and those with the least and the
 * greatest value of each channel and of each number of the assessment: a chart drawn from them has
 * the same peaks. Neighbouring stretches become one as often as it takes to stay within the number
 * wanted, and within {@value #HELD_PER_POINT} times that number on the way.
 */
final class ThinnedReadings implements ReadingCollector {

  private static final int HELD_PER_POINT = 8;

  // Names that no channel can have, since theirs have no blanks.
  private static final String SCORE = "anomaly score";
  private static final String FAILURE = "failure probability";
  private static final String RUL = "median RUL";
  private static final List<String> ASSESSED = List.of(SCORE, FAILURE, RUL);

  private final int points;
  private final Set<String> channels;
  private final long fromNanos;
  private final long lengthNanos;
  private final List<RecordedReading> all = new ArrayList<>();
  private List<Stretch> stretches = List.of();
  private int held;
  private long taken;

  /** First, last and extremes of a stretch of time. */
  private static final class Stretch {
    private final Map<String, RecordedReading> least = new HashMap<>();
    private final Map<String, RecordedReading> greatest = new HashMap<>();
    private @Nullable RecordedReading first;
    private @Nullable RecordedReading last;

    void see(RecordedReading reading) {
      if (first == null || RecordedReading.BY_TIME.compare(reading, first) < 0) {
        first = reading;
      }
      if (last == null || RecordedReading.BY_TIME.compare(reading, last) > 0) {
        last = reading;
      }
    }

    void see(String name, RecordedReading reading) {
      double value = number(reading, name);
      if (!Double.isNaN(value)) {
        keep(least, name, reading, (next, kept) -> next < kept);
        keep(greatest, name, reading, (next, kept) -> next > kept);
      }
    }

    private static void keep(
        Map<String, RecordedReading> extremes,
        String name,
        RecordedReading reading,
        BiPredicate<Double, Double> isBeyond) {
      RecordedReading kept = extremes.get(name);
      if (kept == null || isBeyond.test(number(reading, name), number(kept, name))) {
        extremes.put(name, reading);
      }
    }

    Stretch with(Stretch next) {
      next.readings().forEach(this::see);
      next.least.forEach(this::see);
      next.greatest.forEach(this::see);
      return this;
    }

    /** How many readings it holds at most. */
    int held() {
      return least.size() + greatest.size() + (first == null ? 0 : 2);
    }

    Set<RecordedReading> readings() {
      Set<RecordedReading> readings = new TreeSet<>(RecordedReading.BY_TIME);
      readings.addAll(least.values());
      readings.addAll(greatest.values());
      if (first != null && last != null) {
        readings.add(first);
        readings.add(last);
      }
      return readings;
    }
  }

  /**
   * A collector for an interval.
   *
   * @param points how many readings are wanted; there are more only when the extremes of the whole
   *     interval alone are more
   * @param channels the channels whose extremes are kept; empty for all
   */
  ThinnedReadings(int points, Set<String> channels, Instant from, Instant to) {
    this.points = points;
    this.channels = Set.copyOf(channels);
    this.fromNanos = Times.toNanos(from);
    this.lengthNanos = Math.max(1, Times.toNanos(to) - fromNanos + 1);
  }

  @Override
  public void add(RecordedReading reading) {
    taken++;
    if (!stretches.isEmpty()) {
      thin(reading);
      return;
    }
    all.add(reading);
    if (all.size() > points) {
      stretches = new ArrayList<>();
      // A power of two, so that they can be joined in pairs down to one.
      for (int i = Integer.highestOneBit(Math.max(1, points / 2)); i > 0; i--) {
        stretches.add(new Stretch());
      }
      all.forEach(this::thin);
      all.clear();
    }
  }

  private void thin(RecordedReading reading) {
    Stretch stretch = stretches.get(position(reading));
    int heldBefore = stretch.held();
    stretch.see(reading);
    for (Channel channel : reading.type().channels()) {
      if (channels.isEmpty() || channels.contains(channel.name())) {
        stretch.see(channel.name(), reading);
      }
    }
    for (String name : ASSESSED) {
      stretch.see(name, reading);
    }
    held += stretch.held() - heldBefore;
    while (held > HELD_PER_POINT * points && stretches.size() > 1) {
      mergeNeighbours();
    }
  }

  /** Which stretch a reading belongs to; one ahead of the clock can lie beyond the last. */
  private int position(RecordedReading reading) {
    double share = (double) (Times.toNanos(reading.timestamp()) - fromNanos) / lengthNanos;
    return Math.clamp((long) (share * stretches.size()), 0, stretches.size() - 1);
  }

  private void mergeNeighbours() {
    List<Stretch> merged = new ArrayList<>();
    for (int i = 0; i < stretches.size(); i += 2) {
      merged.add(stretches.get(i).with(stretches.get(i + 1)));
    }
    stretches = merged;
    held = stretches.stream().mapToInt(Stretch::held).sum();
  }

  private static double number(RecordedReading reading, String name) {
    int channel = reading.type().indexOf(name);
    if (channel >= 0) {
      return reading.assessed().reading().values().get(channel);
    }
    Assessment assessment = reading.assessed().assessment();
    if (assessment == null || !assessment.isAvailable()) {
      return Double.NaN;
    }
    return switch (name) {
      case SCORE -> assessment.modalities() == 0 ? Double.NaN : assessment.score(0);
      case FAILURE -> assessment.failureProbability();
      case RUL -> assessment.medianRul();
      default -> Double.NaN;
    };
  }

  @Override
  public long taken() {
    return taken;
  }

  @Override
  public List<RecordedReading> kept() {
    TreeSet<RecordedReading> kept = new TreeSet<>(RecordedReading.BY_TIME);
    if (stretches.isEmpty()) {
      kept.addAll(all);
      return List.copyOf(kept);
    }
    stretches.forEach(stretch -> kept.addAll(stretch.readings()));
    while (kept.size() > points && stretches.size() > 1) {
      mergeNeighbours();
      kept.clear();
      stretches.forEach(stretch -> kept.addAll(stretch.readings()));
    }
    return List.copyOf(kept);
  }
}
