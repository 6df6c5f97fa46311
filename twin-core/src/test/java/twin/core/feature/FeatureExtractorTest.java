package twin.core.feature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.reading.Values;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;

final class FeatureExtractorTest {

  private static final int WINDOW = 5;

  private static final MachineType TYPE =
      MachineTypeReader.read(
          "lathe",
          ConfigFactory.parseString(
              """
              channels = [{name = a}, {name = b}]
              attributes = [variant]
              features = [
                {name = value, kind = value, of = [a]}
                {name = difference, kind = difference, of = [a, b]}
                {name = product, kind = product, of = [a, b, a], factor = 0.5}
                {name = is_m, kind = attribute, of = [variant], value = M}
                {name = mean, kind = mean, of = [a], readings = 5}
                {name = sd, kind = standard_deviation, of = [a], readings = 5}
                {name = least, kind = minimum, of = [a], readings = 5}
                {name = greatest, kind = maximum, of = [a], readings = 5}
                {name = slope, kind = slope, of = [a], readings = 5}
                {name = mean_2, kind = mean, of = [b], readings = 2}
              ]
              lateness-bound = 60s, future-bound = 60s, silence = 1m
              commissioning-readings = 0, gate-threshold = 6
              """));

  private static final FeatureExtractor EXTRACTOR = new FeatureExtractor(TYPE);

  /** Features of the last of these readings of channel a; channel b has its hundredfold. */
  private static FeatureVector features(double... a) {
    ReadingWindow window = ReadingWindow.empty(8, 2);
    for (int i = 0; i < a.length; i++) {
      window = window.with(i, i, new double[] {a[i], 100 * a[i]});
    }
    double last = a[a.length - 1];
    return EXTRACTOR.extract(reading(last, 100 * last, "M"), window, Calibration.none());
  }

  private static final MachineType MODAL =
      MachineTypeReader.read(
          "engine",
          ConfigFactory.parseString(
              """
              channels = [{name = load}, {name = temp}]
              operating-modes = [
                {name = idle, ranges {load = [0, 1]}, nominal {temp = [100, 2]}}
                {name = full, ranges {load = [9, 10]}, nominal {temp = [500, 10]}}
              ]
              features = [
                {name = temp.dev, kind = deviation, of = [temp]}
                {name = temp.dev.mean_2, kind = mean, of = [temp.dev], readings = 2}
                {name = temp.change, kind = change, of = [temp.dev], readings = 1}
                {name = temp.sigmas, kind = standardised, of = [temp.dev], readings = 1}
                {name = temp.spread, kind = spread_ratio, of = [temp.dev], readings = 2}
                {name = temp.mean_10s, kind = mean, of = [temp], seconds = 10}
                {name = life, kind = count, of = []}
              ]
              lateness-bound = 60s, future-bound = 60s, silence = 1m
              commissioning-readings = 0, gate-threshold = 6, baseline-readings = 3
              """));

  /** The features of the last of these readings of load and temperature, a second apart each. */
  private static FeatureVector modal(double[]... loadAndTemp) {
    FeatureExtractor extractor = new FeatureExtractor(MODAL);
    ReadingWindow window = extractor.adopt(ReadingWindow.empty(1, 0), null);
    Calibration calibration = Calibration.none().observing(MODAL);
    FeatureVector features = null;
    for (int i = 0; i < loadAndTemp.length; i++) {
      Reading reading = reading(loadAndTemp[i][0], loadAndTemp[i][1], "");
      double[] columns = extractor.columnsOf(reading);
      window = window.with(i * 1_000_000_000L, i, columns);
      calibration = calibration.with(columns, extractor);
      features = extractor.extract(reading, window, calibration);
    }
    return java.util.Objects.requireNonNull(features);
  }

  @Test
  void aDeviationIsFromWhatIsNominalInTheModeOfTheReading() {
    assertThat(modal(new double[] {0.5, 104}).get("temp.dev")).isEqualTo(2);
    assertThat(modal(new double[] {9.5, 480}).get("temp.dev")).isEqualTo(-2);
    assertThat(modal(new double[] {5, 480}).get("temp.dev")).as("in no mode").isNaN();
    assertThat(modal(new double[] {0, 104}, new double[] {10, 540}).get("temp.dev.mean_2"))
        .as("a window over deviations goes across modes")
        .isEqualTo((2 + 4) / 2.0);
  }

  @Test
  void saysInWhichModeTheReadingIs() {
    assertThat(modal(new double[] {0.5, 104}).mode()).isEqualTo("idle");
    assertThat(modal(new double[] {0.5, 104}, new double[] {9.5, 480}).mode()).isEqualTo("full");
    assertThat(modal(new double[] {5, 480}).mode()).isEmpty();
  }

  /** Deviations 0, 1, 2 have the mean 1 and the sample standard deviation 1. */
  @Test
  void theBaselineIsOfTheFirstReadingsAndNoLongerMoves() {
    double[][] readings = {{0, 100}, {0, 102}, {0, 104}, {0, 106}, {0, 110}};
    assertThat(modal(readings[0]).get("temp.change")).isZero();
    assertThat(modal(readings[0], readings[1]).get("temp.change"))
        .as("while it is being made it is of what there is")
        .isEqualTo(0.5);
    FeatureVector last = modal(readings);
    assertThat(last.get("temp.change")).isEqualTo(5 - 1);
    assertThat(last.get("temp.sigmas")).isCloseTo(4, within(1e-12));
    assertThat(last.get("temp.spread")).isCloseTo(Math.sqrt(2), within(1e-12));
    assertThat(last.get("life")).isEqualTo(5);
  }

  @Test
  void aWindowByTimeHasTheReadingsOfTheNewestSeconds() {
    double[][] readings = new double[30][];
    for (int i = 0; i < readings.length; i++) {
      readings[i] = new double[] {0, i};
    }
    assertThat(modal(readings).get("temp.mean_10s")).isEqualTo((20 + 29) / 2.0);
  }

  @Test
  void anotherDefinitionTakesTheWindowOverByTheNamesOfTheChannels() {
    ReadingWindow window =
        ReadingWindow.empty(8, 2)
            .with(1, 1, new double[] {11, 12})
            .with(2, 2, new double[] {21, 22});
    MachineType other =
        MachineTypeReader.read(
            "lathe",
            ConfigFactory.parseString(
                """
                channels = [{name = b}, {name = new}, {name = a}]
                features = [
                  {name = twice, kind = product, of = [b], factor = 2}
                  {name = mean, kind = mean, of = [twice], readings = 4}
                ]
                lateness-bound = 60s, future-bound = 60s, silence = 1m
                commissioning-readings = 0, gate-threshold = 6
                """));
    ReadingWindow adopted = new FeatureExtractor(other).adopt(window, EXTRACTOR);
    assertThat(adopted)
        .isEqualTo(
            ReadingWindow.empty(4, 4)
                .with(1, 1, new double[] {12, Double.NaN, 11, 24})
                .with(2, 2, new double[] {22, Double.NaN, 21, 44}));
  }

  private static Reading reading(double a, double b, String variant) {
    return new Reading(
        Instant.EPOCH, 1L, Values.of(a, b), List.of(), List.of(variant), Map.of(), 0);
  }

  @Test
  void featuresOfOneReadingAreWorkedOutFromItAlone() {
    FeatureVector features = features(1, 4);
    assertThat(features.get("value")).isEqualTo(4);
    assertThat(features.get("difference")).isEqualTo(4 - 400);
    assertThat(features.get("product")).isEqualTo(0.5 * 4 * 400 * 4);
    assertThat(features.get("is_m")).isEqualTo(1);
    ReadingWindow window = ReadingWindow.empty(8, 2);
    assertThat(EXTRACTOR.extract(reading(1, 1, "L"), window, Calibration.none()).get("is_m"))
        .isZero();
    assertThat(EXTRACTOR.extract(reading(1, 1, ""), window, Calibration.none()).get("is_m"))
        .isZero();
  }

  /**
   * 2, 4, 4, 4, 6: the mean is 4, the squares of the deviations sum to 8, and the slope over 0 to 4
   * is ((-2)(-2) + 2 · 2) / (4 + 1 + 0 + 1 + 4) = 0.8. The 100 before is outside the window.
   */
  @Test
  void featuresOfAWindowAreWorkedOutFromItsNewestReadings() {
    FeatureVector features = features(100, 2, 4, 4, 4, 6);
    assertThat(features.get("mean")).isEqualTo(4);
    assertThat(features.get("sd")).isEqualTo(Math.sqrt(2));
    assertThat(features.get("least")).isEqualTo(2);
    assertThat(features.get("greatest")).isEqualTo(6);
    assertThat(features.get("slope")).isEqualTo(0.8);
    assertThat(features.get("mean_2")).isEqualTo(500);
  }

  /**
   * Without the third of 1, 3, –, 7 the slope is still 2 a reading: positions keep their places.
   */
  @Test
  void absentValuesTakeNoPart() {
    FeatureVector features = features(1, 3, Double.NaN, 7);
    assertThat(features.get("mean")).isEqualTo(11 / 3.0);
    assertThat(features.get("slope")).isCloseTo(2, within(1e-12));
    assertThat(features.get("least")).isEqualTo(1);
    assertThat(features.get("mean_2")).isEqualTo(700);
  }

  @Test
  void whatCannotBeComputedIsAbsent() {
    FeatureVector one = features(3);
    assertThat(one.get("mean")).isEqualTo(3);
    assertThat(one.get("sd")).isNaN();
    assertThat(one.get("slope")).isNaN();
    FeatureVector none = features(Double.NaN);
    for (String name :
        List.of("value", "difference", "product", "mean", "sd", "least", "greatest", "slope")) {
      assertThat(none.get(name)).as(name).isNaN();
    }
    assertThat(none.get("no_such_feature")).isNaN();
  }

  @Test
  void badValuesAreNotSeen() {
    Reading bad =
        new Reading(
            Instant.EPOCH,
            1L,
            Values.of(4, 5),
            List.of(Quality.BAD, Quality.UNCERTAIN),
            List.of("M"),
            Map.of(),
            0);
    FeatureVector features = EXTRACTOR.extract(bad, ReadingWindow.empty(8, 2), Calibration.none());
    assertThat(features.get("value")).isNaN();
    assertThat(features.get("difference")).isNaN();
    assertThat(features.get("product")).isNaN();
  }

  @Test
  void aZeroHasOneSign() {
    FeatureVector features = features(-0.0, -0.0);
    assertThat(Double.doubleToRawLongBits(features.get("value"))).isZero();
    assertThat(Double.doubleToRawLongBits(features.get("least"))).isZero();
    assertThat(features.hash()).isEqualTo(features(0.0, 0.0).hash());
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 100);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void agreesWithTheTextbookOverRandomWindows(long seed) {
    Random random = new Random(seed);
    double[] a = new double[1 + random.nextInt(12)];
    for (int i = 0; i < a.length; i++) {
      a[i] = random.nextInt(4) == 0 ? Double.NaN : 50 + 20 * random.nextGaussian();
    }
    FeatureVector features = features(a);
    List<double[]> points = new ArrayList<>();
    DoubleSummaryStatistics statistics = new DoubleSummaryStatistics();
    for (int i = Math.max(0, a.length - WINDOW); i < a.length; i++) {
      if (!Double.isNaN(a[i])) {
        points.add(new double[] {i, a[i]});
        statistics.accept(a[i]);
      }
    }
    long n = statistics.getCount();
    double last = a[a.length - 1];
    assertClose(features, "value", last);
    assertClose(features, "difference", last - 100 * last);
    assertClose(features, "product", 50 * last * last * last);
    assertClose(features, "mean", n == 0 ? Double.NaN : statistics.getAverage());
    assertClose(features, "least", n == 0 ? Double.NaN : statistics.getMin());
    assertClose(features, "greatest", n == 0 ? Double.NaN : statistics.getMax());
    assertClose(features, "sd", n < 2 ? Double.NaN : Math.sqrt(covariance(points, 1, 1)));
    assertClose(
        features,
        "slope",
        n < 2 ? Double.NaN : covariance(points, 0, 1) / covariance(points, 0, 0));
  }

  /** Σxy − ΣxΣy/n over n − 1: another formula than the one under test. */
  private static double covariance(List<double[]> points, int x, int y) {
    double sumX = 0;
    double sumY = 0;
    double products = 0;
    for (double[] point : points) {
      sumX += point[x];
      sumY += point[y];
      products += point[x] * point[y];
    }
    return (products - sumX * sumY / points.size()) / (points.size() - 1);
  }

  private static void assertClose(FeatureVector features, String name, double expected) {
    if (Double.isNaN(expected)) {
      assertThat(features.get(name)).as(name).isNaN();
    } else {
      assertThat(features.get(name))
          .as(name)
          .isCloseTo(expected, within(1e-7 + 1e-9 * Math.abs(expected)));
    }
  }
}
