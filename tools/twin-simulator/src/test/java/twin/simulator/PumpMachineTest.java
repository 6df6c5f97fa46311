package twin.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PumpMachineTest {
  private static final int SETTLED = 120;

  @Test
  void theSameSeedGivesTheSamePump() {
    assertThat(run(new PumpMachine(3), PumpProfile.NORMAL, 100))
        .isEqualTo(run(new PumpMachine(3), PumpProfile.NORMAL, 100))
        .isNotEqualTo(run(new PumpMachine(4), PumpProfile.NORMAL, 100));
  }

  @Test
  void everySensorStaysWithinItsPhysicalRange() {
    PhysicalRanges ranges = PhysicalRanges.of("pump");
    for (PumpProfile profile : PumpProfile.values()) {
      for (int seed = 0; seed < 20; seed++) {
        run(new PumpMachine(seed), profile, 500).forEach(ranges::hold);
      }
    }
  }

  @Test
  void aHealthyPumpHasTheLevelsAndTheNoiseOfTheData() {
    List<Map<String, ChannelValue>> many =
        IntStream.range(0, 300)
            .mapToObj(seed -> run(new PumpMachine(seed), PumpProfile.NORMAL, 20))
            .flatMap(List::stream)
            .toList();
    assertThat(Channels.mean(many, "flow_rate")).isCloseTo(125.2, within(1.0));
    assertThat(Channels.mean(many, "accelerometer_1_rms")).isCloseTo(0.2126, within(0.002));
    assertThat(Channels.mean(many, "temperature")).isCloseTo(89.5, within(0.4));

    List<Map<String, ChannelValue>> one = run(new PumpMachine(1), PumpProfile.NORMAL, 5_000);
    assertThat(Channels.deviation(one, "voltage")).isCloseTo(10.9, within(0.6));
    assertThat(Channels.deviation(one, "current")).isCloseTo(0.45, within(0.05));
    assertThat(Channels.deviation(one, "pressure")).isCloseTo(0.25, within(0.02));
    assertThat(Channels.correlation(one, "current", "voltage")).isCloseTo(0.49, within(0.06));
    assertThat(Channels.correlation(one, "accelerometer_1_rms", "accelerometer_2_rms"))
        .isBetween(0.35, 0.6);
    assertThat(one.stream().map(each -> each.get("pressure")).distinct().count())
        .as("a sensor with coarse steps")
        .isLessThan(12);
  }

  @Test
  void aValveThatClosesTakesPartOfTheFlowAndNothingElse() {
    for (int seed = 0; seed < 20; seed++) {
      var pump = new PumpMachine(seed);
      List<Map<String, ChannelValue>> before = run(pump, PumpProfile.NORMAL, 300);
      run(pump, PumpProfile.VALVE_CLOSING, SETTLED);
      List<Map<String, ChannelValue>> closed = run(pump, PumpProfile.VALVE_CLOSING, 300);
      run(pump, PumpProfile.NORMAL, SETTLED);
      List<Map<String, ChannelValue>> after = run(pump, PumpProfile.NORMAL, 300);

      double part = Channels.mean(closed, "flow_rate") / Channels.mean(before, "flow_rate");
      assertThat(part).as("seed %d", seed).isBetween(0.68, 0.81);
      assertThat(Channels.mean(after, "flow_rate"))
          .isCloseTo(Channels.mean(before, "flow_rate"), within(1.5));
      assertThat(Channels.mean(closed, "current"))
          .isCloseTo(Channels.mean(before, "current"), within(0.2));
      assertThat(Channels.mean(closed, "accelerometer_1_rms"))
          .isCloseTo(Channels.mean(before, "accelerometer_1_rms"), within(0.002));
    }
  }

  @Test
  void cavitationShakesThePump() {
    var pump = new PumpMachine(1);
    List<Map<String, ChannelValue>> before = run(pump, PumpProfile.NORMAL, 300);
    run(pump, PumpProfile.CAVITATION, SETTLED);
    List<Map<String, ChannelValue>> cavitating = run(pump, PumpProfile.CAVITATION, 300);

    for (String channel : List.of("accelerometer_1_rms", "accelerometer_2_rms")) {
      assertThat(Channels.mean(cavitating, channel))
          .isGreaterThan(1.15 * Channels.mean(before, channel));
      assertThat(Channels.deviation(cavitating, channel))
          .isGreaterThan(5 * Channels.deviation(before, channel));
    }
    assertThat(Channels.deviation(cavitating, "flow_rate"))
        .isGreaterThan(2 * Channels.deviation(before, "flow_rate"));
    assertThat(Channels.mean(cavitating, "flow_rate"))
        .isBetween(
            0.9 * Channels.mean(before, "flow_rate"), 0.99 * Channels.mean(before, "flow_rate"));
  }

  private static List<Map<String, ChannelValue>> run(
      PumpMachine pump, PumpProfile profile, int seconds) {
    return IntStream.range(0, seconds).mapToObj(second -> Channels.of(pump.step(profile))).toList();
  }
}
