package twin.core.reading;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RecentTimesTest {

  @Test
  void keepsTimesAscendingWhateverTheirOrder() {
    RecentTimes times = RecentTimes.empty().with(20).with(10).with(30).with(20);
    assertThat(times.toArray()).containsExactly(10, 20, 30);
    assertThat(times.oldest()).isEqualTo(10);
    assertThat(times.contains(20)).isTrue();
    assertThat(times.contains(21)).isFalse();
  }

  @Test
  void dropsTheOldestAndLeavesTheOlderVersionAlone() {
    RecentTimes times = RecentTimes.of(new long[] {10, 20, 30});
    assertThat(times.withoutOldest().toArray()).containsExactly(20, 30);
    assertThat(times.toArray()).containsExactly(10, 20, 30);
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 40);
  }

  /** Versions share arrays, so each is derived from a random older one and all are looked at. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void noVersionEverChangesThoughTheyShareArrays(long seed) {
    Random random = new Random(seed);
    List<RecentTimes> versions = new ArrayList<>(List.of(RecentTimes.empty()));
    List<TreeSet<Long>> expected = new ArrayList<>(List.of(new TreeSet<>()));
    for (int i = 0; i < 300; i++) {
      int from = Math.max(0, versions.size() - 1 - random.nextInt(4));
      RecentTimes base = versions.get(from);
      TreeSet<Long> naive = new TreeSet<>(expected.get(from));
      long newest = naive.isEmpty() ? 0 : naive.last();
      RecentTimes next;
      switch (random.nextInt(8)) {
        case 0 -> {
          next = base.size() == 0 ? base : base.withoutOldest();
          naive.pollFirst();
        }
        case 1 -> {
          long time = newest - random.nextInt(30);
          next = base.with(time);
          naive.add(time);
        }
        default -> {
          long time = newest + 1 + random.nextInt(3);
          next = base.with(time);
          naive.add(time);
        }
      }
      versions.add(next);
      expected.add(naive);
      // Those from which nothing is derived any more are looked at once, at the end.
      int oldest = i == 299 ? 0 : Math.max(0, versions.size() - 12);
      for (int each = oldest; each < versions.size(); each++) {
        assertThat(versions.get(each).toArray())
            .as("version %d after step %d", each, i)
            .containsExactly(expected.get(each).stream().mapToLong(Long::longValue).toArray());
      }
    }
  }
}
