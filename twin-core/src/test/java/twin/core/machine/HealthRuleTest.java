package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import twin.core.feature.FeatureVector;
import twin.core.inference.ModelOutput;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelSession;
import twin.core.machine.Fixtures.Twin;

final class HealthRuleTest {

  @ParameterizedTest(name = "a score {0} times its threshold weighs {1}")
  @CsvSource({"0, 0", "0.5, 0.2", "1, 0.5", "2, 0.8", "3, 0.9", "1e200, 1"})
  void aScoreWeighsAHalfAtItsThreshold(double ratio, double weight) {
    assertThat(HealthRule.normalised(ratio)).isCloseTo(weight, within(1e-12));
  }

  @ParameterizedTest(name = "{0} left of a horizon of {1} is {2} urgent")
  @CsvSource({
    "60, 60, 0",
    "90, 60, 0",
    "45, 60, 0.25",
    "0, 60, 1",
    "-5, 60, 1",
    "5, 0, 0",
    "NaN, 60, 0"
  })
  void remainingLifeIsUrgentUnderItsHorizon(double median, double horizon, double urgency) {
    assertThat(HealthRule.rulUrgency(median, horizon)).isEqualTo(urgency);
  }

  private static MachineEvent.HealthChanged told(double torqueNm, double toolWearMin) {
    Twin twin = new Twin("machine-001");
    twin.record(Fixtures.milling(1L, Fixtures.START, torqueNm, toolWearMin));
    return twin.events(MachineEvent.HealthChanged.class).getLast();
  }

  /**
   * Probability 25/250, median RUL 225 min, score 0.0: the probability is the worst of the three.
   */
  @Test
  void theFailureProbabilityCountsWhereItIsTheWorst() {
    MachineEvent.HealthChanged told = told(0, 25);
    assertThat(told.health()).isCloseTo(0.9, within(1e-6));
    assertThat(told.status()).isEqualTo(Status.NORMAL);
    assertThat(told.failureProbability()).isEqualTo(0.1f);
    assertThat(told.failureMode()).as("not likely").isEmpty();
    assertThat(told.rulP50()).isEqualTo(225);
  }

  /** Score 1.22 is twice the threshold of 0.61, which weighs 0.8. */
  @Test
  void theAnomalyScoreCountsWhereItIsTheWorst() {
    MachineEvent.HealthChanged told = told(122, 25);
    assertThat(told.score()).isCloseTo(2, within(1e-6));
    assertThat(told.health()).isCloseTo(0.2, within(1e-6));
    assertThat(told.status()).isEqualTo(Status.WATCH);
  }

  /** Wear 240 of 250: probability 0.96; median RUL 10 of 60 min is 5/6 urgent. */
  @Test
  void aLikelyFailureNamesItsMode() {
    MachineEvent.HealthChanged told = told(0, 240);
    assertThat(told.health()).isCloseTo(0.04, within(1e-6));
    assertThat(told.failureMode()).isEqualTo("overstrain");
  }

  @Test
  void withoutAnAssessmentThereIsNoHealth() {
    assertThat(HealthRule.of(MachineState.empty("machine-001"), false))
        .isEqualTo(new MachineEvent.HealthChanged(Status.UNKNOWN, null, null, null, "", null));
    assertThat(HealthRule.of(MachineState.empty("machine-001"), true).status())
        .isEqualTo(Status.STALE);
  }

  /**
   * A minute of wear is 0.004 of health: 12 of them stay under the 0.05 that are told, 13 do not.
   */
  @Test
  void theReadSideIsToldOfAnAppreciableChangeOnly() {
    Twin twin = new Twin("machine-001");
    for (long seq = 0; seq <= 13; seq++) {
      twin.record(Fixtures.milling(seq, Fixtures.START.plusSeconds(seq), 0, 25.0 + seq));
      assertThat(twin.events(MachineEvent.HealthChanged.class)).hasSize(seq < 13 ? 1 : 2);
    }
    assertThat(twin.state.health()).isEqualTo(HealthRule.of(twin.state, false));
  }

  private static MachineEvent.HealthChanged withRul(@Nullable Double rulP50) {
    return new MachineEvent.HealthChanged(Status.NORMAL, 0.99, 0.1, 0.01, "", rulP50);
  }

  @Test
  void tellsOfARemainingLifeThatMovedByATenthAndByATwentiethOfTheHorizon() {
    assertThat(HealthRule.isNoteworthy(withRul(200.0), withRul(181.0), 60)).isFalse();
    assertThat(HealthRule.isNoteworthy(withRul(200.0), withRul(180.0), 60)).isTrue();
    assertThat(HealthRule.isNoteworthy(withRul(6.0), withRul(3.1), 60)).isFalse();
    assertThat(HealthRule.isNoteworthy(withRul(6.0), withRul(3.0), 60)).isTrue();
    assertThat(HealthRule.isNoteworthy(withRul(null), withRul(3.0), 60)).isTrue();
  }

  @Test
  void aReadingThatNoModelCouldJudgeSaysNothingOfHealth() {
    Fixtures.Twin twin = new Fixtures.Twin("machine-001");
    ModelProfile profile = new Fixtures.ScriptedModel("1.0.0").profile();
    twin.models = (type, machineId) -> Optional.of(new BlindModel(profile));
    twin.record(Fixtures.milling(1));
    MachineEvent.HealthChanged health = HealthRule.of(twin.state, false);
    assertThat(health.status()).isEqualTo(Status.UNKNOWN);
    assertThat(health.health()).isNull();
  }

  private record BlindModel(ModelProfile profile) implements ModelSession {
    @Override
    public List<ModelOutput> run(List<FeatureVector> readings) {
      return readings.stream()
          .map(
              each ->
                  new ModelOutput(new float[] {Float.NaN}, Float.NaN, new float[0], new float[0]))
          .toList();
    }
  }
}
