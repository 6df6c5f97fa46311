package twin.core.history;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.util.List;
import java.util.Objects;
import java.util.function.ToDoubleFunction;
import org.apache.pekko.actor.testkit.typed.javadsl.TestInbox;
import org.junit.jupiter.api.Test;
import twin.core.inference.Assessment;
import twin.core.machine.AssessedReading;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineState;
import twin.core.machine.SnapshotCodec;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;

/** What another model would have said. */
final class WhatIfTest {

  private static final int POINTS = 40;

  private static WhatIf.Report imagined(Lives lives, Lives.Model candidate) {
    return imagined(lives, candidate, Lives.TYPES);
  }

  private static WhatIf.Report imagined(Lives lives, Lives.Model candidate, MachineTypes types) {
    List<JournalEntry> journal = lives.journal();
    WhatIf whatIf =
        new WhatIf(
            MachineState.empty("mill-1"), candidate, types, POINTS, TestInbox.create().getRef());
    journal.forEach(whatIf::add);
    return whatIf.report();
  }

  /** Torque is 40 Nm, but 70 to 75 Nm between readings 101 and 130; wear grows by a minute each. */
  private static Lives lived(Lives.Model model, int readings) {
    Lives lives = new Lives("mill-1", model);
    for (int i = 1; i <= readings; i++) {
      double torque = i > 100 && i <= 130 ? 70 + i % 6 : 40;
      lives.record(
          List.of(Lives.milling("mill-1", i, Lives.START.plusSeconds(i), torque, i % 200)));
    }
    return lives;
  }

  @Test
  void theSameModelSaysTheSame() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    Lives lives = lived(model, 300);
    WhatIf.Report report = imagined(lives, model);
    assertThat(report.readings()).isEqualTo(300);
    assertThat(report.compared()).isEqualTo(300);
    assertThat(report.anomalousRecorded()).isEqualTo(30);
    assertThat(report.anomalousBoth()).isEqualTo(30);
    assertThat(report.alerts().gained()).isEmpty();
    assertThat(report.alerts().lost()).isEmpty();
    assertThat(report.alerts().moved()).isEmpty();
    assertThat(report.alerts().unmoved()).isNotEmpty();
    assertThat(report.sameFailureMode()).isEqualTo(1);
    assertThat(report.opinions()).hasSizeLessThanOrEqualTo(POINTS);
    assertThat(report.opinions())
        .allSatisfy(each -> assertThat(each.candidate()).isEqualTo(each.recorded()));
  }

  /**
   * Rules that look at readings, at silence and at both a reading and a model: the second twin
   * lives by the same ones, and an audit comes to the same states.
   */
  @Test
  void rulesOnReadingsAndSilenceHoldForBothLives() {
    MachineTypes types =
        MachineTypeReader.readAll(
            ConfigFactory.parseString(
                    """
                    twin.types.milling.alerts = [
                      {name = torque, kind = high, channel = torque_nm, on = 70, off = 60
                       on-delay = 10s, severity = high}
                      {name = jump, kind = rate_of_change, channel = torque_nm, on = 60, off = 10
                       window = 20s, severity = low}
                      {name = silent, kind = silence, severity = low}
                      {name = both, severity = high, all = [
                        {kind = high, channel = torque_nm, on = 70, off = 60}, {kind = anomaly, on = 1}]}
                    ]
                    """)
                .withFallback(ConfigFactory.parseResources("twin-types.conf"))
                .resolve()
                .getConfig("twin.types"));
    Lives.Model model = new Lives.Model("1.0.0", 100);
    Lives lives = new Lives("mill-1", model, types);
    live(lives, 1, 200);
    lives.waitUntil(Lives.START.plusSeconds(400));
    lives.waitUntil(Lives.START.plusSeconds(500));
    live(lives, 501, 600);
    assertThat(lives.journal())
        .extracting(JournalEntry::event)
        .filteredOn(MachineEvent.AlertChanged.class::isInstance)
        .map(event -> ((MachineEvent.AlertChanged) event).rule())
        .contains("torque", "jump", "silent", "both");
    WhatIf.Report same = imagined(lives, model, types);
    assertThat(same.alerts().gained()).isEmpty();
    assertThat(same.alerts().lost()).isEmpty();
    assertThat(same.alerts().moved()).isEmpty();
    assertThat(same.alerts().unmoved())
        .extracting(each -> each.recorded().rule())
        .contains("torque", "jump", "silent", "both");
    WhatIf.Report deaf = imagined(lives, new Lives.Model("2.0.0", 400), types);
    assertThat(deaf.alerts().lost())
        .as("what needs a model that hears")
        .extracting(WhatIf.Activation::rule)
        .containsOnly("both");
    AuditReplay audit = new AuditReplay(MachineState.empty("mill-1"), model);
    MachineState state = MachineState.empty("mill-1");
    for (JournalEntry entry : lives.journal()) {
      state = state.apply(entry);
      audit.add(state.revision(), entry, SnapshotCodec.encode(state));
    }
    assertThat(audit.report().whole()).isTrue();
    assertThat(audit.report().snapshots()).isEqualTo(lives.journal().size());
  }

  private static void live(Lives lives, int from, int to) {
    for (int i = from; i <= to; i++) {
      double torque = i > 100 && i <= 130 ? 110 + i % 6 : 40;
      lives.record(List.of(Lives.milling("mill-1", i, Lives.START.plusSeconds(i), torque, 1)));
    }
  }

  @Test
  void aDeafModelLosesWhatAWatchfulOneGains() {
    Lives.Model watchful = new Lives.Model("1.0.0", 100);
    Lives.Model deaf = new Lives.Model("2.0.0", 400);
    Lives lives = lived(watchful, 200);
    WhatIf.Report lost = imagined(lives, deaf);
    assertThat(lost.anomalousRecorded()).isEqualTo(30);
    assertThat(lost.anomalousCandidate()).isZero();
    assertThat(lost.alerts().lost())
        .anySatisfy(
            each -> {
              assertThat(each.rule()).isEqualTo("anomaly");
              assertThat(each.from()).isAfter(Lives.START.plusSeconds(100));
              assertThat(each.to()).isNotNull();
              assertThat(lives.journal().get((int) each.revision() - 1).event())
                  .isInstanceOfSatisfying(
                      MachineEvent.ReadingsRecorded.class,
                      event ->
                          assertThat(event.readings().getFirst().reading().timestamp())
                              .isEqualTo(each.from()));
            });
    assertThat(lost.candidate()).isEqualTo("milling:2.0.0");
    WhatIf.Report gained = imagined(lived(deaf, 200), watchful);
    // Another life has other revisions.
    assertThat(gained.alerts().gained())
        .usingRecursiveFieldByFieldElementComparatorIgnoringFields("revision")
        .isEqualTo(lost.alerts().lost());
  }

  @Test
  void anAlertThatComesLaterHasMoved() {
    Lives lives = new Lives("mill-1", new Lives.Model("1.0.0", 100));
    for (int i = 1; i <= 200; i++) {
      // Rises slowly: the stricter model calls earlier.
      lives.record(
          List.of(Lives.milling("mill-1", i, Lives.START.plusSeconds(i), 40 + i / 5.0, 1)));
    }
    WhatIf.Report report = imagined(lives, new Lives.Model("2.0.0", 120));
    assertThat(report.alerts().moved())
        .anySatisfy(
            each -> {
              assertThat(each.recorded().rule()).isEqualTo("anomaly");
              assertThat(each.candidate().from()).isAfter(each.recorded().from());
              assertThat(each.candidate().revision()).isGreaterThan(each.recorded().revision());
            });
  }

  @Test
  void keepsEveryOpinionOfFewReadingsAndTheWorstOfMany() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    WhatIf.Report few = imagined(lived(model, POINTS), model);
    assertThat(few.opinions()).hasSize(POINTS);
    for (int readings : new int[] {POINTS + 1, 137, 300}) {
      WhatIf.Report many = imagined(lived(model, readings), new Lives.Model("2.0.0", 90));
      assertThat(many.opinions()).hasSizeBetween(POINTS / 4, POINTS);
      assertThat(many.opinions())
          .extracting(WhatIf.Opinion::revision)
          .isSortedAccordingTo(Long::compare);
      Lives whole = lived(model, readings);
      assertThat(many.opinions())
          .extracting(each -> each.recorded().failureProbability())
          .as("the most likely failure of %d", readings)
          .contains(greatest(whole, Assessment::failureProbability));
      assertThat(many.opinions())
          .extracting(each -> (double) (float) (each.recorded().scoreRatio() * threshold(model)))
          .as("the greatest score of %d", readings)
          .contains(greatest(whole, assessment -> assessment.score(0)));
    }
  }

  private static double threshold(Lives.Model model) {
    return model.profile().thresholds().getFirst();
  }

  /** The greatest of some number in a life. */
  private static double greatest(Lives lives, ToDoubleFunction<Assessment> number) {
    return lives.journal().stream()
        .map(JournalEntry::event)
        .filter(MachineEvent.ReadingsRecorded.class::isInstance)
        .flatMap(event -> ((MachineEvent.ReadingsRecorded) event).readings().stream())
        .map(AssessedReading::assessment)
        .filter(Objects::nonNull)
        .mapToDouble(number)
        .max()
        .orElseThrow();
  }

  @Test
  void measuresRemainingLifeWhereALifeHasEnded() {
    Lives.Model model = new Lives.Model("1.0.0", 100);
    // The wear falls at 200 and at 400 readings, where it had been 199 min.
    WhatIf.Report report = imagined(lived(model, 450), model);
    WhatIf.RulError error = report.rul();
    assertThat(error).isNotNull();
    assertThat(error.ends()).isEqualTo(2);
    assertThat(error.unit()).isEqualTo("min");
    // The model takes 250 min for the end: 51 too many, always.
    assertThat(error.recordedRmse()).isBetween(50.9, 51.1);
    assertThat(error.candidateRmse()).isEqualTo(error.recordedRmse());
    assertThat(error.lives())
        .extracting(WhatIf.Life::end)
        .containsExactly(Lives.START.plusSeconds(199), Lives.START.plusSeconds(399));
    assertThat(error.lives())
        .allSatisfy(life -> assertThat(life.recordedRmse()).isBetween(50.9, 51.1));
    assertThat(imagined(lived(model, 150), model).rul()).isNull();
  }
}
