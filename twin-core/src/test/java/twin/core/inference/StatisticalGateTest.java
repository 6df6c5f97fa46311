package twin.core.inference;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import twin.core.feature.Baseline;
import twin.core.reading.Quality;
import twin.core.reading.Reading;
import twin.core.reading.Values;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;

final class StatisticalGateTest {

  private static final MachineType TYPE =
      MachineTypeReader.read(
          "press",
          ConfigFactory.parseString(
              """
              channels = [{name = pressure}, {name = speed}]
              lateness-bound = 60s, future-bound = 60s, silence = 1m
              commissioning-readings = 0, gate-threshold = 6
              """));

  private static Reading reading(double pressure, double speed, Quality... qualities) {
    return new Reading(
        Instant.EPOCH, 1L, Values.of(pressure, speed), List.of(qualities), List.of(), Map.of(), 0);
  }

  private static float score(Reading reading, Baseline... baselines) {
    return StatisticalGate.score(reading, TYPE, List.of(baselines));
  }

  @Test
  void scoresTheMostUnusualChannelInStandardDeviations() {
    Baseline pressure = new Baseline("pressure", 5, 0.5, 120);
    Baseline speed = new Baseline("speed", 100, 10, 120);
    assertThat(score(reading(6, 100), pressure, speed)).isEqualTo(2);
    assertThat(score(reading(5, 70), pressure, speed)).isEqualTo(3);
    assertThat(score(reading(4, 130), pressure, speed)).isEqualTo(3);
  }

  /** A thousandth of 1,000 counts as the least deviation; around zero it is 1e-9. */
  @Test
  void aChannelThatNeverMovedIsNotInfinitelyUnusual() {
    assertThat(score(reading(1003, 0), new Baseline("pressure", 1000, 0, 120))).isEqualTo(3);
    assertThat(score(reading(4e-9, 0), new Baseline("pressure", 0, 0, 120))).isEqualTo(4);
  }

  @Test
  void withoutABaselineAndATrustedValueThereIsNoScore() {
    Baseline pressure = new Baseline("pressure", 5, 0.5, 120);
    assertThat(score(reading(6, 1))).isNaN();
    assertThat(score(reading(Double.NaN, 1), pressure)).isNaN();
    assertThat(score(reading(6, 1, Quality.BAD, Quality.GOOD), pressure)).isNaN();
    assertThat(score(reading(6, 1), new Baseline("gone", 5, 0.5, 120))).isNaN();
  }

  @Test
  void itsProfileHasOneModalityWithTheThresholdOfTheType() {
    ModelProfile profile = StatisticalGate.profile(TYPE, 1);
    assertThat(profile.ref().label()).isEqualTo("press:builtin-1");
    assertThat(profile.ref().builtIn()).isTrue();
    assertThat(profile.modalities()).containsExactly("statistical");
    assertThat(profile.thresholds()).containsExactly(6.0);
    assertThat(profile.failureModes()).isEmpty();
    assertThat(profile.rulQuantiles()).isEmpty();
  }
}
