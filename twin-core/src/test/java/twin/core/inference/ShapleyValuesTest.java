package twin.core.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ShapleyValuesTest {

  private static final double TOLERANCE = 1e-9;

  /** A game whose worth is the sum of the members' worths and of a bonus for each pair of them. */
  private static ShapleyValues.Answers game(double[] worth, double bonus) {
    return present ->
        Arrays.stream(present)
            .mapToDouble(
                members -> {
                  double sum = 0;
                  int count = 0;
                  for (int i = 0; i < members.length; i++) {
                    sum += members[i] ? worth[i] : 0;
                    count += members[i] ? 1 : 0;
                  }
                  return 7 + sum + bonus * count * (count - 1) / 2;
                })
            .toArray();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 8, 9, 40})
  void whereAllIsASumEachGetsItsOwn(int features) {
    double[] worth = new Random(features).doubles(features, -5, 5).toArray();
    double[] shares = ShapleyValues.of(features, game(worth, 0));
    for (int i = 0; i < features; i++) {
      assertThat(shares[i]).isCloseTo(worth[i], within(TOLERANCE));
    }
  }

  /** Each pair's bonus is split in halves: with 5 members each is in 4 pairs. */
  @Test
  void whatTwoDoTogetherIsSplitBetweenThem() {
    double[] worth = {1, 2, 3, 4, 5};
    double[] shares = ShapleyValues.of(5, game(worth, 10));
    for (int i = 0; i < 5; i++) {
      assertThat(shares[i]).isCloseTo(worth[i] + 4 * 10 / 2.0, within(TOLERANCE));
    }
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 20);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void theSharesSumToTheDifferenceFromTheUsual(long seed) {
    Random random = new Random(seed);
    int features = 1 + random.nextInt(20);
    long salt = random.nextLong();
    ShapleyValues.Answers arbitrary =
        present ->
            Arrays.stream(present)
                .mapToDouble(members -> new Random(Arrays.hashCode(members) ^ salt).nextGaussian())
                .toArray();
    boolean[] all = new boolean[features];
    Arrays.fill(all, true);
    double[] ends = arbitrary.of(new boolean[][] {new boolean[features], all});
    assertThat(Arrays.stream(ShapleyValues.of(features, arbitrary)).sum())
        .isCloseTo(ends[1] - ends[0], within(TOLERANCE));
    assertThat(ShapleyValues.of(features, arbitrary))
        .as("asked again")
        .isEqualTo(ShapleyValues.of(features, arbitrary));
  }
}
