package twin.http.machine;

import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import twin.core.reading.Times;

/**
 * Keeps all readings while they are few. When they become more than wanted it divides the interval
 * into equal stretches and keeps of each the first, the last, and those with the least and the
 * greatest value of each channel and of each number of the assessment, or of each feature: a chart
 * drawn from them has the same peaks. For one channel this is M4 (Jugel et al., "M4: A
 * Visualization-Oriented Time Series Data Aggregation", PVLDB 7(10), 2014). Neighbouring stretches
 * become one as often as it takes to stay within the number wanted, and within {@value
 * #HELD_PER_POINT} times that number on the way.
 */
final class ThinnedReadings implements ReadingCollector {

  private static final int HELD_PER_POINT = 8;

  private final int points;
  private final Set<String> channels;
  private final long fromNanos;
  private final long lengthNanos;
  private final List<RecordedReading> all = new ArrayList<>();
  private List<Stretch> stretches = List.of();
  private int held;
  private long taken;

  /** A reading and the number for which it is kept. */
  private record Extreme(double number, RecordedReading reading) {}

  /** First, last and extremes of a stretch of time. */
  private static final class Stretch {
    private final Map<String, Extreme> least = new HashMap<>();
    private final Map<String, Extreme> greatest = new HashMap<>();
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

    void see(String name, double number, RecordedReading reading) {
      if (!Double.isNaN(number)) {
        see(name, new Extreme(number, reading));
      }
    }

    private void see(String name, Extreme next) {
      least.merge(name, next, (kept, other) -> other.number < kept.number ? other : kept);
      greatest.merge(name, next, (kept, other) -> other.number > kept.number ? other : kept);
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
      least.values().forEach(extreme -> readings.add(extreme.reading));
      greatest.values().forEach(extreme -> readings.add(extreme.reading));
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
    reading.numbers(channels, (name, number) -> stretch.see(name, number, reading));
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
