package twin.core.reading;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.reading.SeqRanges.Knowledge;

final class SeqRangesTest {

  private static SeqRanges of(long... seqs) {
    SeqRanges ranges = SeqRanges.empty();
    for (long seq : seqs) {
      ranges = ranges.with(seq);
    }
    return ranges;
  }

  @Test
  void growsARangeAtBothEndsAndJoinsTwoWhenTheirGapIsFilled() {
    SeqRanges ranges = of(5, 6, 4, 8);
    assertThat(ranges.bounds()).containsExactly(4, 6, 8, 8);
    assertThat(ranges.missing()).isEqualTo(1);
    SeqRanges joined = ranges.with(7);
    assertThat(joined.bounds()).containsExactly(4, 8);
    assertThat(joined.missing()).isZero();
    assertThat(ranges.bounds()).as("the older version").containsExactly(4, 6, 8, 8);
  }

  @Test
  void knowsWhatWasRecordedAndWhatIsNew() {
    SeqRanges ranges = of(0, 1, 10, 11);
    assertThat(LongStream.of(0, 1, 10, 11).mapToObj(ranges::knowledge))
        .containsOnly(Knowledge.RECORDED);
    assertThat(LongStream.of(2, 9, 12, Long.MAX_VALUE - 1).mapToObj(ranges::knowledge))
        .containsOnly(Knowledge.NEW);
    assertThat(SeqRanges.empty().knowledge(0)).isEqualTo(Knowledge.NEW);
  }

  @Test
  void sayingTheSameTwiceChangesNothing() {
    SeqRanges ranges = of(3, 4, 9);
    assertThat(ranges.with(3)).isSameAs(ranges);
    assertThat(ranges.with(9)).isSameAs(ranges);
  }

  @Test
  void closesTheOldestGapWithTheSixtyFifthRange() {
    SeqRanges full = SeqRanges.empty();
    for (long range = 0; range < SeqRanges.MAX_RANGES; range++) {
      full = full.with(10 * range);
    }
    assertThat(full.forgottenTo()).isEqualTo(-1);
    assertThat(full.knowledge(5)).isEqualTo(Knowledge.NEW);
    SeqRanges over = full.with(640);
    assertThat(over.bounds()).hasSize(128).startsWith(0, 10, 20, 20).endsWith(630, 630, 640, 640);
    assertThat(over.forgottenTo()).isEqualTo(9);
    assertThat(over.knowledge(5)).isEqualTo(Knowledge.FORGOTTEN);
    assertThat(over.knowledge(10)).isEqualTo(Knowledge.RECORDED);
    assertThat(over.knowledge(11)).isEqualTo(Knowledge.NEW);
    // 65 single numbers ten apart have 64 gaps of nine, one of which is not counted any more.
    assertThat(over.missing()).isEqualTo(63 * 9);
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 40);
  }

  /** The naive set is exact; the ranges may only say less where a gap had to be closed. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void agreesWithASetOfAllNumbersExceptWhereItForgot(long seed) {
    Random random = new Random(seed);
    // At most 64 ranges fit into 128 numbers; 400 draws out of 700 and more make far more of them.
    int span = seed % 2 == 0 ? 700 + random.nextInt(300) : 128;
    TreeSet<Long> all = new TreeSet<>();
    SeqRanges ranges = SeqRanges.empty();
    boolean forgot = false;
    for (int i = 0; i < 400; i++) {
      long seq = random.nextInt(span);
      if (ranges.knowledge(seq) == Knowledge.NEW) {
        assertThat(all.add(seq)).as("called new once").isTrue();
        ranges = ranges.with(seq);
      }
      forgot |= ranges.forgottenTo() >= 0;
      assertThat(ranges.bounds().length).isLessThanOrEqualTo(2 * SeqRanges.MAX_RANGES);
      for (long each = 0; each < span; each++) {
        Knowledge expected =
            each <= ranges.forgottenTo()
                ? Knowledge.FORGOTTEN
                : all.contains(each) ? Knowledge.RECORDED : Knowledge.NEW;
        assertThat(ranges.knowledge(each)).as("%d after %d steps", each, i).isEqualTo(expected);
      }
      assertThat(SeqRanges.of(ranges.bounds(), ranges.forgottenTo())).isEqualTo(ranges);
      assertThat(ranges.missing()).isEqualTo(missing(all, ranges));
    }
    assertThat(forgot).as("the bound was reached").isEqualTo(seed % 2 == 0);
  }

  private static long missing(SortedSet<Long> all, SeqRanges ranges) {
    long last = all.last();
    return LongStream.rangeClosed(all.first(), last)
        .filter(seq -> seq > ranges.forgottenTo() && !all.contains(seq))
        .count();
  }

  @Test
  void refusesBoundsThatAreNoRanges() {
    assertThatThrownBy(() -> SeqRanges.of(new long[] {1, 2, 3}, -1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> SeqRanges.of(new long[2 * SeqRanges.MAX_RANGES + 2], -1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
