package twin.core.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import twin.core.alert.AlertState;
import twin.core.inference.ModelProfile;
import twin.core.inference.ModelRef;
import twin.core.machine.Cause;
import twin.core.machine.Description;
import twin.core.machine.EventCodec;
import twin.core.machine.EventHash;
import twin.core.machine.JournalEntry;
import twin.core.machine.MachineEvent;
import twin.core.machine.MachineTwin;
import twin.core.machine.Stamp;
import twin.core.machine.Status;
import twin.core.reading.Identities;
import twin.core.reading.Times;
import twin.core.store.AlertQuery;
import twin.core.store.AlertRow;
import twin.core.store.AlertTable;
import twin.core.store.CoarseEvent;
import twin.core.store.Database;
import twin.core.store.FleetRow;
import twin.core.store.FleetTable;
import twin.core.store.Performance;
import twin.core.store.PerformanceQuery;
import twin.core.store.SiteScope;
import twin.core.store.TestDatabase;
import twin.core.trace.Tracing;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.core.type.Severity;

/** Events as a twin persists them, and the rows that they make in a real database. */
final class FleetProjectionTest {

  private static final Database DATABASE = TestDatabase.open(TestDatabase.create());
  private static final Instant AT = Instant.parse("2025-11-07T15:10:01.123456Z");

  private static final MachineTypes TYPES =
      MachineTypeReader.readAll(
          ConfigFactory.parseResources("twin-types.conf").resolve().getConfig("twin.types"));

  private final FleetTable fleet = new FleetTable(DATABASE);
  private final AlertTable alerts = new AlertTable(DATABASE);
  private final FleetProjection projection =
      new FleetProjection(fleet, alerts, List.of(), Tracing.OFF);
  private final List<CoarseEvent> events = new ArrayList<>();

  @AfterAll
  static void close() {
    DATABASE.close();
  }

  /** An event with the next revision of its machine, recorded so many seconds after {@link #AT}. */
  private void happens(String machineId, MachineEvent event) {
    long revision =
        1 + events.stream().filter(e -> e.persistenceId().endsWith("|" + machineId)).count();
    Stamp stamp =
        new Stamp(
            recordedAt(revision),
            revision == 1 ? Identities.NO_TIME : Times.toNanos(AT),
            new Cause.Source("mqtt:plant", null, null),
            EventHash.NONE);
    JournalEntry entry = EventCodec.encode(stamp, event);
    CoarseEvent coarse =
        new CoarseEvent(
            "1:" + (events.size() + 1),
            MachineTwin.persistenceId(machineId).id(),
            revision,
            8101,
            entry.manifest(),
            entry.encoded(),
            AT);
    events.add(coarse);
    TestDatabase.handle(DATABASE, projection, coarse);
  }

  private static Instant recordedAt(long revision) {
    return Instant.parse("2025-11-07T15:10:02Z").plusSeconds(revision);
  }

  private FleetRow machine(String machineId) {
    return fleet.get(machineId).toCompletableFuture().join().orElseThrow();
  }

  private AlertRow alert(String alertId) {
    return alerts.get(alertId).toCompletableFuture().join().orElseThrow();
  }

  private List<AlertRow> ofMachine(String machineId) {
    return alerts
        .page(
            new AlertQuery(
                List.of(),
                List.of(),
                machineId,
                null,
                null,
                null,
                null,
                null,
                10,
                null,
                SiteScope.ALL))
        .toCompletableFuture()
        .join()
        .items();
  }

  private static Description description(String site) {
    return new Description(site, "A", "L1", new TreeMap<>(Map.of("maker", "Acme")));
  }

  private static MachineEvent.HealthChanged health(Status status) {
    return new MachineEvent.HealthChanged(status, 0.25, 1.5, 0.75, "overstrain", 12.5);
  }

  private static MachineEvent.AlertChanged alert(
      String id, AlertState from, AlertState to, Severity severity, Instant at) {
    return new MachineEvent.AlertChanged(
        id,
        "rule-" + severity,
        "overstrain",
        from,
        to,
        severity,
        4,
        0,
        at,
        1.5,
        0.75,
        12.5,
        List.of());
  }

  private void lives(String id) {
    happens(id, new MachineEvent.MachineRegistered(description("Nord")));
    happens(id, new MachineEvent.DefinitionAssigned(TYPES.find("milling").orElseThrow()));
    happens(
        id,
        new MachineEvent.ModelAssigned(
            new ModelProfile(
                new ModelRef("milling", "1.0.0", "ab"),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                1,
                "test"),
            null));
    happens(id, health(Status.ALARM));
    happens(id, alert(id + "-5", AlertState.NORMAL, AlertState.UNACKNOWLEDGED, Severity.HIGH, AT));
    happens(id, alert(id + "-6", AlertState.NORMAL, AlertState.UNACKNOWLEDGED, Severity.LOW, AT));
  }

  @Test
  void aMachineStartsWithNothingKnown() {
    happens("new", new MachineEvent.MachineRegistered(Description.NONE));
    assertThat(machine("new"))
        .isEqualTo(
            new FleetRow(
                "new",
                "",
                FleetRow.Place.UNKNOWN,
                FleetRow.Condition.UNKNOWN,
                FleetRow.OpenAlerts.NONE,
                1,
                null,
                recordedAt(1),
                false));
  }

  @Test
  void eachEventAddsWhatItKnows() {
    lives("m-1");
    assertThat(machine("m-1"))
        .isEqualTo(
            new FleetRow(
                "m-1",
                "milling",
                new FleetRow.Place("Nord", "A", "L1", Map.of("maker", "Acme")),
                new FleetRow.Condition(
                    "alarm", 0.25, 1.5, 12.5, "min", "overstrain", "milling:1.0.0"),
                new FleetRow.OpenAlerts(2, "high"),
                6,
                AT,
                recordedAt(6),
                false));
    happens("m-1", new MachineEvent.MachineDescribed(description("Süd")));
    happens("m-1", new MachineEvent.MachineRetired());
    assertThat(machine("m-1").place().site()).isEqualTo("Süd");
    assertThat(machine("m-1").retired()).isTrue();
    assertThat(machine("m-1").condition().status()).as("kept").isEqualTo("alarm");
  }

  /** A machine for which a bundle decides, with an alert of two hours ago if it raised one. */
  private void judged(String id, String version, boolean alerted) {
    happens(id, new MachineEvent.DefinitionAssigned(TYPES.find("milling").orElseThrow()));
    happens(
        id,
        new MachineEvent.ModelAssigned(
            new ModelProfile(
                new ModelRef("milling", version, "ab"),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                1,
                "test"),
            null));
    happens(id, health(Status.WATCH));
    if (alerted) {
      Instant raised = AT.minus(Duration.ofHours(2));
      happens(
          id,
          alert(
              id + "-4", AlertState.NORMAL, AlertState.UNACKNOWLEDGED, Severity.CRITICAL, raised));
    }
  }

  @Test
  void bundlesAreComparedWithWhatWasTrue() {
    judged("p-0", "7.0.0", true);
    happens("p-0", new MachineEvent.VerdictGiven("p-0-4", "real", ""));
    judged("p-1", "7.0.0", true);
    happens("p-1", new MachineEvent.VerdictGiven("p-1-4", "false", ""));
    judged("p-2", "7.0.0", true);
    happens("p-2", new MachineEvent.MaintenanceRecorded("repair", "", AT, "overstrain"));
    judged("p-3", "7.0.0", false);
    happens("p-3", new MachineEvent.MaintenanceRecorded("repair", "", AT, "overstrain"));
    judged("p-4", "7.0.0", true);
    judged("p-5", "8.0.0", true);
    happens("p-5", new MachineEvent.MaintenanceRecorded("service", "", AT));
    events.forEach(event -> TestDatabase.handle(DATABASE, projection, event));

    Performance.Wanted wanted =
        new Performance.Wanted(
            "milling",
            List.of("rule-CRITICAL"),
            AT.minus(Duration.ofDays(1)),
            AT.plusSeconds(1),
            Duration.ofHours(24));
    List<Performance.OfModel> models =
        new PerformanceQuery(DATABASE).of(wanted).toCompletableFuture().join().models();

    assertThat(models)
        .filteredOn(each -> !each.model().equals("milling:1.0.0"))
        .containsExactly(
            new Performance.OfModel("milling:7.0.0", 4, 2, 1, 2, 1, 2.0, 12.5),
            new Performance.OfModel("milling:8.0.0", 1, 0, 0, 0, 0, null, null));
    Performance.Share precision = models.get(models.size() - 2).precision();
    assertThat(precision.value()).isEqualTo(2.0 / 3);
    assertThat(precision.low()).isCloseTo(0.2077, within(0.0001));
    assertThat(precision.high()).isCloseTo(0.9385, within(0.0001));
  }

  @Test
  void anAlertKeepsWhenItWasRaisedWhileItChanges() {
    lives("m-2");
    assertThat(alert("m-2-5"))
        .isEqualTo(
            new AlertRow(
                "m-2-5",
                "m-2",
                new AlertRow.Origin("milling", "Nord", "A", "L1"),
                "rule-HIGH",
                "overstrain",
                "high",
                "unacknowledged",
                AT,
                recordedAt(5),
                5,
                new AlertRow.Judged(1.5, 0.75, null, 12.5, null, "min"),
                null,
                0,
                null));
    happens(
        "m-2",
        alert(
            "m-2-5",
            AlertState.UNACKNOWLEDGED,
            AlertState.ACKNOWLEDGED,
            Severity.HIGH,
            AT.plusSeconds(30)));
    assertThat(alert("m-2-5").state()).isEqualTo("acknowledged");
    assertThat(alert("m-2-5").raisedAt()).isEqualTo(AT);
    assertThat(alert("m-2-5").changedAt()).isEqualTo(recordedAt(7));
    assertThat(machine("m-2").alerts()).isEqualTo(new FleetRow.OpenAlerts(2, "high"));
    happens("m-2", alert("m-2-5", AlertState.ACKNOWLEDGED, AlertState.NORMAL, Severity.HIGH, AT));
    assertThat(machine("m-2").alerts())
        .as("a closed alert is not counted")
        .isEqualTo(new FleetRow.OpenAlerts(1, "low"));
    assertThat(alert("m-2-5").state()).isEqualTo("normal");
  }

  @Test
  void anEventTwiceOrLateChangesNothing() {
    lives("m-3");
    happens("m-3", alert("m-3-5", AlertState.UNACKNOWLEDGED, AlertState.NORMAL, Severity.HIGH, AT));
    happens("m-3", health(Status.WATCH));
    FleetRow before = machine("m-3");
    List<AlertRow> alertsBefore = ofMachine("m-3");
    for (CoarseEvent event : events) {
      TestDatabase.handle(DATABASE, projection, event);
      TestDatabase.handle(DATABASE, projection, event);
      assertThat(machine("m-3")).isEqualTo(before);
      assertThat(ofMachine("m-3")).isEqualTo(alertsBefore);
    }
  }

  @Test
  void aHealthOfWhichNothingIsKnownClearsWhatWasKnown() {
    lives("m-4");
    happens("m-4", new MachineEvent.HealthChanged(Status.UNKNOWN, null, null, null, "", null));
    assertThat(machine("m-4").condition())
        .isEqualTo(
            new FleetRow.Condition("unknown", null, null, null, "min", null, "milling:1.0.0"));
  }

  /** One machine's odd number must not hold up the lists of all machines. */
  @Test
  void aNumberThatIsNoneIsLeftOut() {
    lives("m-5");
    happens(
        "m-5",
        new MachineEvent.HealthChanged(
            Status.WATCH, 0.0, Double.POSITIVE_INFINITY, null, "", Double.NEGATIVE_INFINITY));
    FleetRow.Condition condition = machine("m-5").condition();
    assertThat(condition.status()).isEqualTo("watch");
    assertThat(condition.health()).isZero();
    assertThat(condition.anomalyScore()).isNull();
    assertThat(condition.rulP50()).isNull();
  }
}
