package twin.core.feature;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import twin.core.reading.Values;
import twin.core.type.FeatureSpec;

final class FeatureVectorTest {

  private static FeatureVector vector(double... values) {
    List<FeatureSpec> specs =
        IntStream.range(0, values.length)
            .mapToObj(i -> FeatureSpec.of("f" + i, FeatureSpec.Kind.VALUE, "c" + i, 1))
            .toList();
    return new FeatureVector(specs, Values.of(values), "", List.of(), ReadingWindow.empty(1, 0));
  }

  /** The journal holds these numbers for ever: another mixing would make every audit fail. */
  @Test
  void theHashIsTheOneThatTheJournalHolds() {
    assertThat(vector().hash()).isZero();
    assertThat(vector(1.0).hash()).isEqualTo(expected(1.0));
    assertThat(vector(298.1, Double.NaN, 42.8).hash()).isEqualTo(expected(298.1, Double.NaN, 42.8));
  }

  /** The finaliser of MurmurHash3 (Austin Appleby, public domain), written out once more. */
  private static long expected(double... values) {
    return Arrays.stream(values)
        .mapToLong(Double::doubleToLongBits)
        .reduce(
            values.length,
            (hash, bits) -> {
              long k = 31 * hash + bits;
              k ^= k >>> 33;
              k *= -49064778989728563L;
              k ^= k >>> 33;
              k *= -4265267296055464877L;
              return k ^ k >>> 33;
            });
  }

  @Test
  void theHashChangesWithTheLastBitOfAnyFeatureAndWithTheirOrder() {
    long hash = vector(1.5, 2.5).hash();
    assertThat(vector(Math.nextUp(1.5), 2.5).hash()).isNotEqualTo(hash);
    assertThat(vector(1.5, Math.nextUp(2.5)).hash()).isNotEqualTo(hash);
    assertThat(vector(2.5, 1.5).hash()).isNotEqualTo(hash);
    assertThat(vector(1.5, Double.NaN).hash()).isNotEqualTo(hash);
    assertThat(vector(1.5, 2.5).hash()).isEqualTo(hash);
  }
}
