package twin.core.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ReadingWindowTest {

  private record Row(long time, long seq, List<Double> values) {}

  private static List<Row> rows(ReadingWindow window) {
    List<Row> rows = new ArrayList<>();
    for (int row = 0; row < window.size(); row++) {
      List<Double> values = new ArrayList<>();
      for (int channel = 0; channel < window.channels(); channel++) {
        values.add(window.value(row, channel));
      }
      rows.add(new Row(window.timeNanos(row), window.seq(row), values));
    }
    return rows;
  }

  private static ReadingWindow of(int capacity, long... times) {
    ReadingWindow window = ReadingWindow.empty(capacity, 1);
    for (long time : times) {
      window = window.with(time, -1, new double[] {10 * time});
    }
    return window;
  }

  private static long[] times(ReadingWindow window) {
    return rows(window).stream().mapToLong(Row::time).toArray();
  }

  @Test
  void aLateReadingTakesItsPlace() {
    ReadingWindow window = of(5, 1, 3, 4, 2);
    assertThat(times(window)).containsExactly(1, 2, 3, 4);
    assertThat(window.value(1, 0)).isEqualTo(20);
  }

  @Test
  void readingsOfTheSameMomentStandBySequenceNumber() {
    ReadingWindow window =
        ReadingWindow.empty(5, 1)
            .with(7, 2, new double[] {2})
            .with(7, 3, new double[] {3})
            .with(7, 1, new double[] {1});
    assertThat(rows(window)).extracting(Row::seq).containsExactly(1L, 2L, 3L);
  }

  @Test
  void theOldestGoesWhenItIsFull() {
    assertThat(times(of(3, 1, 2, 3, 4))).containsExactly(2, 3, 4);
    assertThat(times(of(3, 1, 3, 4, 2))).containsExactly(2, 3, 4);
    assertThat(times(of(1, 1, 2))).containsExactly(2);
  }

  @Test
  void aReadingOlderThanAFullWindowIsItselfTheOldestAndGoes() {
    ReadingWindow full = of(3, 5, 6, 7);
    assertThat(full.with(4, -1, new double[] {0})).isSameAs(full);
  }

  @Test
  void takesOnlyAsManyValuesAsItHasChannels() {
    assertThatThrownBy(() -> of(3).with(1, -1, new double[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 values for 1 channels");
    assertThatThrownBy(() -> ReadingWindow.empty(0, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void isEqualByWhatItHoldsAndNotByHowItCameAbout() {
    ReadingWindow appended = of(3, 1, 2, 3);
    assertThat(of(3, 3, 1, 2)).isEqualTo(appended).hasSameHashCodeAs(appended);
    assertThat(of(3, 0, 1, 2, 3)).isEqualTo(appended).hasSameHashCodeAs(appended);
    assertThat(of(4, 1, 2, 3)).isNotEqualTo(appended);
    assertThat(of(3, 1, 2, 4)).isNotEqualTo(appended);
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 60);
  }

  /**
   * Versions share arrays, so each is derived from a random older one, at times by the very step
   * that another version has taken, and afterwards all versions are looked at.
   */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noVersionEverChangesThoughTheyShareArrays(long seed) {
    Random random = new Random(seed);
    int capacity = 1 + random.nextInt(12);
    int channels = 1 + random.nextInt(3);
    List<ReadingWindow> versions =
        new ArrayList<>(List.of(ReadingWindow.empty(capacity, channels)));
    List<List<Row>> expected = new ArrayList<>(List.of(List.of()));
    Row step = new Row(0, 0, List.of());
    int from = 0;
    for (int i = 0; i < 250; i++) {
      boolean sameStepAgain = i > 0 && random.nextInt(4) == 0;
      if (!sameStepAgain) {
        from = Math.max(0, versions.size() - 1 - random.nextInt(5));
        List<Row> base = expected.get(from);
        long newest = base.isEmpty() ? 100 : base.getLast().time();
        step = row(random, newest, i, channels);
      }
      versions.add(
          versions
              .get(from)
              .with(
                  step.time(),
                  step.seq(),
                  step.values().stream().mapToDouble(Double::doubleValue).toArray()));
      expected.add(naive(expected.get(from), step, capacity));
      for (int each = 0; each < versions.size(); each++) {
        assertThat(rows(versions.get(each)))
            .as("version %d after step %d", each, i)
            .isEqualTo(expected.get(each));
      }
    }
  }

  private static Row row(Random random, long newest, int step, int channels) {
    long time = newest + (random.nextInt(4) == 0 ? -random.nextInt(15) : random.nextInt(3));
    Double[] values = new Double[channels];
    Arrays.setAll(values, c -> random.nextInt(5) == 0 ? Double.NaN : step * 10.0 + c);
    return new Row(time, step, Arrays.asList(values));
  }

  private static List<Row> naive(List<Row> base, Row step, int capacity) {
    List<Row> next = new ArrayList<>(base);
    next.add(step);
    next.sort(Comparator.comparingLong(Row::time).thenComparingLong(Row::seq));
    return next.subList(Math.max(0, next.size() - capacity), next.size());
  }
}
