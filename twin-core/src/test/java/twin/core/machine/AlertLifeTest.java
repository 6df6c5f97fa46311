package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import twin.core.alert.Alert;
import twin.core.alert.AlertState;
import twin.core.alert.AlertVerb;
import twin.core.machine.Fixtures.Twin;
import twin.core.machine.MachineCommand.Due.Kind;
import twin.core.machine.MachineReply.ChangeResult;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.core.type.Severity;

/** What people and the clock do to alerts, after ISA-18.2. */
class AlertLifeTest {

  private static final Duration ESCALATE_AFTER = Duration.ofMinutes(10);

  /** Overstrain at half its probability, escalated twice if nobody looks. */
  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseString(
                  """
                  twin.types.milling.alerts = [{
                    name = overstrain, kind = failure, failure-mode = overstrain, on = 0.5, off = 0.3
                    on-readings = 2, off-readings = 3, severity = medium, escalate-after = 10m
                  }]
                  """)
              .withFallback(ConfigFactory.parseResources("twin-types.conf"))
              .resolve()
              .getConfig("twin.types"));

  /**
   * The transitions of the standard (ANSI/ISA-18.2-2016, figure 3), written down once more. Any
   * state of an alert can be hidden; what comes back is unacknowledged or normal.
   */
  private static final Set<List<AlertState>> STANDARD =
      Set.of(
          List.of(AlertState.NORMAL, AlertState.UNACKNOWLEDGED),
          List.of(AlertState.UNACKNOWLEDGED, AlertState.ACKNOWLEDGED),
          List.of(AlertState.UNACKNOWLEDGED, AlertState.RETURNED_UNACKNOWLEDGED),
          List.of(AlertState.ACKNOWLEDGED, AlertState.NORMAL),
          List.of(AlertState.RETURNED_UNACKNOWLEDGED, AlertState.NORMAL),
          List.of(AlertState.RETURNED_UNACKNOWLEDGED, AlertState.UNACKNOWLEDGED));

  private static boolean isStandard(MachineEvent.AlertChanged change) {
    AlertState from = change.from();
    AlertState to = change.to();
    return STANDARD.contains(List.of(from, to))
        || (to.isHidden() && !from.isHidden() && from != AlertState.NORMAL)
        || (from.isHidden() && (to == AlertState.UNACKNOWLEDGED || to == AlertState.NORMAL));
  }

  private static boolean isEscalation(MachineEvent.AlertChanged change) {
    return change.from() == AlertState.UNACKNOWLEDGED && change.to() == change.from();
  }

  private long seq;

  private static Twin twin() {
    Twin twin = new Twin("machine-001");
    twin.types = TYPES;
    return twin;
  }

  /** Readings with this wear, one a second; its probability of overstrain is a 250th of it. */
  private void read(Twin twin, int readings, double wear) {
    for (int i = 0; i < readings; i++) {
      seq++;
      twin.now = twin.now.plusSeconds(1);
      twin.record(Fixtures.milling(seq, twin.now, 10, wear));
    }
  }

  private static Alert open(Twin twin) {
    assertThat(twin.state.alerts().open()).hasSize(1);
    return twin.state.alerts().open().getFirst();
  }

  private Twin raised() {
    Twin twin = twin();
    read(twin, 2, 200);
    assertThat(open(twin).state()).isEqualTo(AlertState.UNACKNOWLEDGED);
    return twin;
  }

  private static MachineReply.Changed change(Twin twin, String alertId, AlertVerb verb) {
    return change(twin, alertId, verb, verb == AlertVerb.SHELVE ? twin.now.plusSeconds(60) : null);
  }

  private static MachineReply.Changed change(
      Twin twin, String alertId, AlertVerb verb, @Nullable Instant until) {
    return twin.change(
        to -> new MachineCommand.ChangeAlert(alertId, verb, until, "anna", "because", to));
  }

  private static List<AlertState> statesOf(Twin twin) {
    return twin.events(MachineEvent.AlertChanged.class).stream()
        .map(MachineEvent.AlertChanged::to)
        .toList();
  }

  @Test
  void aShelvedAlertComesBackByItselfAsItsConditionThenIs() {
    Twin holds = raised();
    Alert alert = open(holds);
    Instant until = holds.now.plusSeconds(60);
    assertThat(change(holds, alert.id(), AlertVerb.SHELVE, until).result())
        .isEqualTo(ChangeResult.DONE);
    assertThat(open(holds).state()).isEqualTo(AlertState.SHELVED);
    assertThat(open(holds).dueAt()).isEqualTo(until);
    assertThat(holds.journal.getLast().stamp().cause())
        .isEqualTo(new Cause.Principal("anna", "because"));
    holds.now = until.minusMillis(1);
    holds.due(Kind.UNSHELVE);
    assertThat(open(holds).state()).as("too early").isEqualTo(AlertState.SHELVED);
    holds.restart();
    holds.now = until;
    holds.due(Kind.UNSHELVE);
    assertThat(open(holds).state()).isEqualTo(AlertState.UNACKNOWLEDGED);
    assertThat(open(holds).id()).isEqualTo(alert.id());
    assertThat(open(holds).dueAt()).isEqualTo(until.plus(ESCALATE_AFTER));
    assertThat(holds.journal.getLast().stamp().cause()).isInstanceOf(Cause.Program.class);

    Twin gone = raised();
    change(gone, open(gone).id(), AlertVerb.SHELVE);
    read(gone, 3, 0);
    assertThat(open(gone).state()).as("shelved is shelved").isEqualTo(AlertState.SHELVED);
    gone.restart();
    gone.now = gone.now.plusSeconds(60);
    gone.due(Kind.UNSHELVE);
    assertThat(gone.state.alerts().open()).isEmpty();
    assertThat(statesOf(gone).getLast()).isEqualTo(AlertState.NORMAL);
  }

  @Test
  void whileAnAlertIsHiddenItsConditionRaisesNoOther() {
    for (AlertVerb verb :
        List.of(AlertVerb.SHELVE, AlertVerb.SUPPRESS, AlertVerb.TAKE_OUT_OF_SERVICE)) {
      Twin twin = raised();
      change(twin, open(twin).id(), verb);
      int changes = statesOf(twin).size();
      read(twin, 3, 0);
      read(twin, 3, 200);
      read(twin, 3, 0);
      assertThat(statesOf(twin)).hasSize(changes);
      assertThat(open(twin).conditionHolds()).isFalse();
      assertThat(twin.state.alerts().alarms()).isFalse();
      read(twin, 3, 200);
      assertThat(open(twin).conditionHolds()).isTrue();
    }
  }

  @Test
  void whatIsHiddenInOneWayHasToComeBackFirst() {
    record Way(AlertVerb hide, AlertVerb back) {}
    List<Way> ways =
        List.of(
            new Way(AlertVerb.SHELVE, AlertVerb.UNSHELVE),
            new Way(AlertVerb.SUPPRESS, AlertVerb.UNSUPPRESS),
            new Way(AlertVerb.TAKE_OUT_OF_SERVICE, AlertVerb.RETURN_TO_SERVICE));
    for (Way way : ways) {
      Twin twin = raised();
      String id = open(twin).id();
      assertThat(change(twin, id, way.back()).result()).isEqualTo(ChangeResult.CONFLICT);
      assertThat(change(twin, id, way.hide()).result()).isEqualTo(ChangeResult.DONE);
      for (AlertVerb other : AlertVerb.values()) {
        if (other != way.back() && other != way.hide()) {
          MachineReply.Changed refused = change(twin, id, other);
          assertThat(refused.result())
              .as("%s after %s", other, way)
              .isEqualTo(ChangeResult.CONFLICT);
          assertThat(refused.detail()).isNotEmpty();
        }
      }
      assertThat(change(twin, id, way.back()).result()).isEqualTo(ChangeResult.DONE);
      assertThat(open(twin).state()).isEqualTo(AlertState.UNACKNOWLEDGED);
    }
  }

  @Test
  void clearingClosesWhatHasNoConditionAnyMore() {
    Twin twin = raised();
    String id = open(twin).id();
    assertThat(change(twin, id, AlertVerb.CLEAR).result()).isEqualTo(ChangeResult.CONFLICT);
    // Between the limits: by its hysteresis it neither holds nor has gone.
    read(twin, 1, 100);
    assertThat(open(twin).state()).isEqualTo(AlertState.UNACKNOWLEDGED);
    assertThat(change(twin, id, AlertVerb.CLEAR).result()).isEqualTo(ChangeResult.DONE);
    assertThat(statesOf(twin))
        .containsExactly(
            AlertState.UNACKNOWLEDGED, AlertState.RETURNED_UNACKNOWLEDGED, AlertState.NORMAL);
    read(twin, 2, 200);
    assertThat(open(twin).id()).as("another one").isNotEqualTo(id);
    change(twin, open(twin).id(), AlertVerb.ACKNOWLEDGE);
    assertThat(change(twin, open(twin).id(), AlertVerb.CLEAR).result())
        .isEqualTo(ChangeResult.CONFLICT);
    twin.change(to -> new MachineCommand.RecordMaintenance("tool_change", "", "anna", to));
    assertThat(change(twin, open(twin).id(), AlertVerb.CLEAR).result())
        .as("nothing is known of it after maintenance")
        .isEqualTo(ChangeResult.DONE);
    assertThat(twin.state.alerts().open()).isEmpty();
  }

  @Test
  void whatNobodyAcknowledgesBecomesMoreSeriousStepByStep() {
    Twin twin = raised();
    twin.due(Kind.ESCALATE);
    assertThat(open(twin).severity()).as("too early").isEqualTo(Severity.MEDIUM);
    for (int i = 0; i < 5; i++) {
      twin.now = twin.now.plus(ESCALATE_AFTER);
      twin.restart();
      twin.due(Kind.ESCALATE);
    }
    assertThat(
            twin.events(MachineEvent.AlertChanged.class).stream().filter(e -> e.escalation() > 0))
        .extracting(MachineEvent.AlertChanged::severity, MachineEvent.AlertChanged::escalation)
        .containsExactly(tuple(Severity.HIGH, 1), tuple(Severity.CRITICAL, 2));
    assertThat(open(twin).dueAt()).as("no more").isNull();
    assertThat(twin.state.alerts().alarms()).isTrue();
    // Its condition goes and comes back, and still nobody has looked.
    read(twin, 3, 0);
    assertThat(open(twin).state()).isEqualTo(AlertState.RETURNED_UNACKNOWLEDGED);
    read(twin, 2, 200);
    assertThat(open(twin).severity()).isEqualTo(Severity.CRITICAL);

    Twin seen = raised();
    change(seen, open(seen).id(), AlertVerb.ACKNOWLEDGE);
    seen.now = seen.now.plus(ESCALATE_AFTER);
    seen.due(Kind.ESCALATE);
    assertThat(open(seen).severity()).isEqualTo(Severity.MEDIUM);
    assertThat(open(seen).dueAt()).isNull();
  }

  @Test
  void aVerdictIsRecordedForAlertsOpenAndClosed() {
    Twin twin = raised();
    String id = open(twin).id();
    change(twin, id, AlertVerb.ACKNOWLEDGE);
    read(twin, 3, 0);
    assertThat(twin.state.alerts().open()).isEmpty();
    assertThat(
            twin.change(
                    to ->
                        new MachineCommand.GiveVerdict(
                            id, "real", "cracked insert", "seen by eye", "anna", to))
                .result())
        .isEqualTo(ChangeResult.DONE);
    assertThat(twin.events(MachineEvent.VerdictGiven.class))
        .containsExactly(
            new MachineEvent.VerdictGiven(id, "real", "seen by eye", "cracked insert"));
    assertThat(
            twin.change(
                    to ->
                        new MachineCommand.GiveVerdict(
                            "machine-001-99999", "real", null, "", "anna", to))
                .result())
        .isEqualTo(ChangeResult.NOT_FOUND);
  }

  @Test
  void anAlertHasTheBandOfRemainingLife() {
    MachineEvent.AlertChanged event = raised().events(MachineEvent.AlertChanged.class).getFirst();
    assertThat(List.of(event.rulP10(), event.rulP50(), event.rulP90()))
        .containsExactly(0.0, 50.0, 100.0);
  }

  @Test
  void shelvingUntilATimeThatHasPassedIsRefused() {
    Twin twin = raised();
    assertThat(change(twin, open(twin).id(), AlertVerb.SHELVE, twin.now).result())
        .isEqualTo(ChangeResult.CONFLICT);
  }

  /** A step in the life of a machine and the people around it. */
  private enum Step {
    WORSE,
    BETWEEN,
    BETTER,
    ACKNOWLEDGE,
    SHELVE,
    UNSHELVE,
    SUPPRESS,
    UNSUPPRESS,
    TAKE_OUT_OF_SERVICE,
    RETURN_TO_SERVICE,
    CLEAR,
    MAINTAIN,
    A_MINUTE_LATER,
    CLOCK,
    RESTART
  }

  @Provide
  Arbitrary<List<Step>> lives() {
    return Arbitraries.of(Step.class).list().ofMinSize(1).ofMaxSize(60);
  }

  @Property(tries = 400)
  void whateverHappensTheStandardIsKept(@ForAll("lives") List<Step> life) {
    seq = 0;
    Twin twin = twin();
    for (Step step : life) {
      take(twin, step);
      Set<String> rules =
          twin.state.alerts().open().stream().map(Alert::rule).collect(Collectors.toSet());
      assertThat(twin.state.alerts().open()).as("one alert a cause").hasSameSizeAs(rules);
    }
    assertThat(twin.events(MachineEvent.AlertChanged.class))
        .allMatch(change -> isStandard(change) || isEscalation(change));
    // Each alert goes on from where it was.
    for (String id :
        twin.events(MachineEvent.AlertChanged.class).stream()
            .map(MachineEvent.AlertChanged::alertId)
            .collect(Collectors.toSet())) {
      AlertState state = AlertState.NORMAL;
      for (MachineEvent.AlertChanged change : twin.events(MachineEvent.AlertChanged.class)) {
        if (change.alertId().equals(id)) {
          assertThat(change.from()).isEqualTo(state);
          state = change.to();
        }
      }
      assertThat(state).isEqualTo(twin.state.alertState(id));
    }
    MachineState replayed = MachineState.empty("machine-001");
    for (JournalEntry entry : twin.journal) {
      replayed = replayed.apply(EventCodec.decode(entry.manifest(), entry.encoded()));
    }
    assertThat(replayed).isEqualTo(twin.state);
    // Nothing stays shelved, whatever has happened, also after a restart.
    twin.restart();
    twin.now = twin.now.plusSeconds(3600);
    twin.due(Kind.UNSHELVE);
    assertThat(twin.state.alerts().open()).noneMatch(a -> a.state() == AlertState.SHELVED);
  }

  private void take(Twin twin, Step step) {
    switch (step) {
      case WORSE -> read(twin, 2, 200);
      case BETWEEN -> read(twin, 1, 100);
      case BETTER -> read(twin, 2, 0);
      case MAINTAIN -> twin.change(to -> new MachineCommand.RecordMaintenance("x", "", "anna", to));
      case A_MINUTE_LATER -> twin.now = twin.now.plusSeconds(61);
      case CLOCK -> {
        twin.due(Kind.UNSHELVE);
        twin.due(Kind.ESCALATE);
      }
      case RESTART -> twin.restart();
      case ACKNOWLEDGE,
          SHELVE,
          UNSHELVE,
          SUPPRESS,
          UNSUPPRESS,
          TAKE_OUT_OF_SERVICE,
          RETURN_TO_SERVICE,
          CLEAR -> {
        for (Alert alert : twin.state.alerts().open()) {
          change(twin, alert.id(), AlertVerb.valueOf(step.name()));
        }
      }
    }
  }

  @Test
  void theTypeSaysWhenAnAlertIsEscalated() {
    MachineType milling = TYPES.find("milling").orElseThrow();
    assertThat(milling.alertRules().getFirst().escalateAfter()).isEqualTo(ESCALATE_AFTER);
  }
}
