package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TurbofanEngineTest {
  private static final int ONE_REGIME = 1;
  private static final int SIX_REGIMES = 2;

  @Test
  void theSameSeedGivesTheSameEngine() {
    assertThat(life(3, ONE_REGIME))
        .isEqualTo(life(3, ONE_REGIME))
        .isNotEqualTo(life(4, ONE_REGIME));
  }

  @Test
  void everySensorStaysWithinItsPhysicalRange() {
    PhysicalRanges ranges = PhysicalRanges.of("turbofan");
    for (int number = 1; number <= 40; number++) {
      life(100 + number, number).forEach(ranges::hold);
    }
  }

  @Test
  void healthyEnginesHaveTheLevelsOfTheData() {
    List<Map<String, ChannelValue>> all =
        IntStream.range(0, 400)
            .mapToObj(seed -> new TurbofanEngine(seed, ONE_REGIME))
            .flatMap(engine -> healthy(engine, 20))
            .toList();

    // Means and deviations at sea level over the first 30 cycles of the recorded engines.
    assertThat(Channels.mean(all, "s_4")).isCloseTo(1401.15, within(0.8));
    assertThat(Channels.deviation(all, "s_4")).isCloseTo(Math.hypot(4.05, 4.96), within(0.5));
    assertThat(Channels.mean(all, "s_11")).isCloseTo(47.307, within(0.03));
    assertThat(Channels.mean(all, "s_9")).isCloseTo(9054.4, within(1.2));
    // Engines with more worn compressors burn hotter and have more pressure behind the compressor.
    assertThat(Channels.correlation(all, "s_4", "s_11")).isBetween(0.4, 0.8);
    assertThat(Channels.correlation(all, "s_9", "s_14")).isBetween(0.5, 0.9);
    assertThat(Channels.correlation(all, "s_4", "s_21")).isBetween(-0.7, -0.2);
  }

  @Test
  void anEngineOfEvenNumberFliesInSixRegimes() {
    List<Map<String, ChannelValue>> cycles =
        healthy(new TurbofanEngine(1, SIX_REGIMES), 2_000).toList();

    for (TurbofanRegime regime : TurbofanRegime.values()) {
      List<Map<String, ChannelValue>> there =
          cycles.stream()
              .filter(
                  each ->
                      Math.abs(Channels.value(each, "setting_1") - regime.altitudeKft) < 0.01
                          && Channels.value(each, "setting_3") == regime.throttlePercent)
              .toList();
      double share = regime == TurbofanRegime.CRUISE_42 ? 0.25 : 0.15;
      assertThat(there.size() / 2_000.0).as(regime.name()).isCloseTo(share, within(0.03));
      TurbofanLevels.Sensor level =
          Objects.requireNonNull(TurbofanLevels.recorded().sensors(regime).get("s_3"));
      assertThat(Channels.mean(there, "s_3"))
          .isCloseTo(level.mean(), within(3.5 * level.engineSd()));
    }
    assertThat(healthy(new TurbofanEngine(1, ONE_REGIME), 500))
        .allMatch(each -> Math.abs(Channels.value(each, "setting_1")) < 0.02);
  }

  @Test
  void degradesSlowlyFirstAndFastestBeforeItFails() {
    for (int seed = 0; seed < 50; seed++) {
      List<Map<String, ChannelValue>> life = life(seed, ONE_REGIME);
      int cycles = life.size();

      assertThat(cycles).isBetween(120, 540);
      double atFirst = Channels.mean(life.subList(0, 20), "s_11");
      double inTheMiddle = Channels.mean(life.subList(cycles / 2 - 10, cycles / 2 + 10), "s_11");
      double atLast = Channels.mean(life.subList(cycles - 10, cycles), "s_11");
      assertThat(atLast - atFirst).as("seed %d", seed).isBetween(0.4, 1.3);
      assertThat(inTheMiddle - atFirst).isLessThan(0.3 * (atLast - atFirst));
    }
  }

  @Test
  void damageGoesFromNothingToAll() {
    assertThat(TurbofanEngine.damage(0)).isZero();
    assertThat(TurbofanEngine.damage(1)).isEqualTo(1);
    assertThat(TurbofanEngine.damage(0.5)).isCloseTo(0.13, within(0.01));
  }

  @Test
  void afterAFailureItStandsIsOverhauledOnceAndComesBackNew() {
    var engine = new TurbofanEngine(5, ONE_REGIME);
    List<Map<String, ChannelValue>> first = lifeOf(engine);

    List<Boolean> overhauls = standing(engine, TurbofanProfile.DEGRADING);
    assertThat(engine.remainingCycles()).isGreaterThan(100);
    List<Map<String, ChannelValue>> second = new ArrayList<>();
    for (int cycle = 0; cycle < 30; cycle++) {
      second.add(Channels.of(engine.step(TurbofanProfile.DEGRADING)));
    }

    assertThat(overhauls).hasSize(TurbofanEngine.STANDING_CYCLES).containsOnlyOnce(true);
    assertThat(overhauls.getLast()).as("it stands for a while after it").isFalse();
    double failing = Channels.mean(first.subList(first.size() - 10, first.size()), "s_11");
    assertThat(Channels.mean(second, "s_11")).isLessThan(failing - 0.2);
  }

  @Test
  void aDamagedEngineThatIsToBeNormalIsOverhauled() {
    var engine = new TurbofanEngine(5, ONE_REGIME);
    for (int cycle = 0; cycle < 50; cycle++) {
      engine.step(TurbofanProfile.DEGRADING);
    }

    assertThat(standing(engine, TurbofanProfile.NORMAL))
        .hasSize(TurbofanEngine.STANDING_CYCLES)
        .containsOnlyOnce(true);
    assertThat(healthy(engine, 1_000)).as("and then never stands").hasSize(1_000);
  }

  private static Stream<Map<String, ChannelValue>> healthy(TurbofanEngine engine, int cycles) {
    return IntStream.range(0, cycles)
        .mapToObj(cycle -> Channels.of(engine.step(TurbofanProfile.NORMAL)));
  }

  private static List<Map<String, ChannelValue>> life(int seed, int number) {
    return lifeOf(new TurbofanEngine(seed, number));
  }

  private static List<Map<String, ChannelValue>> lifeOf(TurbofanEngine engine) {
    List<Map<String, ChannelValue>> cycles = new ArrayList<>();
    while (engine.remainingCycles() > 0) {
      cycles.add(Channels.of(engine.step(TurbofanProfile.DEGRADING)));
    }
    return cycles;
  }

  private static List<Boolean> standing(TurbofanEngine engine, TurbofanProfile profile) {
    List<Boolean> overhauls = new ArrayList<>();
    for (int cycle = 0; cycle < TurbofanEngine.STANDING_CYCLES; cycle++) {
      switch (engine.step(profile)) {
        case Step.Standing standing -> overhauls.add(standing.overhauled());
        case Step.Measured measured -> throw new AssertionError("It runs: " + measured);
      }
    }
    return overhauls;
  }
}
