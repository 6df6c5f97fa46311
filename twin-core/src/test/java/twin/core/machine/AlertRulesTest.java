package twin.core.machine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.data.Offset.offset;

import com.typesafe.config.ConfigFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import twin.core.alert.Alert;
import twin.core.alert.AlertState;
import twin.core.alert.AlertVerb;
import twin.core.inference.Contribution;
import twin.core.machine.Fixtures.Twin;
import twin.core.machine.MachineCommand.Due.Kind;
import twin.core.machine.MachineReply.ChangeResult;
import twin.core.reading.Placement;
import twin.core.reading.SubmittedReading;
import twin.core.type.MachineType;
import twin.core.type.MachineTypeReader;
import twin.core.type.MachineTypes;
import twin.core.type.Severity;

/** Alert rules on readings themselves, on silence, and on several conditions together. */
class AlertRulesTest {

  private static final Instant START = Fixtures.START;

  private static final String PRESS =
      """
      twin.types.press {
        channels = [{name = bar, unit = bar, min = 0, max = 300}, {name = load, min = 0, max = 100}]
        operating-modes = [
          {name = idle, ranges = {load = [0, 10]}}
          {name = running, ranges = {load = [20, 100]}}
        ]
        lateness-bound = 60s, future-bound = 60s, silence = 2m
        commissioning-readings = 0, gate-threshold = 6
        alerts = [%s]
      }
      """;

  private static MachineTypes types(String rules) {
    return MachineTypeReader.readAll(
        ConfigFactory.parseString(PRESS.formatted(rules))
            .withFallback(ConfigFactory.parseResources("twin-types.conf"))
            .resolve()
            .getConfig("twin.types"));
  }

  private static Twin twin(String rules) {
    Twin twin = new Twin("press-7");
    twin.types = types(rules);
    return twin;
  }

  private static SubmittedReading reading(double atSeconds, double bar, double load) {
    return new SubmittedReading(
        "press-7",
        "press",
        START.plusMillis(Math.round(atSeconds * 1000)),
        null,
        null,
        Map.of("bar", bar, "load", load),
        Map.of());
  }

  /** A reading, received when it was taken. */
  private static void read(Twin twin, double atSeconds, double bar) {
    SubmittedReading reading = reading(atSeconds, bar, 50);
    twin.now = reading.timestamp();
    twin.record(reading);
  }

  private static List<MachineEvent.AlertChanged> changes(Twin twin) {
    return twin.events(MachineEvent.AlertChanged.class);
  }

  private static List<AlertState> turnedTo(Twin twin) {
    return changes(twin).stream().map(MachineEvent.AlertChanged::to).toList();
  }

  private static long raised(Twin twin) {
    return turnedTo(twin).stream().filter(state -> state == AlertState.UNACKNOWLEDGED).count();
  }

  private static MachineReply.Changed change(Twin twin, AlertVerb verb) {
    Alert open = twin.state.alerts().open().getFirst();
    Instant until = verb == AlertVerb.SHELVE ? twin.now.plusSeconds(600) : null;
    return twin.change(
        to -> new MachineCommand.ChangeAlert(open.id(), verb, until, "anna", "because", to));
  }

  @ParameterizedTest(name = "{0} at {1}: {2} raises it, {3} does not end it, {4} does")
  @CsvSource({
    "high_high, 80, 80, 75, 74.9",
    "high, 80, 95, 79.9, 10",
    "low, 20, 20, 25, 25.1",
    "low_low, 20, 3, 20.1, 90",
  })
  void aLimitOfAChannelIsWatchedWithoutAnyModel(
      String kind, double on, double beyond, double between, double back) {
    double off = kind.startsWith("high") ? on - 5 : on + 5;
    Twin twin =
        twin(
            "{name = limit, kind = %s, channel = bar, on = %s, off = %s, severity = high}"
                .formatted(kind, on, off));
    read(twin, 0, 50);
    read(twin, 1, beyond);
    MachineEvent.AlertChanged raised = changes(twin).getFirst();
    assertThat(raised.to()).isEqualTo(AlertState.UNACKNOWLEDGED);
    assertThat(raised.readingAt()).isEqualTo(START.plusSeconds(1));
    assertThat(raised.since()).isEqualTo(START.plusSeconds(1));
    assertThat(raised.score()).as("no model").isNull();
    boolean high = kind.startsWith("high");
    assertThat(raised.explanation())
        .containsExactly(new Contribution("bar", beyond, high ? null : on, high ? on : null, null));
    assertThat(twin.state.health()).extracting(h -> h.status()).isEqualTo(Status.ALARM);
    read(twin, 2, between);
    assertThat(changes(twin)).hasSize(1);
    read(twin, 3, back);
    assertThat(turnedTo(twin))
        .containsExactly(AlertState.UNACKNOWLEDGED, AlertState.RETURNED_UNACKNOWLEDGED);
    assertThat(changes(twin).getLast().since()).isEqualTo(START.plusSeconds(3));
  }

  @Test
  void whatIsBadOrLateSaysNothingAboutALimit() {
    Twin twin = twin("{name = low, kind = low, channel = bar, on = 20, severity = low}");
    read(twin, 100, 50);
    twin.record(reading(90, 1, 50));
    assertThat(twin.recorded().getLast().placement()).isEqualTo(Placement.LATE);
    twin.now = START.plusSeconds(101);
    twin.record(reading(101, -5, 50));
    assertThat(twin.recorded().getLast().reading().trusted(0)).isNaN();
    assertThat(changes(twin)).isEmpty();
  }

  @Test
  void aRateOfChangeIsWatchedInBothDirectionsHoweverIrregularTheReadings() {
    String rules =
        """
        {name = rises, kind = rate_of_change, channel = bar, on = 6, off = 4, window = 60s, severity = low}
        {name = falls, kind = rate_of_change, channel = bar, on = -6, off = -4, window = 60s, severity = low}
        """;
    Twin rising = twin(rules);
    Twin falling = twin(rules);
    double[] times = {0, 0.001, 7, 8, 29, 30.5, 31, 52, 60, 61, 75};
    for (double time : times) {
      // 6.6 bar a minute.
      read(rising, time, 100 + 0.11 * time);
      read(falling, time, 100 - 0.11 * time);
    }
    assertThat(changes(rising)).extracting(e -> e.rule()).containsExactly("rises");
    assertThat(changes(falling)).extracting(e -> e.rule()).containsExactly("falls");
    MachineEvent.AlertChanged raised = changes(rising).getFirst();
    assertThat(raised.readingAt())
        .as("two readings that lie close together are no rate yet")
        .isEqualTo(START.plusMillis(30_500));
    Contribution rate = raised.explanation().getFirst();
    assertThat(rate.feature()).isEqualTo("bar.rate_per_min");
    assertThat(rate.value()).isNotNull().isCloseTo(6.6, offset(1e-9));
    assertThat(rate.expectedHigh()).isEqualTo(6.0);
  }

  @Test
  void aDelayIsOverByTheTimesOfTheReadings() {
    Twin twin =
        twin(
            "{name = high, kind = high, channel = bar, on = 80, off = 75, on-delay = 30s,"
                + " off-delay = 20s, severity = low}");
    read(twin, 0, 85);
    read(twin, 29.999, 85);
    assertThat(changes(twin)).isEmpty();
    twin.restart();
    read(twin, 30, 85);
    assertThat(changes(twin).getFirst().since()).isEqualTo(START);
    read(twin, 40, 70);
    read(twin, 50, 79);
    read(twin, 59, 70);
    read(twin, 70, 70);
    assertThat(changes(twin)).as("what was in between began it anew").hasSize(1);
    read(twin, 79, 70);
    assertThat(turnedTo(twin).getLast()).isEqualTo(AlertState.RETURNED_UNACKNOWLEDGED);
    assertThat(changes(twin).getLast().since()).isEqualTo(START.plusSeconds(59));
  }

  @Test
  void whatMustHappenOftenIsCountedWithinItsTime() {
    Twin twin =
        twin(
            "{name = high, kind = high, channel = bar, on = 80, off = 75, times = 3, within = 60s,"
                + " severity = low}");
    double[] peaks = {0, 31, 61, 90};
    for (double peak : peaks) {
      read(twin, peak, 85);
      read(twin, peak + 1, 79);
      read(twin, peak + 2, 85);
      read(twin, peak + 3, 70);
      twin.restart();
    }
    assertThat(changes(twin).getFirst().readingAt())
        .as("0 to 61 is too long, 31 to 90 is not, and what is in between is no end")
        .isEqualTo(START.plusSeconds(90));
  }

  @Test
  void aRuleHoldsOnlyInItsOperatingModes() {
    Twin twin =
        twin(
            "{name = low, kind = low, channel = bar, on = 20, off = 25, modes = [running],"
                + " severity = medium}");
    twin.record(reading(0, 5, 5));
    assertThat(changes(twin)).as("idle").isEmpty();
    twin.record(reading(1, 5, 50));
    assertThat(raised(twin)).isEqualTo(1);
    twin.record(reading(2, 5, 5));
    assertThat(turnedTo(twin).getLast()).isEqualTo(AlertState.RETURNED_UNACKNOWLEDGED);
    twin.record(reading(3, 5, 15));
    assertThat(changes(twin)).as("in no mode at all").hasSize(2);
  }

  @Test
  void conditionsAreCombinedEachWithItsOwnDeadband() {
    String conditions =
        "[{kind = high, channel = bar, on = 80, off = 70}, {kind = low, channel = load, on = 30,"
            + " off = 40}]";
    Twin all = twin("{name = both, severity = high, all = %s}".formatted(conditions));
    Twin any =
        twin("{name = either, severity = high, kind = any, conditions = %s}".formatted(conditions));
    double[][] readings = {{85, 50}, {75, 35}, {75, 30}, {75, 35}, {60, 35}, {60, 45}};
    for (int i = 0; i < readings.length; i++) {
      all.record(reading(i, readings[i][0], readings[i][1]));
      any.record(reading(i, readings[i][0], readings[i][1]));
      all.restart();
    }
    assertThat(changes(all))
        .extracting(e -> e.to(), e -> e.readingAt())
        .containsExactly(
            tuple(AlertState.UNACKNOWLEDGED, START.plusSeconds(2)),
            tuple(AlertState.RETURNED_UNACKNOWLEDGED, START.plusSeconds(4)));
    assertThat(changes(any))
        .extracting(e -> e.to(), e -> e.readingAt())
        .containsExactly(
            tuple(AlertState.UNACKNOWLEDGED, START),
            tuple(AlertState.RETURNED_UNACKNOWLEDGED, START.plusSeconds(5)));
    assertThat(changes(all).getFirst().explanation())
        .containsExactly(
            new Contribution("bar", 75.0, null, 80.0, null),
            new Contribution("load", 30.0, 30.0, null, null));
  }

  /** The model says 200, 250 and 300 minutes less the wear. */
  @ParameterizedTest(name = "{0} bound")
  @CsvSource({"lower, 185", "median, 235", "upper, 285"})
  void remainingLifeIsComparedAtTheEndOfItsBandThatTheRuleNames(String bound, double wear) {
    Twin twin = new Twin("machine-001");
    twin.types =
        MachineTypeReader.readAll(
            ConfigFactory.parseString(
                    "twin.types.milling.alerts = [{name = rul, kind = rul_below, bound = %s, on = 15,"
                            .formatted(bound)
                        + " severity = low}], twin.types.milling.channels = ${twin.base}")
                .withFallback(
                    ConfigFactory.parseString(
                        """
                        twin.base = [
                          {name = air_temp_k}, {name = process_temp_k}, {name = rpm}
                          {name = torque_nm}, {name = tool_wear_min}
                        ]
                        """))
                .withFallback(ConfigFactory.parseResources("twin-types.conf"))
                .resolve()
                .getConfig("twin.types"));
    twin.now = START.plusSeconds(10);
    twin.record(Fixtures.milling(1L, START.plusSeconds(1), 10, wear - 1));
    assertThat(changes(twin)).isEmpty();
    twin.record(Fixtures.milling(2L, START.plusSeconds(2), 10, wear));
    assertThat(changes(twin)).extracting(e -> e.rule()).containsExactly("rul");
  }

  // Silence.

  private static final String SILENT =
      "{name = silent, kind = silence, severity = high, escalate-after = 10m}";

  @Test
  void silenceIsRaisedByItsDeadlineAndEndedByTheNextReading() {
    Twin twin = twin(SILENT);
    read(twin, 0, 50);
    twin.now = START.plusSeconds(120);
    twin.due();
    assertThat(changes(twin)).isEmpty();
    twin.restart();
    twin.now = START.plusSeconds(121);
    twin.due();
    twin.due();
    MachineEvent.AlertChanged raised = changes(twin).getFirst();
    assertThat(changes(twin)).hasSize(1);
    assertThat(raised.to()).isEqualTo(AlertState.UNACKNOWLEDGED);
    assertThat(raised.severity()).isEqualTo(Severity.HIGH);
    assertThat(raised.since()).isEqualTo(START);
    assertThat(raised.alertId()).isEqualTo("press-7-" + (twin.journal.indexOf(entryOf(twin)) + 1));
    assertThat(raised.dueAt()).isEqualTo(twin.now.plus(Duration.ofMinutes(10)));
    assertThat(entryOf(twin).stamp().cause()).isEqualTo(new Cause.Program("silence"));
    assertThat(twin.state.health()).extracting(h -> h.status()).isEqualTo(Status.ALARM);
    assertThat(change(twin, AlertVerb.CLEAR).result()).isEqualTo(ChangeResult.CONFLICT);
    assertThat(change(twin, AlertVerb.ACKNOWLEDGE).result()).isEqualTo(ChangeResult.DONE);
    read(twin, 130, 50);
    assertThat(turnedTo(twin))
        .containsExactly(AlertState.UNACKNOWLEDGED, AlertState.ACKNOWLEDGED, AlertState.NORMAL);
  }

  private static JournalEntry entryOf(Twin twin) {
    return twin.journal.stream()
        .filter(entry -> entry.event() instanceof MachineEvent.AlertChanged)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void silenceThatWasShelvedComesBackAsItThenIs() {
    Twin twin = twin(SILENT);
    read(twin, 0, 50);
    twin.now = START.plusSeconds(200);
    twin.due();
    change(twin, AlertVerb.SHELVE);
    read(twin, 210, 50);
    twin.now = START.plusSeconds(900);
    twin.due(Kind.UNSHELVE);
    assertThat(turnedTo(twin))
        .as("it had gone, and is silent again by now: that is another alert")
        .containsExactly(
            AlertState.UNACKNOWLEDGED,
            AlertState.SHELVED,
            AlertState.NORMAL,
            AlertState.UNACKNOWLEDGED);
    assertThat(changes(twin).getLast().alertId()).isNotEqualTo(changes(twin).getFirst().alertId());
  }

  @Test
  void aRetiredMachineMayBeSilent() {
    Twin twin = twin(SILENT);
    read(twin, 0, 50);
    twin.change(to -> new MachineCommand.Retire(null, "anna", "scrapped", to));
    twin.now = START.plusSeconds(900);
    twin.due();
    assertThat(changes(twin)).isEmpty();
  }

  // Other rules at run time.

  @Test
  void anAlertOfARuleThatIsGoneIsClosedAndSaysWhy() {
    Twin twin = twin("{name = high, kind = high, channel = bar, on = 80, severity = high}");
    read(twin, 0, 85);
    twin.types = types("{name = low, kind = low, channel = bar, on = 20, severity = high}");
    read(twin, 1, 85);
    assertThat(turnedTo(twin)).containsExactly(AlertState.UNACKNOWLEDGED, AlertState.NORMAL);
    assertThat(
            twin.journal.stream()
                .filter(entry -> entry.event() instanceof MachineEvent.AlertChanged)
                .reduce((first, last) -> last)
                .map(entry -> entry.stamp().cause()))
        .isEqualTo(Optional.of(new Cause.Program("machine type press has no rule high any more")));
  }

  @Test
  void aRuleThatIsAsItWasGoesOnCountingWhateverTheOthersDo() {
    String slow =
        "{name = slow, kind = high, channel = bar, on = 80, on-readings = 4, severity = %s}";
    Twin twin = twin(slow.formatted("low"));
    read(twin, 0, 85);
    read(twin, 1, 85);
    twin.types =
        types(
            "{name = low, kind = low, channel = bar, on = 20, severity = high},"
                + slow.formatted("critical"));
    read(twin, 2, 85);
    assertThat(changes(twin)).isEmpty();
    read(twin, 3, 85);
    assertThat(changes(twin)).extracting(e -> e.severity()).containsExactly(Severity.CRITICAL);
    twin.types =
        types(
            "{name = slow, kind = high, channel = bar, on = 90, on-readings = 4, severity = low}");
    read(twin, 4, 95);
    assertThat(twin.state.alerts().counts().getFirst().on()).as("another limit").isEqualTo(1);
    assertThat(twin.state.alerts().open()).as("the alert is the same").hasSize(1);
  }

  /** In a journal from before counts went on the event does not say that they do. */
  @Test
  void inOldJournalsOtherRulesMeanThatAllBeginAnew() {
    String slow =
        "{name = slow, kind = high, channel = bar, on = 80, on-readings = 4, severity = low}";
    Twin twin = twin(slow);
    read(twin, 0, 85);
    MachineType other =
        types(slow + ", {name = low, kind = low, channel = bar, on = 20, severity = high}")
            .find("press")
            .orElseThrow();
    JournalEntry last = twin.journal.getLast();
    for (boolean keepsCounts : new boolean[] {false, true}) {
      MachineState after =
          twin.state.apply(
              EventCodec.encode(
                  last.stamp(), new MachineEvent.DefinitionAssigned(other, keepsCounts)));
      assertThat(after.alerts().counts().getFirst().on()).isEqualTo(keepsCounts ? 1 : 0);
    }
  }

  // Properties.

  @Provide
  Arbitrary<List<Double>> noise() {
    return Arbitraries.doubles().between(-2.4, 2.4).list().ofMinSize(20).ofMaxSize(120);
  }

  /** The deadband is 5 bar, the noise less than that from end to end, around the limit itself. */
  @Property(tries = 100, seed = "11")
  void noiseThatIsSmallerThanTheDeadbandRaisesOnce(
      @ForAll("noise") List<Double> noise, @ForAll boolean high) {
    Twin twin =
        twin(
            high
                ? "{name = limit, kind = high, channel = bar, on = 80, off = 75, severity = low}"
                : "{name = limit, kind = low, channel = bar, on = 80, off = 85, severity = low}");
    int second = 0;
    for (double each : noise) {
      read(twin, second++, 80 + each);
    }
    assertThat(changes(twin)).hasSizeLessThanOrEqualTo(1);
    boolean reached = noise.stream().anyMatch(each -> high ? 80 + each >= 80 : 80 + each <= 80);
    assertThat(raised(twin)).isEqualTo(reached ? 1 : 0);
  }

  /** A reading that arrives some time after the one before, and may be an old one. */
  record Arrival(int afterMillis, int ageMillis, double bar) {}

  @Provide
  Arbitrary<List<Arrival>> arrivals() {
    return Combinators.combine(
            Arbitraries.integers().between(1, 9_000),
            Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.just(0)),
                Tuple.of(1, Arbitraries.integers().between(1, 20_000))),
            Arbitraries.of(60.0, 70.0, 74.0, 77.0, 82.0, 90.0, 95.0))
        .as(Arrival::new)
        .list()
        .ofMinSize(10)
        .ofMaxSize(100);
  }

  private static final String DELAYED =
      """
      {name = delayed, kind = high, channel = bar, on = 80, off = 75, on-readings = 2, on-delay = 10s
       off-delay = 5s, severity = high}
      {name = often, kind = high, channel = bar, on = 80, off = 75, times = 3, within = 60s, severity = low}
      {name = rate, kind = rate_of_change, channel = bar, on = 60, off = 20, window = 20s, severity = low}
      {name = both, severity = low, any = [
        {kind = low, channel = bar, on = 65, off = 72}, {kind = high_high, channel = bar, on = 92}]}
      """;

  @Property(tries = 150, seed = "12")
  void delaysHoldForIrregularAndUnorderedTimes(@ForAll("arrivals") List<Arrival> arrivals) {
    Twin twin = twin(DELAYED);
    long millis = 0;
    for (Arrival arrival : arrivals) {
      millis += arrival.afterMillis();
      twin.now = START.plusMillis(millis);
      twin.record(reading((millis - arrival.ageMillis()) / 1000.0, arrival.bar(), 50));
    }
    // The delay, told once more and otherwise: look back from each reading in order.
    List<AssessedReading> ordered =
        twin.recorded().stream()
            .filter(reading -> reading.placement() == Placement.IN_ORDER)
            .toList();
    boolean open = false;
    List<Instant> expected = new ArrayList<>();
    for (int i = 0; i < ordered.size(); i++) {
      if (lasts(ordered, i, 80, Double.MAX_VALUE, open ? Duration.ZERO : Duration.ofSeconds(10), 2)
          && !open) {
        open = true;
        expected.add(ordered.get(i).reading().timestamp());
      } else if (open && lasts(ordered, i, 0, 74.99, Duration.ofSeconds(5), 1)) {
        open = false;
        expected.add(ordered.get(i).reading().timestamp());
      }
    }
    assertThat(changes(twin).stream().filter(e -> e.rule().equals("delayed")))
        .extracting(e -> e.readingAt())
        .isEqualTo(expected);
  }

  /** Whether all readings up to one have been within bounds for so long, and so many. */
  private static boolean lasts(
      List<AssessedReading> ordered, int last, double least, double most, Duration time, int many) {
    Instant end = ordered.get(last).reading().timestamp();
    boolean within = false;
    for (int i = last; i >= 0; i--) {
      double bar = ordered.get(i).reading().trusted(0);
      if (bar < least || bar > most) {
        break;
      }
      Instant from = ordered.get(i).reading().timestamp();
      within |= last - i + 1 >= many && !from.plus(time).isAfter(end);
    }
    return within;
  }

  /**
   * However readings come together, the same alerts are raised by the same readings; none is open
   * twice; and the journal alone gives the same state.
   */
  @Property(tries = 100, seed = "13")
  void batchesRestartsAndReplaysChangeNothing(
      @ForAll("arrivals") List<Arrival> arrivals, @ForAll("sizes") List<Integer> sizes) {
    Twin single = twin(DELAYED);
    Twin batched = twin(DELAYED);
    single.now = START.plusSeconds(100_000);
    batched.now = single.now;
    List<SubmittedReading> readings = new ArrayList<>();
    long millis = 0;
    for (Arrival arrival : arrivals) {
      millis += arrival.afterMillis();
      readings.add(reading((millis - arrival.ageMillis()) / 1000.0, arrival.bar(), 50));
    }
    readings.forEach(single::record);
    int next = 0;
    for (int i = 0; next < readings.size(); i++) {
      int to = Math.min(readings.size(), next + sizes.get(i % sizes.size()));
      batched.record(null, readings.subList(next, to));
      batched.restart();
      next = to;
    }
    assertThat(told(batched)).isEqualTo(told(single));
    for (Twin twin : List.of(single, batched)) {
      MachineState replayed = MachineState.empty("press-7");
      for (JournalEntry entry : twin.journal) {
        JournalEntry read =
            EventCodec.decode(EventCodec.manifestOf(entry.event()), entry.encoded());
        replayed = replayed.apply(read);
        assertThat(replayed.alerts().open()).extracting(Alert::rule).doesNotHaveDuplicates();
      }
      assertThat(replayed.alerts()).isEqualTo(twin.state.alerts());
      assertThat(SnapshotCodec.decode(SnapshotCodec.encode(replayed))).isEqualTo(twin.state);
    }
  }

  @Provide
  Arbitrary<List<Integer>> sizes() {
    return Arbitraries.integers().between(1, 12).list().ofMinSize(1).ofMaxSize(5);
  }

  private static List<org.assertj.core.groups.Tuple> told(Twin twin) {
    return changes(twin).stream()
        .map(e -> tuple(e.rule(), e.from(), e.to(), e.readingAt(), e.since(), e.explanation()))
        .toList();
  }
}
