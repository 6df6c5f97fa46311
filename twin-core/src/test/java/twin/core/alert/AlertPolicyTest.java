package twin.core.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import twin.core.feature.ReadingWindow;
import twin.core.inference.Assessment;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.reading.Reading;
import twin.core.reading.Values;
import twin.core.type.AlertRule;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeJson;
import twin.core.type.Severity;

final class AlertPolicyTest {

  private static final double[] THRESHOLDS = {0.5};

  private static final ModelProfile PROFILE =
      new ModelProfile(
          new ModelRef("lathe", "1.0.0", "ab"),
          List.of("process"),
          List.of(0.5),
          List.of("crack", "wear"),
          List.of(0.1, 0.5, 0.9),
          1,
          "scripted");

  private static final MachineType LATHE = MachineTypeJson.read("lathe", "{}");

  private static final AlertRule ANOMALY =
      new AlertRule("anomaly", AlertRule.Kind.ANOMALY, "", 1, 0.8, 2, 3, Severity.MEDIUM);
  private static final AlertRule CRACK =
      new AlertRule("crack", AlertRule.Kind.FAILURE, "crack", 0.5, 0.3, 1, 1, Severity.HIGH);
  private static final AlertRule FAILURE =
      new AlertRule("failure", AlertRule.Kind.FAILURE, "", 0.5, 0.3, 1, 1, Severity.HIGH);
  private static final AlertRule RUL =
      new AlertRule("rul", AlertRule.Kind.RUL_BELOW, "", 15, 30, 1, 1, Severity.LOW);

  /** An anomaly score that is so many times the threshold of one half. */
  private static Assessment ratio(double ratio) {
    return Assessment.of(
        new float[] {(float) (ratio / 2)}, ratio >= 1, Float.NaN, new float[0], new float[0]);
  }

  private static Assessment failure(float probability, float crack, float wear) {
    return Assessment.of(new float[0], false, probability, new float[] {crack, wear}, new float[0]);
  }

  private static Assessment rul(float median) {
    return Assessment.of(
        new float[0], false, Float.NaN, new float[0], new float[] {0, median, 100});
  }

  private static AlertBook book(int rules) {
    return AlertBook.empty().withRules(rules);
  }

  /** A reading of which nothing is known but what a model says. */
  private static Observation seen(Assessment assessment) {
    return new Observation(
        LATHE,
        new Reading(Instant.EPOCH, null, Values.of(), List.of(), List.of(), Map.of(), 0),
        true,
        0,
        assessment.isAvailable() ? assessment : null,
        PROFILE,
        THRESHOLDS,
        ReadingWindow.empty(1, 0));
  }

  private static AlertBook counted(AlertBook book, AlertRule rule, Assessment... assessments) {
    AlertBook counted = book;
    for (Assessment assessment : assessments) {
      counted = AlertPolicy.counted(counted, List.of(rule), seen(assessment));
    }
    return counted;
  }

  private static AlertBook.Count count(AlertRule rule, Assessment... assessments) {
    return counted(book(1), rule, assessments).counts().getFirst();
  }

  @Test
  void countsAssessmentsInARowUpToWhatTheRuleAsksFor() {
    assertThat(count(ANOMALY, ratio(1))).isEqualTo(new AlertBook.Count(1, 0));
    assertThat(count(ANOMALY, ratio(1), ratio(2), ratio(3))).isEqualTo(new AlertBook.Count(2, 0));
    assertThat(count(ANOMALY, ratio(1), ratio(0.9), ratio(1)))
        .as("interrupted")
        .isEqualTo(new AlertBook.Count(1, 0));
    assertThat(count(ANOMALY, ratio(0.7), ratio(0.7), ratio(0.7), ratio(0.7)))
        .isEqualTo(new AlertBook.Count(0, 3));
  }

  @Test
  void betweenTheTwoLimitsNeitherIsCounted() {
    assertThat(count(ANOMALY, ratio(1), ratio(0.8))).isEqualTo(new AlertBook.Count(0, 0));
    assertThat(count(ANOMALY, ratio(0.7), ratio(0.8))).isEqualTo(new AlertBook.Count(0, 0));
  }

  @Test
  void anAssessmentThatIsUnavailableNeitherCountsNorInterrupts() {
    AlertBook once = counted(book(1), ANOMALY, ratio(1));
    assertThat(counted(once, ANOMALY, Assessment.unavailable("model: out of order")))
        .isSameAs(once);
  }

  @Test
  void aFailureRuleLooksAtTheProbabilityWhereItsModeLeads() {
    assertThat(count(CRACK, failure(0.5f, 0.6f, 0.4f)).on()).isEqualTo(1);
    assertThat(count(CRACK, failure(0.9f, 0.4f, 0.6f))).isEqualTo(new AlertBook.Count(0, 1));
    assertThat(count(CRACK, failure(0.4f, 0.6f, 0.4f))).isEqualTo(new AlertBook.Count(0, 0));
    assertThat(count(CRACK, failure(0.29f, 0.6f, 0.4f))).isEqualTo(new AlertBook.Count(0, 1));
    assertThat(count(FAILURE, failure(0.5f, 0.4f, 0.6f)).on()).as("any mode").isEqualTo(1);
  }

  @Test
  void aRulRuleLooksAtTheMedianFromAbove() {
    assertThat(count(RUL, rul(15))).isEqualTo(new AlertBook.Count(1, 0));
    assertThat(count(RUL, rul(15.5f))).isEqualTo(new AlertBook.Count(0, 0));
    assertThat(count(RUL, rul(30))).isEqualTo(new AlertBook.Count(0, 0));
    assertThat(count(RUL, rul(30.5f))).isEqualTo(new AlertBook.Count(0, 1));
    assertThat(count(RUL, ratio(1))).as("no RUL").isEqualTo(new AlertBook.Count(0, 0));
  }

  /** The part of ISA-18.2's state diagram that follows from the process alone. */
  @ParameterizedTest(name = "{0} when the condition is {1}: {2}")
  @CsvSource({
    "NORMAL, ON, UNACKNOWLEDGED",
    "NORMAL, BETWEEN, NORMAL",
    "NORMAL, OFF, NORMAL",
    "UNACKNOWLEDGED, ON, UNACKNOWLEDGED",
    "UNACKNOWLEDGED, BETWEEN, UNACKNOWLEDGED",
    "UNACKNOWLEDGED, OFF, RETURNED_UNACKNOWLEDGED",
    "ACKNOWLEDGED, ON, ACKNOWLEDGED",
    "ACKNOWLEDGED, BETWEEN, ACKNOWLEDGED",
    "ACKNOWLEDGED, OFF, NORMAL",
    "RETURNED_UNACKNOWLEDGED, ON, UNACKNOWLEDGED",
    "RETURNED_UNACKNOWLEDGED, BETWEEN, RETURNED_UNACKNOWLEDGED",
    "RETURNED_UNACKNOWLEDGED, OFF, RETURNED_UNACKNOWLEDGED",
    "SHELVED, ON, SHELVED",
    "SHELVED, OFF, SHELVED",
    "SUPPRESSED, ON, SUPPRESSED",
    "SUPPRESSED, OFF, SUPPRESSED",
    "OUT_OF_SERVICE, ON, OUT_OF_SERVICE",
    "OUT_OF_SERVICE, OFF, OUT_OF_SERVICE"
  })
  void anAlertChangesItsStateWithTheCondition(AlertState from, Condition condition, AlertState to) {
    AlertBook before = book(1);
    if (from != AlertState.NORMAL) {
      before = before.with(alert("m-1", ANOMALY, from));
    }
    AlertBook after = counted(before, ANOMALY, condition.assessments());
    List<AlertPolicy.Change> expected =
        from == to ? List.of() : List.of(new AlertPolicy.Change(ANOMALY, from, to));
    assertThat(AlertPolicy.changes(after, List.of(ANOMALY))).isEqualTo(expected);
  }

  private enum Condition {
    ON(1.5),
    BETWEEN(0.9),
    OFF(0.1);

    private final double ratio;

    Condition(double ratio) {
      this.ratio = ratio;
    }

    /** As many as the rule asks for, or more. */
    Assessment[] assessments() {
      Assessment[] assessments = new Assessment[3];
      Arrays.fill(assessments, ratio(ratio));
      return assessments;
    }
  }

  @Test
  void anAlertIsRaisedAndGoesOnlyWithTheLastAssessmentThatTheRuleAsksFor() {
    AlertBook once = counted(book(1), ANOMALY, ratio(1));
    assertThat(AlertPolicy.changes(once, List.of(ANOMALY))).isEmpty();
    AlertBook open =
        counted(once, ANOMALY, ratio(1)).with(alert("m-1", ANOMALY, AlertState.UNACKNOWLEDGED));
    AlertBook twiceOff = counted(open, ANOMALY, ratio(0.1), ratio(0.1));
    assertThat(AlertPolicy.changes(twiceOff, List.of(ANOMALY))).isEmpty();
    assertThat(AlertPolicy.changes(counted(twiceOff, ANOMALY, ratio(0.1)), List.of(ANOMALY)))
        .containsExactly(
            new AlertPolicy.Change(
                ANOMALY, AlertState.UNACKNOWLEDGED, AlertState.RETURNED_UNACKNOWLEDGED));
  }

  private static Alert alert(String id, AlertRule rule, AlertState state) {
    return new Alert(id, rule.name(), rule.name(), state, rule.severity(), Instant.EPOCH, 1);
  }

  static LongStream seeds() {
    return LongStream.rangeClosed(1, 50);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void aRuleNeverHasTwoOpenAlerts(long seed) {
    Random random = new Random(seed);
    List<AlertRule> rules = List.of(ANOMALY, CRACK, FAILURE, RUL);
    AlertBook book = book(rules.size());
    int raised = 0;
    for (int i = 0; i < 400; i++) {
      float probability = random.nextFloat();
      Assessment assessment =
          Assessment.of(
              new float[] {random.nextFloat()},
              false,
              probability,
              new float[] {random.nextFloat(), random.nextFloat()},
              new float[] {0, 40 * random.nextFloat(), 90});
      book = AlertPolicy.counted(book, rules, seen(assessment));
      for (AlertPolicy.Change change : AlertPolicy.changes(book, rules)) {
        boolean isNew = change.from() == AlertState.NORMAL;
        raised += isNew ? 1 : 0;
        assertThat(book.ofRule(change.rule().name()).isEmpty()).isEqualTo(isNew);
        int number = raised;
        String id = book.ofRule(change.rule().name()).map(Alert::id).orElseGet(() -> "m-" + number);
        book = book.with(alert(id, change.rule(), change.to()));
      }
      if (random.nextInt(5) == 0 && !book.open().isEmpty()) {
        Alert one = book.open().get(random.nextInt(book.open().size()));
        boolean returned = one.state() == AlertState.RETURNED_UNACKNOWLEDGED;
        book = book.with(one.in(returned ? AlertState.NORMAL : AlertState.ACKNOWLEDGED, i));
      }
      assertThat(book.open()).extracting(Alert::rule).doesNotHaveDuplicates();
      assertThat(book.open()).extracting(Alert::state).doesNotContain(AlertState.NORMAL);
    }
    assertThat(raised).isGreaterThan(10);
  }

  @Test
  void onlyAnActiveAlertOfHighOrCriticalSeverityMeansAlarm() {
    for (AlertState state : AlertState.values()) {
      for (Severity severity : Severity.values()) {
        AlertRule rule = new AlertRule("x", AlertRule.Kind.ANOMALY, "", 1, 1, 1, 1, severity);
        boolean active = state == AlertState.UNACKNOWLEDGED || state == AlertState.ACKNOWLEDGED;
        boolean serious = severity == Severity.HIGH || severity == Severity.CRITICAL;
        assertThat(book(1).with(alert("m-1", rule, state)).alarms())
            .as("%s %s", state, severity)
            .isEqualTo(active && serious);
      }
    }
  }

  @Test
  void otherRulesBeginToCountAnewAndKeepTheOpenAlerts() {
    AlertBook book =
        counted(book(1), ANOMALY, ratio(1)).with(alert("m-1", ANOMALY, AlertState.ACKNOWLEDGED));
    AlertBook other = book.withRules(2);
    assertThat(other.open()).isEqualTo(book.open());
    assertThat(other.counts())
        .isEqualTo(new ArrayList<>(Collections.nCopies(2, new AlertBook.Count(0, 0))));
  }
}
