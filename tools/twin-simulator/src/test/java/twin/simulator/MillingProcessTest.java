package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.DoubleSummaryStatistics;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MillingProcessTest {
  private static final int MACHINES = 200;
  private static final int STEPS = 2_000;

  /** Many machines rather than one long run, because the temperatures wander slowly. */
  private static final List<MillingSample> NORMAL =
      LongStream.range(0, MACHINES)
          .boxed()
          .flatMap(seed -> samples(seed, MillingProfile.NORMAL, STEPS).stream())
          .toList();

  @Test
  void theSameSeedGivesTheSameSamples() {
    assertThat(samples(7, MillingProfile.OVERSTRAIN, 300))
        .isEqualTo(samples(7, MillingProfile.OVERSTRAIN, 300))
        .isNotEqualTo(samples(8, MillingProfile.OVERSTRAIN, 300));
  }

  @Test
  void temperaturesHaveTheDocumentedMeansAndDeviations() {
    assertThat(mean(NORMAL, MillingSample::airTempK)).isCloseTo(300, within(0.4));
    assertThat(deviation(NORMAL, MillingSample::airTempK)).isCloseTo(2, within(0.3));
    // A healthy machine's difference is cut off at 8.8 K: of N(10, 1) that leaves 10.22 and 0.83.
    assertThat(mean(NORMAL, MillingSample::heatDifferenceK)).isCloseTo(10.22, within(0.15));
    assertThat(deviation(NORMAL, MillingSample::heatDifferenceK)).isCloseTo(0.83, within(0.1));
  }

  @Test
  void torqueHasTheDocumentedMeanAndDeviationLessTheStepsNearALimit() {
    // Of N(40, 10) without the steps within a tenth of a limit.
    assertThat(mean(NORMAL, MillingSample::torqueNm)).isCloseTo(40, within(0.8));
    assertThat(deviation(NORMAL, MillingSample::torqueNm)).isCloseTo(8.7, within(0.2));
    assertThat(NORMAL).allMatch(sample -> sample.torqueNm() > 0);
  }

  @ParameterizedTest
  @CsvSource({
    "20, 1979",
    "24, 1833",
    "28, 1710",
    "32, 1627",
    "36, 1557",
    "40, 1499",
    "44, 1453",
    "48, 1419",
    "52, 1386"
  })
  void speedFollowsTorqueByTheDocumentedTable(double torqueNm, double speedRpm) {
    List<MillingSample> there =
        NORMAL.stream().filter(sample -> Math.abs(sample.torqueNm() - torqueNm) < 0.5).toList();

    assertThat(mean(there, MillingSample::rpm)).isCloseTo(speedRpm, within(8.0));
    assertThat(deviation(there, MillingSample::rpm)).isCloseTo(50, within(6.0));
  }

  @Test
  void variantsComeInTheirShares() {
    Map<Variant, Integer> counts = new EnumMap<>(Variant.class);
    NORMAL.forEach(sample -> counts.merge(sample.variant(), 1, Integer::sum));

    double all = NORMAL.size();
    assertThat(counts.getOrDefault(Variant.L, 0) / all).isCloseTo(0.6, within(0.01));
    assertThat(counts.getOrDefault(Variant.M, 0) / all).isCloseTo(0.3, within(0.01));
    assertThat(counts.getOrDefault(Variant.H, 0) / all).isCloseTo(0.1, within(0.01));
  }

  @Test
  void wearGrowsByTheVariantUntilTheToolIsReplaced() {
    List<MillingSample> samples = samples(3, MillingProfile.NORMAL, STEPS);
    int replaced = 0;
    for (int i = 1; i < samples.size(); i++) {
      MillingSample before = samples.get(i - 1);
      int grown = before.toolWearMin() + wearMin(before.variant());
      if (samples.get(i).toolWearMin() == 0) {
        replaced++;
        assertThat(grown).isBetween(150, 185);
      } else {
        assertThat(samples.get(i).toolWearMin()).isEqualTo(grown);
      }
    }
    // 2.6 min a step on average, a tool for about 165 min.
    assertThat(replaced).isBetween(25, 40);
  }

  @Test
  void aHealthyMachineReachesNoFailureRule() {
    assertThat(NORMAL).noneMatch(FailureRules::any);
  }

  @Test
  void overstrainReachesItsRuleAndNoOther() {
    leadsTo(MillingProfile.OVERSTRAIN, FailureRules::overstrain, 60, 0.7);
    assertNever(MillingProfile.OVERSTRAIN, sample -> FailureRules.power(sample) || heat(sample));
  }

  @Test
  void heatDissipationReachesItsRuleAndNoOther() {
    leadsTo(MillingProfile.HEAT_DISSIPATION, FailureRules::heatDissipation, 60, 0.7);
    assertNever(
        MillingProfile.HEAT_DISSIPATION,
        sample ->
            FailureRules.power(sample)
                || FailureRules.overstrain(sample)
                || FailureRules.toolWear(sample));
  }

  @Test
  void powerFailureReachesItsRuleAndNoOther() {
    leadsTo(MillingProfile.POWER_FAILURE, FailureRules::power, 40, 0.95);
    assertNever(
        MillingProfile.POWER_FAILURE,
        sample -> FailureRules.overstrain(sample) || heat(sample) || FailureRules.toolWear(sample));
  }

  @Test
  void toolWearReachesItsRuleAndNoOther() {
    leadsTo(MillingProfile.TOOL_WEAR, FailureRules::toolWear, 40, 1);
    assertNever(
        MillingProfile.TOOL_WEAR,
        sample -> FailureRules.power(sample) || FailureRules.overstrain(sample) || heat(sample));
  }

  @Test
  void aProfileBeginsGradually() {
    for (MillingProfile profile : MillingProfile.values()) {
      for (long seed = 0; seed < MACHINES; seed++) {
        var process = new MillingProcess(seed);
        IntStream.range(0, 100).forEach(i -> process.step(MillingProfile.NORMAL));
        assertThat(IntStream.range(0, 4).mapToObj(i -> process.step(profile)))
            .as("%s, seed %d", profile, seed)
            .noneMatch(
                sample ->
                    FailureRules.power(sample) || FailureRules.overstrain(sample) || heat(sample));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"OVERSTRAIN", "HEAT_DISSIPATION", "POWER_FAILURE", "TOOL_WEAR", "SENSOR_FAULT"})
  void backOnNormalAMachineIsHealthyAtOnce(MillingProfile profile) {
    for (long seed = 0; seed < MACHINES; seed++) {
      var process = new MillingProcess(seed);
      IntStream.range(0, 100).forEach(i -> process.step(profile));
      assertThat(IntStream.range(0, 200).mapToObj(i -> process.step(MillingProfile.NORMAL)))
          .as("seed %d", seed)
          .noneMatch(FailureRules::any);
    }
  }

  private static boolean heat(MillingSample sample) {
    return FailureRules.heatDissipation(sample);
  }

  /** From the given step on, at least that share of all steps of all machines is in the rule. */
  private static void leadsTo(
      MillingProfile profile, Predicate<MillingSample> rule, int fromStep, double share) {
    for (long seed = 0; seed < MACHINES; seed++) {
      List<MillingSample> samples = samples(seed, profile, fromStep + 100);
      assertThat(samples.subList(0, fromStep)).as("seed %d", seed).anyMatch(rule);
      List<MillingSample> late = samples.subList(fromStep, samples.size());
      double reached = late.stream().filter(rule).count() / (double) late.size();
      assertThat(reached).as("seed %d", seed).isGreaterThanOrEqualTo(share);
    }
  }

  private static void assertNever(MillingProfile profile, Predicate<MillingSample> rule) {
    for (long seed = 0; seed < MACHINES; seed++) {
      assertThat(samples(seed, profile, 300)).as("seed %d", seed).noneMatch(rule);
    }
  }

  private static List<MillingSample> samples(long seed, MillingProfile profile, int steps) {
    var process = new MillingProcess(seed);
    return IntStream.range(0, steps).mapToObj(i -> process.step(profile)).toList();
  }

  private static int wearMin(Variant variant) {
    return switch (variant) {
      case L -> 2;
      case M -> 3;
      case H -> 5;
    };
  }

  private static double mean(List<MillingSample> samples, ToDoubleFunction<MillingSample> of) {
    return statistics(samples, of).getAverage();
  }

  private static double deviation(List<MillingSample> samples, ToDoubleFunction<MillingSample> of) {
    double mean = mean(samples, of);
    return Math.sqrt(
        statistics(samples, sample -> Math.pow(of.applyAsDouble(sample) - mean, 2)).getAverage());
  }

  private static DoubleSummaryStatistics statistics(
      List<MillingSample> samples, ToDoubleFunction<MillingSample> of) {
    return samples.stream().mapToDouble(of).summaryStatistics();
  }
}
