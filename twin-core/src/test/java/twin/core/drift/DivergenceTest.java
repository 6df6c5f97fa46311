package twin.core.drift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;
import twin.core.inference.BundleManifest.Input;

final class DivergenceTest {

  private static final List<Double> QUARTERS = List.of(0.25, 0.25, 0.25, 0.25);

  private static List<long[]> units(int count, long... each) {
    List<long[]> units = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      units.add(each.clone());
    }
    return units;
  }

  private static Divergence of(List<long[]> units, List<Double> expected) {
    return Divergence.of(List.of(units), expected, Double.POSITIVE_INFINITY);
  }

  @Test
  void givesTheFiguresWorkedOutByHand() {
    Divergence divergence = of(units(10, 40, 30, 20, 10), QUARTERS);

    // 0.15 ln 1.6 + 0.05 ln 1.2 - 0.05 ln 0.8 - 0.15 ln 0.4
    assertThat(divergence.psi()).isCloseTo(0.2282, within(0.0001));
    assertThat(divergence.ks()).isCloseTo(0.2, within(1e-12));
    assertThat(divergence.readings()).isEqualTo(1000);
    // A quantile of F by 1,000 readings; units that are all the same never make it less.
    assertThat(divergence.psiByChance())
        .isCloseTo(3 * Divergence.quantile(3, 9) / 1000, within(1e-12));
    // Of Kolmogorov's distribution.
    assertThat(divergence.ksByChance()).isCloseTo(2.357 / Math.sqrt(1000), within(1e-9));
    assertThat(divergence.observed()).containsExactly(0.4, 0.3, 0.2, 0.1);
  }

  @Test
  void nothingIsOffWhereAllIsAsExpected() {
    Divergence divergence = of(units(10, 5, 45, 45, 5), List.of(0.05, 0.45, 0.45, 0.05));

    assertThat(divergence.psi()).isCloseTo(0, within(1e-12));
    assertThat(divergence.ks()).isCloseTo(0, within(1e-12));
  }

  @Test
  void readingsThatAreAlikeSayLess() {
    // Each unit is in one bin only: eight units of a hundred readings are eight readings.
    List<long[]> units = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      long[] unit = new long[4];
      unit[i % 4] = 100;
      units.add(unit);
    }

    double unbiased = 8.0 / 7;
    assertThat(of(units, QUARTERS).psiByChance())
        .isCloseTo(3 * Divergence.quantile(3, 7) / 8 * unbiased, within(1e-9));
  }

  @Test
  void quantilesAreNearThoseOfTheTables() {
    // For 0.99997 36.5 of chi square with 9 degrees, 11.4 of F with 9 and 15.
    assertThat(9 * Divergence.quantile(9, 1_000_000)).isCloseTo(36.9, within(0.5));
    assertThat(Divergence.quantile(9, 15)).isCloseTo(11.4, within(1.2));
    assertThat(Divergence.quantile(9, 5)).isGreaterThan(60).isFinite();
  }

  @Test
  void tooFewUnitsSayNothingOfChance() {
    assertThat(of(units(5, 1, 2, 3, 4), QUARTERS).psiByChance()).isInfinite();
    assertThat(of(units(10, 0, 0, 0, 0), QUARTERS).psiByChance()).isInfinite();
  }

  @Test
  void independentReadingsStayWithinChance() {
    Random random = new Random(11);
    int beyond = 0;
    for (int trial = 0; trial < 1_000; trial++) {
      List<long[]> units = units(16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
      for (int i = 0; i < 500; i++) {
        units.get(i % 16)[random.nextInt(10)]++;
      }
      Divergence divergence =
          of(units, DoubleStream.generate(() -> 0.1).limit(10).boxed().toList());
      beyond += divergence.psi() > divergence.psiByChance() ? 1 : 0;
    }

    assertThat(beyond).as("of 1,000 trials").isZero();
  }

  @Test
  void binsFollowTheTrainingData() {
    double[] usual = DoubleStream.iterate(1, value -> value + 1).limit(1_000).toArray();

    Bins bins = Bins.of(Input.of("torque_nm", "Nm", 1, usual)).orElseThrow();

    assertThat(bins.size()).isEqualTo(10);
    assertThat(bins.expected()).allSatisfy(share -> assertThat(share).isCloseTo(0.1, within(0.01)));
    assertThat(bins.of(bins.edges().getFirst())).isZero();
    assertThat(bins.of(Math.nextUp(bins.edges().getFirst()))).isEqualTo(1);
    assertThat(bins.of(5_000)).isEqualTo(9);
    assertThat(bins.of(-5_000)).isZero();
  }

  @Test
  void whatIsOftenTheSameIsABinOfItsOwn() {
    double[] usual = new double[100];
    for (int i = 60; i < 100; i++) {
      usual[i] = 1;
    }

    Bins bins = Bins.of(Input.of("variant_l", "", 1, usual)).orElseThrow();

    // Below what was ever seen, 0, and 1; nothing above.
    assertThat(bins.expected()).containsExactly(0.0, 0.6, 0.4, 0.0);
    assertThat(bins.of(-1)).isZero();
    assertThat(bins.of(0)).isEqualTo(1);
    assertThat(bins.of(1)).isEqualTo(2);
    assertThat(bins.of(2)).isEqualTo(3);
  }

  @Test
  void aConstantIsSeenToMoveEitherWay() {
    Bins bins = Bins.of(Input.of("setting_3", "", 1, new double[] {100, 100, 100})).orElseThrow();

    assertThat(bins.expected()).containsExactly(0.0, 1.0, 0.0);
    assertThat(of(units(10, 0, 100, 0), bins.expected()).psi()).isZero();
    assertThat(of(units(10, 100, 0, 0), bins.expected()).psi()).isGreaterThan(1);
    assertThat(of(units(10, 0, 0, 100), bins.expected()).psi()).isGreaterThan(1);
  }

  @Test
  void quantilesAloneDoUnlessValuesAreTies() {
    assertThat(Bins.of(new Input("rpm", "rpm", 1, 1341, 1505, 1858)).map(Bins::expected))
        .contains(List.of(0.05, 0.45, 0.45, 0.05));
    assertThat(Bins.of(new Input("variant_l", "", 1, 0, 1, 1))).isEqualTo(Optional.empty());
  }
}
